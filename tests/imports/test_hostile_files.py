"""No file whatever makes a reader do more than refuse, and no sentence repeats a piece of it."""

import base64
import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from access.import_files import FileRefused
from rotation.imports.formats import FORMATS
from tests.imports.inventories import APP, GOLDEN, golden, read

pytestmark = pytest.mark.any_database

SCOPES = st.sampled_from([None, "", APP, "123456789012", "a@b", "prod/web", "vault", "ключ"])
# No sentence of ours has such letters, so that one that repeats a text shows it.
TEXTS = st.text(st.characters(min_codepoint=0xA1, codec="utf-8"), max_size=90)
MOMENTS = st.sampled_from(["2026-11-18T20:00:00Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "N/A"])
KEYS = {key for _, file, _ in GOLDEN for key in re.findall(r'"([\w./-]+)": ', golden(file).decode())}
NAMES = st.sampled_from(sorted(KEYS | {"keys", "assets", "value", "nextPageToken"}))
LEAVES = st.one_of(TEXTS, st.just("\ud800"), MOMENTS, st.none(), st.booleans(), st.integers(), st.floats())
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXTS, inner, max_size=6), max_leaves=30
)
WORDS_OF_GOLDEN_FILES = ("alice", "bob", "carol", "123456", "EXAMPLE", "shop", "billing", "aaaa", "1111", "payments")


def sentences(name: str, contents: Sequence[bytes], scope: str | None) -> list[str]:
    try:
        snapshot = read(name, *contents, scope=scope)
    except FileRefused as error:
        return [refusal.sentence for refusal in error.refusals]
    return [*(refusal.sentence for refusal in snapshot.refused), *snapshot.notes, *(snapshot.skipped or ())]


def check(contents: Sequence[bytes], scope: str | None) -> None:
    for name in FORMATS:
        for sentence in sentences(name, contents, scope):
            assert sentence.isascii(), name
            assert not any(word in sentence for word in WORDS_OF_GOLDEN_FILES)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=2), SCOPES)
@example([b"\xff\xfe{"], None)
@example([b'{"Content": "\xc3\xa9", "GeneratedTime": 1}'], None)
def test_any_bytes_are_taken_or_refused(contents: list[bytes], scope: str | None) -> None:
    check(contents, scope)


@given(st.lists(DOCUMENTS, min_size=1, max_size=3), SCOPES)
def test_any_json_is_taken_or_refused(documents: list[object], scope: str | None) -> None:
    check(["\n".join(map(json.dumps, documents)).encode()], scope)


@given(st.lists(st.lists(TEXTS | MOMENTS, min_size=7, max_size=8), max_size=5), st.booleans())
def test_any_cells_are_taken_or_refused(lines: list[list[str]], in_answer: bool) -> None:
    plain = golden("plain.csv").splitlines()[0]
    report = b"user,arn,access_key_1_active,access_key_1_last_rotated,access_key_2_active,access_key_2_last_rotated,x"
    cells = "\n".join(",".join(line) for line in lines).encode()
    for header in (plain, report):
        content = header + b"\n" + cells
        answer = {"Content": base64.b64encode(content).decode(), "GeneratedTime": "2026-11-18T20:00:00Z"}
        check([json.dumps(answer).encode() if in_answer else content], None)


@given(st.sampled_from(GOLDEN), st.data(), TEXTS)
def test_golden_files_with_a_piece_replaced_are_taken_or_refused(
    file: tuple[str, str, str | None], data: st.DataObject, text: str
) -> None:
    _, name, scope = file
    content = golden(name)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 60, len(content))))

    check([content[:start] + text.encode() + content[end:]], scope)
