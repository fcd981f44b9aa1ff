"""The quarter lived through, day by day, in one office."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway import metrics
from gateway.intake import accept
from gateway.metrics import Metrics
from gateway.store import events, packets
from gateway.store.tables import packet as packet_table
from gateway.verdict import Stage
from tests.quarter.draw import FIRST_DAY, Case, Quarter
from tests.quarter.office import Kind, Office, open_office
from tests.quarter.people import Buyers, Coordinator, due_for_approval

MOST_DAYS_AFTER = 40


@dataclass(frozen=True, slots=True)
class Lived:
    """How one office ended the quarter. `bounced`: by source id, the first attempt was refused."""

    kind: Kind
    figures: Metrics
    by_client: Mapping[str, Metrics]
    bounced: frozenset[str]
    caught: frozenset[str]
    proposals: int
    days: int


@contextmanager
def lived(kind: Kind, quarter: Quarter, folder: Path) -> Iterator[tuple[Office, Lived]]:
    """Plays the quarter to its end, and leaves the office open for a look."""
    with open_office(kind, quarter, folder, FIRST_DAY - timedelta(hours=6)) as office:
        yield office, _play(office, quarter)


def _play(office: Office, quarter: Quarter) -> Lived:
    cases = {case.source_id: case for case in quarter.cases}
    buyers, coordinator = Buyers(office), Coordinator(office, cases)
    accepted = 0
    for day, todays in quarter.by_day():
        for case in todays:
            buyers.do(case, case.early)
        _morning(office, day)
        for case in todays:
            _hand_over(office, buyers, case)
        office.work()
        accepted += _evening(office, buyers, coordinator, cases, day)
    last, days = day, 0
    while _open(office):
        days += 1
        assert days <= MOST_DAYS_AFTER, f"these packets never come to an end: {_open(office)}"
        last += timedelta(days=1)
        _morning(office, last)
        accepted += _evening(office, buyers, coordinator, cases, last)
    return _told(office, accepted, days)


def _morning(office: Office, day: datetime) -> None:
    office.turn_to(day - timedelta(hours=1))
    if office.kind == "checked":
        office.ring("orders")
    office.turn_to(day)


def _hand_over(office: Office, buyers: Buyers, case: Case) -> None:
    if case.late:
        office.work()  # what happens late must hit this one alone
        buyers.do(case, case.late)
    accept(office.house, case.handed.values, case.handed.files)
    if case.late:
        office.work()


def _evening(office: Office, buyers: Buyers, coordinator: Coordinator, cases: Mapping[str, Case], day: datetime) -> int:
    """The portals are asked, the coordinator decides, buyers approve; answers how many proposals were accepted."""
    office.turn_to(day + timedelta(hours=6))
    office.ring("poll")
    coordinator.mends()
    office.work()
    buyers.approve(due_for_approval(office, dict(cases)))
    office.ring("poll")
    return coordinator.accepts_proposals()


def _open(office: Office) -> list[str]:
    """What has not come to an end, in words."""
    ended = (Stage.accepted.value, Stage.stopped.value)
    with office.house.database.read() as tx:
        rows = packets.listed(tx, packet_table.c.stage.not_in(ended), limit=20_000)
    return [f"{one.source_id}: {one.stage}, {one.portal_status!r} {one.action}" for one in rows]


def _told(office: Office, accepted: int, days: int) -> Lived:
    with office.house.database.read() as tx:
        now = office.house.database.now(tx)
        figures = metrics.measure(tx, now)
        by_client = metrics.breakdown(tx, now, "client")
        rows = packets.listed(tx, limit=20_000)
        stopped = sa.select(packet_table.c.source_id).where(packet_table.c.preflight_stopped)
        caught = set(tx.execute(stopped).scalars())
        bounced = set()
        for row in rows:
            kinds = [event.kind for event in events.history(tx, row.id)]
            if "refused" in kinds or "rejected" in kinds:
                bounced.add(row.source_id)
    return Lived(office.kind, figures, by_client, frozenset(bounced), frozenset(caught), accepted, days)
