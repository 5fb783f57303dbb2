"""Every path of a request writes to the ledger and connects to the provider, and does nothing else outside."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import get_ident

import pytest
from django.db import connection
from django.test import Client

from rotation.models import Credential
from tests.boundary.conftest import MakeClient, Serve, UseClient
from tests.boundary.fault_server import Behaviour, FaultServer, completion, http, say, say_json
from tests.boundary.test_faults import FAULTS
from tests.conftest import Response, report
from tests.fakes import answer
from tests.tickets.conftest import ANSWER, TEXT
from tests.torture.conftest import LONG, Promise

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|CREATE|DROP|ALTER|TRUNCATE)\W+(\w+)", re.IGNORECASE)
BROWSER = {"Accept": "text/html"}
# The short form takes one fault of each kind.
QUICK = {"redirect", "400", "429 with a long Retry-After", "500", "html", "refusal", "beyond the schema", "not HTTP"}


class AuditHook:
    """Counts what this process does to the outside. Python cannot remove an audit hook again (see conftest.py)."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] | None = None
        self.thread = 0
        sys.addaudithook(self.record)

    def record(self, event: str, details: tuple[object, ...]) -> None:
        if self.seen is None:
            return
        if event == "socket.connect":
            self.seen["connect", str(details[1])] += 1
        elif event == "socket.__new__" and get_ident() == self.thread:
            # libcurl's, which connects them by itself.
            self.seen["socket", "of this thread"] += 1
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

        self.seen, self.thread = Counter(), get_ident()
        try:
            with connection.execute_wrapper(statement):
                yield self.seen
        finally:
            self.seen = None


@dataclass(frozen=True)
class Routes:
    """Where a workflow is reached, what it is sent and answered there, and the tables that it may write to."""

    form: str
    decide: str
    results: str
    report: dict[str, str]
    # The first is refused. The others are refused or fail.
    other_reports: tuple[dict[str, str], ...]
    # Of the model. The first is right.
    answers: tuple[str, ...]
    tables: tuple[str, ...]
    verdicts: tuple[str, ...] = ()


ROUTES = (
    Routes(
        form="/",
        decide="/rotation/decide",
        results="/rotation",
        report=report(),
        other_reports=(report("wrong"), report("acct_99999"), report(item="no such item")),
        answers=(answer(), answer(window=31)),
        tables=("traces_tracerecord", "traces_reviewrequest"),
    ),
    Routes(
        form="/tickets/",
        decide="/tickets/extract",
        results="/tickets",
        report={"text": TEXT},
        other_reports=({"text": "short"}, {"text": TEXT, "unknown": "key"}),
        answers=(json.dumps(ANSWER), json.dumps(ANSWER | {"summary": "Customer asks about order Z-999."})),
        tables=("traces_tracerecord", "tickets_ticket", "traces_feedback"),
        verdicts=("right", "right", "summary_wrong", "nonsense"),
    ),
)


@cache
def audit_hook() -> AuditHook:
    return AuditHook()


class Customer:
    """A program and a browser that make every request a customer can make of a workflow."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.program, self.browser = Client(), Client(headers=BROWSER)

    def send(self, body: object = None, **headers: str) -> Response:
        raw = body if isinstance(body, str) else json.dumps(self.routes.report if body is None else body)
        return self.program.post(self.routes.decide, raw, content_type="application/json", headers=headers)

    def send_form(self, report: dict[str, str], **more: str) -> Response:
        return self.browser.post(self.routes.form, report | more)

    def judge(self, id_: str, verdict: str) -> Response:
        address = f"{self.routes.results}/{id_}/feedback"
        return self.program.post(address, {"verdict": verdict}, content_type="application/json")

    def requests(self, id_: str) -> list[Callable[[], Response]]:
        """Return every request before, during and after one, where `id_` is an earlier request's."""
        key, routes, program, browser = {"Idempotency-Key": "key-of-this-test"}, self.routes, self.program, self.browser
        return [
            self.send,
            lambda: self.send(**key),
            lambda: self.send(**key),
            lambda: self.send(**{"Retry-Of": id_}),
            lambda: self.send(**{"Retry-Of": "nonsense"}),
            lambda: self.send("{"),
            *(lambda report=report: self.send(report) for report in routes.other_reports),
            lambda: self.send("x" * 70_000),
            lambda: self.send_form(routes.report, submission_key="key-of-this-page"),
            lambda: self.send_form(routes.other_reports[0]),
            lambda: browser.get(routes.form),
            lambda: browser.get(f"{routes.form}?retry_of={id_}"),
            lambda: browser.get(f"{routes.form}?submission=key-of-this-page"),
            lambda: browser.get(f"{routes.results}/{id_}"),
            lambda: program.get(f"{routes.results}/{id_}"),
            lambda: program.get(f"{routes.results}/{id_.partition('_')[0]}_{'0' * 26}"),
            lambda: program.put(routes.decide),
            lambda: program.post(
                f"{routes.results}/{id_}/review", {"note": "Please."}, content_type="application/json"
            ),
            lambda: program.get(f"{routes.results}/{id_}/review"),
            *(lambda verdict=verdict: self.judge(id_, verdict) for verdict in routes.verdicts),
            *(
                lambda path=path: program.get(path)
                for path in ("/healthz", "/readyz", "/metrics", "/nowhere", "/admin/")
            ),
        ]


def outcomes_of(routes: Routes, elsewhere: FaultServer) -> list[Behaviour]:
    faults = [behaviour for name, (behaviour, _) in FAULTS.items() if LONG or name in QUICK]
    another_place = say(http(307, location=elsewhere.url("http", "127.0.0.2")))
    return [*faults, *(say_json(completion(says)) for says in routes.answers), another_place]


@pytest.mark.parametrize("routes", ROUTES, ids=lambda routes: routes.decide)
def test_only_the_ledger_is_written_and_only_the_provider_is_called(
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    credential: Credential,
    promise: Promise,
    routes: Routes,
) -> None:
    elsewhere = serve(say_json(completion(routes.answers[0])))
    seen, paths, ends, unexpected = Counter[tuple[str, str]](), 0, Counter[int](), Counter[tuple[str, str]]()
    connections = 0
    outcomes = outcomes_of(routes, elsewhere)
    for behaviour in outcomes:
        server = serve(behaviour)
        client = make_client(server.url())
        use_client(client)
        customer = Customer(routes)
        with audit_hook().watching() as effects:
            # The first value of a response is its id.
            id_, *_ = customer.send().json().values()
        seen += effects
        allowed = {*(("write", table) for table in routes.tables), ("socket", "of this thread")}
        for path in customer.requests(id_):
            with audit_hook().watching() as effects:
                ends[path().status_code] += 1
            paths, seen = paths + 1, seen + effects
            unexpected += Counter({effect: count for effect, count in effects.items() if effect not in allowed})
        client.close()
        connections += server.connections
    writes = {table: seen["write", table] for table in routes.tables}
    sockets = seen["socket", "of this thread"]
    promise(
        5,
        f"side effects of {routes.decide}: {paths:,} requests over {len(outcomes)} outcomes, writes {writes}, "
        f"{connections:,} connections to the provider, {sockets:,} sockets, anything else {unexpected.total()}",
    )
    assert unexpected == {}
    assert elsewhere.requests == []
    assert min(writes["traces_tracerecord"], connections) >= len(outcomes)
    assert sockets == connections
    assert all(writes.values())
