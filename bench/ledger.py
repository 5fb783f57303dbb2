"""
How quick the operators' pages are on a large ledger: `python -m bench.ledger --rows 1000000 --database postgresql`.

The pages are asked for through Django's test client, as an operator who has signed in: every layer but the network.
`--days 7` packs the rows into the week that the overview counts. At the end the writes of a request are measured with
the indexes that the pages need and without.
"""

import argparse
import os
from contextlib import nullcontext
from importlib import import_module

import django

from bench.ledger_database import database


def main() -> None:
    asked = _arguments()
    with nullcontext(asked.url) if asked.url else database(asked.database) as url:
        os.environ |= {"TEST_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        django.setup()
        # Models can be imported from here on.
        import_module("bench.ledger_measures").measure(asked.rows, days=asked.days)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=float, default=90, help="the time over which they are spread")
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="one that is thrown away"
    )
    parser.add_argument("--url", help="one of your own instead, filled if its ledger is empty, and kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
