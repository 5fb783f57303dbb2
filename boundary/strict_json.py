"""Strict JSON: pydantic judges the shape, and no object may have a key twice."""

import json
from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)


def parse_strict_json(text: str | bytes, shape: type[Shape]) -> Shape:
    """
    Let pydantic parse first: it raises one kind of error on every hostile text (deep nesting, huge numbers, NaN, text
    behind the document, lone surrogates). A text that passes is not deep, so the standard parser can then safely look
    for duplicate keys, which pydantic accepts.

    :raises pydantic.ValidationError:
    """
    parsed = shape.model_validate_json(text)
    # Bytes that are no text may be in a field that the shape ignores.
    WITHOUT_DUPLICATES.decode(text.decode(errors="replace") if isinstance(text, bytes) else text)
    return parsed


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValidationError.from_exception_data(
            "JSON",
            [{"type": PydanticCustomError("duplicate_key", "A key occurs twice."), "loc": (), "input": None}],
            hide_input=True,
        )


# Built once, because `json.loads` would build a decoder for each text. Numbers stay text, whatever their length.
WITHOUT_DUPLICATES = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_int=str, parse_float=str)
