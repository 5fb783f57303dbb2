"""What is asked of the operators' pages."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench.ledger_rows import BUSY_ACCOUNT, COMMON_FINGERPRINT, NEVER, OLD_CODES

LIST, DASHBOARD = "/admin/traces/tracerecord/", "/admin/"

DASHBOARDS = {
    "dashboard, 24 hours": f"{DASHBOARD}?period=24h",
    "dashboard, 30 days": f"{DASHBOARD}?period=30d",
    "dashboard of evals, 30 days": f"{DASHBOARD}?period=30d&source__exact=eval",
}


def pages(*, days: float) -> dict[str, str]:
    """Name each page's address."""
    middle = datetime.now(UTC) - timedelta(days=days / 2)
    lists: dict[str, dict[str, str]] = {
        "failed, as the list opens": {},
        "all": {"status__exact": "all"},
        "completed": {"status__exact": "completed"},
        "running": {"status__exact": "running"},
        "code, frequent": {"error_code__exact": "provider_timeout"},
        "code, long ago": {"error_code__exact": OLD_CODES[0].value},
        "code, never": {"error_code__exact": NEVER.value},
        "code and version, never": {"error_code__exact": NEVER.value, "prompt_version__exact": "rotation_decision@2"},
        "code and account": {"error_code__exact": "provider_refused", "account_id__exact": "acct_00002"},
        "decision": {"decision__exact": "needs_review"},
        "decision, never": {"decision__exact": "withdrawn"},
        "waiting for review": {"review": "waiting"},
        "running too long": {"overdue": "yes"},
        "still alive": {"follow_up": "rotation"},
        "failure, frequent": {"failure": "provider"},
        "failure, long ago": {"failure": "service"},
        "marked wrong, never": {"marked_wrong": "tickets"},
        "account, busy": {"account_id__exact": BUSY_ACCOUNT},
        "account, quiet": {"account_id__exact": "acct_00002"},
        "account, never": {"account_id__exact": "acct_x"},
        "fingerprint, common": {"input_fingerprint__exact": COMMON_FINGERPRINT},
        "fingerprint, never": {"input_fingerprint__exact": "0" * 32},
        "fingerprint, failed": {"input_fingerprint__exact": COMMON_FINGERPRINT, "status__exact": "failed"},
    }
    # These filters leave the list at the failed rows, so each is also asked for every row.
    both = {
        "workflow": {"workflow__exact": "rotation"},
        "workflow, long ago": {"workflow__exact": "tickets"},
        "workflow, never": {"workflow__exact": "nothing"},
        "prompt version": {"prompt_version__exact": "rotation_decision@2"},
        "prompt version, long ago": {"prompt_version__exact": "rotation_decision@1"},
        "prompt version, never": {"prompt_version__exact": "rotation_decision@9"},
        "provider": {"provider__exact": "openai"},
        "provider, evals since": {"provider__exact": "rules"},
        "provider, never": {"provider__exact": "nobody"},
        "source web": {"source__exact": "web"},
        "source eval": {"source__exact": "eval"},
        "today": {"day": "today"},
        "last 7 days": {"day": "week"},
        "a day in the middle": {"day": f"{middle:%Y-%m-%d}"},
        "a day before all": {"day": "1999-01-01"},
        "from a moment on": {"started_at__lt": middle.isoformat()},
    }
    for name, lookups in both.items():
        lists[f"{name}, failed"] = lookups
        lists[f"{name}, all"] = lookups | {"status__exact": "all"}
    asked = {f"list: {name}": f"{LIST}?{urlencode(lookups)}" for name, lookups in lists.items()}
    return asked | DASHBOARDS
