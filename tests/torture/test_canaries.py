"""Search for canary words in files, logs at DEBUG, mail, cache, metrics, exports and responses."""

import json
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from config.environment import BASE_DIR
from tests.boundary.fault_server import FaultServer, completion, fault_server, http, say, say_json
from tests.configuration.conftest import manage_all
from tests.configuration.serving import Server
from tests.conftest import report
from tests.fakes import answer
from tests.postgresql import cluster
from tests.torture.canaries import Visitor, found_in, read_files_below
from tests.torture.conftest import Promise, model_settings
from tests.torture.servers import kill, serve_in_own_session, wait_until

WORDS = (
    *("report", "item", "submission-key", "model", "api-key", "fingerprint-key", "metrics-token", "bearer"),
    *("password", "guess"),
)
# The ledger and its exports hold the keys of submissions. Django stores a session in the database under its key.
IN_DATABASE, IN_EXPORTS = {"session", "submission-key"}, {"submission-key"}
MODEL_FAULTS = 5
# PostgreSQL is started with the options of compose.yaml, and logs all that it can.
[COMPOSED] = re.findall(r"\[postgres, (-c, max_connections=[^]]+)\]", (BASE_DIR / "compose.yaml").read_text())
OPTIONS = (*re.split(r",\s+", COMPOSED), "--log-statement=all")
# A rule that no row fulfils: PostgreSQL's message shows the row that breaks it.
BREAK = "ALTER TABLE traces_tracerecord ADD CONSTRAINT broken CHECK (submitter = '') NOT VALID"
MEND = "ALTER TABLE traces_tracerecord DROP CONSTRAINT broken"
CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def canaries() -> dict[str, str]:
    return {name: f"canary{token_hex(12)}" for name in WORDS}


@pytest.fixture
def echoing_model(canaries: dict[str, str]) -> Iterator[FaultServer]:
    """A model's server that repeats its request in right answers, wrong answers and errors."""
    model, asked = canaries["model"], 0

    def behave(connection: socket.socket) -> object:
        nonlocal asked
        asked += 1
        echo = f"{model} {server.requests[-1].body.decode()} {server.requests[-1].headers}"
        behaviours = [
            say_json(completion(answer())),
            say_json(completion(answer(echo))),
            say(http(400, json.dumps({"error": {"message": echo, "code": model}}).encode())),
            say(http(500, echo.encode(), x_request_id=model)),
            say_json({"echo": echo}),
        ]
        return behaviours[asked % MODEL_FAULTS](connection)

    with fault_server(behave) as server:
        yield server


