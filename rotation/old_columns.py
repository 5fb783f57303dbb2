"""The columns of 0.2.0 that hold a rotation's facts. They are written until 0.4.0, so that 0.2.0 can read the rows."""

from typing import TYPE_CHECKING, Any

from rotation.contract import CredentialFacts

if TYPE_CHECKING:
    from traces.models import TraceRecord


def write_old_columns(facts: CredentialFacts) -> dict[str, Any]:
    return {
        "credential_label": facts.label,
        "credential_kind": facts.kind.value,
        "credential_state": facts.state.value,
        "credential_age_days": facts.age_days,
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
