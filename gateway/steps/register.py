"""When the order register must be read before a step that leans on it: a rule that leans on an old order mends nothing,
and a check without any order lets through what the portal will refuse."""

from datetime import datetime, timedelta

from gateway.adapter import Ability
from gateway.house import House
from gateway.steps import Result
from gateway.store import accounts, inbox
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.queue import DESK, URGENT
from gateway.verdict import ReasonCode

ABOUT_ORDERS = frozenset(
    {
        ReasonCode.po_unknown,
        ReasonCode.po_not_ours,
        ReasonCode.po_obsolete,
        ReasonCode.po_line_unknown,
        ReasonCode.po_line_kind,
        ReasonCode.unit_mismatch,
    }
)
_PATIENCE = 120.0  # seconds for which a packet waits until the orders were read
_LOOK_AGAIN = 1.0


def orders_are_due(house: House, record: PacketRecord, since: datetime | None = None) -> bool:
    """Whether this packet should wait for a reading of its account's orders: never read, or not `since` a moment.

    Not for ever, and not where the account is stopped: then the packet goes on with what is known."""
    with house.database.read() as tx:
        account = accounts.load(tx, record.account)
        now = house.database.now(tx)
        on_their_way = inbox.has_new_orders(tx, now - timedelta(seconds=_PATIENCE))
    waited = (now - record.stage_since).total_seconds()
    read_at = account.orders_read_at
    stale = since is not None and read_at is not None and read_at < since
    missing = since is None and read_at is None
    if not (stale or missing or on_their_way) or account.paused or waited >= _PATIENCE:
        return False
    return Ability.orders in house.portals.adapter(record.account).abilities


def read_orders_first(house: House, record: PacketRecord) -> Result:
    """Has the orders read, and lets the packet look again after that."""

    def write(tx: Tx) -> None:
        line = record.account
        house.queue.enqueue(tx, "orders", line, f"orders:{line}", priority=URGENT)
        house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id, delay=_LOOK_AGAIN)

    return write
