"""A key in a file that another program renews: the next question is sent with the new key."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from boundary.client import ModelClient
from boundary.failures import ProviderRejected
from boundary.key_file import KeyFile
from boundary.servers import SERVERS
from tests.boundary.conftest import QUESTION, Serve, failure_of
from tests.boundary.fault_server import FaultServer, completion, say_json

pytestmark = pytest.mark.any_database


@pytest.fixture
def server(serve: Serve) -> FaultServer:
    return serve(say_json(completion("answered")))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("first\n")
    return path


def client_of(server: FaultServer, file: Path, profile: str = "openai") -> ModelClient:
    return ModelClient(
        base_url=server.url(), api_key=KeyFile(file), model="fake-model", max_completion_tokens=400,
        deadline_seconds=5, server=SERVERS[profile],
    )  # fmt: skip


def replace_whole(file: Path) -> None:
    file.with_name("next").write_text("other\n")
    file.with_name("next").replace(file)


def replace_with_as_old_a_file(file: Path) -> None:
    """Its time and its length say nothing, as after a copy that keeps times."""
    old = file.stat()
    replace_whole(file)
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))


def write_in_place(file: Path) -> None:
    """Within one tick of the file system's clock only the length differs."""
    old = file.stat()
    file.write_text("longer\n")
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))


def lead_to_another(file: Path) -> None:
    """As Kubernetes does with a mounted secret."""
    file.with_name("..2026").write_text("other\n")
    file.with_name("link").symlink_to("..2026")
    file.with_name("link").replace(file)


CHANGES: tuple[Callable[[Path], None], ...] = (
    replace_whole, replace_with_as_old_a_file, write_in_place, lead_to_another,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_key_that_changed_is_sent_with_the_next_question(
    change: Callable[[Path], None], server: FaultServer, file: Path
) -> None:
    client = client_of(server, file)
    client.ask(QUESTION)

    change(file)
    client.ask(QUESTION)

    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer first", f"Bearer {file.read_text().strip()}"]


@pytest.mark.parametrize("content", [None, b"", b" \n", b"half a key", b"a\0key", b"\xff\xfe"])
def test_while_the_file_holds_no_key_the_last_one_stays(content: bytes | None, server: FaultServer, file: Path) -> None:
    client = client_of(server, file)
    client.ask(QUESTION)

    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    client.ask(QUESTION)
    file.write_text("third")
    client.ask(QUESTION)

    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer first", "Bearer first", "Bearer third"]


@pytest.mark.parametrize("content", [None, b"", b"half a key", b"a\0key", b"\xff\xfe"])
def test_without_any_key_nothing_is_sent(content: bytes | None, server: FaultServer, file: Path) -> None:
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)

    assert failure_of(client_of(server, file)) is ProviderRejected
    assert not server.requests


def test_a_key_of_a_header_of_its_own_is_renewed_too(server: FaultServer, file: Path) -> None:
    client = client_of(server, file, "azure")
    client.ask(QUESTION)
    replace_whole(file)
    client.ask(QUESTION)

    assert [request.headers["api-key"] for request in server.requests] == ["first", "other"]
    assert all("authorization" not in request.headers for request in server.requests)


def test_a_file_that_did_not_change_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = KeyFile(file)
    assert read() == "first"

    monkeypatch.setattr(Path, "read_text", None)

    assert read() == "first"


def test_the_key_does_not_show_when_it_is_printed(file: Path) -> None:
    read = KeyFile(file)
    read()

    assert "first" not in repr(read)
