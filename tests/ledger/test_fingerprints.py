"""Fingerprints recognise a report without keeping it."""

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
    assert fingerprint(TEXT, DEMO).startswith("c50985cbe665")


def test_a_fingerprint_is_32_hex_characters() -> None:
    value = fingerprint(TEXT, DEMO)

    assert len(value) == 32
    assert set(value) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Clé périmée", "Cle\u0301 pe\u0301rime\u0301e", id="composed and decomposed"),
        pytest.param("Å key", "\N{ANGSTROM SIGN} key", id="canonical twins"),
        pytest.param(TEXT, f" \t\n{TEXT}\r\n", id="white space around"),
        pytest.param(TEXT, f"\N{NO-BREAK SPACE}{TEXT}\N{IDEOGRAPHIC SPACE}", id="white space of other scripts"),
    ],
)
def test_texts_that_look_the_same_have_one_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one, DEMO) == fingerprint(other, DEMO)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(TEXT.lower(), id="other case"),
        pytest.param(TEXT.replace(" ", "  "), id="white space inside"),
        pytest.param(TEXT.replace("k", "\N{FULLWIDTH LATIN SMALL LETTER K}"), id="compatibility twin"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_texts_have_other_fingerprints(other: str) -> None:
    assert fingerprint(TEXT, DEMO) != fingerprint(other, DEMO)


def test_another_secret_makes_another_fingerprint() -> None:
    assert fingerprint(TEXT, DEMO) != fingerprint(TEXT, FingerprintKey("demo", "another-secret"))


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

    assert not TraceRecord.objects.with_report(TEXT, (NEW, OLD)).exists()


@pytest.mark.django_db
def test_without_a_key_no_report_is_found() -> None:
    written_under(NEW)

    assert not TraceRecord.objects.with_report(TEXT, ()).exists()


def test_equal_parts_have_one_digest() -> None:
    assert submission_digest(("a", None, "b"), DEMO) == submission_digest(("a", None, "b"), DEMO)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("ab", "c"), ("a", "bc"), id="a moved boundary"),
        pytest.param(("a", None), ("a", "None"), id="nothing and its name"),
        pytest.param(("a", None), ("a", "null"), id="nothing and its JSON"),
        pytest.param(("a", None), ("a", ""), id="nothing and empty"),
        pytest.param(("a", ""), ("a",), id="empty and missing"),
        pytest.param(("a", "b"), ("b", "a"), id="another order"),
        pytest.param(('a", "b',), ("a", "b"), id="a quoted separator"),
    ],
)
def test_a_digest_keeps_its_parts_apart(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> None:
    assert submission_digest(one, DEMO) != submission_digest(other, DEMO)


def test_a_digest_is_keyed() -> None:
    assert submission_digest(("a",), DEMO) != submission_digest(("a",), NEW)


def test_a_digest_is_no_fingerprint_of_the_same_text() -> None:
    assert submission_digest((TEXT,), DEMO) != fingerprint(TEXT, DEMO)
