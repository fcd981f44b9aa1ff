"""The work queue: rows in the same database, claimed with a lease and a fence number.

A worker claims one *slot* of an account and with it that account's next due jobs; an account has as many slots as it
may have conversations with its portal at once, so that its concurrency, pace and pauses hold across all processes and
machines. The account "" is our own desk: work that needs no portal.

    claim    takes the first ready slot, writes its lease, takes the account's first due jobs, writes theirs
    holds    is the lease still ours? asked in the transaction before anything irrevocable
    finish   deletes the job in the transaction that writes its result; refused when someone else took the job over
    enqueue  inserts the job in the transaction that caused it, once per `dedupe`, and wakes the account's slots

A worker that dies leaves a lease that runs out; a worker that wakes up after its lease is refused by the fence.
Attempts are counted when a job is claimed, so a job that kills its worker ends among the dead letters, which a person
sees.

A slot is ready at `ready_at`; it is never earlier than `busy_until` (its lease, or the spacing it owes) nor than
`held_until` (an open breaker, a pause), so that neither new work nor the end of a call jumps any of them.

Rows are locked in one order everywhere, packets before jobs before slots, and slots by account and number: `enqueue`,
`free` and `hold_account` only note what they want of slots, and `settle_slots` does it as a transaction's last act.
"""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from gateway.errors import ClearbillError
from gateway.store import statements
from gateway.store.database import Database, Tx
from gateway.store.statements import Prepared, put
from gateway.store.tables import packet, slot, work

DESK = ""
NOTICES = "_notices"  # a line apart, which workers of invoices never claim: no account can have this name
ASIDE = "aside"
"""The state of jobs whose client is paused."""
NEVER = 9e15  # seconds since 1970; later than anything that is due
URGENT, NORMAL, BACKGROUND = 0, 1, 2
_PRIORITIES = (URGENT, NORMAL, BACKGROUND)
_LOOKS = 32  # accounts found without work in one transaction, before others get their turn
_WAKES = "clearbill_wakes"


class LeaseLost(ClearbillError):
    """The lease ran out and someone else may have the job: whatever was done in this transaction must not stand."""


