"""The cheapest of its kind that we can write: SQLAlchemy's Core, one kept httpx2 client, no response model."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

import os

from fastapi import FastAPI, Response
from sqlalchemy import bindparam, insert, update

from bench.peers.question import MODEL, Report, decided
from bench.peers.raw_call import ask
from bench.peers.tables import Trace, make_engine, new_id, now
from bench.peers.threads import with_threads

app = FastAPI(lifespan=with_threads(os.environ.get("THREADS")))
engine = make_engine()
OPEN = insert(Trace.__table__)
CLOSE = (
    update(Trace.__table__)
    .where(Trace.trace_id == bindparam("opened"), Trace.status == "running")
    .values({name: bindparam(name) for name in ("status", "decision", "source_line_ids", "error_code", "finished_at")})
)


@app.post("/rotation/decide", response_model=None)
def decide(report: Report) -> Response:
    trace_id = new_id()
    opening = {"trace_id": trace_id, "account_id": report.account_id, "status": "running", "model": MODEL}
    with engine.begin() as connection:
        connection.execute(OPEN, opening | {"source_line_ids": [], "started_at": now()})
    decision = decided(trace_id, ask(report))
    ending = decision.model_dump(exclude={"trace_id", "error"})
    with engine.begin() as connection:
        connection.execute(CLOSE, ending | {"opened": trace_id, "finished_at": now()})
    return Response(decision.model_dump_json(), media_type="application/json")


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
