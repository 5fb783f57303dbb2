"""Days and numbers of days as arguments of a command."""

import re
from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import date

LONGEST_DAYS = 36_500


def read_day(value: str) -> date:
    """:raises ArgumentTypeError: it is no day such as `2026-11-01`"""
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    raise ArgumentTypeError("must be a day such as 2026-11-01")


def read_days(value: str) -> int:
    """:raises ArgumentTypeError: it is no number of whole days such as `90d`"""
    if not re.fullmatch(r"[1-9][0-9]{0,4}d", value) or int(value[:-1]) > LONGEST_DAYS:
        raise ArgumentTypeError(f"must be days such as 90d, from 1d to {LONGEST_DAYS}d")
    return int(value[:-1])
