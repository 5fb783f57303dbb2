"""
What the dashboard takes over HTTP: `python -m bench.dashboard --database postgresql`, a million rows over 30 days.

It prints the medians of its two periods. Making the ledger takes half a minute and 1 GB.
"""

import argparse

from bench.growth_ledgers import ledgers
from bench.growth_pages import measure_pages
from bench.ledger_pages import DASHBOARDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    with ledgers(asked.database, [asked.rows], days=30) as made:
        measure_pages(made, DASHBOARDS)


if __name__ == "__main__":
    main()
