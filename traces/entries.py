"""
What may be written to the ledger: the allow-list every write passes.

Each text has a closed shape, so that no customer's text, no model's text and no exception's text fits into a column.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from traces.codes import ErrorCode, Source
from traces.fingerprints import LENGTH
from traces.identifiers import ACCOUNT_ID, TRACE_ID

# Refuses, by raising, a row that starts at this time.
Admit = Callable[[datetime], None]
LARGEST_COUNT = 2_000_000_000
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}@[0-9]{1,4}$")]
Hex = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{LENGTH}}}$")]
TraceId = Annotated[str, StringConstraints(pattern=f"^{TRACE_ID}$")]
LineId = Annotated[str, StringConstraints(pattern=r"^[A-Z]-[0-9]{1,3}$")]
AccountId = Annotated[str, StringConstraints(pattern=f"^{ACCOUNT_ID}$")]
Label = Annotated[str, StringConstraints(max_length=80)]
KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}$")]
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/@+-]{1,100}$")]
Submitter = Annotated[
    str, StringConstraints(pattern=r"^((user|token):[0-9]{1,19}|browser:[A-Za-z0-9_-]{22}|open|eval)$")
]
SubmissionKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Submission(Entry):
    """Who asks, by which face, and which earlier request this one repeats or retries."""

    source: Source
    submitter: Submitter
    submission_key: SubmissionKey | None = None
    retry_of: TraceId | None = None


class Opening(Submission):
    """What a row starts with: the request's marks and the trusted facts it will be judged by."""

    workflow: Slug
    account_id: AccountId
    submission_digest: Hex
    input_fingerprint: Hex
    fingerprint_key_id: KeyId
    prompt_version: Version
    policy_version: Version
    provider: Slug
    model: ModelName | None
    release: Release
    credential_label: Label | None = None
    credential_kind: Slug | None = None
    credential_state: Slug | None = None
    credential_age_days: int | None = None


class Usage(Entry):
    """What the provider's call cost: milliseconds and tokens, as far as they are known."""

    model: ModelName | None = None
    provider_ms: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class Completed(Entry):
    decision: Slug
    policy_line_ids: Annotated[tuple[LineId, ...], Field(min_length=1, max_length=10)]
    usage: Usage = Usage()
    status: Literal["completed"] = "completed"


class Failed(Entry):
    error_code: ErrorCode
    error_reason: Slug | None = None
    usage: Usage = Usage()
    status: Literal["failed"] = "failed"


Ending = Completed | Failed
