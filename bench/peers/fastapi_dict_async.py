"""The same with `async def` and the SDK's asynchronous client."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

from uuid import uuid4

from fastapi import FastAPI
from openai import AsyncOpenAI

from bench.peers.question import BASE_URL, MODEL, Answer, Decision, Report, decided, messages

app = FastAPI()
client = AsyncOpenAI(base_url=BASE_URL, api_key="none-is-needed")
decisions: dict[str, Decision] = {}


@app.post("/rotation/decide")
async def decide(report: Report) -> Decision:
    trace_id = f"trace_{uuid4().hex}"
    completion = await client.chat.completions.parse(
        model=MODEL, messages=messages(report), response_format=Answer, max_completion_tokens=400
    )
    decisions[trace_id] = decided(trace_id, completion.choices[0].message.parsed)
    return decisions[trace_id]


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
