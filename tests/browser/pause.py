"""Keep decisions running until a test ends the pause."""

import threading
from dataclasses import dataclass, field

MOST_SECONDS = 30


@dataclass
class Pause:
    """The value of `FakeProvider.meanwhile`: a provider call waits here until `release`."""

    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.asked.set()
        if not self.released.wait(MOST_SECONDS):
            raise AssertionError("a decision was paused and never released")

    def wait_until_asked(self) -> None:
        assert self.asked.wait(MOST_SECONDS), "the provider was not asked"

    def release(self) -> None:
        self.released.set()
