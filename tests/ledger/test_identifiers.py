"""Trace ids: hard to guess, easy to read aloud, and the only thing that their address takes."""

import re
from math import log2

import pytest
from django.urls import Resolver404, resolve, reverse

from traces.identifiers import CROCKFORD, TRACE_ID, new_trace_id

GOOD = "trace_0123456789abcdefghjkmnpqrs"


def test_an_id_is_trace_and_26_lower_case_crockford_characters() -> None:
    ids = [new_trace_id() for _ in range(1000)]

    assert all(re.fullmatch(r"trace_[0123456789abcdefghjkmnpqrstvwxyz]{26}", each) for each in ids)


def test_an_id_holds_at_least_128_random_bits() -> None:
    ids = [new_trace_id().removeprefix("trace_") for _ in range(4000)]

    bits = sum(log2(len(set(position))) for position in zip(*ids, strict=True))

    assert bits >= 128


def test_ids_do_not_repeat() -> None:
    assert len({new_trace_id() for _ in range(20_000)}) == 20_000


def test_the_pattern_takes_the_alphabet_and_no_other_character() -> None:
    taken = {each for each in map(chr, range(0x10000)) if re.fullmatch(TRACE_ID, f"trace_{each * 26}")}

    assert taken == set(CROCKFORD)


def test_the_address_of_a_trace_hands_over_its_id() -> None:
    trace_id = new_trace_id()

    match = resolve(reverse("result", args=[trace_id]))

    assert match.kwargs == {"trace_id": trace_id}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(GOOD[:-1], id="one short"),
        pytest.param(GOOD + "0", id="one long"),
        pytest.param(GOOD.upper(), id="upper case"),
        pytest.param(GOOD[:-1] + "S", id="one capital"),
        pytest.param(GOOD[:-1] + "\N{FULLWIDTH DIGIT ONE}", id="full-width digit"),
        pytest.param(GOOD[:-1] + "\N{ARABIC-INDIC DIGIT ONE}", id="arabic digit"),
        pytest.param(GOOD + "\n", id="trailing newline"),
        pytest.param(GOOD[:-1] + "\n", id="newline as the last character"),
        pytest.param(" " + GOOD, id="leading blank"),
        pytest.param(GOOD.removeprefix("trace_"), id="no prefix"),
        pytest.param("", id="nothing"),
        *(pytest.param(GOOD[:-1] + letter, id=f"letter {letter}") for letter in "ilou"),
    ],
)
def test_the_address_takes_nothing_but_an_id(wrong: str) -> None:
    with pytest.raises(Resolver404):
        resolve(f"/rotation/{wrong}")
