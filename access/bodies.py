"""Request bodies: their size, their type, and their one strict shape."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, TypeVar, get_args

from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from access.refusals import FieldError, Refusal, View, refuse
from boundary.strict_json import parse_strict_json

Shape = TypeVar("Shape", bound=BaseModel)

LIMIT_BYTES = 16 * 1024
BODY = "body"
MESSAGES = {
    "missing": "This is required.",
    "string_type": "This must be text.",
    "too_short": "Write at least {min_length} characters.",
    "too_long": "Write at most {max_length} characters.",
    "json_invalid": "The body is not valid JSON.",
    "model_type": "The body must be a JSON object.",
}
PYDANTIC_ERRORS = frozenset(get_args(ErrorType))


class BodyLimitMiddleware:
    """Refuse a body over 16 KiB, or of no stated length, before anything reads it; the admin has Django's own limit."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *_arguments: object) -> HttpResponse | None:
        if getattr(request.resolver_match, "app_name", "") == "admin":
            return None
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return refuse(
                request, Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "Send the body's length as a number.")
            )
        if int(length) > LIMIT_BYTES:
            detail = f"Send at most {LIMIT_BYTES} bytes."
            return refuse(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail))
        if "HTTP_TRANSFER_ENCODING" in request.META:
            detail = "Send the body in one piece, with its Content-Length."
            return refuse(request, Refusal(HTTPStatus.LENGTH_REQUIRED, "length_required", detail))
        return None


def read_json(request: HttpRequest, shape: type[Shape]) -> Shape:
    """
    Read the body as one strict JSON document of this shape.

    :raises Refusal: 415 for another content type, 422 for anything that is not the shape
    """
    if request.content_type != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send application/json.")
    try:
        return parse_strict_json(request.body, shape)
    except UnreadablePostError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "The body did not arrive whole.") from None
    except ValidationError as error:
        raise invalid(field_errors(error, shape.model_fields)) from None


def invalid(errors: list[FieldError]) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_body", "Correct the fields named in errors.", errors)


def field_errors(error: ValidationError, fields: Collection[str]) -> list[FieldError]:
    """Tell what is wrong field by field in our own words; a field that we do not know is told as the body's fault."""
    return [
        _field_error(fault["type"], fault["loc"], fault.get("ctx", {}), fault["msg"], fields)
        for fault in error.errors(include_input=False, include_url=False)
    ]


def _field_error(
    code: str, location: tuple[int | str, ...], bounds: dict[str, Any], message: str, fields: Collection[str]
) -> FieldError:
    if code == "extra_forbidden":
        return FieldError(BODY, "unknown_field", f"Only these fields are known: {', '.join(fields)}.")
    name = str(location[0]) if location and location[0] in fields else BODY
    if code in MESSAGES:
        return FieldError(name, code, MESSAGES[code].format_map(bounds))
    return FieldError(name, code, "This is not valid." if code in PYDANTIC_ERRORS else message)
