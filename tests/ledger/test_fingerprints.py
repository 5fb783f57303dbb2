"""Fingerprints recognise a report without keeping it."""

import json
import re

import pytest

from tests.ledger.rows import open_row
from traces.fingerprints import FingerprintKey, fingerprint, fingerprints, submission_digest
from traces.models import TraceRecord

DEMO = FingerprintKey("demo", "local-demo-key")
NEW, OLD, FOREIGN = (FingerprintKey(name, f"secret of {name}") for name in ("new", "old", "foreign"))
TEXT = "Service-account key is older than policy."


def written_under(key: FingerprintKey, text: str = TEXT) -> TraceRecord:
    return open_row(input_fingerprint=fingerprint(text, key), fingerprint_key_id=key.id)


def test_the_known_vector_holds() -> None:
    value = fingerprint(TEXT, DEMO)

    assert value.startswith("c50985cbe665")
    assert re.fullmatch("[0-9a-f]{32}", value)


def test_texts_that_look_the_same_have_one_fingerprint() -> None:
    twins = {
        "Clé périmée": "Cle\u0301 pe\u0301rime\u0301e",
        "Å key": "\N{ANGSTROM SIGN} key",
        TEXT: f" \t\n{TEXT}\r\n",
        f"{TEXT} ": f"\N{NO-BREAK SPACE}{TEXT}\N{IDEOGRAPHIC SPACE}",
    }

    assert [one for one, other in twins.items() if fingerprint(one, DEMO) != fingerprint(other, DEMO)] == []


def test_other_texts_and_secrets_have_other_fingerprints() -> None:
    compatible = TEXT.replace("k", "\N{FULLWIDTH LATIN SMALL LETTER K}")

    made = {fingerprint(text, DEMO) for text in (TEXT, TEXT.lower(), TEXT.replace(" ", "  "), compatible, "")}

    assert len(made | {fingerprint(TEXT, FingerprintKey("demo", "another-secret"))}) == 6


def test_a_key_does_not_show_its_secret() -> None:
    assert repr(DEMO) == "FingerprintKey(id='demo')"
    assert DEMO.secret not in f"{DEMO} {[DEMO]!r}"


def test_every_key_looks_up() -> None:
    assert fingerprints(TEXT, (NEW, OLD)) == {"new": fingerprint(TEXT, NEW), "old": fingerprint(TEXT, OLD)}


@pytest.mark.django_db
def test_a_report_is_found_under_any_configured_key() -> None:
    wanted = {written_under(NEW).pk, written_under(OLD).pk}
    written_under(FOREIGN)
    written_under(NEW, text="Another report.")

    found = TraceRecord.objects.with_report(f" {TEXT} ", (NEW, OLD))

    assert {trace.pk for trace in found} == wanted


@pytest.mark.django_db
def test_a_fingerprint_counts_only_with_its_own_key() -> None:
    open_row(input_fingerprint=fingerprint(TEXT, OLD), fingerprint_key_id=NEW.id)
    written_under(NEW, text="Another report.")

    assert not TraceRecord.objects.with_report(TEXT, (NEW, OLD)).exists()
    assert not TraceRecord.objects.with_report("Another report.", ()).exists()


@pytest.mark.parametrize(
    "parts",
    [
        [("ab", "c"), ("a", "bc")],
        [("a", None), ("a", "None"), ("a", "null"), ("a", ""), ("a",)],
        [("a", "b"), ("b", "a"), ('a", "b',)],
    ],
)
def test_a_digest_keeps_its_parts_apart(parts: list[tuple[str | None, ...]]) -> None:
    assert len({submission_digest(each, DEMO) for each in parts * 2}) == len(parts)


def test_a_digest_is_keyed_and_is_no_fingerprint() -> None:
    digests = [submission_digest((TEXT,), key) for key in (DEMO, NEW)]

    assert len({*digests, fingerprint(TEXT, DEMO), fingerprint(json.dumps([TEXT]), DEMO)}) == 4
