"""Handing a packet over by hand: what becomes of a draft is told before it is sent, and then exactly that is done.

`answer_of` says what Clearbill would make of it: what intake refuses, what the client's checklist finds and where, what
would be corrected without asking, and who acts on what is left. Nothing is stored by that. `hand_over` goes through
`gateway.intake.accept`, and only for the content that was looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checklists.checklist import Checklist
from checklists.finding import Finding
from gateway.adapter import OURS, Stamp
from gateway.changes import Patch
from gateway.corrections import Correction, LicenceBroken, correct, correct_ahead
from gateway.errors import CannotExpress, NotFound, NotPossible, PacketRefused, Problem
from gateway.gather import as_written, context_for, facts_for
from gateway.house import House
from gateway.intake import Accepted, accept, packet_of
from gateway.packet import Packet, content_hash
from gateway.paper_sending import files_from, papers_to_send
from gateway.steps.correct import MOST_TRIES
from gateway.steps.prepare import findings_for
from gateway.store import accounts, packets, proposals
from gateway.store.database import Tx
from gateway.timesheets import contents
from gateway.verdict import Reason

SOURCE = "desk"
"""The source system of what is handed over by hand."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A change that would be made without asking, and why."""

    says: str
    patch: Patch


@dataclass(frozen=True, slots=True)
class Answer:
    """What would become of a packet. `problems`: why it is not taken at all; then `packet` may be missing.

    `findings` are about the packet as it is handed over, `left` about what stands after `mended`; the first of `left`
    that stops names who acts. `cannot`: why the portal has no place for it. `known`: the packet that this very
    hand-over is already. `resting`: why the account sends nothing at present."""

    packet: Packet | None
    problems: tuple[Problem, ...] = ()
    checklist: Checklist | None = None
    findings: tuple[Finding, ...] = ()
    mended: tuple[Mended, ...] = ()
    left: tuple[Finding, ...] = ()
    cannot: str = ""
    known: str = ""
    resting: str = ""

    @property
    def seen(self) -> str:
        """What the hand-over is bound to: the hash of the packet that was looked at; "" where it is not taken."""
        return content_hash(self.packet) if self.packet is not None and not self.problems else ""

    @property
    def stops(self) -> tuple[Finding, ...]:
        """What would put it before a person."""
        return tuple(one for one in self.left if one.stops)


def answer_of(house: House, handed: object, files: Mapping[str, bytes]) -> Answer:
    """What would become of a packet; stores nothing. Raises SettingWrong where its client's account is not set up."""
    try:
        packet = packet_of(handed, files)
    except PacketRefused as refused:
        return Answer(None, refused.problems)
    try:
        checklist = house.checklist(packet.client, packet.generated_at)
    except NotFound as fault:
        return Answer(packet, (Problem("/client", str(fault), "Choose one of the clients."),))
    house.account_settings(checklist.account)
    with house.database.read() as tx:
        earlier = packets.by_source(tx, packet.source_system, packet.source_id)
        if earlier is not None:
            same = earlier[1] == content_hash(packet)
            problems = () if same else (_taken(packet, earlier[0]),)
            return Answer(packet, problems, checklist, known=earlier[0] if same else "")
        account = accounts.load(tx, checklist.account)
        attempt = _Try(house, tx, checklist, files, packet)
        first, end = _played_through(attempt, packet)
        cannot = "" if any(one.stops for one in end.findings) else _cannot(house, tx, attempt, end.packet, checklist)
    resting = account.action if account.paused else ""
    return Answer(packet, (), checklist, first, end.mended, end.findings, cannot, resting=resting)


def hand_over(house: House, handed: object, files: Mapping[str, bytes], seen: str, who: str) -> Accepted:
    """Hands over exactly what a person has looked at (`seen`, as `Answer` has it), under the person's name.

    Raises as `gateway.intake.accept` does, and NotPossible where it is not what was seen."""
    if not seen or content_hash(packet_of(handed, files)) != seen:
        raise NotPossible("this has changed since you looked at it; nothing was handed over. Look at it again.")
    return accept(house, handed, files, who)


