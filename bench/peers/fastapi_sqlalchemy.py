"""FastAPI and SQLAlchemy 2 with the durable work of ours: a running row before the call, its ending after it."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

import os

from fastapi import FastAPI
from openai import OpenAI
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.peers.question import BASE_URL, MODEL, Answer, Decision, Report, decided, messages
from bench.peers.tables import Trace, make_engine, now
from bench.peers.threads import with_threads

app = FastAPI(lifespan=with_threads(os.environ.get("THREADS")))
client = OpenAI(base_url=BASE_URL, api_key="none-is-needed")
engine = make_engine()


@app.post("/rotation/decide")
def decide(report: Report) -> Decision:
    with Session(engine) as session:
        trace = Trace(account_id=report.account_id, model=MODEL)
        session.add(trace)
        session.flush()
        trace_id = trace.trace_id
        session.commit()
    completion = client.chat.completions.parse(
        model=MODEL, messages=messages(report), response_format=Answer, max_completion_tokens=400
    )
    decision = decided(trace_id, completion.choices[0].message.parsed)
    with Session(engine) as session:
        session.execute(
            update(Trace)
            .where(Trace.trace_id == trace_id, Trace.status == "running")
            .values(**decision.model_dump(exclude={"trace_id", "error"}), finished_at=now())
        )
        session.commit()
    return decision


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
