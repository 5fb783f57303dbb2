"""Notes what no page may do: write to the console, raise an error, or ask another host."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext


@dataclass
class Monitor:
    """The notes of browser contexts. Chromium writes violations of the Content-Security-Policy to the console."""

    notes: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        context.on("console", lambda message: self.notes.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda error: self.notes.append(f"error: {error.error}"))
        context.on("request", lambda request: self._note_request(request.url))

    def expect(self, *patterns: str) -> None:
        """Allow what Chromium itself writes for a response that is not a 200, or for a missing server."""
        self.expected.extend(patterns)

    def unexpected(self) -> list[str]:
        return [note for note in self.notes if not any(re.search(pattern, note) for pattern in self.expected)]

    def _note_request(self, url: str) -> None:
        if not any(url.startswith(f"{origin}/") for origin in self.origins):
            self.notes.append(f"request: {url}")
