"""A trace id is read in any form that a screenshot, a mail or an address bar gives it."""

import re

import pytest
from django.contrib.admin.utils import quote
from hypothesis import example, given
from hypothesis import strategies as st

from traces.identifiers import CROCKFORD, TRACE_ID, read_trace_id, read_trace_ids

pytestmark = pytest.mark.any_database

BODY = "0123456789abcdefghjkmnpqrs"
GOOD = f"trace_{BODY}"
OTHER = "trace_" + "7" * 26
ids = st.text(CROCKFORD, min_size=26, max_size=26).map("trace_".__add__)
gaps = st.text(" -\n\r\t\u00a0\u00ad\u200b\u2011\u2013", max_size=3)
prefixes = st.sampled_from(["trace_", "trace-", "trace ", "trace", "Trace_\n", "TRACE - ", "trace__"])
SURROUNDINGS = [
    "{}",
    "  {}\r\n",
    "My request {} failed, please look.",
    "Trace id: {}.",
    "“{}”",
    "https://example.test/rotation/{}",
    "http://127.0.0.1:8000/rotation/{}?submission=1#state",
    "https://example.test/admin/traces/tracerecord/{}/change/",
    "https://example.test/admin/traces/tracerecord/?q={}&source__exact=web",
    '{{"trace_id": "{}", "status": "failed"}}',
]


@st.composite
def as_typed(draw: st.DrawFn) -> tuple[str, str]:
    """Return an id, and the same id as a person may type it."""
    trace_id = draw(ids)
    body = [draw(st.sampled_from({"0": "0oO", "1": "1iIlL"}.get(each, each + each.upper()))) for each in trace_id[6:]]
    return trace_id, draw(prefixes) + "".join(each + draw(gaps) for each in body)


@given(as_typed(), st.sampled_from(SURROUNDINGS))
def test_an_id_is_read_in_any_form_and_in_any_text(typed: tuple[str, str], surrounding: str) -> None:
    trace_id, text = typed

    assert read_trace_id(surrounding.format(text)) == trace_id


@given(ids, st.sampled_from(SURROUNDINGS))
@example("trace_5f" + "0" * 24, "{}")
def test_an_id_is_read_as_the_admin_quotes_it(trace_id: str, surrounding: str) -> None:
    assert read_trace_id(surrounding.format(quote(trace_id))) == trace_id


@given(as_typed())
def test_an_id_is_read_without_its_prefix(typed: tuple[str, str]) -> None:
    trace_id, text = typed
    body = re.sub("^trace[-_\\s]*", "", text, flags=re.IGNORECASE)

    assert read_trace_id(body) == trace_id


@given(ids, st.sampled_from(SURROUNDINGS))
def test_an_id_without_prefix_is_read_if_it_is_a_word(trace_id: str, surrounding: str) -> None:
    assert read_trace_id(surrounding.format(trace_id[6:])) == trace_id


@given(st.text() | st.from_regex(r"trace_?[0-9a-z \-]{20,60}"))
def test_what_is_read_is_an_id_or_nothing(text: str) -> None:
    read = read_trace_id(text)

    assert read is None or re.fullmatch(TRACE_ID, read)


@given(as_typed(), ids)
def test_two_ids_in_one_text_are_both_read_and_are_not_one(typed: tuple[str, str], other: str) -> None:
    trace_id, text = typed

    assert read_trace_id(f"{text} and {other}") == (trace_id if trace_id == other else None)
    assert read_trace_ids(f"{text} and {other}") == list(dict.fromkeys([trace_id, other]))


def test_words_are_not_the_beginning_of_an_id() -> None:
    texts = ("Trace failed again", "a task finished", "trace_12345", "trace_id", "subtrace_123456", "trace_12345u7")

    assert [text for text in texts if read_trace_ids(text)] == []
    assert read_trace_ids(f"trace_123456 - and {GOOD} was trace_0o0o0o") == [GOOD, "trace_123456", "trace_000000"]


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD} and again {GOOD.upper()}",
        f"t r a c e _ {' '.join(BODY)}",
        f"tra\nce_{BODY}",
        f"/a-slug-of-twenty-six-marks/{GOOD}",
    ],
    ids=["twice", "spaced out", "broken in the prefix", "behind a slug"],
)
def test_an_id_is_read_in_odd_texts(text: str) -> None:
    assert read_trace_id(text) == GOOD


def test_other_texts_are_read_as_none() -> None:
    ids = (GOOD[:-1], f"{GOOD}0", f"{GOOD[:-1]}u", f"{GOOD[:-1]}\N{FULLWIDTH DIGIT ONE}", f"{GOOD[:20]}.{GOOD[20:]}")
    texts = ("", "trace_", f"{GOOD} or {OTHER}?", "acct_10234", "The key is stale and older than the policy says.")

    assert [text for text in (*ids, *texts) if read_trace_id(text)] == []


@given(as_typed(), st.integers(6, 25))
def test_the_beginning_of_an_id_is_read_with_its_prefix(typed: tuple[str, str], length: int) -> None:
    trace_id, text = typed
    characters = re.findall(r"[0-9a-z]", re.sub("^trace", "", text, flags=re.IGNORECASE), re.IGNORECASE)
    cut = f"TRACE_{'-'.join(characters[:length])}"

    assert read_trace_ids(f"My request {cut}… failed.") == [trace_id[: 6 + length]]
    assert read_trace_id(cut) is None


def test_a_long_text_is_read_quickly() -> None:
    assert read_trace_id("trace " * 20_000 + "-" * 100_000) is None
    assert read_trace_ids("trace_aaaaaa" + "-" * 100_000 + "u") == []
