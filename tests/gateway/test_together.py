"""Writing together: one trip to the disk for several threads, and each of them as safe as alone."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store.database import Database


class Refused(Exception):
    """A block of ours that gives up."""


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An empty SQLite database with two small tables of the test's own."""
    opened = Database(sqlite_url, pool=4)
    with opened.write() as tx:
        tx.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        tx.exec_driver_sql("CREATE TABLE row (name TEXT UNIQUE, parent INTEGER REFERENCES parent (id))")
    yield opened
    opened.close()


def on_the_disk(database: Database) -> set[str]:
    """What another connection sees."""
    path = database.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as other:
        return {name for (name,) in other.execute("SELECT name FROM row")}


def add(tx: sa.Connection, name: str) -> None:
    tx.execute(sa.text("INSERT INTO row (name) VALUES (:name)"), {"name": name})


class Crowd:
    """Threads that all want to write while one of them holds the turn, so that they share a round."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.threads: list[threading.Thread] = []
        self.faults: dict[str, BaseException] = {}
        self.returned: dict[str, set[str]] = {}

    def add(self, name: str, act: Callable[[sa.Connection], None]) -> None:
        """Starts a thread that writes `act` and then notes what is on the disk."""

        def run() -> None:
            try:
                with self._database.write() as tx:
                    act(tx)
                self.returned[name] = on_the_disk(self._database)
            except BaseException as fault:
                self.faults[name] = fault

        thread = threading.Thread(target=run, name=name)
        thread.start()
        self.threads.append(thread)

    def waits(self, count: int) -> None:
        """Returns when so many threads wait for their turn."""
        together = self._database._together
        assert together is not None
        pause = threading.Event()
        for _ in range(2000):
            if together._waiting >= count:
                return
            pause.wait(0.005)
        raise AssertionError(f"only {together._waiting} threads came to wait")

    def join(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive(), "a writer hangs"


def _gathered(database: Database, acts: dict[str, Callable[[sa.Connection], None]]) -> Crowd:
    """All acts in one round: the first holds the turn until all others wait for theirs."""
    crowd = Crowd(database)
    go = threading.Event()
    (first, act), *others = acts.items()

    def holds(tx: sa.Connection) -> None:
        assert go.wait(20)
        act(tx)

    crowd.add(first, holds)
    for name, other in others:
        crowd.add(name, other)
    crowd.waits(len(others))
    go.set()
    crowd.join()
    return crowd


def _adds(name: str) -> Callable[[sa.Connection], None]:
    return lambda tx: add(tx, name)


def _adds_and_raises(name: str) -> Callable[[sa.Connection], None]:
    def act(tx: sa.Connection) -> None:
        add(tx, name)
        raise Refused(name)

    return act


def _breaks_the_commit(tx: sa.Connection) -> None:
    """A reference to nothing, checked only as the transaction ends (SQLite, PRAGMA defer_foreign_keys)."""
    tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    tx.exec_driver_sql("INSERT INTO row (name, parent) VALUES ('orphan', 77)")


def commits(database: Database) -> list[None]:
    """A list that grows with each commit of the shared writer."""
    seen: list[None] = []
    sa.event.listen(database.engine, "commit", lambda connection: seen.append(None))
    return seen


def test_several_writers_share_one_commit(database: Database) -> None:
    seen = commits(database)
    names = [f"n{n}" for n in range(8)]
    crowd = _gathered(database, {name: _adds(name) for name in names})
    assert not crowd.faults
    assert on_the_disk(database) == set(names)
    assert len(seen) < len(names)


def test_nobody_returns_before_its_own_rows_are_on_the_disk(database: Database) -> None:
    names = [f"n{n}" for n in range(8)]
    crowd = _gathered(database, {name: _adds(name) for name in names})
    for name in names:
        assert name in crowd.returned[name]


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_block_that_raises_takes_only_its_own_work_back(database: Database, place: int) -> None:
    acts = {f"n{n}": _adds(f"n{n}") for n in range(8)}
    acts[f"n{place}"] = _adds_and_raises(f"n{place}")
    crowd = _gathered(database, acts)
    assert {name: type(fault) for name, fault in crowd.faults.items()} == {f"n{place}": Refused}
    assert on_the_disk(database) == {f"n{n}" for n in range(8)} - {f"n{place}"}


def test_a_round_of_blocks_that_all_raise_leaves_nothing_and_goes_on(database: Database) -> None:
    crowd = _gathered(database, {f"n{n}": _adds_and_raises(f"n{n}") for n in range(4)})
    assert len(crowd.faults) == 4
    assert on_the_disk(database) == set()
    with database.write() as tx:
        add(tx, "after")
    assert on_the_disk(database) == {"after"}


def test_a_statement_that_the_database_refuses_is_its_own_blocks_fault(database: Database) -> None:
    with database.write() as tx:
        add(tx, "taken")
    crowd = _gathered(database, {"a": _adds("a"), "b": _adds("taken"), "c": _adds("c")})
    assert [type(fault) for fault in crowd.faults.values()] == [sa.exc.IntegrityError]
    assert on_the_disk(database) == {"taken", "a", "c"}


def test_a_failing_commit_fails_for_everyone_in_the_round(database: Database) -> None:
    acts: dict[str, Callable[[sa.Connection], None]] = {f"n{n}": _adds(f"n{n}") for n in range(4)}
    acts["orphan"] = _breaks_the_commit
    crowd = _gathered(database, acts)
    assert len(crowd.faults) == 5, crowd.faults
    assert on_the_disk(database) == set()


def test_after_a_failed_commit_the_next_writer_works(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        _breaks_the_commit(tx)
    with database.write() as tx:
        add(tx, "after")
    assert on_the_disk(database) == {"after"}


def test_a_database_locked_by_another_process_fails_the_writer_and_not_the_next(database: Database) -> None:
    path = database.engine.url.database
    assert path is not None
    sa.event.listen(database.engine, "connect", _impatient)
    database.close()  # the next connection is an impatient one
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(sa.exc.OperationalError, match="locked"), database.write() as tx:
            add(tx, "never")
    other.execute("ROLLBACK")
    other.close()
    with database.write() as tx:
        add(tx, "after")
    assert on_the_disk(database) == {"after"}


def _impatient(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA busy_timeout=20")


def test_many_threads_writing_at_once_lose_nothing_and_never_hang(database: Database) -> None:
    threads, rows = 12, 25
    barrier = threading.Barrier(threads)
    faults: list[BaseException] = []

    def run(n: int) -> None:
        barrier.wait(10)
        for row in range(rows):
            try:
                with database.write() as tx:
                    add(tx, f"{n}/{row}")
                    if row % 5 == 4:
                        raise Refused
            except Refused:
                pass
            except BaseException as fault:
                faults.append(fault)

    crowd = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(60)
        assert not thread.is_alive()
    assert not faults
    assert len(on_the_disk(database)) == threads * rows * 4 // 5


def test_a_writer_sees_what_those_before_it_in_the_round_wrote(database: Database) -> None:
    """So that a lock taken by one is respected by the next: there is one writer, and it takes turns."""
    seen: list[int] = []

    def counts(tx: sa.Connection) -> None:
        seen.append(int(tx.execute(sa.text("SELECT count(*) FROM row")).scalar_one()))
        add(tx, f"row {len(seen)}")

    _gathered(database, {f"n{n}": counts for n in range(5)})
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_process_that_only_reads_never_waits_for_the_writer(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        add(tx, "unseen")
        with database.read() as reading:
            assert reading.execute(sa.text("SELECT count(*) FROM row")).scalar_one() == 0
