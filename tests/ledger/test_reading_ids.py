"""A trace id is read from whatever a customer's screenshot, mail or address bar made of it."""

import re

import pytest
from django.contrib.admin.utils import quote
from hypothesis import example, given
from hypothesis import strategies as st

from traces.identifiers import CROCKFORD, TRACE_ID, read_trace_id

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
    """An id, and the same id as a person may hand it over."""
    trace_id = draw(ids)
    body = [draw(st.sampled_from({"0": "0oO", "1": "1iIlL"}.get(each, each + each.upper()))) for each in trace_id[6:]]
    return trace_id, draw(prefixes) + "".join(each + draw(gaps) for each in body)


@given(as_typed(), st.sampled_from(SURROUNDINGS))
def test_an_id_is_read_however_it_was_typed_and_wherever_it_stands(typed: tuple[str, str], surrounding: str) -> None:
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
def test_a_bare_body_is_read_where_it_is_a_word(trace_id: str, surrounding: str) -> None:
    assert read_trace_id(surrounding.format(trace_id[6:])) == trace_id


@given(st.text() | st.from_regex(r"trace_?[0-9a-z \-]{20,60}"))
def test_what_is_read_is_an_id_or_nothing(text: str) -> None:
    read = read_trace_id(text)

    assert read is None or re.fullmatch(TRACE_ID, read)


@given(as_typed(), ids)
def test_of_two_ids_none_is_guessed(typed: tuple[str, str], other: str) -> None:
    trace_id, text = typed

    assert read_trace_id(f"{text} and {other}") == (trace_id if trace_id == other else None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(f"{GOOD} and again {GOOD.upper()}", GOOD, id="one id twice"),
        pytest.param(f"t r a c e _ {' '.join(BODY)}", GOOD, id="spaced out from the first letter"),
        pytest.param(f"tra\nce_{BODY}", GOOD, id="broken in the prefix"),
        pytest.param(f"/a-slug-of-twenty-six-marks/{GOOD}", GOOD, id="a slug before it"),
        pytest.param("", None, id="nothing"),
        pytest.param("trace_", None, id="the prefix alone"),
        pytest.param(GOOD[:-1], None, id="one short"),
        pytest.param(f"{GOOD}0", None, id="one long"),
        pytest.param(f"{GOOD[:-1]}u", None, id="a letter that stands for nothing"),
        pytest.param(f"{GOOD[:-1]}\N{FULLWIDTH DIGIT ONE}", None, id="full-width digit"),
        pytest.param(f"{GOOD[:20]}.{GOOD[20:]}", None, id="a dot within"),
        pytest.param(f"{GOOD} or {OTHER}?", None, id="two ids"),
        pytest.param("acct_10234", None, id="an account"),
        pytest.param("The key is stale and older than the policy says.", None, id="a report"),
    ],
)
def test_what_is_read_of_a_text(text: str, read: str | None) -> None:
    assert read_trace_id(text) == read


def test_a_long_text_is_read_in_no_time() -> None:
    assert read_trace_id("trace " * 20_000 + "-" * 100_000) is None
