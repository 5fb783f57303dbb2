"""Trace ids: hard to guess, easy to read aloud, and the only text that their address accepts."""

import re
from math import log2

import pytest
from django.urls import Resolver404, resolve

from traces.identifiers import CROCKFORD, TRACE_ID, new_trace_id

GOOD = "trace_0123456789abcdefghjkmnpqrs"


def test_an_id_is_26_lower_case_crockford_characters_of_at_least_128_random_bits() -> None:
    ids = [new_trace_id() for _ in range(4000)]

    bits = sum(log2(len(set(position))) for position in zip(*ids, strict=True))

    assert all(re.fullmatch(r"trace_[0123456789abcdefghjkmnpqrstvwxyz]{26}", each) for each in ids)
    assert bits >= 128
    assert len(set(ids)) == len(ids)


def test_the_pattern_matches_the_alphabet_and_no_other_character() -> None:
    taken = {each for each in map(chr, range(0x10000)) if re.fullmatch(TRACE_ID, f"trace_{each * 26}")}

    assert taken == set(CROCKFORD)


def test_the_address_accepts_only_an_id(subtests: pytest.Subtests) -> None:
    ends = ("S", "\N{FULLWIDTH DIGIT ONE}", "\N{ARABIC-INDIC DIGIT ONE}", "\n", *"ilou")
    others = (GOOD[:-1], f"{GOOD}0", GOOD.upper(), f"{GOOD}\n", f" {GOOD}", GOOD.removeprefix("trace_"), "")

    assert resolve(f"/rotation/{GOOD}").kwargs == {"trace_id": GOOD}
    for wrong in (*others, *(GOOD[:-1] + end for end in ends)):
        with subtests.test(repr(wrong)), pytest.raises(Resolver404):
            resolve(f"/rotation/{wrong}")
