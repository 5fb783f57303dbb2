"""Our row, as whoever keeps the same has to fill it."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.peers.question import MODEL, Decision, Report

TABLE = "traces_tracerecord"
KEY = b"for-this-benchmark-alone"
SAME_FOR_ALL = {
    "workflow": "rotation",
    "source": "api",
    "submitter": "open",
    "status": "running",
    "fingerprint_key_id": "bench",
    "prompt_version": "rotation_decision@1",
    "policy_version": "p7@1",
    "provider": "openai",
    "model": MODEL,
    "release": "unknown",
    "credential_label": "invoice-sync",
    "credential_kind": "service_account_key",
    "credential_state": "active",
    "credential_age_days": 12,
}


def opening(report: Report) -> dict[str, Any]:
    """Give what is written before the call; `policy_line_ids` are JSON."""
    return {
        **SAME_FOR_ALL,
        "trace_id": f"trace_{uuid4().hex[:26]}",
        "account_id": report.account_id,
        "input_fingerprint": _digest(report.credential_report),
        "submission_digest": _digest(report.model_dump_json()),
        "policy_line_ids": [],
        "started_at": datetime.now(UTC),
    }


def ending(decision: Decision, opened: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is written after it; `usage` is the provider's own count."""
    finished_at = datetime.now(UTC)
    ms = (finished_at - opened["started_at"]) // timedelta(milliseconds=1)
    return {
        "status": decision.status,
        "decision": decision.decision,
        "policy_line_ids": decision.source_line_ids,
        "error_code": decision.error_code,
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "provider_ms": ms,
        "latency_ms": ms,
        "finished_at": finished_at,
    }


def _digest(text: str) -> str:
    return hmac.digest(KEY, text.encode(), "sha256").hex()[:32]
