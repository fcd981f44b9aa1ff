"""A page reads no more than it shows: what the desk's pages ask of the database does not grow with the packets in it.

Counted, not timed: statements and rows at the driver, and on SQLite the instructions that it goes through. What
reports and figures cost is for their own tests.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store.database import Database
from tests.bench.copies import fill
from tests.bench.desk import HOMES, NOW, Found, emptied, looked_at, opened
from tests.bench.pour import pourer_for
from tests.bench.stories import STORIES, Book, told
from tests.bench.tally import counted

_FEW, _MANY = 120, 960
_MOST_ROWS = 100  # more than any page shows of a packet with a dozen events, or of a list of 25
_MOST_STATEMENTS = 40
_SUMS_UP = ("work list", "client", "a client", "progress")  # these say how many there are: counted by the database
_COUNTS_ALL = ("reports", "figures", "a scrape")  # their rows are of days, clients and accounts


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Every story as often as any other, so that most packets are on the work list."""
    return told(tmp_path_factory.mktemp("stories"), [replace(story, share=1, days=40) for story in STORIES])


def test_no_page_reads_more_when_there_are_more_packets(database_url: str, book: Book, tmp_path: Path) -> None:
    few, many = (_looked_at(database_url, book, count, tmp_path) for count in (_FEW, _MANY))
    for page, found in many.items():
        asked, before = found.asked, few[page].asked
        assert asked.statements <= before.statements + 2, f"{page}: {asked}, with fewer packets {before}"
        assert asked.statements <= _MOST_STATEMENTS, f"{page}: {asked}"
        assert asked.rows <= max(_MOST_ROWS, before.rows), f"{page}: {asked}, with fewer packets {before}"
        if not page.startswith(_SUMS_UP):
            assert asked.steps <= 2 * before.steps + 20, f"{page}: {asked}, with fewer packets {before}"


def _looked_at(url: str, book: Book, count: int, folder: Path) -> Mapping[str, Found]:
    database = Database(url)
    emptied(database)
    database.upgrade()
    database.close()
    with pourer_for(url) as pourer:
        fill(pourer, book, count, HOMES, NOW)
    with counted(steps=True) as tally, opened(url, folder) as house:
        return asyncio.run(looked_at(house, tally, 1, _COUNTS_ALL))
