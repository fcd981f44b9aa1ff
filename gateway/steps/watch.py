"""Reading what changed at a portal: verdicts on our invoices, and purchase orders. Reads change nothing there."""

from collections.abc import Callable
from typing import TypeVar

from gateway.adapter import Ability
from gateway.errors import AccountMustStop, PortalUnavailable
from gateway.health import account_failed, account_worked, stop_account
from gateway.house import House
from gateway.placing import place
from gateway.store import accounts, orders

_Page = TypeVar("_Page")
PAGES_A_JOB = 20  # a job's lease must outlast its pages; the rest follows in the next job


def poll(house: House, account: str) -> bool:
    """Lands what changed since the last time; says whether more waits. Cursor and verdicts are stored together."""
    adapter = house.portals.adapter(account)
    if Ability.poll not in adapter.abilities:
        return False
    for _ in range(PAGES_A_JOB):
        with house.database.read() as tx:
            cursor = accounts.load(tx, account).notices_cursor
        page = _page(house, account, adapter.poll, cursor)
        if page is None:
            return False
        with house.queue.write() as tx:
            for notice in sorted(page.notices, key=lambda one: (one.number, one.portal_reference)):
                # Invoices that are not ours, or in doubt, are passed over: a list tells them again when asked.
                place(house, tx, (account,), notice, f"portal:{account}")
            accounts.change(tx, account, notices_cursor=page.cursor, polled_at=house.database.now(tx))
            account_worked(tx, account)
        if not page.more:
            return False
    return True


def read_orders(house: House, account: str) -> bool:
    """Brings the order register up to date; says whether more waits."""
    adapter = house.portals.adapter(account)
    if Ability.orders not in adapter.abilities:
        return False
    for _ in range(PAGES_A_JOB):
        with house.database.read() as tx:
            cursor = accounts.load(tx, account).orders_cursor
        page = _page(house, account, adapter.orders, cursor)
        if page is None:
            return False
        with house.queue.write() as tx:
            now = house.database.now(tx)
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
