"""The variables of this workflow alone. Free of Django."""

from typing import Literal

from pydantic import BaseModel


class RotationSettings(BaseModel):
    rotation_prompt: Literal["rotation_decision@1", "rotation_decision@2"] = "rotation_decision@1"
