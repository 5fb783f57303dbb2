"""
What may be written to the ledger: the allow-list that every write passes.

Each text has a closed shape, so that no text of a customer, a model or an exception fits into a column.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from traces.codes import ErrorCode, Source
from traces.fingerprints import LENGTH
from traces.identifiers import ACCOUNT_ID, TRACE_ID

# Raises an exception to refuse a row that starts at this time.
Admit = Callable[[datetime], None]
LARGEST_COUNT = 2_000_000_000
# Of who asks for a review, and of who reviews.
LONGEST_NOTE = 500
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG.pattern}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}@[0-9]{1,4}$")]
Hex = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{LENGTH}}}$")]
TraceId = Annotated[str, StringConstraints(pattern=f"^{TRACE_ID}$")]
LineId = Annotated[str, StringConstraints(pattern=r"^[A-Z]-[0-9]{1,3}$")]
AccountId = Annotated[str, StringConstraints(pattern=f"^{ACCOUNT_ID}$")]
Label = Annotated[str, StringConstraints(max_length=80)]
# The closed fields of a model's answer. No value can hold a text.
StoredAnswer = dict[Slug, Slug | int | bool | None]
KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}$")]
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/@+#~,-]{1,200}$")]
Submitter = Annotated[
    str, StringConstraints(pattern=r"^((user|token):[0-9]{1,19}|browser:[A-Za-z0-9_-]{22}|open|eval|batch)$")
]
SubmissionKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


def refuse_text(facts: dict[str, str | int | bool | None]) -> dict[str, str | int | bool | None]:
    """:raises ValueError: for text outside the label, which comes from our own records"""
    if any(isinstance(value, str) and not SLUG.fullmatch(value) for key, value in facts.items() if key != "label"):
        raise ValueError("only the label may be text")
    return facts


# Trusted facts: closed values, and the label of the record.
StoredFacts = Annotated[dict[Slug, Label | int | bool | None], AfterValidator(refuse_text)]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Submission(Entry):
    """The submitter, the interface, and the earlier request that this one repeats or retries."""

    source: Source
    submitter: Submitter
    submission_key: SubmissionKey | None = None
    retry_of: TraceId | None = None


class Opening(Submission):
    """The values of a new row: the request's marks and the trusted facts by which it will be judged."""

    workflow: Slug
    account_id: AccountId | None = None
    submission_digest: Hex
    input_fingerprint: Hex
    fingerprint_key_id: KeyId
    prompt_version: Version
    policy_version: Version
    provider: Slug
    model: ModelName | None
    release: Release
    facts: StoredFacts | None = None
    credential_label: Label | None = None
    credential_kind: Slug | None = None
    credential_state: Slug | None = None
    credential_age_days: int | None = None


class Usage(Entry):
    """The cost of the provider's call in milliseconds and tokens, as far as it is known."""

    model: ModelName | None = None
    provider_ms: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    provider_status: Annotated[int, Field(ge=100, le=599)] | None = None
    provider_code: Slug | None = None


class Completed(Entry):
    decision: Slug
    policy_line_ids: Annotated[tuple[LineId, ...], Field(max_length=10)]
    answer: StoredAnswer | None = None
    usage: Usage = Usage()
    status: Literal["completed"] = "completed"


class Failed(Entry):
    error_code: ErrorCode
    error_reason: Slug | None = None
    answer: StoredAnswer | None = None
    usage: Usage = Usage()
    status: Literal["failed"] = "failed"


Ending = Completed | Failed
