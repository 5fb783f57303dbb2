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
    Replace every content type that is not plain UTF-8 by `application/octet-stream`.

    Django looks up the charset before its error handling starts, so an unknown charset would cause a 500.
    """

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        if not READABLE.fullmatch(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = "application/octet-stream"
        return application(environ, start_response)

    return guarded