def _taken(packet: Packet, packet_id: str) -> Problem:
    return Problem(
        "/source_id",
        f"{packet.source_system} has handed over {packet.source_id!r} before, with other content (packet {packet_id}).",
        "Change that packet where it waits, or give this one a source id of its own.",
    )


@dataclass(frozen=True, slots=True)
class _Played:
    """How far a packet has come: as it stands, what was changed on the way, what the checklist says of it now."""

    packet: Packet
    mended: tuple[Mended, ...]
    findings: tuple[Finding, ...]


class _Try:
    """One packet on its way through its client's checklist, without being stored."""

    def __init__(self, house: House, tx: Tx, checklist: Checklist, files: Mapping[str, bytes], packet: Packet) -> None:
        self._house, self._tx, self._checklist = house, tx, checklist
        self._bytes = {one.sha256: files[one.name] for one in packet.documents}

    def files(self, packet: Packet) -> Mapping[str, bytes]:
        """A packet's files by the names that its papers bear by now."""
        return {one.name: self._bytes[one.sha256] for one in packet.documents}

    def findings(self, packet: Packet) -> tuple[Finding, ...]:
        """What the checklist says of it."""
        account = self._checklist.account
        return findings_for(self._house, self._tx, packet, self._checklist, account, files=self.files(packet))

    def mend(self, packet: Packet, reasons: Sequence[Reason]) -> Correction | None:
        """What rules change without asking: for these reasons, or, without any, what a person has accepted ahead."""
        facts = facts_for(self._house, self._tx, packet, self._checklist.account, self._house.database.now(self._tx))
        context = context_for(self._tx, packet, self._checklist.account, self._checklist, facts)
        try:
            if reasons:
                return correct(packet, reasons, replace(context, ended_as=""))
            asked = [(one.rule, one.places) for one in proposals.accepted(self._tx, packet.client)]
            return correct_ahead(packet, asked, context) if asked else None
        except LicenceBroken:
            return None  # such a rule is not used, and the log tells of it


def _played_through(attempt: _Try, packet: Packet) -> tuple[tuple[Finding, ...], _Played]:
    """(findings of the packet as it is, how it ends), as `gateway.steps.prepare` has it."""
    first = attempt.findings(packet)
    now, tried = _Played(packet, (), first), set[str]()
    correction = attempt.mend(packet, ())
    for _ in range(MOST_TRIES + 1):
        if correction is not None:
            mended = (*now.mended, Mended(correction.says, correction.patch))
            now = _Played(correction.packet, mended, attempt.findings(correction.packet))
        reasons = _all_reasons(now.findings)
        if not reasons or tried & {one.code.value for one in reasons}:
            break
        tried |= {one.code.value for one in reasons}
        correction = attempt.mend(now.packet, reasons)
        if correction is None:
            break
    return first, now


def _all_reasons(findings: Sequence[Finding]) -> tuple[Reason, ...]:
    """The reasons of what stops a packet; none where one of them has nothing that a rule could go by."""
    stops = [one for one in findings if one.stops]
    reasons = tuple(Reason(one.reason, one.path) for one in stops if one.reason is not None)
    return reasons if len(reasons) == len(stops) else ()


def _cannot(house: House, tx: Tx, attempt: _Try, packet: Packet, checklist: Checklist) -> str:
    """Why the portal has no place for it; "" where it has."""
    content_of = contents(packet, attempt.files(packet))
    facts = facts_for(house, tx, packet, checklist.account, house.database.now(tx))
    papers = files_from(papers_to_send(packet, checklist, content_of), content_of)
    stamp = Stamp(f"preview-{content_hash(packet)[:16]}.1{OURS}", packet.generated_at)
    try:
        house.portals.adapter(checklist.account).render(
            as_written(packet, facts), papers, checklist.presentation, stamp
        )
    except CannotExpress as fault:
        return str(fault)
    return ""
