"""Ids in addresses: each workflow shows its own prefix, and the ledger always stores `trace_`."""

from django.urls import register_converter

from traces.identifiers import TRACE_ID, with_prefix


class IdConverter:
    """A shown id in an address, under one prefix. A view gets the id as the ledger stores it."""

    prefix = "trace"
    regex = TRACE_ID

    def to_python(self, value: str) -> str:
        return with_prefix(value, "trace")

    def to_url(self, value: str) -> str:
        return with_prefix(value, self.prefix)


def register_id(prefix: str) -> None:
    """Let URL patterns take a shown id of this prefix, as in `<note_id:trace_id>` for `note`."""
    regex = TRACE_ID.replace("trace", prefix)
    register_converter(type("IdConverter", (IdConverter,), {"prefix": prefix, "regex": regex}), f"{prefix}_id")
