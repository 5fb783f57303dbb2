"""What the web server logs: its own lines. Each request is told by the service (config.access_log)."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]


class ServerLog(Logger):  # type: ignore[misc] # it has no types
    """Make no access line: with a `logconfig_dict` gunicorn does, for whatever handler its logger may have."""

    def access(self, *_request: Any) -> None:
        pass
