"""
An answer that would have its shape without what the model wrote around it. It is refused all the same.

Its reason tells an operator that a setting would help, and not another model.
"""

import re

from pydantic import BaseModel, ValidationError

from boundary.strict_json import parse_strict_json

FENCE = re.compile(r"\s*```[A-Za-z]*\s*(.*?)\s*```\s*", re.DOTALL)
WRAPPED = (
    "The answer had its shape, but stood in a code fence or behind what the model thought. Choose another"
    " OPENAI_ANSWER_FORMAT, or switch the thinking off."
)
THOUGHT = re.compile(r".*?</think>(.*)", re.DOTALL)


def is_wrapped(answer: str, shape: type[BaseModel]) -> bool:
    """Return whether an answer has the shape inside one code fence, or after the first `</think>`."""
    found = (wrapping.fullmatch(answer) for wrapping in (FENCE, THOUGHT))
    return any(inner and _has_shape(inner[1], shape) for inner in found)


def _has_shape(text: str, shape: type[BaseModel]) -> bool:
    try:
        parse_strict_json(text, shape)
    except ValidationError:
        return False
    return True
