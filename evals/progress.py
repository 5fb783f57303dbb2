"""Show how far a run is, also while its model thinks about a single case for minutes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

from django.core.management.base import OutputWrapper

BAR_WIDTH = 30
TERMINAL_SECONDS, LOG_SECONDS = 1, 10


@contextmanager
def show_progress(
    stderr: OutputWrapper, *, count: Callable[[], int], total: int, seconds: float | None = None
) -> Iterator[None]:
    """Show the count at the start, then every second on a terminal or every ten seconds in a log, and at the end."""
    on_terminal, started, ended = stderr.isatty(), monotonic(), Event()
    pause = seconds or (TERMINAL_SECONDS if on_terminal else LOG_SECONDS)

    def show() -> None:
        done = count()
        line = f"{done}/{total} after {monotonic() - started:.0f} s"
        if on_terminal:
            line = f"\r{'█' * (BAR_WIDTH * done // total if total else 0):·<{BAR_WIDTH}} {line}"
        # Nobody may read standard error any more. The run goes on.
        with suppress(OSError):
            stderr.write(line, ending="\n" if ended.is_set() or not on_terminal else "")

    def keep_showing() -> None:
        while not ended.wait(pause):
            show()

    show()
    clock = Thread(target=keep_showing, daemon=True)
    clock.start()
    try:
        yield
    finally:
        ended.set()
        clock.join()
        show()
