"""The variables of this workflow alone. Free of Django."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator


class TicketsSettings(BaseModel):
    tickets_prompt: Literal["ticket_extract@1", "ticket_extract@2"] = "ticket_extract@1"
    tickets_max_completion_tokens: Annotated[int, Field(ge=16, le=100_000)] = 4_000
    ticket_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 30

    @model_validator(mode="after")
    def ticket_ends_before_its_trace(self) -> Self:
        traces = getattr(self, "trace_retention_days", self.ticket_retention_days)
        if self.ticket_retention_days > traces:
            raise ValueError("TICKET_RETENTION_DAYS may be at most TRACE_RETENTION_DAYS")
        return self
