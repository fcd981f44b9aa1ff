"""Reading what changed at a portal: verdicts on our invoices, and purchase orders. Reads change nothing there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from gateway.adapter import Ability, Notices
from gateway.errors import AccountMustStop, PortalUnavailable
from gateway.health import account_failed, account_worked, stop_account
from gateway.house import House
from gateway.inbox import keep, line_of, reader_of_queue
from gateway.placing import place
from gateway.store import accounts, orders
from gateway.store.database import Tx
from gateway.store.queue import URGENT

_Page = TypeVar("_Page")
PAGES_A_JOB = 20  # a job's lease must outlast its pages; the rest follows in the next job


def poll(house: House, account: str) -> bool:
    """Lands what changed since the last time, or keeps what a queue delivers; says whether more waits.

    The cursor is stored with what was read: a queue gives up what lies behind it."""
    adapter = house.portals.adapter(account)
    if Ability.poll not in adapter.abilities:
        return False
    queued = Ability.queue in adapter.abilities
    for _ in range(PAGES_A_JOB):
        with house.database.read() as tx:
            if queued and reader_of_queue(house, tx, account) != account:
                return False
            cursor = accounts.load(tx, account).notices_cursor
            asked_at = house.database.now(tx)
        page = _page(house, account, adapter.poll, cursor)
        if page is None:
            return False
        with house.queue.write() as tx:
            if queued:
                _keep(house, tx, account, page, asked_at)
            else:
                _land(house, tx, account, page)
            account_worked(tx, account)
        if not page.more:
            return False
    return True


def _land(house: House, tx: Tx, account: str, page: Notices) -> None:
    """Invoices that are not ours, or in doubt, are passed over: a list tells them again when asked."""
    for notice in sorted(page.notices, key=lambda one: (one.number, one.portal_reference)):
        place(house, tx, (account,), notice, f"portal:{account}")
    accounts.change(tx, account, notices_cursor=page.cursor, polled_at=house.database.now(tx))


def _keep(house: House, tx: Tx, account: str, page: Notices, asked_at: datetime) -> None:
    """A page of the line's queue is kept for all of its accounts, orders among it; the register is as old as the
    question."""
    keep(house, tx, account, page.deliveries)
    now = house.database.now(tx)
    with_orders = Ability.orders in house.portals.adapter(account).abilities
    for key in line_of(house, account):
        abilities = house.portals.adapter(key).abilities
        changes: dict[str, Any] = {"notices_cursor": page.cursor} if key == account else {}
        if Ability.queue in abilities:
            changes["polled_at"] = now
        if with_orders and not page.more and Ability.orders in abilities:
            changes["orders_read_at"] = asked_at
        if changes:
            accounts.change(tx, key, **changes)


def read_orders(house: House, account: str) -> bool:
    """Brings the order register up to date; says whether more waits. Where a queue brings the orders, it is read."""
    adapter = house.portals.adapter(account)
    if Ability.orders not in adapter.abilities:
        return False
    with house.queue.write() as tx:
        reader = reader_of_queue(house, tx, account)
        if reader and Ability.orders in house.portals.adapter(reader).abilities:
            house.queue.enqueue(tx, "poll", reader, f"poll:{reader}", priority=URGENT)
            return False
    for _ in range(PAGES_A_JOB):
        with house.database.read() as tx:
            cursor = accounts.load(tx, account).orders_cursor
            now = house.database.now(tx)  # as of the question: what the portal takes meanwhile may not be counted yet
        page = _page(house, account, adapter.orders, cursor)
        if page is None:
            return False
        with house.queue.write() as tx:
            for order in sorted(page.orders, key=lambda one: one.number):
                orders.keep(tx, account, order, now)
            if page.unread:
                accounts.load(tx, account, lock=True)
            for unread in page.unread:
                orders.keep_unread(tx, account, unread, now)
            read_at = {} if page.more else {"orders_read_at": now}
            accounts.change(tx, account, orders_cursor=page.cursor, **read_at)
            account_worked(tx, account)
        if not page.more:
            return False
    return True


def _page(house: House, account: str, read: Callable[[str], _Page], cursor: str) -> _Page | None:
    """One page of changes; None where the portal does not answer (counted) or refuses us (the account is stopped)."""
    try:
        return read(cursor)
    except PortalUnavailable as fault:
        with house.queue.write() as tx:
            account_failed(house, tx, account, str(fault), fault.retry_at)
    except AccountMustStop as fault:
        with house.queue.write() as tx:
            stop_account(house, tx, account, fault)
    return None
