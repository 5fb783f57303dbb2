"""From a fingerprint back to the cases of the known suites whose text has it."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from django.conf import settings

from evals.cases import SUITES, SuiteError, load_suite
from traces.fingerprints import FingerprintKey, fingerprint
from traces.models import TraceRecord


def cases_with(input_fingerprint: str, key: FingerprintKey) -> tuple[str, ...]:
    """
    Name the cases whose report has this fingerprint; minimal pairs share one text.

    :raises evals.cases.SuiteError: a known suite cannot be read
    """
    return _names_by_fingerprint(key).get(input_fingerprint, ())


def note_cases(trace: TraceRecord) -> str | None:
    """Tell an operator that a trace, whoever sent it, has the text of an eval case."""
    key = next((key for key in settings.FINGERPRINT_KEYS if key.id == trace.fingerprint_key_id), None)
    if key is None:
        return None
    try:
        names = cases_with(trace.input_fingerprint, key)
    except SuiteError as fault:
        return f"eval cases cannot be read: {fault}"
    return f"eval case: {', '.join(names)}" if names else None


@cache
def _names_by_fingerprint(key: FingerprintKey) -> Mapping[str, tuple[str, ...]]:
    names: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for path in sorted(SUITES.glob("*.jsonl")):
        for case in load_suite(path).cases:
            names[fingerprint(case.as_report.credential_report, key)] += (case.name,)
    return dict(names)
