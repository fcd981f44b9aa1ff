"""`python -m tests.quarter`: lives the quarter in both offices, side by side, and prints its table.

Ends with 1 where the portals took less than 99 of 100 at the first try, or a machine touched what it must not.
"""

import argparse
import sys

from tests.quarter.draw import PACKETS, SEED, WEEKS, Quarter, draw
from tests.quarter.play import Lived, both
from tests.quarter.table import page

LEAST = 0.99


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.quarter", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--packets", type=int, default=PACKETS)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    wanted = parser.parse_args()
    bare, checked = both(wanted.seed, wanted.packets, wanted.weeks)
    quarter = draw(wanted.seed, wanted.packets, wanted.weeks)
    sys.stdout.write(page(quarter, bare, checked) + "\n")
    wrong = [*bare.touched, *checked.touched]
    for told in (bare, checked):
        wrong += [f"{client}: other money than was to be billed" for client in _wrong_money(told, quarter)]
    sys.stderr.writelines(f"{words}\n" for words in wrong)
    return 1 if wrong or (checked.figures.portal_first_pass_rate or 0) < LEAST else 0


def _wrong_money(told: Lived, quarter: Quarter) -> list[str]:
    return [client for client, billed in told.billed.items() if billed != quarter.totals(client)]


if __name__ == "__main__":
    sys.exit(main())
