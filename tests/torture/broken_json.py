"""Broken JSON bodies: known hard cases, and a good body with random damage. Some of them stay acceptable."""

import json
import re
from collections.abc import Iterator
from random import Random

GOOD = {"account_id": "acct_10234", "credential_report": "Service-account key is marked stale.", "item": "invoice-sync"}
TOKENS: tuple[bytes, ...] = (
    *(b"[" * 7000, b'{"a":' * 1500, b"9" * 5000, b"-" + b"9" * 5000, b"1e999999", b"0." + b"1" * 5000, b"1E400", b"-0"),
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"[]", b"{}", b'""', b"30.0", b"0x10", b"01", b"undefined"),
    *(
        rb'"\ud800"',
        rb'"\udc00 low first"',
        rb'"\ud800\ud800"',
        rb'"\u0000 NUL in it"',
        rb'"\x41"',
        rb'"\u12"',
        rb'"\U00000041"',
    ),
    # Nothing that can be seen, and too little of it.
    *(
        rb'"\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b"',
        ('"' + "\u3164 " * 12 + '"').encode(),
        ('"x' + " " * 12 + '\u2800"').encode(),
    ),
    *(
        b'"' + b"x" * 15_000 + b'"',
        b'"raw \x00 NUL here"',
        b'"raw \n line end"',
        b'"\xff\xfe\xfd"',
        b'"\xed\xa0\x80 bare"',
        b'"\xc0\xaf long"',
    ),
    *(
        b"'acct_10234'",
        b"// x\n",
        b"/* x */",
        b"\xef\xbb\xbf",
        b",",
        b",,",
        b":",
        b"}",
        b"]",
        b"\\",
        b'"',
        b"\x00",
        b"\x1b[2J",
    ),
    *(
        '"acct_\u0661\u0662\u0663\u0664\u0665"'.encode(),
        b'"acct_10234\\n"',
        b'"__proto__": 1,',
        b'"account_id": "acct_99999",',
        b'"\\u0061ccount_id": 1,',
    ),
)
# Those that a damaged body may hold.
INVISIBLE = "\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2800\u3164\ufeff"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037")


def bodies(number: int) -> Iterator[bytes]:
    """Yield each token in the place of each field, key and document, then this number of damaged bodies."""
    for token in TOKENS:
        yield token
        yield b"{" + token + b": 1}"
        for name in GOOD:
            rest = {key: value for key, value in GOOD.items() if key != name}
            yield json.dumps(rest)[:-1].encode() + f', "{name}": '.encode() + token + b"}"
    rng = Random(20_261_122)  # noqa: S311 - the same bodies in each run
    for _ in range(number):
        body = json.dumps(GOOD, ensure_ascii=rng.random() < 0.5).encode(rng.choice(ENCODINGS))
        for _ in range(rng.randint(1, 3)):
            body = _damage(body, rng)
        # Django's client gives an empty body no content type.
        yield body or b" "


def _damage(body: bytes, rng: Random) -> bytes:
    """Cut the end off, cut a piece out, repeat a piece, change a byte, or insert a token."""
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    return rng.choice(
        (
            body[:start],
            body[:start] + body[end:],
            body[:end] + body[start:],
            body[:start] + bytes([rng.randrange(256)]) + body[start + 1 :],
            body[:start] + rng.choice(TOKENS) + body[start:],
        )
    )


def is_acceptable(body: bytes) -> bool:
    """Return whether a body is one strict JSON document of the published shape, by the standard library alone."""
    try:
        read = json.loads(body.decode("utf-8"), object_pairs_hook=_refuse_duplicate_keys)
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return False
    if not isinstance(read, dict) or not {"account_id", "credential_report"} <= read.keys() <= GOOD.keys():
        return False
    account_id, text, item = (read.get(name) for name in GOOD)
    sized = _has_length(text, 10, 500) and (item is None or _has_length(item, 3, 80))
    return sized and isinstance(account_id, str) and bool(re.fullmatch("acct_[0-9]{5}", account_id))


def _has_length(text: object, shortest: int, longest: int) -> bool:
    if not isinstance(text, str) or "\0" in text:
        return False
    folded = text.replace("\r\n", "\n").strip()
    seen = " ".join(re.sub(f"[{INVISIBLE}]", "", folded).split())
    return shortest <= len(seen) and len(folded) <= longest


def _refuse_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)
