"""The golden files and how to read them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from access.import_files import FileRefused, ImportFile
from rotation.imports.formats import FORMATS
from rotation.imports.snapshot import Observed, Snapshot

FILES = Path(__file__).parent / "files"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
APP = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

# Each golden file with its format and the scope that it needs.
GOLDEN = [
    ("aws", "aws_report.csv", None),
    ("aws", "aws_report.json", None),
    ("aws", "aws_keys.json", "123456789012"),
    ("gcp-keys", "gcp_keys.json", None),
    ("gcp-assets", "gcp_assets.jsonl", None),
    ("azure-apps", "azure_secrets.json", APP),
    ("azure-apps", "azure_certificates.json", f"{APP}/certificates"),
    ("azure-apps", "azure_application.json", None),
    ("kubernetes", "kubernetes.json", None),
    ("csv", "plain.csv", None),
]


def golden(name: str) -> bytes:
    return (FILES / name).read_bytes()


def read(name: str, *contents: bytes | str, scope: str | None = None) -> Snapshot:
    files = [
        ImportFile(f"file{number}", content.encode() if isinstance(content, str) else content)
        for number, content in enumerate(contents, start=1)
    ]
    return FORMATS[name](files, scope, NOW)


def refusals(name: str, *contents: bytes | str, scope: str | None = None) -> list[tuple[int, str]]:
    """Return line and sentence of each refusal, of a line or of the whole."""
    try:
        refused = read(name, *contents, scope=scope).refused
    except FileRefused as error:
        refused = error.refusals
    return [(refusal.line, refusal.sentence) for refusal in refused]


def whole_refusals(name: str, *contents: bytes | str, scope: str | None = None) -> list[tuple[int, str]]:
    """Return line and sentence of each refusal, and fail unless the files are refused as a whole."""
    try:
        read(name, *contents, scope=scope)
    except FileRefused as error:
        return [(refusal.line, refusal.sentence) for refusal in error.refusals]
    raise AssertionError("The files were taken.")


def rows(observed: Iterable[Observed]) -> list[tuple[str, str, str | None]]:
    """Return label, state and issue day of each credential."""
    return [(seen.item, seen.state.value, seen.issued_on.isoformat() if seen.issued_on else None) for seen in observed]
