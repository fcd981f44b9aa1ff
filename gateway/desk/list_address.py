"""A work list's address: its filters and the place in it, so that a list can be kept, sent to somebody, and gone
through packet by packet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from gateway.errors import NotPossible, legible
from gateway.store.packets import PacketRecord
from gateway.store.work_list import DUE, Days, Place, Wanted

LONGEST = 4_000
_FILTERS = tuple(Wanted.__dataclass_fields__)
_MOST, _EXACT = Decimal(10) ** 14, Decimal("0.0001")


def query(wanted: Wanted, place: Place | None = None) -> str:
    """The part of the address after `/?`; "" for the whole list from its beginning."""
    parts = {name: value for name in _FILTERS if (value := getattr(wanted, name))}
    if place is not None:
        parts["after"] = f"{place.act_by.isoformat()}|{place.total}|{place.packet_id}"
    return urlencode(parts)


def place_of(record: PacketRecord) -> Place | None:
    """A packet's place in the list; None where it is not on it."""
    return None if record.act_by is None else Place(record.act_by, record.total, record.id)


def wanted_from(values: Mapping[str, str]) -> Wanted:
    """The filters of an address; what there is no class of deadlines for asks for all."""
    wanted = Wanted(**{name: legible(values.get(name, "").strip())[:200] for name in _FILTERS})
    return wanted if wanted.due in DUE else replace(wanted, due="")


def place_from(text: str) -> Place | None:
    """Where a page is to begin. Raises NotPossible for what no page of ours has said."""
    if not text:
        return None
    try:
        act_by, total, packet_id = legible(text).split("|")
        place = Place(datetime.fromisoformat(act_by), Decimal(total), packet_id)
        fits = place.act_by.tzinfo is not None and place.total.is_finite() and abs(place.total) < _MOST
        place = replace(place, act_by=place.act_by.astimezone(UTC))
    except (ValueError, InvalidOperation, OverflowError):  # the first and last day have no room for an offset
        fits = False
    if not fits:
        raise NotPossible("this part of the list cannot be found; begin at the first page.")
    return replace(place, total=place.total.quantize(_EXACT))


def list_from(text: str) -> tuple[Wanted, Place | None]:
    """The list that a page was reached from, as `query` wrote it. Raises NotPossible."""
    if len(text) > LONGEST:
        raise NotPossible("this list cannot be found; begin at the work list.")
    values = dict(parse_qsl(text))
    return wanted_from(values), place_from(values.get("after", ""))


def days_at(now: datetime, time_zone: str) -> Days:
    """Where deadlines part at this moment, in the office's calendar; a week ends with Sunday."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    midnight = [
        datetime.combine(today + timedelta(days=ahead), time(0), zone).astimezone(UTC)
        for ahead in (1, 7 - today.weekday())
    ]
    return Days(now, *midnight)
