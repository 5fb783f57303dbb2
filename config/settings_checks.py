"""Health checks on the settings: what they say, and whether the provider that they name can be reached."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Advice

from boundary.servers import is_private
from config.environment_names import unknown_names
from config.examination import Examination, Result

# What a reasoning model may think before its answer, in tokens.
THOUGHT_TOKENS = {"low": 1_000, "medium": 4_000, "high": 16_000, "xhigh": 32_000}
UNLIMITED = "ACCESS is open and no limit is set, so anyone may use up the model's budget; set DECISIONS_PER_DAY."


def environment(_: Examination) -> Result:
    tls, debug = ("on" if settings.HTTPS else "off"), ("on" if settings.DEBUG else "off")
    sentence = f"Release {settings.RELEASE}, ACCESS {settings.ACCESS}, HTTPS {tls}, DEBUG {debug}."
    unknown = unknown_names()
    is_fine = settings.HTTPS and not settings.DEBUG and not unknown
    return ("ok" if is_fine else "warn"), f"{sentence} {unknown or ''}".strip()


def fingerprints(_: Examination) -> Result:
    first, *others = (key.id for key in settings.FINGERPRINT_KEYS)
    return "ok", f"1 key: {first}." if not others else f"{len(others) + 1} keys: {first} writes, all look up."


def provider(_: Examination) -> Result:
    # Imported here, because libcurl and httpx2 would add 45 ms to the start of every command.
    from boundary.reach import trouble_reaching  # noqa: PLC0415

    if settings.DECISION_PROVIDER == "rules":
        return "ok", "rules: no model is called, a few rules over the text decide."
    address = urlsplit(settings.OPENAI_BASE_URL)
    over_tls = " over TLS" if address.scheme == "https" else ""
    place = f"{address.hostname}:{address.port or (443 if over_tls else 80)}"
    if trouble := trouble_reaching(settings.OPENAI_BASE_URL):
        return "FAIL", f"{place} cannot be reached: {trouble}."
    if warning := too_few_tokens():
        return "warn", warning
    return "ok", f"{place} takes a connection{over_tls}; {settings.OPENAI_MODEL} was not called."


def too_few_tokens() -> str | None:
    """Say so if what a model may think at the set effort leaves no tokens for its answer."""
    effort = settings.OPENAI_REASONING_EFFORT
    least = 0 if settings.DECISION_PROVIDER == "rules" else THOUGHT_TOKENS.get(effort or "", 0)
    for name in (name for name in dir(settings) if name.endswith("_MAX_COMPLETION_TOKENS")):
        if (limit := getattr(settings, name)) < least:
            return f"{name} is {limit:,}: with effort {effort}, answers will be cut short below {least:,}."
    return None


def encryption(_: Examination) -> Result:
    if settings.DECISION_PROVIDER == "rules":
        return "ok", "Nothing is sent to a provider."
    if urlsplit(settings.OPENAI_BASE_URL).scheme == "https":
        return "ok", "Texts and the key are sent to the provider over TLS."
    if _is_sent_in_the_open():
        return "FAIL", "Texts and the key are sent to the provider without TLS, over a public network."
    return "ok", "Texts and the key are sent without TLS, on this machine or in a private network."


def texts_are_sent_in_the_open(**_: Any) -> list[CheckMessage]:
    if not _is_sent_in_the_open():
        return []
    message = "OPENAI_BASE_URL is http:// and a public address: texts and the key are sent without TLS."
    return [Error(message, hint="Use https://, or a server in a private network.", id="decisions.E001")]


def _is_sent_in_the_open() -> bool:
    address = urlsplit(settings.OPENAI_BASE_URL)
    is_asked = settings.DECISION_PROVIDER != "rules"
    return is_asked and address.scheme == "http" and not is_private(address.hostname or "")


def limits(_: Examination) -> Result:
    own = settings.SUBMITTER_DECISIONS_PER_MINUTE or settings.SUBMITTER_DECISIONS_PER_DAY
    total = settings.DECISIONS_PER_MINUTE or settings.DECISIONS_PER_DAY
    if settings.ACCESS == "open" and own and not total:
        return "warn", "With ACCESS open every fresh browser is a new submitter; DECISIONS_PER_… would bind them all."
    if total and not own:
        sentence = "One submitter may use up what all of them have; SUBMITTER_DECISIONS_PER_… would leave some over."
        return "warn", sentence
    if not own:
        return ("warn", UNLIMITED) if calls_are_unlimited() else ("ok", "None is set.")
    return "ok", "Set for each submitter and for all." if total else "Set for each submitter."


def calls_are_unlimited() -> bool:
    """Say whether anyone may cause as many calls of a model as they like."""
    per_submitter = (settings.SUBMITTER_DECISIONS_PER_MINUTE, settings.SUBMITTER_DECISIONS_PER_DAY)
    in_total = (settings.DECISIONS_PER_MINUTE, settings.DECISIONS_PER_DAY)
    is_asked = settings.DECISION_PROVIDER != "rules"
    return settings.ACCESS == "open" and is_asked and not any((*per_submitter, *in_total))


def rules_in_production(**_: Any) -> list[CheckMessage]:
    # Without HTTPS it is a demo.
    if settings.DECISION_PROVIDER != "rules" or settings.DEBUG or not settings.HTTPS:
        return []
    message = "DECISION_PROVIDER is rules: no model is asked, a few rules over the text decide."
    hint = "Set DECISION_PROVIDER=openai with OPENAI_MODEL and OPENAI_API_KEY (or OPENAI_API_KEY_FILE) to ask a model."
    return [Advice(message, hint=hint, id="decisions.W001")]


def requests_in_one_transaction(**_: Any) -> list[CheckMessage]:
    if not any(database.get("ATOMIC_REQUESTS") for database in settings.DATABASES.values()):
        return []
    message = "ATOMIC_REQUESTS would undo the running row when its request fails."
    return [Error(message, hint="Leave ATOMIC_REQUESTS off.", id="traces.E001")]
