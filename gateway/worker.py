"""Workers: threads that claim, work and write. Any number of processes may run them on one database.

A clean stop lets each thread finish the job it is at and gives back what it had claimed and not begun. An unclean one
costs nothing but the lease: another worker takes the job over, and a transmission that was cut off is asked for.
"""

import threading
import time
from collections.abc import Callable

import structlog
from structlog.contextvars import bound_contextvars

from gateway import tracing
from gateway.connection import Pace, paced
from gateway.errors import ClearbillError
from gateway.holding import hold
from gateway.house import House
from gateway.inbox import land_kept
from gateway.monitoring.tally import OF_THIS_PROCESS
from gateway.notices.herald import notify
from gateway.pausing import ClientPaused, set_aside
from gateway.pipeline import advance
from gateway.secrets import scrub
from gateway.steps import Result, nothing
from gateway.steps.anchor import anchor
from gateway.steps.news import look_for_news
from gateway.steps.send import hold_in_doubt
from gateway.steps.silence import ask, watch
from gateway.steps.take_back import take_back
from gateway.steps.watch import poll, read_orders
from gateway.store import packets
from gateway.store.database import DatabaseTrouble, Tx
from gateway.store.packets import PacketRecord
from gateway.store.queue import DESK, NOTICES, URGENT, AccountHeld, Claim, Job, LeaseLost
from gateway.verdict import FINAL_STAGES, Actor, Stage

log = structlog.get_logger("clearbill.worker")

_BATCH = 4
_IDLE_SECONDS = 0.25
_IDLE_APART = 1.0
_LEASE_APART = 180.0  # longer than a notice may take, lest another worker sends it again meanwhile


class NeverEnded(ClearbillError):
    """A job that was begun as often as it may be and neither ended nor failed: it may have killed its workers."""

    def __init__(self, times: int) -> None:
        super().__init__(f"this work was begun {times} times and never came to an end; it may stop whoever begins it.")


class Workers:
    """The worker threads of one process."""

    def __init__(self, house: House, threads: int | None = None) -> None:
        self._house = house
        self._stop = threading.Event()
        count = threads or house.settings.workers
        lines = {f"worker-{n}": "" for n in range(count)}
        if house.settings.notices.channels:
            lines["herald"] = NOTICES  # a thread of its own: a slow mail server must not cost a worker
        self._threads = [
            threading.Thread(target=self._run, args=(apart,), name=name, daemon=True) for name, apart in lines.items()
        ]

    def start(self) -> None:
        """Begins to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Asks every thread to finish what it is at, and waits for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, apart: str) -> None:
        while not self._stop.is_set():
            news = self._house.queue.news
            try:
                worked = work_once(self._house, self._stop.is_set, apart)
            except DatabaseTrouble as fault:
                log.error("database_trouble", error=scrub(str(fault)))
                worked = False
            except Exception as fault:
                # A thread that died of it would be missed by nobody until nothing moves.
                log.error("worker_trouble", error=scrub(repr(fault)))
                worked = False
            if worked or self._stop.is_set():
                continue
            if apart:  # the bell wakes one thread, and that must be one who works on invoices
                self._stop.wait(_IDLE_APART)
            else:
                self._house.queue.wait_for_news(news, _IDLE_SECONDS)


def work_once(house: House, stopping: Callable[[], bool] = lambda: False, apart: str = "") -> bool:
    """Claims what is due next and works it off; False when nothing was due. `apart`: as `Queue.claim` has it."""
    if apart:
        claim = house.queue.claim(max(house.settings.lease_seconds, _LEASE_APART), apart=apart)
    else:
        claim = house.queue.claim(house.settings.lease_seconds, _BATCH)
    if claim is None:
        return False
    with paced(Pace(_interval(house, claim.account))) as pace:
        for position, job in enumerate(claim.jobs):
            if position and (stopping() or _had_better_wait(house, claim)):
                _give_back(house, claim, claim.jobs[position:])
                return True
            last = position == len(claim.jobs) - 1
            _work(house, claim, job, (lambda: pace.owed) if last else None)
    return True


def _had_better_wait(house: House, claim: Claim) -> bool:
    """Whether what is left of a batch must not be begun: too little of the lease is left for a slow portal, or the
    account was stopped meanwhile."""
    if claim.account == DESK:
        return False
    enough = house.settings.lease_seconds / 2
    return claim.ends - time.monotonic() < enough or house.queue.is_held(claim)


def _interval(house: House, account: str) -> float:
    """Seconds between two requests of one slot: each slot owns an equal share of the account's rate."""
    settings = house.settings.accounts.get(account)
    return settings.concurrency / settings.requests_per_second if settings else 0.0


