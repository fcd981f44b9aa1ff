"""correcting -> received (a new revision) or held: a licensed correction, or a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.adapter import Ability
from gateway.corrections import Context, Correction, LicenceBroken, correct
from gateway.gather import context_for, facts_for
from gateway.holding import hold, hold_for_reasons
from gateway.house import House
from gateway.packet import Packet
from gateway.steps import Result
from gateway.store import accounts, packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, reason_from, reason_json
from gateway.store.queue import DESK, URGENT, Claim, Job
from gateway.verdict import Actor, Outcome, Reason, ReasonCode, Stage

MOST_TRIES = 2  # automatic corrections of one packet, and never two for the same reason

_ABOUT_ORDERS = frozenset(
    {
        ReasonCode.po_unknown,
        ReasonCode.po_not_ours,
        ReasonCode.po_obsolete,
        ReasonCode.po_line_unknown,
        ReasonCode.po_line_kind,
        ReasonCode.unit_mismatch,
    }
)
_ORDERS_PATIENCE = 120.0  # seconds for which a correction waits until the orders were read
_LOOK_AGAIN = 1.0


def correct_refused(house: House, claim: Claim, job: Job, record: PacketRecord) -> Result:
    """Mends what the portal or buyer refused, within the licence; otherwise a person decides."""
    checklist = house.checklist(record.client)
    reasons = [reason_from(value) for value in record.why]
    if _orders_may_have_changed(house, record, reasons):
        return _orders_first(house, record)
    with house.database.read() as tx:
        now = house.database.now(tx)
        packet = packets.body(tx, record.id, record.revision)
        at_portal = packets.attempts(tx, record.id)[-1].outcome is not Outcome.refused
        facts = facts_for(house, tx, packet, record.account, now, packet_id=record.id)
        context = context_for(tx, packet, record.account, checklist, facts, at_portal)
        verdicts = packets.verdicts(tx, record.id)
    who = verdicts[-1][1].who_acts if verdicts else Actor.nobody
    broken = ""
    try:
        correction = correction_for(record, packet, reasons, context)
    except LicenceBroken as fault:
        correction, broken = None, str(fault)

    def write(tx: Tx) -> None:
        present = packets.load(tx, record.id, lock=True)
        if present is None or (present.stage, present.revision) != (record.stage, record.revision):
            return
        then = house.database.now(tx)
        if correction is not None:
            write_correction(house, tx, present, correction, reasons, then)
        elif broken:
            action = (
                f"A correction rule went beyond its licence and was not used ({broken}). Decide by hand; report it."
            )
            why = [reason_json(reason) for reason in reasons]
            hold(house, tx, present, then, "corrections", who=Actor.us, action=action, why=why)
        else:
            hold_for_reasons(house, tx, present, then, "corrections", reasons, who)

    return write


def _orders_may_have_changed(house: House, record: PacketRecord, reasons: Sequence[Reason]) -> bool:
    """Whether the portal speaks of an order otherwise than the register, which was read before it spoke."""
    if not _ABOUT_ORDERS & {reason.code for reason in reasons}:
        return False
    with house.database.read() as tx:
        account = accounts.load(tx, record.account)
        waited = (house.database.now(tx) - record.stage_since).total_seconds()
    stale = account.orders_read_at is not None and account.orders_read_at < record.stage_since
    readable = not account.paused and Ability.orders in house.portals.adapter(record.account).abilities
    return stale and readable and waited < _ORDERS_PATIENCE


def _orders_first(house: House, record: PacketRecord) -> Result:
    """Has the orders read, and corrects after that: a rule that leans on an old order mends nothing."""

    def write(tx: Tx) -> None:
        line = record.account
        house.queue.enqueue(tx, "orders", line, f"orders:{line}", priority=URGENT)
        house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id, delay=_LOOK_AGAIN)

    return write


def correction_for(
    record: PacketRecord, packet: Packet, reasons: Sequence[Reason], context: Context
) -> Correction | None:
    """A correction, unless the packet had its tries or one of the reasons was corrected before."""
    if record.tries >= MOST_TRIES or {reason.code.value for reason in reasons} & set(record.tried):
        return None
    return correct(packet, reasons, context) if reasons else None


def write_correction(
    house: House,
    tx: Tx,
    record: PacketRecord,
    correction: Correction,
    reasons: Sequence[Reason],
    now: datetime,
    **changes: Any,
) -> None:
    """Writes the new revision and lets it enter at the checklist."""
    columns = packets.add_revision(
        tx,
        record,
        correction.packet,
        now,
        author=f"rule:{correction.rules[0]}",
        rule="+".join(correction.rules),
        reason=correction.says,
        diff=correction.patch,
    )
    codes = [reason.code.value for reason in reasons]
    packets.commit_orders(tx, record, ())
    packets.move(
        tx,
        record,
        Stage.received,
        now,
        f"rule:{correction.rules[0]}",
        "corrected",
        data={
            "rules": list(correction.rules),
            "says": correction.says,
            "diff": correction.patch,
            "reasons": [reason_json(reason) for reason in reasons],
            "new_revision": columns["revision"],
        },
        tries=record.tries + 1,
        tried=packets.as_text(sorted({*record.tried, *codes})),
        why="[]",
        **columns,
        **changes,
    )
    house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id)
