"""Writing together: SQLite's one writer shared by the threads of a process, with one trip to the disk for several.

SQLite has one writer at a time, and a durable commit waits for the disk. Threads that want to write at the same moment
take turns within one transaction, each behind a savepoint of its own; whoever finds nobody waiting commits for all, and
nobody returns before that commit is on the disk. A thread whose block raises takes only its own savepoint back. If the
transaction itself is lost (the commit fails, the disk is full), it fails for all of them, and nothing of any stands.

(PostgreSQL does the same by itself: commits that arrive together are flushed together.)
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

WRITES = "clearbill_writes"
_MOST = 32  # blocks in one transaction: others in other processes wait meanwhile


class _Round:
    """One shared transaction: who is in it, and how it ended."""

    def __init__(self) -> None:
        self.members = 0
        self.over = threading.Event()
        self.failure: BaseException | None = None


class WritingTogether:
    """Gives out turns in shared write transactions on one SQLite database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0
        self._connection: sa.Connection | None = None
        self._transaction: sa.RootTransaction | None = None
        self._round = _Round()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One thread's turn; returns when what it wrote is on the disk."""
        with self._count:
            self._waiting += 1
        self._turn.acquire()
        round_ = self._round
        try:
            with self._count:
                self._waiting -= 1
            connection = self._begun()
            connection.exec_driver_sql("SAVEPOINT turn")
            try:
                yield connection
                connection.exec_driver_sql("RELEASE turn")
            except BaseException as fault:
                self._take_back(connection, round_, fault)
                raise
            round_.members += 1
        except BaseException:
            self._end_if_last(round_)
            raise
        self._end_if_last(round_)
        round_.over.wait()
        if round_.failure is not None:
            raise round_.failure

    def close(self) -> None:
        """Gives the connection back; nobody is writing any more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begun(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{WRITES: True})
        if self._transaction is None:
            self._transaction = self._connection.begin()
        return self._connection

    def _take_back(self, connection: sa.Connection, round_: _Round, fault: BaseException) -> None:
        """Undoes one turn. Where SQLite gave the whole transaction up (disk full, I/O error), the round has failed."""
        if not _in_transaction(connection):
            round_.failure = fault
            return
        try:
            connection.exec_driver_sql("ROLLBACK TO turn")
            connection.exec_driver_sql("RELEASE turn")
        except sa.exc.SQLAlchemyError as second:
            round_.failure = second

    def _end_if_last(self, round_: _Round) -> None:
        """Passes the turn on while somebody waits for it; otherwise commits for everybody in the round."""
        try:
            with self._count:
                others = self._waiting > 0
            if others and 0 < round_.members < _MOST and round_.failure is None:
                return
            self._commit(round_)
        finally:
            self._turn.release()

    def _commit(self, round_: _Round) -> None:
        """Ends the round, durably or not at all; a connection that failed is not used again."""
        transaction, self._transaction, self._round = self._transaction, None, _Round()
        try:
            if transaction is not None:
                if round_.members and round_.failure is None:
                    transaction.commit()
                else:
                    transaction.rollback()
        except BaseException as fault:
            round_.failure = round_.failure or fault
        finally:
            if round_.failure is not None and self._connection is not None:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
            round_.over.set()


def _in_transaction(connection: sa.Connection) -> bool:
    raw = connection.connection.dbapi_connection
    return bool(raw is not None and getattr(raw, "in_transaction", False))