def _work(house: House, claim: Claim, job: Job, spacing: Callable[[], float] | None) -> None:
    """Works one job, counted; whatever is logged meanwhile names the job and its packet."""
    began = time.monotonic()
    tracing.past("queue wait", max(0.0, job.waited), job.packet_id, account=job.account, kind=job.kind)
    told: dict[str, tracing.Value] = {"account": job.account, "kind": job.kind, "attempts": job.attempts}
    with (
        bound_contextvars(job=job.id, kind=job.kind, packet=job.packet_id),
        tracing.span(f"job {job.kind}", job.packet_id, **told),
    ):
        result = _worked(house, claim, job, spacing)
    OF_THIS_PROCESS.job(job.account, job.kind, result, time.monotonic() - began, job.waited)


def _worked(house: House, claim: Claim, job: Job, spacing: Callable[[], float] | None) -> str:
    """Works one job and writes its result in one transaction; `spacing` is given with the claim's last job. Answers
    what became of it, as `clearbill_jobs_total` has it."""
    try:
        if job.attempts > job.max_attempts:
            raise NeverEnded(job.max_attempts)
        result = _KINDS[job.kind](house, claim, job)
        with house.queue.write() as tx:
            packets.lock(tx, job.packet_id)
            house.queue.finish(tx, job)
            result(tx)
            if spacing is not None:
                house.queue.free(tx, claim, spacing())
        return "done"
    except LeaseLost as lost:
        log.warning("lease_lost", what=str(lost))
        return "lease_lost"
    except AccountHeld as held:
        log.info("account_held", what=str(held))
        _give_back(house, claim if spacing is not None else None, (job,))
        return "held"
    except ClientPaused as paused:
        log.info("client_paused", what=str(paused))
        with house.queue.write() as tx:
            set_aside(house, tx, job)
            if spacing is not None:
                house.queue.free(tx, claim, spacing())
        return "held"
    except Exception as fault:
        # Whatever it was, the job must not be lost with it, nor stop this worker: it is tried again, then shown.
        log.error("job_failed", error=scrub(repr(fault)))
        return _failed(house, claim, job, fault, spacing)


def _failed(house: House, claim: Claim, job: Job, fault: Exception, spacing: Callable[[], float] | None) -> str:
    words = scrub(str(fault) if isinstance(fault, ClearbillError) else repr(fault))
    try:
        with house.queue.write() as tx:
            record = packets.load(tx, job.packet_id, lock=True) if job.packet_id else None
            dead = house.queue.fail(tx, job, words, min(2.0**job.attempts, 600.0))
            if dead and record is not None:
                _before_a_person(house, tx, record, words)
            if spacing is not None:
                house.queue.free(tx, claim, spacing())
        return "dead" if dead else "failed"
    except LeaseLost as lost:
        log.warning("lease_lost", what=str(lost))
        return "lease_lost"


def _before_a_person(house: House, tx: Tx, record: PacketRecord, words: str) -> None:
    """A packet whose work was given up; where a transmission is in doubt, the question is what the portal has."""
    now = house.database.now(tx)
    if record.stage is Stage.sending:
        hold_in_doubt(house, tx, record, now, f"Clearbill could not find out by itself: {words}")
    elif record.stage not in FINAL_STAGES:
        action = f"Clearbill could not go on by itself: {words} Mend the cause, then check again."
        hold(house, tx, record, now, "worker", who=Actor.us, action=action, why=_WHY_OTHER)


def _give_back(house: House, freed: Claim | None, jobs: tuple[Job, ...]) -> None:
    """Returns jobs that were not begun, and the slot where one is named."""
    with house.queue.write() as tx:
        for job in jobs:
            house.queue.give_back(tx, job)
        if freed is not None:
            house.queue.free(tx, freed)


def _poll(house: House, claim: Claim, job: Job) -> Result:
    more = poll(house, job.account)
    return _again(house, job) if more else nothing


def _orders(house: House, claim: Claim, job: Job) -> Result:
    more = read_orders(house, job.account)
    return _again(house, job) if more else nothing


def _again(house: House, job: Job) -> Result:
    def write(tx: Tx) -> None:
        house.queue.enqueue(tx, job.kind, job.account, job.dedupe, priority=URGENT)

    return write


_WHY_OTHER = ({"code": "other", "path": "", "portal_code": "", "portal_text": ""},)
_KINDS: dict[str, Callable[[House, Claim, Job], Result]] = {
    "advance": advance,
    "poll": _poll,
    "orders": _orders,
    "void": take_back,
    "watch": watch,
    "anchor": anchor,
    "news": look_for_news,
    "ask": ask,
    "land": land_kept,
    "notices": notify,
}
