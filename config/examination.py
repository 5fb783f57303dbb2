"""What the health checks share when `doctor` runs them: the result, the time, and whether the database answers."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from django.db import Error as DatabaseFault
from django.db import connection

from traces.connections import why_refused

# `warn` is worth a look, `FAIL` must be fixed.
Level = Literal["ok", "warn", "FAIL"]
Result = tuple[Level, str]


@dataclass(frozen=True)
class Examination:
    now: datetime

    @cached_property
    def database(self) -> Result:
        """Query the database once for all checks: the connection to a database that is down takes seconds to fail."""
        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file():
            # A query would create the file.
            return "FAIL", "There is no such file; run manage.py migrate to make it."
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseFault as fault:
            sentence = f"{connection.display_name} does not answer ({type(fault).__name__}). {why_refused()}"
            return "FAIL", sentence.strip()
        return "ok", f"{connection.display_name} answers."

    @property
    def database_answers(self) -> bool:
        return self.database[0] == "ok"
