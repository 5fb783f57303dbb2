"""The columns of 0.2.0 that hold a rotation's facts. They are written until 0.4.0, so that 0.2.0 can read the rows."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotation.contract import UNKNOWN_DAY, CredentialFacts

if TYPE_CHECKING:
    from traces.models import TraceRecord


def write_old_columns(facts: CredentialFacts, at: datetime) -> dict[str, Any]:
    """Write an unknown age as 0.2.0 computes it: no completed row may be without one."""
    unknown_days = (at.date() - UNKNOWN_DAY).days
    return {
        "credential_label": facts.label,
        "credential_kind": facts.kind.value,
        "credential_state": facts.state.value,
        "credential_age_days": unknown_days if facts.age_days is None else facts.age_days,
    }


def read_old_columns(trace: "TraceRecord") -> dict[str, Any] | None:
    """Return the facts as JSON holds them, None where no record was found."""
    if trace.credential_kind is None:
        return None
    return {
        "label": trace.credential_label or "",
        "kind": trace.credential_kind,
        "state": trace.credential_state,
        "age_days": trace.credential_age_days,
    }
