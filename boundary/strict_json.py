"""JSON that says one thing: pydantic judges its shape, and no key may stand twice in an object."""

import json
from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)


def parse_strict_json(text: str | bytes, shape: type[Shape]) -> Shape:
    """
    Parse one JSON document into a strict pydantic model.

    Pydantic goes first: it raises one kind of error on every hostile text (deep nesting, huge numbers, NaN, text
    behind the document, lone surrogates). What passes is known to be small and flat, so the standard reader can then
    look for the one thing that pydantic lets through.

    :raises pydantic.ValidationError:
    """
    parsed = shape.model_validate_json(text)
    WITHOUT_DUPLICATES.decode(text.decode() if isinstance(text, bytes) else text)
    return parsed


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValidationError.from_exception_data(
            "JSON",
            [{"type": PydanticCustomError("duplicate_key", "A key stands twice."), "loc": (), "input": None}],
            hide_input=True,
        )


# `json.loads` would make one for each text.
WITHOUT_DUPLICATES = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)
