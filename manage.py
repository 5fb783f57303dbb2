#!/usr/bin/env python
"""Run Django's command line. It ends with a sentence where the output or the database takes nothing."""

import errno
import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line
from django.db import OperationalError

from traces.connections import why_refused

# The shell's code for a process that wrote to a closed pipe, and our own for one that cannot go on.
READER_GONE, UNFINISHED = 141, 2


def main() -> int:
    # Python has none if the shell closed it.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - it stays open to the end
    try:
        try:
            execute_from_command_line(sys.argv)
        finally:
            sys.stdout.flush()
    except OSError as fault:
        if fault.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        # Python flushes again at the exit, and must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE if fault.errno == errno.EPIPE else _end(f"Nothing more can be written: {fault.strerror}.")
    except OperationalError:
        if not (reason := why_refused()):
            raise
        return _end(f"PostgreSQL cannot be used. {reason}")
    return 0


def _end(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return UNFINISHED


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
