"""A way to keep decisions running for as long as a test looks at them."""

import threading
from dataclasses import dataclass, field

LONGEST_SECONDS = 30


@dataclass
class Hold:
    """Stands in `FakeProvider.meanwhile`: a call waits here until it is let go."""

    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.asked.set()
        if not self.released.wait(LONGEST_SECONDS):
            raise AssertionError("a decision was held and never let go")

    def wait_until_asked(self) -> None:
        assert self.asked.wait(LONGEST_SECONDS), "the provider was not asked"

    def release(self) -> None:
        self.released.set()
