"""Triggers on a rotation's rows: a completed row must name its record and its policy line."""

from traces.guard import TABLE, Guard

REFUSAL = "a completed rotation names its record and its policy line"
UNPROVEN = (
    "NEW.workflow = 'rotation' AND NEW.status = 'completed' AND (NEW.credential_age_days IS NULL"
    " OR NEW.credential_kind IS NULL OR NEW.credential_state IS NULL"
    " OR CAST(NEW.policy_line_ids AS TEXT) NOT LIKE '[\"%')"
)
GUARDS = (
    Guard(TABLE, "rotation_insert_is_proven", REFUSAL, rows=UNPROVEN, event="INSERT"),
    Guard(TABLE, "rotation_update_is_proven", REFUSAL, rows=UNPROVEN, event="UPDATE"),
)
