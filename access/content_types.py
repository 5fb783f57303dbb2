"""Content types that Django can read."""

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
READABLE = re.compile(
    r"""(?: [\w.+-]+ / [\w.+-]+ (?: \s*;\s* (?: charset="?utf-8"? | boundary="?[\w'()+,./:=?-]{1,70}"? ) )* )?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def readable_content_types(application: Application) -> Application:
    """
    Hand on a content type only if it is a plain one in UTF-8; any other is an unknown type.

    Django looks a charset up before its own error handling stands, so that an unknown one would be a fault of ours.
    """

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        if not READABLE.fullmatch(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = "application/octet-stream"
        return application(environ, start_response)

    return guarded
