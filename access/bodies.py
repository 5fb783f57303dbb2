"""Request bodies: size, content type and strict shape."""

from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import TypeVar, get_args

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from access.refusals import FieldError, Middleware, Refusal, View, mark, refuse
from boundary.strict_json import parse_strict_json

Shape = TypeVar("Shape", bound=BaseModel)

# The limit of every view that sets no limit of its own.
LIMIT_BYTES = 16 * 1024
# The admin's largest forms have a thousand fields, as many as Django takes: rows that are chosen for an action.
ADMIN_LIMIT_BYTES = 64 * 1024
BODY = "body"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MESSAGES = {
    "missing": "This is required.",
    "string_type": "This must be text.",
    "too_short": "Write at least {min_length} characters.",
    "too_long": "Write at most {max_length} characters.",
    "json_invalid": "The body is not valid JSON.",
    "model_type": "The body must be a JSON object.",
}
PYDANTIC_ERRORS = frozenset(get_args(ErrorType))


class BodyLimitMiddleware(Middleware):
    """Refuse a body that is over its route's limit or has no Content-Length, before anything reads it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = super().__call__(request)
        # Without a route there was no view, and nothing has read the body.
        return response if request.resolver_match else _refusal(request, LIMIT_BYTES) or response

    def process_view(self, request: HttpRequest, view: View, *_arguments: object) -> HttpResponse | None:
        in_admin = request.path.startswith("/admin/")
        limit = getattr(view, "body_limit_bytes", ADMIN_LIMIT_BYTES if in_admin else LIMIT_BYTES)
        return _refusal(request, limit)


class UploadMiddleware(Middleware):
    """Let a view take files from users with its permission. For others it has the admin's limit, and takes none."""

    def process_view(self, request: HttpRequest, view: View, *_arguments: object) -> HttpResponse | None:
        permission = getattr(view, "upload_permission", None)
        if permission is None:
            return None
        if not request.user.has_perm(permission):
            return _refusal(request, ADMIN_LIMIT_BYTES)
        request.upload_handlers = [MemoryFileUploadHandler(request)]
        return None


class NoFiles(FileUploadHandler):
    """Refuse a form with a file (400), without a temporary file."""

    def new_file(self, *_arguments: object, **_more: object) -> None:
        raise TooManyFilesSent


def _refusal(request: HttpRequest, limit: int) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        refusal = Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "Send the body's length as a number.")
    elif int(length) > limit:
        refusal = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"Send at most {limit} bytes.")
    elif "HTTP_TRANSFER_ENCODING" in request.META:
        detail = "Send the body in one piece, with its Content-Length."
        refusal = Refusal(HTTPStatus.LENGTH_REQUIRED, "length_required", detail)
    else:
        return None
    return refuse(request, refusal)


def takes_files(*, permission: str, limit_bytes: int) -> Callable[[View], View]:
    """Let a view take files in memory, in bodies up to this size, from users with this permission."""
    return mark(upload_permission=permission, body_limit_bytes=limit_bytes)


def body_limit(limit_bytes: int) -> Callable[[View], View]:
    """Set the largest body that a view accepts, in bytes."""
    return mark(body_limit_bytes=limit_bytes)


def read_json(request: HttpRequest, shape: type[Shape]) -> Shape:
    """
    Read the body as one strict JSON document of this shape.

    :raises Refusal: 415 for another content type, 422 for a body that does not have the shape
    """
    if request.content_type != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send application/json.")
    try:
        return parse_strict_json(request.body, shape)
    except UnreadablePostError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "The body did not arrive whole. Send it again.") from None
    except ValidationError as error:
        raise invalid(field_errors(error, shape.model_fields)) from None


def invalid(errors: list[FieldError]) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_body", "Correct the fields named in errors.", errors)


def field_errors(error: ValidationError, fields: Collection[str]) -> list[FieldError]:
    """Describe each fault in our own words. A fault in an unknown field is reported for the body."""
    return [_field_error(fault, fields) for fault in error.errors(include_input=False, include_url=False)]


def _field_error(fault: ErrorDetails, fields: Collection[str]) -> FieldError:
    code, location = fault["type"], fault["loc"]
    if code == "extra_forbidden":
        return FieldError(BODY, "unknown_field", f"Only these fields are known: {', '.join(fields)}.")
    name = str(location[0]) if location and location[0] in fields else BODY
    if code in MESSAGES:
        return FieldError(name, code, MESSAGES[code].format_map(fault.get("ctx", {})))
    return FieldError(
        name, code, "This is not valid. /openapi.json describes it." if code in PYDANTIC_ERRORS else fault["msg"]
    )
