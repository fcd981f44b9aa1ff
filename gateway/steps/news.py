"""The watch over packets that somebody left until something changes: what is new of one puts it back on the list."""

from collections.abc import Iterator
from datetime import datetime

from gateway.holding import deadline
from gateway.house import House
from gateway.news import known_of, news
from gateway.steps import Result
from gateway.store import packets, vigils
from gateway.store.database import Tx
from gateway.store.queue import Claim, Job
from gateway.store.vigils import Vigil
from gateway.verdict import Stage

_AT_A_TIME = 200


def look_for_news(house: House, claim: Claim, job: Job) -> Result:
    """Compares what is known of each packet that was left with what was known then."""
    found = [(one, told) for one, told in _looked_at(house) if told is None or told]

    def write(tx: Tx) -> None:
        now = house.database.now(tx)
        for one, told in found:  # by packet id, as everybody locks them
            _write(house, tx, one, told or "", now)

    return write


def _looked_at(house: House) -> Iterator[tuple[Vigil, str | None]]:
    """Every row with what is new: "" for nothing, None for a row that means nothing any more."""
    last = ""
    while True:
        with house.database.read() as tx:
            page = vigils.after(tx, last, _AT_A_TIME)
            for one in page:
                record = packets.load(tx, one.packet_id)
                if record is None or not one.is_of(record):
                    yield one, None
                elif not one.news:
                    yield one, news(one.seen, known_of(house, tx, record))
        if len(page) < _AT_A_TIME:
            return
        last = page[-1].packet_id


def _write(house: House, tx: Tx, one: Vigil, told: str, now: datetime) -> None:
    record = packets.load(tx, one.packet_id, lock=True)
    present = vigils.load(tx, one.packet_id)
    if record is None or present is None:
        return
    if not present.is_of(record):
        vigils.forget(tx, record.id)
    elif told and present == one:
        back = one.was_due if one.was_due > now else deadline(house, record, now)
        due = min(back, one.due)
        packets.move(tx, record, Stage.held, now, "watch", "news", data={"what": told}, act_by=due)
        vigils.end(tx, record.id, due, told)
