"""The quarter lived through, day by day, in one office."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import structlog

from gateway import metrics
from gateway.intake import accept
from gateway.metrics import Metrics
from gateway.store import events, packets
from gateway.store.events import Event
from gateway.store.tables import packet as packet_table
from gateway.verdict import Level, Stage
from tests.quarter.draw import FIRST_DAY, Case, Quarter, draw
from tests.quarter.office import Kind, Office, open_office
from tests.quarter.people import Buyers, Coordinator, due_for_approval
from tests.quarter.untouched import machine_changes

MOST_DAYS_AFTER = 40
KINDS: tuple[Kind, Kind] = ("bare", "checked")


@dataclass(frozen=True, slots=True)
class Lived:
    """How one office ended the quarter; what happened to which packet by source id.

    `refused`: a portal said no; `sent_back`: a buyer's people did; `caught`: the checklist stopped it before its first
    transmission; `mended`: rules that changed it, in their order. `touched`: places that a rule changed and must not,
    or totals that it moved; `changes`: how many changes by rule were looked at. `billed`: by client, the totals of the
    invoices that live at the portal in the end, the smallest first."""

    kind: Kind
    figures: Metrics
    refused: frozenset[str]
    sent_back: frozenset[str]
    caught: frozenset[str]
    mended: Mapping[str, tuple[str, ...]]
    proposals: int
    changes: int
    touched: tuple[str, ...]
    billed: Mapping[str, list[Decimal]]

    @property
    def bounced(self) -> frozenset[str]:
        """Whatever came back."""
        return self.refused | self.sent_back


def lived(kind: Kind, quarter: Quarter, folder: Path) -> Lived:
    """Plays the quarter to its end in one office, which keeps its things in `folder`."""
    with open_office(kind, quarter, folder, FIRST_DAY - timedelta(hours=6)) as office:
        return _play(office, quarter)


def both(seed: int, packets: int, weeks: int) -> tuple[Lived, Lived]:
    """The quarter of that draw without and with checklists, side by side in processes of their own."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        bare, checked = (pool.submit(_by_itself, kind, seed, packets, weeks) for kind in KINDS)
        return bare.result(), checked.result()


def _by_itself(kind: Kind, seed: int, packets: int, weeks: int) -> Lived:
    """Draws for itself and leaves nothing behind."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        return lived(kind, draw(seed, packets, weeks), Path(folder))


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
        accepted += _evening(office, buyers, coordinator, cases, day, len(todays))
    last, days = day, 0
    while _open(office):
        days += 1
        assert days <= MOST_DAYS_AFTER, f"these packets never come to an end: {_open(office)}"
        last += timedelta(days=1)
        accepted += _evening(office, buyers, coordinator, cases, last, 0)
    return _told(office, accepted)


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


def _evening(
    office: Office, buyers: Buyers, coordinator: Coordinator, cases: Mapping[str, Case], day: datetime, sent: int
) -> int:
    """The coordinator decides, portals are asked where something is new, buyers decide; answers how many proposals were
    accepted. `sent`: how much was handed in today."""
    office.turn_to(day + timedelta(hours=6))
    mended = coordinator.mends()
    office.work()
    if sent or mended:
        office.ring("poll")
    due = due_for_approval(office, cases)
    if due:
        buyers.decide(due, cases)
        office.ring("poll")
    return coordinator.accepts_proposals()


def _open(office: Office) -> list[str]:
    """What has not come to an end, in words."""
    ended = (Stage.accepted.value, Stage.stopped.value)
    with office.house.database.read() as tx:
        rows = packets.listed(tx, packet_table.c.stage.not_in(ended), limit=20_000)
    return [f"{one.source_id}: {one.stage}, {one.portal_status!r} {one.action}" for one in rows]


def _told(office: Office, accepted: int) -> Lived:
    with metrics.counted(office.house.database) as tx:
        figures = metrics.measure(tx, office.house.database.now(tx))
        stopped = sa.select(packet_table.c.source_id).where(packet_table.c.preflight_stopped)
        caught = frozenset(tx.execute(stopped).scalars())
        said = {row.source_id: events.history(tx, row.id) for row in packets.listed(tx, limit=20_000)}
    changes = list(machine_changes(office.house))
    return Lived(
        office.kind,
        figures,
        refused=_with(said, Level.portal),
        sent_back=_with(said, Level.buyer),
        caught=caught,
        mended={one: rules for one, history in said.items() if (rules := _rules(history))},
        proposals=accepted,
        changes=len(changes),
        touched=tuple(words for one in changes for words in one.wrong),
        billed={client: _alive(office, client) for client in office.stands},
    )


def _with(said: Mapping[str, Sequence[Event]], level: Level) -> frozenset[str]:
    return frozenset(
        source_id
        for source_id, history in said.items()
        if any(event.kind == "rejected" and event.data["level"] == level for event in history)
    )


def _rules(history: Sequence[Event]) -> tuple[str, ...]:
    return tuple(rule for event in history if event.kind == "corrected" for rule in event.data["rules"])


UNFINISHED = "draft"
"""What a refusal by REST leaves behind: nobody has submitted it, and nobody pays it."""


def _alive(office: Office, client: str) -> list[Decimal]:
    held = office.portal.invoices(client)
    return sorted(one.total for one in held if one.alive and one.status != UNFINISHED)
