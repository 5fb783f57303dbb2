"""How many plain functions FastAPI runs at a time: 40, unless told otherwise when it starts."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI


def with_threads(number: str | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if number:
            to_thread.current_default_thread_limiter().total_tokens = int(number)
        yield

    return lifespan
