"""The inbox: what portals deliver is kept first, acknowledged then, and lands by a job of its own.

A document may come through any account of its line (`gateway.adapter.Networked`): it is kept under that one, and placed
with the account that it concerns. What speaks of nothing known here waits, and is looked at again whenever a
transmission changes that it may be about, and in its turn by the watch. Nothing is ever thrown away.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.adapter import Ability, Delivery, Networked, Notice
from gateway.errors import ClearbillError
from gateway.house import House
from gateway.order import Order, UnreadOrder
from gateway.placing import place
from gateway.steps import Result, nothing
from gateway.store import accounts, inbox, orders
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord
from gateway.store.queue import DESK, URGENT, Claim, Job

_DELIVERED = frozenset({Ability.queue, Ability.push})
_JOB = "land"


def keep(house: House, tx: Tx, account: str, delivered: Iterable[Delivery]) -> int:
    """Keeps what came through an account, each with the job that lands it; answers how many were new."""
    now = house.database.now(tx)
    fresh = [key for each in delivered if (key := inbox.keep(tx, account, each, now))]
    for key in fresh:
        _look_at(house, tx, key)
    return len(fresh)


def land_kept(house: House, claim: Claim, job: Job) -> Result:
    """The job: lands one kept document, or leaves it waiting."""
    with house.database.read() as tx:
        kept = inbox.load(tx, job.dedupe.removeprefix(f"{_JOB}:"))
        if kept is None or kept.state == inbox.PLACED:
            return nothing
        raw = inbox.content(tx, kept)
    line = line_of(house, kept.account)
    told = line[kept.account].read(raw)
    target = next((key for key, adapter in line.items() if told.party and adapter.party == told.party), "")
    if target and target != kept.account:
        told = line[target].read(raw)

    def write(tx: Tx) -> None:
        now = house.database.now(tx)
        if told.order is not None and target:
            _keep_order(tx, target, told.order, now)
            inbox.mark_placed(tx, kept.id, now, target, None)
            return
        attempt = _placed(house, tx, line, target, told.notice) if told.notice is not None else None
        if attempt is None:
            inbox.mark_waiting(tx, kept.id, now)
        else:
            inbox.mark_placed(tx, kept.id, now, attempt.account, attempt.id)

    return write


def line_of(house: House, account: str) -> Mapping[str, Networked]:
    """The accounts, by key, that share a queue and pushes with this one; it is among them.

    Raises SettingWrong where this very account cannot be opened."""
    own = _networked(house, account)
    found = {account: own}
    portal = house.account_settings(account).portal
    for key, settings in house.settings.accounts.items():
        if key == account or settings.portal != portal:
            continue
        try:
            other = _networked(house, key)
        except ClearbillError:
            continue  # `clearbill doctor` says what is wrong with it; what concerns it waits
        if other.line == own.line:
            found[key] = other
    return dict(sorted(found.items()))


def reader_of_queue(house: House, tx: Tx, account: str) -> str:
    """The one account that reads the queue of this one's line for all of it, the first that is not stopped; "" where
    the line has no queue, or nobody may read it."""
    if not isinstance(house.portals.adapter(account), Networked):
        return ""
    able = [key for key in line_of(house, account) if Ability.queue in house.portals.adapter(key).abilities]
    return next((key for key in able if not accounts.load(tx, key).paused), "")


def is_delivered_to(house: House, account: str) -> bool:
    """Whether words about this account's invoices come through the inbox."""
    return bool(_DELIVERED & house.portals.adapter(account).abilities)


def has_spoken_of(house: House, tx: Tx, account: str, reference: str) -> bool:
    """Whether the portal has named this reference in a word that has not landed: then it has that very document."""
    return is_delivered_to(house, account) and inbox.names(tx, reference)


def attempt_changed(house: House, tx: Tx, attempt: AttemptRecord) -> None:
    """Has whatever waits for this transmission looked at again. Its packet is locked."""
    for key in inbox.waiting_for(tx, attempt.reference, attempt.invoice_number):
        _look_at(house, tx, key)


def look_again(house: House, tx: Tx, most: int) -> None:
    """Has those looked at again that waited longest, in case what they speak of is known by now."""
    for key in inbox.longest_untried(tx, most):
        _look_at(house, tx, key)


def _look_at(house: House, tx: Tx, key: str) -> None:
    # Urgent: a long line of invoices must not keep the answers to earlier ones waiting.
    house.queue.enqueue(tx, _JOB, DESK, f"{_JOB}:{key}", priority=URGENT)


def _keep_order(tx: Tx, account: str, order: Order | UnreadOrder, now: datetime) -> None:
    if isinstance(order, Order):
        orders.keep(tx, account, order, now)
    else:
        accounts.load(tx, account, lock=True)
        orders.keep_unread(tx, account, order, now)


def _placed(house: House, tx: Tx, line: Mapping[str, Networked], target: str, notice: Notice) -> AttemptRecord | None:
    """Lands a word at the account it concerns; where it names none, at the one that has what it speaks of."""
    by = f"portal:{target or min(line)}"
    return place(house, tx, (target,) if target else tuple(line), notice, by)


def _networked(house: House, account: str) -> Networked:
    adapter = house.portals.adapter(account)
    if not isinstance(adapter, Networked):
        raise TypeError(f"the portal of account {account} delivers nothing")
    return adapter
