"""The cheapest of its kind that we can write: SQLAlchemy's Core, a quick call, no response model."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

import os

from fastapi import FastAPI, Response
from sqlalchemy import JSON, Column, MetaData, Table, bindparam, insert, update
from sqlalchemy.dialects.postgresql import JSONB

from bench.peers.our_row import TABLE, ending, opening
from bench.peers.question import Report, decided
from bench.peers.quick_call import ask
from bench.peers.tables import make_engine
from bench.peers.threads import with_threads

app = FastAPI(lifespan=with_threads(os.environ.get("THREADS")))
engine = make_engine()
LINES = Column("policy_line_ids", JSON().with_variant(JSONB(), "postgresql"))
LEDGER = Table(TABLE, MetaData(), LINES, autoload_with=engine)
OPEN = insert(LEDGER)
CLOSE = update(LEDGER).where(LEDGER.c.trace_id == bindparam("opened"), LEDGER.c.status == "running")


@app.post("/rotation/decide", response_model=None)
def decide(report: Report) -> Response:
    row = opening(report)
    with engine.begin() as connection:
        connection.execute(OPEN, row)
    answer, usage = ask(report)
    decision = decided(row["trace_id"], answer)
    with engine.begin() as connection:
        connection.execute(CLOSE, {**ending(decision, row, usage), "opened": row["trace_id"]})
    return Response(decision.model_dump_json(), media_type="application/json")


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
