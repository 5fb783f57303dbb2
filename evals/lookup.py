"""From a fingerprint back to the cases of the known suites whose text has it."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from django.conf import settings

from evals.cases import load_suite
from evals.suites import SuiteError, known_suites
from traces.fingerprints import FingerprintKey, fingerprint
from traces.models import TraceRecord


def note_cases(trace: TraceRecord) -> str | None:
    """Name for an operator the eval cases that have the text of this trace, whoever sent it."""
    key = next((key for key in settings.FINGERPRINT_KEYS if key.id == trace.fingerprint_key_id), None)
    if key is None:
        return None
    try:
        names = names_by_fingerprint(key).get(trace.input_fingerprint)
    except SuiteError as fault:
        return f"eval cases cannot be read: {fault}"
    return f"eval case: {', '.join(names)}" if names else None


@cache
def names_by_fingerprint(key: FingerprintKey) -> Mapping[str, tuple[str, ...]]:
    """
    Name the cases whose report has each fingerprint; minimal pairs share one text.

    :raises evals.suites.SuiteError: a known suite cannot be read
    """
    names: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for suite in known_suites():
        for case in load_suite(suite).cases:
            names[fingerprint(case.as_report.sent_text, key)] += (case.name,)
    return dict(names)
