"""correcting -> received (a new revision) or held: a licensed correction, or a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.changes import ProposedChange
from gateway.corrections import Context, Correction, LicenceBroken, correct, propose
from gateway.gather import context_for, facts_for
from gateway.holding import hold, hold_for_reasons
from gateway.house import House
from gateway.packet import Packet
from gateway.steps import Result
from gateway.steps.register import ABOUT_ORDERS, orders_are_due, read_orders_first
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, reason_from, reason_json
from gateway.store.queue import DESK, Claim, Job
from gateway.verdict import Actor, Reason, Stage, Status

MOST_TRIES = 2  # automatic corrections of one packet, and never two for the same reason


def correct_refused(house: House, claim: Claim, job: Job, record: PacketRecord) -> Result:
    """Mends what the portal or buyer refused, within the licence; otherwise a person decides, with what rules know."""
    reasons = [reason_from(value) for value in record.why]
    if ABOUT_ORDERS & {reason.code for reason in reasons} and orders_are_due(house, record, since=record.stage_since):
        return read_orders_first(house, record)
    with house.database.read() as tx:
        packet, context = packet_and_context(house, tx, record)
        verdicts = packets.verdicts(tx, record.id)
    # Words that came late say nothing of who can mend a rejection.
    said = (verdict.who_acts for _, verdict, _ in reversed(verdicts) if verdict.status is Status.rejected)
    who = next(said, Actor.nobody)
    try:
        correction = correction_for(record, packet, reasons, context)
        proposed = None if correction else proposal_for(record, packet, reasons, context)
    except LicenceBroken as fault:
        broken = str(fault)
        return lambda tx: _hold_broken(house, tx, record, reasons, broken)

    def write(tx: Tx) -> None:
        present = _still(tx, record)
        if present is None:
            return
        now = house.database.now(tx)
        if correction is None:
            hold_for_reasons(house, tx, present, now, "corrections", reasons, who, proposed=proposed)
        elif _are_guessed(reasons) and not context.checklist.corrections.from_words:
            _propose_instead(house, tx, present, correction, reasons, now)
        else:
            write_correction(house, tx, present, correction, reasons, now)

    return write


def _still(tx: Tx, record: PacketRecord) -> PacketRecord | None:
    present = packets.load(tx, record.id, lock=True)
    if present is None or (present.stage, present.revision) != (record.stage, record.revision):
        return None
    return present


def _hold_broken(house: House, tx: Tx, record: PacketRecord, reasons: Sequence[Reason], broken: str) -> None:
    present = _still(tx, record)
    if present is None:
        return
    action = f"A correction rule went beyond its licence and was not used ({broken}). Decide by hand; report it."
    why = [reason_json(reason) for reason in reasons]
    hold(house, tx, present, house.database.now(tx), "corrections", who=Actor.us, action=action, why=why)


def packet_and_context(house: House, tx: Tx, record: PacketRecord) -> tuple[Packet, Context]:
    """A packet that the portal refused, and what its corrections may lean on."""
    packet = packets.body(tx, record.id, record.revision)
    facts = facts_for(house, tx, packet, record.account, house.database.now(tx), packet_id=record.id)
    checklist = house.checklist(record.client, record.generated_at)
    return packet, context_for(tx, packet, record.account, checklist, facts, record.id)


def _are_guessed(reasons: Sequence[Reason]) -> bool:
    return any(reason.read_by for reason in reasons)


_GUESSED = "the reason was read from free words, which may mean something else"


def _propose_instead(
    house: House, tx: Tx, record: PacketRecord, correction: Correction, reasons: Sequence[Reason], now: datetime
) -> None:
    """The reason was read from a person's free words and may be wrong: a person decides on the correction."""
    action = "Read the buyer's words, and accept what is proposed only if they mean what was read from them."
    why = [reason_json(reason) for reason in reasons]
    offer = ProposedChange(record.revision, correction.rules, correction.says, (_GUESSED,), correction.patch)
    hold(house, tx, record, now, "corrections", who=Actor.us, action=action, why=why, proposed=offer)


def correction_for(
    record: PacketRecord, packet: Packet, reasons: Sequence[Reason], context: Context
) -> Correction | None:
    """A correction, unless the packet had its tries or one of the reasons was corrected before."""
    if record.tries >= MOST_TRIES or {reason.code.value for reason in reasons} & set(record.tried):
        return None
    return correct(packet, reasons, context) if reasons else None


def proposal_for(
    record: PacketRecord, packet: Packet, reasons: Sequence[Reason], context: Context, *besides: str
) -> ProposedChange | None:
    """What rules would change of the present revision and a person must order; `besides`: further causes why."""
    found = propose(packet, reasons, context)
    if found is None:
        return None
    needs = [*found.needs, *besides]
    if _are_guessed(reasons):
        needs.append(_GUESSED)
    if again := sorted({reason.code.value for reason in reasons} & set(record.tried)):
        needs.append(f"it was corrected before for the same trouble ({', '.join(again).replace('_', ' ')})")
    elif record.tries >= MOST_TRIES:
        needs.append(f"it has been corrected {record.tries} times without asking")
    return ProposedChange(record.revision, found.rules, found.says, tuple(needs), found.patch)


def write_correction(
    house: House,
    tx: Tx,
    record: PacketRecord,
    correction: Correction,
    reasons: Sequence[Reason],
    now: datetime,
    *,
    by: str = "",
    ahead: Sequence[str] = (),
    **changes: Any,
) -> None:
    """Writes the new revision and lets it enter at the checklist. `by`: the person who ordered it, else the rule did.
    `ahead`: marks of what was carried out before anybody refused the packet, which leaves it its tries."""
    author = by or f"rule:{correction.rules[0]}"
    columns = packets.add_revision(
        tx,
        record,
        correction.packet,
        now,
        author=author,
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
        author,
        "corrected",
        data={
            "rules": list(correction.rules),
            "says": correction.says,
            "diff": correction.patch,
            "reasons": [reason_json(reason) for reason in reasons],
            "new_revision": columns["revision"],
            **({"ahead": list(ahead)} if ahead else {}),
        },
        tries=record.tries if ahead or by else record.tries + 1,
        tried=packets.as_text(sorted({*record.tried, *codes, *ahead})),
        why="[]",
        **columns,
        **changes,
    )
    house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id)
