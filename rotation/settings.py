"""The variables of this workflow alone. Free of Django."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

# Empty is none. The most is ten years.
Hours = Annotated[Annotated[int, Field(ge=1, le=87_600)] | None, BeforeValidator(lambda value: value or None)]


class RotationSettings(BaseModel):
    rotation_prompt: Literal["rotation_decision@1", "rotation_decision@2"] = "rotation_decision@1"
    record_fresh_hours: Hours = None
