"""
What grows with the ledger: `python -m bench.growth --rows 1000000 10000000 --database postgresql`.

It makes a ledger of each size and an empty one, each behind a real server of two workers, and prints in this order: the
operators' pages over HTTP, the CPU of a decision, the commands, and last what `prune_traces` does to those who write
meanwhile. The ledgers take turns, so that a ratio is of one run. For a million rows it takes 8 minutes and 2 GB; for
ten million as well, half an hour and 20 GB.
"""

import argparse

from bench import growth_commands, growth_cost, growth_pages, growth_prune
from bench.growth_ledgers import ledgers


def main() -> None:
    asked = _arguments()
    with ledgers(asked.database, [0, *asked.rows], days=asked.days) as made:
        filled = made[1:]
        growth_pages.measure(filled, days=asked.days)
        growth_cost.measure(made, rounds=asked.rounds, seconds=asked.seconds)
        growth_commands.measure(made, days=asked.days)
        for ledger in filled:
            growth_prune.measure(ledger, days=asked.days)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="the smallest first")
    parser.add_argument("--days", type=int, default=90, help="the time over which they are spread")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=5, help="of the cost of a decision")
    parser.add_argument("--seconds", type=float, default=5, help="a turn of it takes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
