"""received -> checked -> built: the client's checklist, then the exact document. No portal is needed for either."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding
from gateway.adapter import OURS, Document, Stamp
from gateway.corrections import Context, Correction, LicenceBroken, correct_ahead
from gateway.errors import CannotExpress
from gateway.gather import as_written, context_for, drawn_by, facts_for, files_of, with_evidence
from gateway.holding import finding_json, hold
from gateway.house import House
from gateway.packet import Packet
from gateway.paper_sending import PapersToSend, changes_told, papers_to_send
from gateway.steps import Result
from gateway.steps.correct import correction_for, proposal_for, write_correction
from gateway.steps.register import orders_are_due, read_orders_first
from gateway.store import packets, proposals
from gateway.store.database import Tx, blob, keep_blob
from gateway.store.packets import PacketRecord
from gateway.store.queue import Claim, Job
from gateway.timesheets import contents
from gateway.verdict import Actor, Outcome, Reason, Stage, Status

log = structlog.get_logger("clearbill.prepare")


def prepare(house: House, claim: Claim, job: Job, record: PacketRecord) -> Result:
    """Checks the present revision and builds its document, or stops it with what is wrong and who can mend it."""
    checklist = house.checklist(record.client, record.generated_at)
    if orders_are_due(house, record):
        return read_orders_first(house, record)
    with house.database.read() as tx:
        now = house.database.now(tx)
        packet = packets.body(tx, record.id, record.revision)
        facts = facts_for(house, tx, packet, record.account, now, packet_id=record.id)
        ahead = _learned(tx, record, packet, checklist, facts)
        if ahead is not None:
            return _corrected_ahead(house, record, *ahead)
        facts = with_evidence(house, tx, facts, packet, checklist, record.account, record.id)
        papers = papers_to_send(packet, checklist, partial(blob, tx))
        facts = replace(facts, papers=papers.sent)
        findings = check(packet, checklist, facts)
        stops = [finding for finding in findings if finding.stops]
        context = context_for(tx, packet, record.account, checklist, facts, record.id) if stops else None
        files = files_of(tx, papers) if not stops else ()
        refused = _refused_before(tx, record)
    if context is not None:
        return _stopped(house, record, packet, stops, context)
    stamp = Stamp(reference=f"{record.id}.{record.revision}{OURS}", built_at=now, resubmits=refused)
    try:
        written = as_written(packet, facts)
        document = house.portals.adapter(record.account).render(written, files, checklist.presentation, stamp)
    except CannotExpress as fault:
        return _cannot_be_written(house, record, fault)

    def write(tx: Tx) -> None:
        present = _still(tx, record)
        if present is not None:
            _write_built(house, tx, present, packet, written, findings, document, stamp, papers)

    return write


def _learned(
    tx: Tx, record: PacketRecord, packet: Packet, checklist: Checklist, facts: Facts
) -> tuple[Correction, tuple[str, ...]] | None:
    """What a person has accepted to be corrected on this client's packets before they are sent, with its marks: each
    is carried out once for a packet, and never after its first transmission."""
    if record.transmissions:
        return None
    asked = {f"ahead:{one.id}": one for one in proposals.accepted(tx, record.client)}
    new = {mark: one for mark, one in asked.items() if mark not in record.tried}
    if not new:
        return None
    context = context_for(tx, packet, record.account, checklist, facts)
    try:
        correction = correct_ahead(packet, [(one.rule, one.places) for one in new.values()], context)
    except LicenceBroken as fault:
        log.error("learned_rule_beyond_its_licence", packet=record.id, what=str(fault))
        return None
    return (correction, tuple(new)) if correction is not None else None


def _corrected_ahead(house: House, record: PacketRecord, correction: Correction, marks: tuple[str, ...]) -> Result:
    def write(tx: Tx) -> None:
        present = _still(tx, record)
        if present is not None:
            now = house.database.now(tx)
            seen: dict[str, Any] = {"contested": True, "preflight_stopped": True}
            write_correction(house, tx, present, correction, (), now, ahead=marks, **seen)

    return write


def _refused_before(tx: Tx, record: PacketRecord) -> str:
    """The portal's reference of what it took of this packet last and then refused; "" where there is nothing such."""
    if record.status != Status.rejected:
        return ""
    taken = [one for one in packets.attempts(tx, record.id) if one.outcome is Outcome.receipted]
    return taken[-1].portal_reference if taken else ""


