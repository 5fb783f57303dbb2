"""Every path of a decision writes to the ledger and connects to the provider, and does nothing else outside."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connection
from django.test import Client

from rotation.models import Credential
from tests.boundary.conftest import MakeClient, Serve, UseClient
from tests.boundary.fault_server import completion, http, say, say_json
from tests.boundary.test_faults import FAULTS
from tests.conftest import Response, report
from tests.fakes import answer
from tests.torture.conftest import LONG, Promise

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|CREATE|DROP|ALTER|TRUNCATE)\W+(\w+)", re.IGNORECASE)
BROWSER = {"Accept": "text/html"}
# The short form takes one fault of each kind.
QUICK = {"redirect", "400", "429 with a long Retry-After", "500", "html", "refusal", "beyond the schema", "not HTTP"}


class AuditHook:
    """Counts what this process does to the outside. Python cannot remove an audit hook again (see conftest.py)."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] | None = None
        sys.addaudithook(self.record)

    def record(self, event: str, details: tuple[object, ...]) -> None:
        if self.seen is None:
            return
        if event == "socket.connect":
            self.seen["connect", str(details[1])] += 1
        elif event in {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "smtplib.send"}:
            self.seen["start", event] += 1
        elif event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+"):
            self.seen["file", str(details[0])] += 1
        elif event in {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate"}:
            self.seen["file", event] += 1

    @contextmanager
    def watching(self) -> Iterator[Counter[tuple[str, str]]]:
        """Count by kind and object. Writing statements count by table."""

        def statement(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if self.seen is not None and (found := WRITES.match(sql)):
                self.seen["write", found[2]] += 1
            return execute(sql, *rest)

        self.seen = Counter()
        try:
            with connection.execute_wrapper(statement):
                yield self.seen
        finally:
            self.seen = None


@cache
def audit_hook() -> AuditHook:
    return AuditHook()


def customer_requests(trace_id: str) -> list[Callable[[], Response]]:
    """Return every request that a customer can make before, during and after a decision."""
    program, browser = Client(), Client(headers=BROWSER)

    def decide(**headers: str) -> Response:
        return program.post("/rotation/decide", json.dumps(report()), content_type="application/json", headers=headers)

    def decide_badly(body: str) -> Response:
        return program.post("/rotation/decide", body, content_type="application/json")

    return [
        decide,
        lambda: decide(**{"Idempotency-Key": "key-of-this-test"}),
        lambda: decide(**{"Idempotency-Key": "key-of-this-test"}),
        lambda: decide(**{"Retry-Of": trace_id}),
        lambda: decide(**{"Retry-Of": "nonsense"}),
        lambda: decide_badly("{"),
        lambda: decide_badly(json.dumps(report("acct_99999"))),
        lambda: decide_badly(json.dumps(report(item="no such item"))),
        lambda: decide_badly("x" * 20_000),
        lambda: browser.post("/", report(submission_key="key-of-this-page", item="")),
        lambda: browser.post("/", report("wrong")),
        lambda: browser.get("/"),
        lambda: browser.get(f"/?retry_of={trace_id}"),
        lambda: browser.get("/?submission=key-of-this-page"),
        lambda: browser.get(f"/rotation/{trace_id}"),
        lambda: program.get(f"/rotation/{trace_id}"),
        lambda: program.get(f"/rotation/trace_{'0' * 26}"),
        lambda: program.put("/rotation/decide"),
        *(lambda path=path: program.get(path) for path in ("/healthz", "/readyz", "/metrics", "/nowhere", "/admin/")),
    ]


def test_only_the_ledger_is_written_and_only_the_provider_is_called(
    serve: Serve, make_client: MakeClient, use_client: UseClient, credential: Credential, promise: Promise
) -> None:
    elsewhere = serve(say_json(completion(answer())))
    outcomes = {name: behaviour for name, (behaviour, _) in FAULTS.items() if LONG or name in QUICK}
    outcomes |= {
        "right": say_json(completion(answer())),
        "another place": say(http(307, location=elsewhere.url("http", "127.0.0.2"))),
        "another window": say_json(completion(answer(window=31))),
    }
    seen, paths, ends, unexpected = Counter[tuple[str, str]](), 0, Counter[int](), Counter[tuple[str, str]]()
    for behaviour in outcomes.values():
        server = serve(behaviour)
        client = make_client(server.url())
        use_client(client)
        trace_id = (
            Client().post("/rotation/decide", report("acct_99999"), content_type="application/json").json()["trace_id"]
        )
        allowed = {("write", "traces_tracerecord"), ("connect", f"('127.0.0.1', {server.port})")}
        for path in customer_requests(trace_id):
            with audit_hook().watching() as effects:
                ends[path().status_code] += 1
            paths, seen = paths + 1, seen + effects
            unexpected += Counter({effect: count for effect, count in effects.items() if effect not in allowed})
        client.close()
    writes = sum(count for (kind, _), count in seen.items() if kind == "write")
    connects = sum(count for (kind, _), count in seen.items() if kind == "connect")
    promise(
        5,
        f"side effects: {paths:,} requests over {len(outcomes)} outcomes, {writes:,} writes to the ledger, "
        f"{connects:,} connections to the provider, anything else {unexpected.total()}",
    )
    assert unexpected == {}
    assert elsewhere.requests == []
    assert min(writes, connects) >= len(outcomes)