@pytest.fixture
def database(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The folder of the database's files and its URL: SQLite, or a private PostgreSQL."""
    (tmp_path / "temporary").mkdir()
    with ExitStack() as stack:
        if "TEST_DATABASE_URL" in os.environ:
            postgres = stack.enter_context(cluster(*OPTIONS))
            yield postgres.folder, postgres.url
        else:
            yield tmp_path, f"sqlite:///{tmp_path}/served.sqlite3"


def prepare(tmp_path: Path, url: str, model: FaultServer, canaries: dict[str, str]) -> dict[str, str]:
    """Make the database and an operator whose password is a canary. Return the variables of a server."""
    environment = {
        "ENV_FILE": "",
        "DJANGO_SETTINGS_MODULE": "tests.torture.verbose_settings",
        "SECRET_KEY": f"{canaries['secret-key']}-0123456789-abcdefghij-0123456789-klmnopqrst",
        "FINGERPRINT_KEYS": f"test:{canaries['fingerprint-key']}",
        "DATABASE_URL": url,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "ACCESS": "open",
        "WEB_CONCURRENCY": "1",
        "METRICS_TOKEN": canaries["metrics-token"],
        "TMPDIR": str(tmp_path / "temporary"),
        "PATH": os.environ["PATH"],
        **model_settings(model),
        "OPENAI_API_KEY": canaries["api-key"],
    }
    operator = {"DJANGO_SUPERUSER_PASSWORD": canaries["password"], "DJANGO_SUPERUSER_USERNAME": "operator"}
    made = manage_all(
        "migrate",
        "load_demo_records",
        "createsuperuser --noinput --email=operator@example.test",
        "create_token nightly --account acct_10234",
        environment=environment | operator,
    )
    [canaries["token"]] = re.findall(r"rot_[0-9a-z]{52}", made.stdout)
    return environment


def send_canaries(server: Server, canaries: dict[str, str]) -> tuple[list[Visitor], Visitor]:
    """Send each canary in every way there is. The second value is the sender's own browser."""
    text = f"{canaries['report']}: the service-account key is older than policy and marked stale."
    program, sender, operator = Visitor(server, "application/json"), Visitor(server), Visitor(server)
    bearer = {"Content-Type": "application/json", "Authorization": f"Bearer {canaries['bearer']}"}
    for number in range(MODEL_FAULTS):
        headers = bearer | {"Authorization": ""} | ({"Idempotency-Key": f"key-{number:08}"} if number % 2 else {})
        program.ask("/rotation/decide", json.dumps(report(text=text)).encode(), **headers)
        sender.send_form("/", report(text=text))
    program.ask("/rotation/decide", json.dumps(report(text=text)).encode(), **bearer)
    program.ask("/rotation/decide", json.dumps(report(text=text, item=canaries["item"])).encode(), **bearer)
    program.ask("/rotation/decide", json.dumps(report(text=text) | {canaries["report"]: text}).encode(), **bearer)
    program.ask("/rotation/decide", text.encode(), **bearer)
    for _ in range(2):
        program.ask("/rotation/decide", json.dumps(report(text=text)).encode(), **with_key(canaries))
    by_token = bearer | {"Authorization": f"Bearer {canaries['token']}"}
    program.ask("/rotation/decide", json.dumps(report(text=text)).encode(), **by_token)
    program.ask("/rotation/decide", json.dumps(report(text=canaries["token"])).encode(), **by_token)
    program.ask("/metrics", Authorization=f"Bearer {canaries['metrics-token']}")
    sender.send_form("/", report("wrong", text))
    for password in (canaries["guess"], canaries["password"]):
        operator.send_form("/admin/login/", {"username": "operator", "password": password})
    canaries["session"] = operator.cookie("sessionid")
    canaries["submitter"] = sender.cookie("submitter")
    for path in ("traces/tracerecord/", ""):
        operator.ask(f"/admin/{path}")
    return [program, operator], sender


def with_key(canaries: dict[str, str]) -> dict[str, str]:
    return {"Content-Type": "application/json", "Idempotency-Key": canaries["submission-key"]}


def provoke_errors(url: str, program: Visitor, canaries: dict[str, str]) -> None:
    """Have PostgreSQL log a row that it refuses, and a statement that is cancelled while it waits for a lock."""
    body = json.dumps(report(item=canaries["item"])).encode()
    headers = with_key(canaries) | {"Idempotency-Key": f"2-{canaries['submission-key']}"}
    with psycopg.connect(url, autocommit=True) as connection, ThreadPoolExecutor(1) as threads:
        connection.execute(BREAK)
        program.ask("/rotation/decide", body, **headers)
        connection.execute(MEND)
        with connection.transaction():
            connection.execute("LOCK TABLE rotation_credential")
            waiting = threads.submit(program.ask, "/rotation/decide", body, **headers)
            assert wait_until(lambda: connection.execute(CANCEL).rowcount > 0, seconds=20)
            waiting.result()


def run_commands(environment: dict[str, str]) -> dict[str, bytes]:
    """Run the commands of an operator and return what they print."""
    ran = manage_all(
        "export_traces --since 2020-01-01 --format csv",
        "export_traces --since 2020-01-01 --format jsonl",
        "close_interrupted",
        "prune_traces --dry-run",
        "recheck --since 2020-01-01",
        "doctor --json",
        environment=environment,
    )
    assert '"provider"' in ran.stdout
    return {"commands": (ran.stdout + ran.stderr).encode()}


def test_reports_keys_tokens_and_sessions_leak_nowhere(
    tmp_path: Path,
    database: tuple[Path, str],
    echoing_model: FaultServer,
    canaries: dict[str, str],
    promise: Promise,
) -> None:
    canaries["secret-key"] = f"canary{token_hex(12)}"
    environment = prepare(tmp_path, database[1], echoing_model, canaries)
    with serve_in_own_session(tmp_path, environment) as server:
        others, sender = send_canaries(server, canaries)
        if database[1].startswith("postgresql"):
            provoke_errors(database[1], others[0], canaries)
        printed = run_commands(environment)
        files = read_files_below(tmp_path, database[0])
        kill(server)
    files |= read_files_below(tmp_path, database[0])
    # Only the sender sees the text again.
    places = files | printed | {name: text for visitor in others for name, text in visitor.responses.items()}
    own = {name: word for name, word in canaries.items() if name != "report"}
    found = {name: found_in(text, own) for name, text in sender.responses.items()}
    log = database[0] / "log"
    for name, text in places.items():
        permitted = IN_EXPORTS if name in printed else IN_DATABASE if name in files else set()
        permitted = set() if name in {str(server.printed), str(log)} else permitted
        found[name] = [word for word in found_in(text, canaries) if word not in permitted]
    found = {name: words for name, words in found.items() if words}
    size = sum(map(len, places.values()))
    searched = len(places) + len(sender.responses)
    promise(4, f"canaries: {len(canaries)} words, {searched} places, {size / 1e6:.1f} MB: found {len(found)}")
    assert found == {}
    if log.exists():
        logged = log.read_text()
        assert all(error in logged for error in ("ON CONFLICT", "violates check constraint", "canceling statement"))
    assert len(echoing_model.requests) >= 2 * MODEL_FAULTS
    assert all(canaries["report"].encode() in request.body for request in echoing_model.requests)
    assert any('"level": "debug"' in line for line in server.printed.read_text().splitlines())
    assert canaries["report"] in str(sender.responses)
