"""Triggers on a rotation's rows: a completed row names its record and its policy line, and no record is bad."""

from rotation.contract import UNKNOWN_DAY
from rotation.faults import FAULTS, ON_SQLITE
from rotation.faults import TABLE as RECORDS
from traces.guard import TABLE, Guard

REFUSAL = "a completed rotation names its record and its policy line"
UNPROVEN = (
    "NEW.workflow = 'rotation' AND NEW.status = 'completed' AND (NEW.credential_age_days IS NULL"
    " OR NEW.credential_kind IS NULL OR NEW.credential_state IS NULL"
    " OR CAST(NEW.policy_line_ids AS TEXT) NOT LIKE '[\"%')"
)
BAD_RECORD = (
    "a credential record has an account id such as acct_10234, an item of 3 to 80 characters without blanks at its"
    f" ends, and an issue day that is not after its observation, or {UNKNOWN_DAY} if it is unknown"
)
BAD = " OR ".join(
    (f"NOT NEW.issued_on_known AND NEW.issued_on <> '{UNKNOWN_DAY}'", *(sql.format("NEW.") for sql in FAULTS.values()))
)
BAD_ON_SQLITE = ON_SQLITE.format("NEW.")
GUARDS = (
    Guard(TABLE, "rotation_insert_is_proven", REFUSAL, rows=UNPROVEN, event="INSERT"),
    Guard(TABLE, "rotation_update_is_proven", REFUSAL, rows=UNPROVEN, event="UPDATE"),
    Guard(RECORDS, "rotation_inserted_record_is_sound", BAD_RECORD, BAD, "INSERT", BAD_ON_SQLITE),
    Guard(RECORDS, "rotation_updated_record_is_sound", BAD_RECORD, BAD, "UPDATE", BAD_ON_SQLITE),
)
