"""
Rows for the ledger, made by the database itself and in the order of time: what a service holds, and its worst values.

Every 20th row comes from an eval, in runs of 150. One account and one report make up a twentieth each, as a client that
tests its own code does. Some values stand in the first thousandth of the rows alone, where a walk from the newest row
backwards would come last; `NEVER` stands nowhere. What looks like chance is a product modulo a prime: the same rows on
each database and in each run.
"""

from datetime import datetime, timedelta
from itertools import accumulate
from string import Template

from bench.ledger_sql import INSERTION, WORDS
from traces.codes import ErrorCode

BUSY_ACCOUNT, COMMON_FINGERPRINT = "acct_00001", "c50985cbe665" + "0" * 20
PRIME = 4_294_967_291
# One for each thing that is drawn; no two of them are drawn alike.
MULTIPLIERS = {
    "failing": 2_654_435_761,
    "code": 3_266_489_917,
    "decision": 2_246_822_519,
    "retry": 3_374_761_393,
    "source": 1_779_033_703,
    "account": 2_869_860_233,
    "busy": 1_181_783_497,
    "report": 3_935_559_011,
    "spent": 2_057_025_443,
    "slow": 3_141_592_661,
    "letters1": 2_971_215_073,
    "letters2": 1_500_450_271,
    "letters3": 3_628_273_133,
    "letters4": 2_922_509_617,
}
DECISIONS = {"eligible": 60, "needs_review": 25, "not_eligible": 15}
# `interrupted` and `internal_error` are among the first rows alone; `credential_ambiguous` is never met.
CODES = {
    ErrorCode.ACCOUNT_UNKNOWN.value: 25,
    ErrorCode.PROVIDER_TIMEOUT.value: 30,
    ErrorCode.PROVIDER_UNREACHABLE.value: 3,
    ErrorCode.PROVIDER_RATE_LIMITED.value: 12,
    ErrorCode.PROVIDER_REJECTED.value: 1,
    ErrorCode.PROVIDER_ERROR.value: 10,
    ErrorCode.PROVIDER_REFUSED.value: 2,
    ErrorCode.INVALID_DECISION.value: 17,
}
OLD_CODES = (ErrorCode.INTERRUPTED, ErrorCode.INTERNAL_ERROR)
NEVER = ErrorCode.CREDENTIAL_AMBIGUOUS


def insertion(vendor: str, count: int, *, until: datetime, days: float) -> str:
    """Write the statement that inserts the rows of the `days` before `until`, oldest first; the last 3 are running."""
    step = timedelta(days=days).total_seconds() / count
    drawn = {name: f"((n + 1) * {times} % {PRIME})" for name, times in MULTIPLIERS.items()}
    percents = {name: f"({value} / {PRIME // 100 + 1})" for name, value in drawn.items()}
    words = WORDS[vendor]
    letters = " || ".join(words["hexadecimal"].replace("?", drawn[f"letters{part}"]) for part in (1, 2, 3, 4))
    started = f"({until.timestamp() - step * count!r} + CAST(n AS double precision) * {step!r})"
    return Template(INSERTION).substitute(
        percents,
        count=count,
        letters=letters,
        letters_before=letters.replace("(n + 1)", "n"),
        failing_before=percents["failing"].replace("(n + 1)", "n"),
        code_in_percent=_chosen(CODES, percents["code"]),
        decision_in_percent=_chosen(DECISIONS, percents["decision"]),
        busy_account=BUSY_ACCOUNT,
        common_fingerprint=COMMON_FINGERPRINT,
        any_account=f"({drawn['account']} % 100000)",
        spent_ms=f"400 + {drawn['spent']} % CASE WHEN {percents['slow']} < 5 THEN 4000 ELSE 900 END",
        started_at=words["moment"].replace("?", started),
        finished_at=words["moment"].replace("?", f"({started} + CAST(spent_ms + 12 AS double precision) / 1000)"),
        lines=words["json"].replace("?", "CASE WHEN status = 'completed' THEN '[\"P-7\"]' ELSE '[]' END"),
    )


def _chosen(weights: dict[str, int], percent: str) -> str:
    """Choose by weights that add up to 100."""
    bounds = accumulate(weights.values())
    cases = (f"WHEN {percent} < {bound} THEN '{word}'" for word, bound in zip(weights, bounds, strict=True))
    return f"CASE {' '.join(cases)} END"
