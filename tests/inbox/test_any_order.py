"""Whatever the order in which a life's updates come, and however often, it ends as in the order they were said."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.house import House, open_house
from gateway.inbox import keep
from gateway.settings import load
from gateway.worker import work_once
from tests.inbox.lives import ACCOUNT, LIVES, clean, documents, ends, fill, settings_in

ORDERS = tuple(itertools.permutations(range(4)))


@contextmanager
def _house(folder: Path, database: str, invoices: int) -> Iterator[House]:
    with open_house(load(settings_in(folder, database, 1)), upgrade=True) as house:
        with house.database.write() as tx:
            fill(tx, invoices)
        yield house


def test_every_order_of_every_life_ends_alike(sqlite_url: str, tmp_path: Path) -> None:
    """With what a worker does between two updates, as the first says it, and with each update twice."""
    count = len(LIVES) * len(ORDERS)
    with _house(tmp_path / "house", sqlite_url, count) as house:
        adapter: Any = house.portals.adapter(ACCOUNT)
        for n in range(count):
            told = documents(n)
            for place in ORDERS[n // len(LIVES)]:
                for _ in range(2):
                    with house.queue.write() as tx:
                        keep(house, tx, ACCOUNT, [adapter.read_push(told[place])])
                while work_once(house):
                    pass
        with house.database.read() as tx:
            assert ends(tx) == clean(tmp_path / "clean")


def test_each_life_told_in_order_ends_as_it_should(tmp_path: Path) -> None:
    ended = clean(tmp_path / "clean")
    assert {kind: {state[:2] for state in states} for kind, states in ended.items()} == {
        0: {("accepted", "paid")},
        1: {("accepted", "accepted")},
        2: {("accepted", "accepted")},
        3: {("held", "rejected")},
        4: {("held", "cancelled")},
        5: {("held", "rejected")},
    }
    assert all(len(states) == 1 for states in ended.values())
