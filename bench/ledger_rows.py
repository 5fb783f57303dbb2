"""
Rows for the ledger, fast and in the order of time: what a service holds, with its rare and its worst values.

Every 20th row comes from an eval, in runs of 150. One account and one report make up a twentieth each, as a client that
tests its own code does. Some values stand in the first thousandth of the rows alone, where a walk from the newest row
backwards would come last; `NEVER` stands nowhere.
"""

import base64
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from traces.codes import ErrorCode, Status
from traces.identifiers import CROCKFORD

BUSY_ACCOUNT, COMMON_FINGERPRINT = "acct_00001", "c50985cbe665" + "0" * 20
EVAL_RUN, ROWS_TO_AN_EVAL_RUN = 150, 3000
STILL_RUNNING = 3
TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD.encode())
DECISIONS = {"eligible": 60, "needs_review": 25, "not_eligible": 15}
# `interrupted` and `internal_error` are among the first rows alone; `credential_ambiguous` is never met.
CODES = {
    ErrorCode.ACCOUNT_UNKNOWN: 25,
    ErrorCode.PROVIDER_TIMEOUT: 30,
    ErrorCode.PROVIDER_UNREACHABLE: 3,
    ErrorCode.PROVIDER_RATE_LIMITED: 12,
    ErrorCode.PROVIDER_REJECTED: 1,
    ErrorCode.PROVIDER_ERROR: 10,
    ErrorCode.PROVIDER_REFUSED: 2,
    ErrorCode.INVALID_DECISION: 17,
}
OLD_CODES = (ErrorCode.INTERRUPTED, ErrorCode.INTERNAL_ERROR)
NEVER = ErrorCode.CREDENTIAL_AMBIGUOUS
COLUMNS = (
    *("trace_id", "workflow", "source", "submitter", "submission_key", "submission_digest", "account_id"),
    *("credential_label", "status", "input_fingerprint", "fingerprint_key_id", "prompt_version", "policy_version"),
    *("provider", "model", "release", "credential_age_days", "credential_kind", "credential_state", "decision"),
    *("policy_line_ids", "error_code", "error_reason", "retry_of", "latency_ms", "provider_ms", "input_tokens"),
    *("output_tokens", "started_at", "finished_at"),
)
Row = dict[str, Any]


def rows(count: int, *, until: datetime, days: float) -> Iterator[Row]:
    """Make the rows of the `days` before `until`, oldest first; the last few are still running."""
    chance = random.Random(f"{count} rows")  # noqa: S311 - the same rows in each run, and no secret among them
    step = timedelta(days=days) / count
    failed: str | None = None
    for number in range(count):
        at = until - step * (count - number)
        row = _request(chance, at, number=number, age=number / count)
        if failed and chance.random() < 0.2:
            row["retry_of"] = failed
        row |= {} if number >= count - STILL_RUNNING else _ending(chance, at, old=number < count / 1000)
        failed = row["trace_id"] if row["error_code"] else None
        yield row


def _request(chance: random.Random, at: datetime, *, number: int, age: float) -> Row:
    """`age` is 0 for the oldest row and 1 for the newest."""
    is_eval = number % ROWS_TO_AN_EVAL_RUN < EVAL_RUN
    source = "eval" if is_eval else "web" if chance.random() < 0.6 else "api"
    with_rules = age < 0.001 or (is_eval and age > 0.5)
    return dict.fromkeys(COLUMNS) | {
        "trace_id": f"trace_{_letters(chance)[:26]}",
        "workflow": "rotation" if age > 0.001 else "tickets",
        "source": source,
        "submitter": "eval" if is_eval else f"browser:{_letters(chance)[:22]}" if source == "web" else "user:7",
        "submission_key": None if is_eval else _letters(chance)[:22],
        "submission_digest": f"{chance.getrandbits(128):032x}",
        "account_id": BUSY_ACCOUNT if chance.random() < 0.05 else f"acct_{chance.randrange(100_000):05}",
        "status": Status.RUNNING.value,
        "input_fingerprint": COMMON_FINGERPRINT if chance.random() < 0.05 else f"{chance.getrandbits(128):032x}",
        "fingerprint_key_id": "bench",
        "prompt_version": f"rotation_decision@{1 if age < 0.5 else 2}",
        "policy_version": "policy@1",
        "provider": "rules" if with_rules else "openai",
        "model": None if with_rules else "asked-model",
        "release": f"1.{int(age * 20)}.0",
        "policy_line_ids": "[]",
        "started_at": str(at)[:26],
    }


def _ending(chance: random.Random, at: datetime, *, old: bool) -> Row:
    spent = int(chance.lognormvariate(7, 0.6))
    row: Row = {
        "latency_ms": spent + 12,
        "provider_ms": spent,
        "input_tokens": 310,
        "output_tokens": 24,
        "finished_at": str(at + timedelta(milliseconds=spent + 12))[:26],
    }
    if chance.random() < 0.12:
        codes = OLD_CODES if old else tuple(CODES)
        code = chance.choices(codes, None if old else tuple(CODES.values()))[0]
        reason = "window_conflict" if code is ErrorCode.INVALID_DECISION else None
        return row | {"status": Status.FAILED.value, "error_code": code.value, "error_reason": reason}
    decision = chance.choices(tuple(DECISIONS), tuple(DECISIONS.values()))[0]
    facts = {"credential_label": "invoice-sync", "credential_kind": "service_account_key", "credential_state": "active"}
    evidence = {"decision": decision, "policy_line_ids": json.dumps(["P-7"]), "credential_age_days": 12}
    return row | facts | evidence | {"status": Status.COMPLETED.value}


def _letters(chance: random.Random) -> str:
    """Return 32 letters of Crockford's alphabet, 160 random bits."""
    return base64.b32encode(chance.randbytes(20)).translate(TO_CROCKFORD).decode()
