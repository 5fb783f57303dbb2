"""
An answer that would have its shape without what the model wrote around it. It is refused all the same.

The reason `wrapped_answer` tells an operator to change a setting. The model itself answers well.
"""

from string import ascii_letters

from pydantic import BaseModel, ValidationError

from boundary.strict_json import parse_strict_json

WRAPPED = (
    "The answer has its JSON shape, but inside a code fence or after the model's reasoning. Choose another"
    " OPENAI_ANSWER_FORMAT, or turn reasoning off."
)
FENCE, THOUGHT_END = "```", "</think>"


def is_wrapped(answer: str, shape: type[BaseModel]) -> bool:
    """Return whether an answer has the shape inside one code fence, or after the first `</think>`."""
    text = answer.strip()
    inner = text.partition(THOUGHT_END)[2]
    if text.startswith(FENCE) and text.endswith(FENCE):
        inner = text[len(FENCE) : -len(FENCE)].lstrip(ascii_letters)
    try:
        parse_strict_json(inner, shape)
    except ValidationError:
        return False
    return True
