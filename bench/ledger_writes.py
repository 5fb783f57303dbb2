"""The two writes of one request, with the indexes that the operators' pages need and without."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex

from django.db import connection
from django.db.models import Index

from traces.codes import Source
from traces.entries import Completed, Opening
from traces.models import TraceRecord


def close_one() -> None:
    trace = TraceRecord.objects.open(_opening(), at=datetime.now(UTC))
    trace.close(Completed(decision="eligible", policy_line_ids=("P-7",)), at=datetime.now(UTC))


@contextmanager
def without_indexes(taken: Sequence[Index]) -> Iterator[None]:
    with connection.schema_editor() as editor:
        for index in taken:
            editor.remove_index(TraceRecord, index)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for index in taken:
                editor.add_index(TraceRecord, index)


def _opening() -> Opening:
    return Opening(
        source=Source.API,
        submitter="user:7",
        submission_key=token_hex(16),
        submission_digest=token_hex(16),
        workflow="rotation",
        account_id="acct_10234",
        input_fingerprint=token_hex(16),
        fingerprint_key_id="bench",
        prompt_version="rotation_decision@2",
        policy_version="policy@1",
        provider="openai",
        model="asked-model",
        release="1.2.3",
        credential_label="invoice-sync",
        credential_kind="service_account_key",
        credential_state="active",
        credential_age_days=12,
    )
