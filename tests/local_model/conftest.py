"""These tests need a real model server. `make test-model` sets LOCAL_MODEL_URL."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from boundary.client import ModelClient


class MakeClient(Protocol):
    def __call__(self, *, deadline_seconds: float = ..., max_completion_tokens: int = ...) -> ModelClient: ...


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    with ExitStack() as clients:

        def make(*, deadline_seconds: float = 60, max_completion_tokens: int = 400) -> ModelClient:
            client = ModelClient(
                base_url=os.environ["LOCAL_MODEL_URL"],
                api_key="none-is-needed",
                model=os.environ["LOCAL_MODEL_NAME"],
                max_completion_tokens=max_completion_tokens,
                deadline_seconds=deadline_seconds,
            )
            clients.callback(client.close)
            return client

        yield make