def findings_for(
    house: House,
    tx: Tx,
    packet: Packet,
    checklist: Checklist,
    account: str,
    packet_id: str = "",
    files: Mapping[str, bytes] | None = None,
) -> tuple[Finding, ...]:
    """What the checklist says of a packet as things stand now; one that is not stored brings its `files` by name."""
    facts: Facts = facts_for(house, tx, packet, account, house.database.now(tx), packet_id=packet_id)
    facts = with_evidence(house, tx, facts, packet, checklist, account, packet_id, files)
    content_of = contents(packet, files) if files is not None else partial(blob, tx)
    return check(packet, checklist, replace(facts, papers=papers_to_send(packet, checklist, content_of).sent))


def _write_built(
    house: House,
    tx: Tx,
    record: PacketRecord,
    packet: Packet,
    written: Packet,
    findings: Sequence[Finding],
    document: Document,
    stamp: Stamp,
    papers: PapersToSend,
) -> None:
    now = house.database.now(tx)
    for made in sorted(papers.made):  # in one order, as intake keeps papers
        keep_blob(tx, papers.made[made])
    sha256 = packets.keep_document(tx, record, document, stamp.reference, stamp.built_at)
    packets.commit_orders(tx, record, drawn_by(packet))
    told = {
        "warnings": [finding_json(finding) for finding in findings],
        "document_sha256": sha256,
        "format": document.format,
        "orders_by_register": _named_by_register(packet, written),
        "papers": changes_told(packet, papers.sent),
    }
    packets.move(tx, record, Stage.built, now, "checklist", "built", data=told, why="[]")
    house.queue.enqueue(tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id)


def _named_by_register(packet: Packet, written: Packet) -> list[dict[str, str]]:
    """The versions of orders that the packet leaves open and the document names, as the register has them."""
    pairs = zip(packet.invoice.orders, written.invoice.orders, strict=True)
    return [
        {"number": order.number, "payload_id": order.payload_id, "stated_date": order.stated_date}
        for before, order in pairs
        if before != order
    ]


def _stopped(house: House, record: PacketRecord, packet: Packet, stops: Sequence[Finding], context: Context) -> Result:
    """What the checklist objects to is mended where a rule may, else put before whoever can."""
    reasons = [Reason(finding.reason, finding.path) for finding in stops if finding.reason is not None]
    # What the number of a second try may be was asked already, by a rule or by a person.
    context = replace(context, ended_as="")
    every = len(reasons) == len(stops)
    correction = correction_for(record, packet, reasons, context) if every else None
    besides = () if every else ("it does not settle everything that the checklist found",)
    proposed = None if correction else proposal_for(record, packet, reasons, context, *besides)

    def write(tx: Tx) -> None:
        present = _still(tx, record)
        if present is None:
            return
        now = house.database.now(tx)
        marks: dict[str, Any] = {"preflight_stopped": True} if not present.transmissions else {}
        if correction is not None:
            write_correction(house, tx, present, correction, reasons, now, contested=True, **marks)
            return
        action = " ".join(dict.fromkeys(finding.cure for finding in stops))
        why = [finding_json(finding) for finding in stops]
        who = stops[0].who_acts
        hold(house, tx, present, now, "checklist", who=who, action=action, why=why, proposed=proposed, **marks)

    return write


def _cannot_be_written(house: House, record: PacketRecord, fault: CannotExpress) -> Result:
    def write(tx: Tx) -> None:
        present = _still(tx, record)
        if present is None:
            return
        action = f"{fault} Change the packet so that the portal has a place for it, then check again."
        why = [{"code": "other", "path": fault.field, "portal_code": "", "portal_text": "", "sentence": str(fault)}]
        now = house.database.now(tx)
        marks: dict[str, Any] = {"preflight_stopped": True} if not present.transmissions else {}
        hold(house, tx, present, now, "format", who=Actor.us, action=action, why=why, **marks)

    return write


def _still(tx: Tx, record: PacketRecord) -> PacketRecord | None:
    """The packet, locked, if it is still where this step found it."""
    present = packets.load(tx, record.id, lock=True)
    if present is None or (present.stage, present.revision) != (record.stage, record.revision):
        return None
    return present