class AccountHeld(ClearbillError):
    """The account was paused, or its breaker opened, after this job was claimed: it must wait, and goes back."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `attempts` counts this claim; `waited`: seconds since it fell due, or since the lease that another
    worker lost."""

    id: int
    kind: str
    packet_id: str
    account: str
    fence: int
    attempts: int
    max_attempts: int
    dedupe: str
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A slot held until `until` (database's clock), and the jobs claimed through it. `ends` is no later than `until`,
    by this process's monotonic clock: for a last look that must not wait for the database."""

    account: str
    n: int
    fence: int
    until: float
    jobs: tuple[Job, ...]
    ends: float = float("inf")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Work that was given up after its last try, and why."""

    id: int
    kind: str
    packet_id: str
    account: str
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Line:
    """One account's work: how much waits (`due`: of it now), is set aside and was given up; seconds that the oldest
    has been due."""

    waiting: int
    due: int
    aside: int
    dead: int
    oldest: float


@dataclass
class _Wakes:
    """What one transaction wants of slots at its end."""

    due: dict[str, float] = field(default_factory=dict)
    freed: list[tuple[Claim, float]] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    held: dict[str, float] = field(default_factory=dict)

    def accounts(self) -> list[str]:
        """Whose slots are touched, in the order in which they are locked."""
        return sorted({*self.due, *self.held, *self.released, *(claim.account for claim, _ in self.freed)})


class Queue:
    """Jobs of one database. Leases and due times are in seconds by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = threading.Condition()
        self._rung = 0

    def open_slots(self, account: str, count: int) -> None:
        """Gives an account its number of slots: adds what is missing, takes away what is too many.

        All are woken: a slot that went may have been the only one that knew of a dead worker's job. A hold stays."""
        with self._database.write() as tx:
            self._lock_slots(tx, [account])
            now = self._database.epoch(tx)
            longest = sa.select(sa.func.max(slot.c.held_until)).where(slot.c.account == account)
            held = tx.execute(longest).scalar() or 0.0
            fresh = {"account": account, "ready_at": max(now, held), "busy_until": 0.0, "held_until": held, "fence": 0}
            for n in range(count):
                put(tx, slot, {**fresh, "n": n}, _SLOT_KEY)
            tx.execute(slot.delete().where(slot.c.account == account, slot.c.n >= count))
            _WAKE.run(tx, {"account_": account, "due": now})

    def enqueue(
        self,
        tx: Tx,
        kind: str,
        account: str,
        dedupe: str,
        *,
        packet_id: str = "",
        delay: float = 0.0,
        priority: int = NORMAL,
        max_attempts: int = 10,
    ) -> bool:
        """Adds a job due in `delay` seconds unless one with the same `dedupe` is there; says whether it did.

        A dead letter with the same `dedupe` comes back to life, and so does what was set aside: whoever asks for the
        work again wants it done.

        To be called in a transaction opened by `Queue.write`."""
        due = self._database.epoch(tx) + delay
        added = put(
            tx,
            work,
            {
                "kind": kind,
                "packet_id": packet_id,
                "account": account,
                "priority": priority,
                "due_at": due,
                "max_attempts": max_attempts,
                "dedupe": dedupe,
            },
            unless=("dedupe",),
        )
        if not added:
            added = bool(_REVIVE.run(tx, {"dedupe_": dedupe, "account_": account, "due": due}))
        if added:
            self._wake(tx, account, due)
        return added

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A write transaction that may also enqueue, finish and free: slots are settled last."""
        wakes = _Wakes()
        with self._database.write() as tx:
            tx.info[_WAKES] = wakes
            try:
                yield tx
                self._settle_slots(tx, wakes)
            finally:
                del tx.info[_WAKES]
        if wakes.due or wakes.freed or wakes.released:
            self._ring()

    @property
    def news(self) -> int:
        """Counts what this process added to the queue; to be read before a claim, and given to `wait_for_news`."""
        return self._rung

    def wait_for_news(self, news: int, seconds: float) -> None:
        """Returns when this process has added work since `news` was read, or after `seconds`: other processes add work
        unheard, and work falls due by itself."""
        with self._bell:
            self._bell.wait_for(lambda: self._rung != news, seconds)

    def _ring(self) -> None:
        with self._bell:
            self._rung += 1
            self._bell.notify()

    def claim(self, lease: float, batch: int = 1, *, apart: str = "") -> Claim | None:
        """The next ready slot with up to `batch` due jobs of its account; None when nothing is due anywhere.

        `apart` (NOTICES) claims in that line alone, which is otherwise passed over.
        All of them must be done within one lease: what comes too late is refused by `holds` or `finish`. A job that
        was claimed before is claimed alone: it may have killed its worker, and must not take others with it."""
        while True:
            with self._database.write() as tx:
                for _ in range(_LOOKS):
                    ends = time.monotonic() + lease
                    now = self._database.epoch(tx)
                    ready = _FIRST_APART if apart else _FIRST_READY
                    row = ready.first(tx, {"now": now, "apart": apart or NOTICES})
                    if row is None:
                        return None
                    until = now + lease
                    jobs = self._take(tx, row.account, now, until, batch)
                    if jobs:
                        lease_of = {"busy_until": until, "ready_at": until, "fence": row.fence + 1}
                        statements.change(tx, slot, {"account": row.account, "n": row.n}, lease_of)
                        return Claim(row.account, row.n, row.fence + 1, until, jobs, ends)
                    self._rest(tx, row.account, now)

    def _rest(self, tx: Tx, account: str, now: float) -> None:
        """Nothing is due for this account: its ready slots need not be looked at before something is.

        The look is a statement of its own after one slot was locked: an enqueue that it cannot see yet waits for that
        slot, and wakes them all after us."""
        due = _NEXT_DUE.scalar(tx, {"account": account})
        _REST.run(tx, {"account_": account, "now": now, "due": NEVER if due is None else due})

    def _take(self, tx: Tx, account: str, now: float, until: float, batch: int) -> tuple[Job, ...]:
        rows: list[Any] = []
        for priority in _PRIORITIES:
            if len(rows) < batch:
                wanted = {"account": account, "priority": priority, "now": now, "batch": batch - len(rows)}
                rows += _DUE.all(tx, wanted)
        if not rows:
            return ()
        rows = list(takewhile(lambda row: not row.attempts, rows)) or rows[:1]
        for row in rows:
            _TAKE.run(tx, {"job": row.id, "until": until})
        return tuple(
            Job(
                row.id,
                row.kind,
                row.packet_id,
                account,
                row.fence + 1,
                row.attempts + 1,
                row.max_attempts,
                row.dedupe,
                now - row.due_at,
            )
            for row in rows
        )

    def holds(self, tx: Tx, claim: Claim, job: Job) -> None:
        """Raises LeaseLost unless both fences are still ours and the lease has not run out, AccountHeld when the
        account was stopped since the claim; locks the job's row. To be asked before anything irrevocable."""
        own = _OWN_JOB.first(tx, {"id": job.id, "fence": job.fence})
        held = _SLOT.first(tx, {"account": claim.account, "n": claim.n})
        now = self._database.epoch(tx)
        if own is None or held is None or held.fence != claim.fence or now >= claim.until:
            raise LeaseLost(f"job {job.id} ({job.kind} {job.packet_id}) was taken over by another worker")
        if held.held_until > now:
            raise AccountHeld(f"the account {claim.account} was stopped before {job.kind} {job.packet_id} began")

    def is_held(self, claim: Claim) -> bool:
        """Whether the account was stopped since the claim, so that nothing more may be asked of its portal."""
        with self._database.read() as tx:
            held = _SLOT.first(tx, {"account": claim.account, "n": claim.n})
            return held is None or held.held_until > self._database.epoch(tx)

    def finish(self, tx: Tx, job: Job) -> None:
        """Removes a job that is done. Raises LeaseLost when another worker owns it now: then roll everything back."""
        if statements.remove(tx, work, {"id": job.id, "fence": job.fence}) != 1:
            raise LeaseLost(f"job {job.id} ({job.kind} {job.packet_id}) was taken over by another worker")

    def fail(self, tx: Tx, job: Job, error: str, delay: float) -> bool:
        """Puts a job back for another try in `delay` seconds, or among the dead letters after its last; True = dead.

        Raises LeaseLost as `finish` does."""
        dead = job.attempts >= job.max_attempts
        due = NEVER if dead else self._database.epoch(tx) + delay
        values = {"due_at": due, "state": "dead" if dead else "ready", "last_error": error[:2000]}
        if statements.change(tx, work, {"id": job.id, "fence": job.fence}, values) != 1:
            raise LeaseLost(f"job {job.id} ({job.kind} {job.packet_id}) was taken over by another worker")
        if not dead:
            self._wake(tx, job.account, due)
        return dead

    def give_back(self, tx: Tx, job: Job) -> None:
        """Returns a claimed job that was not begun, at once and without counting the claim as an attempt."""
        now = self._database.epoch(tx)
        given = tx.execute(
            work.update()
            .where(work.c.id == job.id, work.c.fence == job.fence)
            .values(due_at=now, attempts=work.c.attempts - 1)
        )
        if given.rowcount:
            self._wake(tx, job.account, now)

    def set_aside(self, tx: Tx, job: Job) -> bool:
        """Puts a claimed job that was not begun where no worker looks, until `take_up` or whoever enqueues it again;
        False where the lease was lost, and nothing was done. The claim is not counted as an attempt."""
        values = {"due_at": self._database.epoch(tx), "state": ASIDE, "attempts": 0}
        return statements.change(tx, work, {"id": job.id, "fence": job.fence}, values) == 1

    def take_up(self, tx: Tx, client: str) -> int:
        """Makes everything ready again that was set aside for a client, each in its old turn; answers how many."""
        ours = sa.select(packet.c.id).where(packet.c.client == client)
        aside = (work.c.state == ASIDE, work.c.packet_id.in_(ours))
        accounts = tx.execute(sa.select(work.c.account).where(*aside).distinct()).scalars().all()
        count = tx.execute(work.update().where(*aside).values(state="ready")).rowcount
        for account in accounts:
            self._wake(tx, account, self._database.epoch(tx))
        return int(count)

    def free(self, tx: Tx, claim: Claim, spacing: float = 0.0) -> None:
        """Lets the slot go, ready again after `spacing` seconds or when its account's next job is due."""
        self._wakes(tx).freed.append((claim, spacing))

    def hold_account(self, tx: Tx, account: str, seconds: float) -> None:
        """Lets none of an account's slots be claimed for `seconds` (a tripped breaker, a pause), whatever they do now.

        A longer hold that is there stays."""
        held = self._wakes(tx).held
        until = min(self._database.epoch(tx) + seconds, NEVER)
        held[account] = max(until, held.get(account, 0.0))

    def release_account(self, tx: Tx, account: str) -> None:
        """Ends a hold: every slot that no worker has is ready now."""
        self._wakes(tx).released.add(account)

    def dead_letters(self, tx: Tx) -> tuple[sa.Row[tuple[object, ...]], ...]:
        """Jobs that were given up, oldest first."""
        return tuple(tx.execute(sa.select(work).where(work.c.state == "dead").order_by(work.c.id)))

    def given_up(self, tx: Tx, accounts: Collection[str]) -> int:
        """How many dead letters these accounts have ("" is the desk); by index, however long their lines are."""
        dead = sa.select(sa.func.count()).where(work.c.account.in_(accounts), work.c.state == "dead")
        return int(tx.execute(dead).scalar_one())

    def letters(self, tx: Tx, account: str | None, after: int, limit: int) -> tuple[DeadLetter, ...]:
        """The next dead letters by number, of one account where one is named ("" is the desk)."""
        of_account = () if account is None else (work.c.account == account,)
        rows = tx.execute(
            sa.select(work)
            .where(work.c.state == "dead", work.c.id > after, *of_account)
            .order_by(work.c.id)
            .limit(limit)
        )
        return tuple(_letter_from(row) for row in rows)

    def letter(self, tx: Tx, job_id: int) -> DeadLetter | None:
        """One dead letter, locked; None where there is none by this number."""
        row = tx.execute(sa.select(work).where(work.c.id == job_id, work.c.state == "dead").with_for_update()).first()
        return _letter_from(row) if row else None

    def drop(self, tx: Tx, letter: DeadLetter) -> None:
        """Forgets a dead letter that the caller has locked."""
        tx.execute(work.delete().where(work.c.id == letter.id, work.c.state == "dead"))

    def lines(self, tx: Tx) -> dict[str, Line]:
        """How each account's line stands; accounts without any work are left out."""
        now = self._database.epoch(tx)
        ready, dead, aside = (work.c.state == state for state in ("ready", "dead", ASIDE))
        due = sa.and_(ready, work.c.due_at <= now)
        named = {"waiting": ready, "due": due, "aside": aside, "dead": dead}
        counts = [sa.func.sum(sa.case((when, 1), else_=0)).label(name) for name, when in named.items()]
        oldest = sa.func.min(sa.case((due, work.c.due_at), else_=None)).label("oldest")
        rows = tx.execute(sa.select(work.c.account, *counts, oldest).group_by(work.c.account))
        return {
            row.account: Line(row.waiting, row.due, row.aside, row.dead, now - row.oldest if row.oldest else 0.0)
            for row in rows
        }

    def revive(self, tx: Tx, job_id: int) -> bool:
        """Gives a dead letter its tries back; says whether there was one."""
        row = tx.execute(sa.select(work.c.account).where(work.c.id == job_id, work.c.state == "dead")).first()
        if row is None:
            return False
        now = self._database.epoch(tx)
        tx.execute(work.update().where(work.c.id == job_id).values(state="ready", attempts=0, due_at=now))
        self._wake(tx, row.account, now)
        return True

    def is_to_do(self, tx: Tx, dedupe: str) -> bool:
        """Whether work by this name waits, was set aside or is under way; a dead letter is none of these."""
        found = sa.select(work.c.id).where(work.c.dedupe == dedupe, work.c.state != "dead")
        return tx.execute(found).first() is not None

    def waiting(self, tx: Tx) -> dict[tuple[str, str], int]:
        """How many jobs there are by account and state."""
        rows = tx.execute(
            sa.select(work.c.account, work.c.state, sa.func.count()).group_by(work.c.account, work.c.state)
        )
        return {(account, state): count for account, state, count in rows}

    # --- slots, always last and always in the same order ----------------------------------------------------------

    def _wakes(self, tx: Tx) -> _Wakes:
        wakes = tx.info.get(_WAKES)
        if wakes is None:
            raise RuntimeError("jobs are added and finished inside `with queue.write() as tx`")
        return wakes  # type: ignore[no-any-return]

    def _wake(self, tx: Tx, account: str, due: float) -> None:
        wakes = self._wakes(tx).due
        wakes[account] = min(due, wakes.get(account, NEVER))

    def _settle_slots(self, tx: Tx, wakes: _Wakes) -> None:
        accounts = wakes.accounts()
        if not accounts:
            return
        self._lock_slots(tx, accounts)
        now = self._database.epoch(tx)
        for claim, spacing in wakes.freed:
            own = {"account_": claim.account, "n_": claim.n, "fence_": claim.fence}
            _FREE.run(tx, {**own, "rest": now + spacing})
        for account in sorted(wakes.released):
            _RELEASE.run(tx, {"account_": account, "now": now})
        for account, until in sorted(wakes.held.items()):
            _HOLD.run(tx, {"account_": account, "until": until})
        for account, due in sorted(wakes.due.items()):
            _WAKE.run(tx, {"account_": account, "due": due})

    def _lock_slots(self, tx: Tx, accounts: list[str]) -> None:
        if tx.dialect.name == "postgresql":
            tx.execute(
                sa.select(slot.c.n)
                .where(slot.c.account.in_(accounts))
                .order_by(slot.c.account, slot.c.n)
                .with_for_update()
            ).all()


def _letter_from(row: Any) -> DeadLetter:
    return DeadLetter(**{name: getattr(row, name) for name in DeadLetter.__dataclass_fields__})


_SLOT_KEY = ("account", "n")
_READY = (
    sa.select(slot.c.account, slot.c.n, slot.c.fence)
    .where(slot.c.ready_at <= sa.bindparam("now"))
    .order_by(slot.c.ready_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_FIRST_READY = Prepared(_READY.where(slot.c.account != sa.bindparam("apart")))
_FIRST_APART = Prepared(_READY.where(slot.c.account == sa.bindparam("apart")))
_DUE = Prepared(
    sa.select(
        work.c.id,
        work.c.kind,
        work.c.packet_id,
        work.c.fence,
        work.c.attempts,
        work.c.max_attempts,
        work.c.dedupe,
        work.c.due_at,
    )
    .where(
        work.c.account == sa.bindparam("account"),
        work.c.state == "ready",
        work.c.priority == sa.bindparam("priority"),
        work.c.due_at <= sa.bindparam("now"),
    )
    .order_by(work.c.due_at)
    .limit(sa.bindparam("batch"))
    .with_for_update(skip_locked=True)
)


_REVIVE = Prepared(
    work.update()
    .where(work.c.dedupe == sa.bindparam("dedupe_"), work.c.state != "ready")
    .values(state="ready", account=sa.bindparam("account_"), attempts=0, due_at=sa.bindparam("due"))
)
_TAKE = Prepared(
    work.update()
    .where(work.c.id == sa.bindparam("job"))
    .values(due_at=sa.bindparam("until"), fence=work.c.fence + 1, attempts=work.c.attempts + 1)
)
_OWN_JOB = Prepared(
    sa.select(work.c.id).where(work.c.id == sa.bindparam("id"), work.c.fence == sa.bindparam("fence")).with_for_update()
)
_SLOT = Prepared(
    sa.select(slot.c.fence, slot.c.held_until).where(
        slot.c.account == sa.bindparam("account"), slot.c.n == sa.bindparam("n")
    )
)


def _larger(column: sa.ColumnElement[float], other: sa.ColumnElement[float] | float) -> sa.Case[float]:
    return sa.case((column > other, column), else_=other)


def _first_due() -> sa.Select[float]:
    """When an account's next job is due: an index look-up for each priority, whatever waits."""
    firsts = [
        sa.select(work.c.due_at)
        .where(work.c.account == sa.bindparam("account"), work.c.state == "ready", work.c.priority == priority)
        .order_by(work.c.due_at)
        .limit(1)
        .subquery()
        for priority in _PRIORITIES
    ]
    every = sa.union_all(*(sa.select(first.c.due_at) for first in firsts)).subquery()
    return sa.select(sa.func.min(every.c.due_at))


_NEXT_DUE = Prepared(_first_due())
_OF_ACCOUNT = slot.update().where(slot.c.account == sa.bindparam("account_"))
_FREE = Prepared(
    _OF_ACCOUNT.where(slot.c.n == sa.bindparam("n_"), slot.c.fence == sa.bindparam("fence_")).values(
        busy_until=sa.bindparam("rest"), ready_at=_larger(slot.c.held_until, sa.bindparam("rest"))
    )
)
_REST = Prepared(
    _OF_ACCOUNT.where(
        slot.c.n.in_(
            sa.select(slot.c.n)
            .where(slot.c.account == sa.bindparam("account_"), slot.c.ready_at <= sa.bindparam("now"))
            .with_for_update(skip_locked=True)
        )
    ).values(ready_at=sa.bindparam("due"))
)
_RELEASE = Prepared(_OF_ACCOUNT.values(held_until=0.0, ready_at=_larger(slot.c.busy_until, sa.bindparam("now"))))
_HOLD = Prepared(
    _OF_ACCOUNT.values(
        held_until=_larger(slot.c.held_until, sa.bindparam("until")),
        ready_at=_larger(slot.c.ready_at, sa.bindparam("until")),
    )
)
_SOONER = sa.case((slot.c.ready_at < sa.bindparam("due"), slot.c.ready_at), else_=sa.bindparam("due"))
_WAKE = Prepared(_OF_ACCOUNT.values(ready_at=_larger(slot.c.busy_until, _larger(slot.c.held_until, _SOONER))))
