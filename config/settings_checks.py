"""Health checks on the settings: what they say, and whether the provider that they name can be reached."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Advice

from config.examination import Examination, Result


def environment(_: Examination) -> Result:
    tls, debug = ("on" if settings.HTTPS else "off"), ("on" if settings.DEBUG else "off")
    sentence = f"Release {settings.RELEASE}, ACCESS {settings.ACCESS}, HTTPS {tls}, DEBUG {debug}."
    return ("ok" if settings.HTTPS and not settings.DEBUG else "warn"), sentence


def fingerprints(_: Examination) -> Result:
    first, *others = (key.id for key in settings.FINGERPRINT_KEYS)
    return "ok", f"1 key: {first}." if not others else f"{len(others) + 1} keys: {first} writes, all look up."


def provider(_: Examination) -> Result:
    # Imported here, because httpx2 would add 23 ms to the start of every command.
    from boundary.transport import place_of  # noqa: PLC0415
    from config.reach import trouble_reaching  # noqa: PLC0415

    if settings.DECISION_PROVIDER == "rules":
        return "ok", "rules: no model is called, a few rules over the text decide."
    host, port, tls = place_of(settings.OPENAI_BASE_URL)
    if trouble := trouble_reaching(host, port, tls=tls):
        return "FAIL", f"{host}:{port} cannot be reached: {trouble}."
    over_tls = " over TLS" if tls else ""
    return "ok", f"{host}:{port} takes a connection{over_tls}; {settings.OPENAI_MODEL} was not called."


def limits(_: Examination) -> Result:
    own = settings.SUBMITTER_DECISIONS_PER_MINUTE or settings.SUBMITTER_DECISIONS_PER_DAY
    total = settings.DECISIONS_PER_MINUTE or settings.DECISIONS_PER_DAY
    if settings.ACCESS == "open" and own and not total:
        return "warn", "With ACCESS open every fresh browser is a new submitter; DECISIONS_PER_… would bind them all."
    if total and not own:
        sentence = "One submitter may use up what all of them have; SUBMITTER_DECISIONS_PER_… would leave some over."
        return "warn", sentence
    if not own:
        return "ok", "None is set."
    return "ok", "Set for each submitter and for all." if total else "Set for each submitter."


def rules_in_production(**_: Any) -> list[CheckMessage]:
    if settings.DECISION_PROVIDER != "rules" or settings.DEBUG:
        return []
    message = "DECISION_PROVIDER is rules: no model is asked, a few rules over the text decide."
    hint = "Set DECISION_PROVIDER=openai with OPENAI_MODEL and OPENAI_API_KEY to ask a model."
    return [Advice(message, hint=hint, id="decisions.W001")]


def requests_in_one_transaction(**_: Any) -> list[CheckMessage]:
    if not any(database.get("ATOMIC_REQUESTS") for database in settings.DATABASES.values()):
        return []
    message = "ATOMIC_REQUESTS would undo the running row when its request fails."
    return [Error(message, hint="Leave ATOMIC_REQUESTS off.", id="traces.E001")]
