"""From one packet of a list to the next, so that a list is gone through without going back to it each time."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from gateway.desk.list_address import days_at, list_from, place_of, query
from gateway.errors import NotPossible
from gateway.store import work_list as rows
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.work_list import Wanted


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a packet's page leads back to, and to which packet on; `address` is "" where no other one waits."""

    back: str
    address: str = ""
    number: str = ""
    total: Decimal = Decimal(0)
    currency: str = ""
    client: str = ""


def packet_address(record: PacketRecord, wanted: Wanted) -> str:
    """The page of a packet as one of a list."""
    listed = query(wanted, place_of(record))
    return f"/packets/{record.id}" + (f"?list={quote(listed, safe='')}" if listed else "")


def onward(tx: Tx, time_zone: str, now: datetime, record: PacketRecord, listed: str) -> Onward:
    """The way on from this packet in the list that its address names; after the last one comes the first."""
    try:
        wanted, place = list_from(listed)
    except NotPossible:  # an address that was cut off: the page itself is as good as ever
        wanted, place = Wanted(), None
    days = days_at(now, time_zone)
    for begins in (place or place_of(record), None):
        for one in rows.page(tx, wanted, days, begins, 2):
            if one.id != record.id:
                told = (packet_address(one, wanted), one.invoice_number, one.total, one.currency, one.client)
                return Onward(_list(wanted), *told)
    return Onward(_list(wanted))


def _list(wanted: Wanted) -> str:
    asked = query(wanted)
    return f"/?{asked}" if asked else "/"
