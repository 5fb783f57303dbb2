"""
Indexes for the operators' list and dashboard, measured on a million rows with `python -m bench.growth`.

Each filter walks its own index from the newest row and never the table, whether its value is frequent, rare, old or
absent. Times ascend and are read backwards: a new row goes to the end of its value's part, which packs the pages up to
twice as tightly as a descending index. The dashboard counts decisions and error codes from their indexes alone, so they
also hold the source, by which it leaves evals out. A list by code and prompt version reads no row of another version.
The limits of access walk two of the indexes, by time and by submitter, and leave evals and batches out as well.
"""

from django.db.models import Index, Q

INDEXES = (
    Index(fields=["started_at", "source"], name="traces_latest"),
    Index(fields=["status", "started_at"], name="traces_status_latest"),
    Index(
        fields=["error_code", "started_at", "source", "prompt_version"],
        name="traces_error_latest",
        condition=Q(error_code__isnull=False),
    ),
    Index(
        fields=["decision", "started_at", "source"], name="traces_decision_latest", condition=Q(decision__isnull=False)
    ),
    Index(fields=["workflow", "started_at"], name="traces_workflow_latest"),
    Index(fields=["prompt_version", "started_at", "source"], name="traces_prompt_latest"),
    Index(fields=["provider", "started_at"], name="traces_provider_latest"),
    Index(fields=["source", "started_at"], name="traces_source_latest"),
    Index(fields=["account_id", "started_at"], name="traces_account_latest"),
    Index(fields=["submitter", "started_at", "source"], name="traces_submitter_latest"),
    Index(fields=["input_fingerprint", "started_at"], name="traces_fingerprint_latest"),
    Index(fields=["retry_of"], name="traces_retry_of", condition=Q(retry_of__isnull=False)),
)
