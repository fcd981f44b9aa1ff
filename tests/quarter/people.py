"""The people of the quarter: buyers, who end orders and approve invoices, and one coordinator.

The coordinator accepts every proposal as it comes, and a day after a packet was put before her she hands it in as it
should have been, under a number that the client takes. She does the same in both offices.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway import decisions, learning
from gateway.demo.packets import Case as DemoCase
from gateway.demo.packets import Step
from gateway.packet import packet_from
from gateway.store import packets, proposals
from gateway.store.packets import PacketRecord
from gateway.store.proposals import State
from gateway.store.tables import packet as packet_table
from gateway.verdict import Level, Outcome, Stage, Status
from tests.quarter.causes import WHIMS, Happening
from tests.quarter.clerk import OWN_REASON, objection
from tests.quarter.draw import Case
from tests.quarter.office import Office

COORDINATOR = "coordinator"
THINKS_FOR = timedelta(hours=20)  # the next morning
LINES_MOVED_BY = 100


class Buyers:
    """What buyers do at their portals."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def do(self, case: Case, happenings: Iterable[Happening]) -> None:
        """Orders are ended, replaced, renumbered; the next invoice is refused."""
        for one in happenings:
            self._perform(case, _step(one))

    def _perform(self, case: Case, step: Step) -> None:
        played = DemoCase({"client": case.client}, {}, "", "", "accepted")
        self._office.portal.perform(played, step, "")

    def decide(self, due: Iterable[PacketRecord], cases: Mapping[str, Case]) -> None:
        """Approves what has waited its time, or sends it back: for its papers, or once for a reason of their own."""
        for record in due:
            case = cases[record.source_id]
            said = objection(case, self._office.attached(record.client, record.invoice_number))
            if not said and case.cause in WHIMS and record.transmissions == 1:
                said = OWN_REASON
            if said:
                self._office.send_back(record.client, record.invoice_number, said)
            else:
                self._office.portal.approve(record.client, record.invoice_number)


def _step(one: Happening) -> Step:
    if one.what == "refuse":
        return Step("refuse", {"kind": one.told, "times": 1}, "before_sending")
    if one.order is None:
        raise ValueError(f"{one.what} names no order")
    if one.what == "renumber":
        return Step("orders", {"orders": [_anew(one)]}, "before_sending")
    return Step("order", {}, "before_sending", f"{one.order.number}/{one.what}")


def _anew(one: Happening) -> dict[str, Any]:
    """The order after a change order; on a network it comes as a document of its own."""
    assert one.order is not None
    order = one.order.renumbered(LINES_MOVED_BY)
    return order | ({"payload_id": order["payload_id"].replace("-1@", "-2@")} if "payload_id" in order else {})


class Coordinator:
    """Decides on what waits for a person."""

    def __init__(self, office: Office, cases: dict[str, Case]) -> None:
        self._office, self._cases = office, cases
        self._fresh = 90_000_000

    def accepts_proposals(self) -> int:
        """Accepts what was learned and proposed; answers how many."""
        house = self._office.house
        with house.database.read() as tx:
            waiting = [one for one in proposals.every(tx) if one.state is State.open]
        for one in waiting:
            learning.accept(house, one.id, COORDINATOR, "seen often enough")
        return len(waiting)

    def mends(self) -> int:
        """Hands every packet that has waited a night in again as it should have been; answers how many."""
        house = self._office.house
        with house.database.read() as tx:
            before = house.database.now(tx) - THINKS_FOR
            waiting = packets.listed(
                tx, packet_table.c.stage == Stage.held.value, packet_table.c.stage_since <= before, limit=5_000
            )
        for record in waiting:
            self._mend(record)
        return len(waiting)

    def _mend(self, record: PacketRecord) -> None:
        house, case = self._office.house, self._cases[record.source_id]
        number = self._number(record, case)
        right = {**case.right.values, "invoice": {**case.right.values["invoice"], "number": number}}
        with house.database.read() as tx:
            present = packets.body(tx, record.id, record.revision)
        if present == packet_from(right):
            decisions.check_again(house, record.id, COORDINATOR, "the client has mended its side")
        else:
            decisions.amend(house, record.id, right, case.right.files, COORDINATOR, "as it should have been")

    def _number(self, record: PacketRecord, case: Case) -> str:
        """The invoice's own number; after a no, the one that the client's rule asks for; where the rule leaves it to
        us, or an unfinished draft stands under the number at the portal, a fresh one."""
        house = self._office.house
        with house.database.read() as tx:
            sent = packets.attempts(tx, record.id)
            verdicts = packets.verdicts(tx, record.id)
            draft = packets.draft_left(tx, record)
        if draft:
            return self._another(case)
        used = [one.invoice_number for one in sent]
        taken = record.status == Status.rejected and any(one.outcome is Outcome.receipted for one in sent)
        if not taken or case.right.number not in used:
            return case.right.number
        buyer = any(said.status is Status.rejected and said.level is Level.buyer for _, said, _ in verdicts)
        rule = house.checklist(record.client, record.generated_at).number
        if rule.rule_after("rejected" if buyer else "failed") != "person":
            return rule.for_second_try(used[-1], "rejected" if buyer else "failed", used)
        return self._another(case)

    def _another(self, case: Case) -> str:
        self._fresh += 1
        return f"{case.right.number.split('-')[0]}-{self._fresh}"


def due_for_approval(office: Office, cases: Mapping[str, Case]) -> list[PacketRecord]:
    """What the buyers have had before them long enough."""
    with office.house.database.read() as tx:
        now = office.house.database.now(tx)
        rows = packets.listed(tx, sa.and_(packet_table.c.stage == Stage.waiting.value), limit=20_000)
    return [row for row in rows if now - row.stage_since >= cases[row.source_id].approved_after]
