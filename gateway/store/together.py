"""Writing together: SQLite's one writer shared by the threads of a process, with one trip to the disk for several.

SQLite has one writer at a time, and a durable commit waits for the disk. Threads that want to write at the same moment
take turns within one transaction, each but the first behind a savepoint of its own; whoever finds nobody waiting
commits for all, and nobody returns before that commit is on the disk. A thread whose block raises takes only its own
turn back. If the transaction itself is lost (the commit fails, the disk is full), it fails for all of them, and nothing
of any stands.

A transaction that will write takes the write lock at once (IMMEDIATE): a later upgrade of a read lock can fail.

(PostgreSQL does the same by itself: commits that arrive together are flushed together.)
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from gateway.store.statements import execute

_NAP = 0.0005
_MOST = 32  # blocks in one transaction: others in other processes wait meanwhile


class _Round:
    """One shared transaction: who is in it, and how it ended."""

    def __init__(self) -> None:
        self.members = 0
        self.failure: BaseException | None = None
        self._over = threading.Lock()  # held until the end; lighter than an Event, of which there would be thousands
        self._over.acquire()

    def end(self) -> None:
        """Lets everyone go who waits for the end."""
        self._over.release()

    def wait(self) -> None:
        """Returns when the round has ended."""
        with self._over:
            pass


class WritingTogether:
    """Gives out turns in shared write transactions on one SQLite database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._patience = 0.0  # seconds until another process's write lock is an error, as the connection has it
        self._nap = threading.Event()  # never set: a wait that ends by itself
        self._waiting = 0
        self._connection: sa.Connection | None = None
        self._round = _Round()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One thread's turn; returns when what it wrote is on the disk."""
        with self._count:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._count:
                self._waiting -= 1
        round_ = self._round
        try:
            connection = self._begun(round_)
            try:
                yield connection
                if round_.members:
                    execute(connection, "RELEASE turn")
            except BaseException as fault:
                self._take_back(connection, round_, fault)
                raise
            round_.members += 1
        except BaseException:
            self._end_if_last(round_)
            raise
        self._end_if_last(round_)
        round_.wait()
        if round_.failure is not None:
            raise round_.failure

    def close(self) -> None:
        """Gives the connection back; nobody is writing any more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begun(self, round_: _Round) -> sa.Connection:
        """The round's transaction; its first member opens it, and needs no savepoint, for it would be all of it."""
        if self._connection is None:
            self._connection = self._engine.connect()
            self._patience = execute(self._connection, "PRAGMA busy_timeout").fetchone()[0] / 1000
            execute(self._connection, "PRAGMA busy_timeout=0")
        if round_.members:
            execute(self._connection, "SAVEPOINT turn")
        else:
            self._begin(self._connection)
        return self._connection

    def _begin(self, connection: sa.Connection) -> None:
        """Takes the write lock when no other process has it. SQLite's own waiting grows to a tenth of a second at a
        time, in which processes that write a lot would mostly sleep."""
        until = time.monotonic() + self._patience
        while True:
            try:
                execute(connection, "BEGIN IMMEDIATE")
                return
            except sa.exc.OperationalError as fault:
                busy = getattr(fault.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > until:
                    raise
            self._nap.wait(_NAP)

    def _take_back(self, connection: sa.Connection, round_: _Round, fault: BaseException) -> None:
        """Undoes one turn. Where SQLite gave the whole transaction up (disk full, I/O error), the round has failed."""
        if not in_transaction(connection):
            round_.failure = fault
        if not round_.members or round_.failure is not None:
            return  # the end of the round takes everything back
        try:
            execute(connection, "ROLLBACK TO turn")
            execute(connection, "RELEASE turn")
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
        self._round = _Round()
        try:
            if self._connection is not None:
                if round_.members and round_.failure is None:
                    _commit(self._connection)
                else:
                    end(self._connection)
        except BaseException as fault:
            round_.failure = round_.failure or fault
        finally:
            if round_.failure is not None and self._connection is not None:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
            round_.end()


def in_transaction(connection: sa.Connection) -> bool:
    """Whether SQLite has a transaction open on this connection, whoever began it."""
    raw = connection.connection.dbapi_connection
    return bool(raw is not None and getattr(raw, "in_transaction", False))


def end(connection: sa.Connection) -> None:
    """Ends a transaction and takes back whatever it did; nothing where none is open."""
    connection.rollback()  # what SQLAlchemy knows of
    if in_transaction(connection):
        execute(connection, "ROLLBACK")


def _commit(connection: sa.Connection) -> None:
    if connection.in_transaction():
        connection.commit()  # SQLAlchemy ran a statement itself, and must know that its transaction is over
    else:
        execute(connection, "COMMIT")
