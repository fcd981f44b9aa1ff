"""built -> sending -> waiting, correcting, held or back to built: one transmission, told truly whatever happens.

The attempt is committed, in doubt, before the first byte leaves. Under the locks of that same transaction the last
looks are taken: is the lease still ours, is the invoice number still free, does the order still hold the amount.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checklists.balances import balances
from gateway.adapter import Ability, Adapter, Document, Found, Receipt
from gateway.buyer_words import named
from gateway.errors import AccountMustStop, Evidence, MaybeSent, NotSent, PortalError
from gateway.gather import balance_facts
from gateway.health import account_failed, account_worked, stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.inbox import attempt_changed, has_spoken_of, is_delivered_to
from gateway.landing import land_on
from gateway.packet import Packet
from gateway.pausing import may_send
from gateway.steps import Result, nothing
from gateway.store import accounts, evidence, packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, BuiltDocument, PacketRecord
from gateway.store.queue import BACKGROUND, DESK, Claim, Job
from gateway.verdict import Actor, Outcome, ReasonCode, Stage

MOST_NOT_SENT = 20  # transmissions refused at the door before a person looks
_LONGEST_WAIT = 300.0
_WORD_LANDS = 1.0  # seconds in which a word that has come has landed


@dataclass(frozen=True, slots=True)
class _Sending:
    """A transmission about to happen, as committed."""

    attempt: AttemptRecord
    document: Document


def send(house: House, claim: Claim, job: Job, record: PacketRecord) -> Result:
    """Transmits the present revision once."""
    adapter = house.portals.adapter(record.account)
    with house.database.read() as tx:
        packet = packets.body(tx, record.id, record.revision)
        built = packets.built_document(tx, record.id, record.revision)
    document = _document(packet, built)
    with house.queue.write() as tx:
        begun = _begin(house, tx, claim, job, record, packet, built)
    if not isinstance(begun, AttemptRecord):
        return begun
    return _transmit(house, adapter, _Sending(begun, document), claim)


def _document(packet: Packet, built: BuiltDocument) -> Document:
    return Document(
        format=built.format,
        content_type=built.content_type,
        body=built.content,
        number=packet.invoice.number,
        total=packet.invoice.totals.payable,
        currency=packet.invoice.currency,
        files=built.files,
    )


def _begin(
    house: House, tx: Tx, claim: Claim, job: Job, record: PacketRecord, packet: Packet, built: BuiltDocument
) -> AttemptRecord | Result:
    """Commits the transmission before its first byte, or answers what is to be written instead. Raises ClientPaused."""
    present = packets.load(tx, record.id, lock=True)
    if present is None or (present.stage, present.revision) != (Stage.built, record.revision):
        return nothing
    house.queue.holds(tx, claim, job)
    if present.transmissions and has_spoken_of(house, tx, record.account, built.reference):
        return _after_the_word(house, record)
    may_send(tx, record.client)
    now = house.database.now(tx)
    facts = balance_facts(house, tx, packet, record.account, now, packet_id=record.id)
    short = any(
        finding.stops for finding in balances(packet, house.checklist(record.client, record.generated_at), facts)
    )
    if short or packets.reserve_number(tx, present):
        return _check_again(house, record)
    attempt = packets.begin_attempt(tx, present, built.reference, built.sha256, now)
    packets.move(
        tx,
        present,
        Stage.sending,
        now,
        "pipeline",
        data={"attempt": attempt.n, "reference": built.reference, "document_sha256": built.sha256},
        transmissions=attempt.n,
        first_sent_at=present.first_sent_at or now,
        first_outcome=present.first_outcome or Outcome.maybe_sent,
        why="[]",
    )
    return attempt


def _after_the_word(house: House, record: PacketRecord) -> Result:
    """The portal has spoken of this very document, which an earlier transmission brought there: that lands first."""

    def write(tx: Tx) -> None:
        house.queue.enqueue(
            tx, "advance", record.account, f"advance:{record.id}", packet_id=record.id, delay=_WORD_LANDS
        )

    return write


def _check_again(house: House, record: PacketRecord) -> Result:
    """Others took the number or the balance since the check: the checklist will say so in full."""

    def write(tx: Tx) -> None:
        present = packets.load(tx, record.id, lock=True)
        if present is None or (present.stage, present.revision) != (Stage.built, record.revision):
            return
        packets.commit_orders(tx, present, ())
        packets.move(tx, present, Stage.received, house.database.now(tx), "pipeline", "recheck")
        house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id)

    return write


def _transmit(house: House, adapter: Adapter, sending: _Sending, claim: Claim) -> Result:
    attempt = sending.attempt
    if time.monotonic() >= claim.ends:  # the last look: nothing has left yet, and nothing may any more
        late = f"{attempt.account}: sending invoice {attempt.invoice_number}"
        return _not_sent(house, attempt, NotSent(late, "the lease ran out before the first byte left"))
    try:
        receipt = adapter.submit(sending.document, attempt.reference)
    except NotSent as fault:
        return _shown(house, attempt, fault.evidence, _not_sent(house, attempt, fault))
    except AccountMustStop as fault:
        return _shown(house, attempt, fault.evidence, _account_stops(house, attempt, fault))
    except MaybeSent as fault:
        return _shown(house, attempt, fault.evidence, in_doubt(house, attempt, fault))
    if receipt.outcome is Outcome.refused and _says_duplicate(receipt):
        result = _already_there(house, adapter, sending, receipt)
    else:
        result = receipted_or_refused(house, attempt, receipt)
    return _shown(house, attempt, receipt.evidence, result)


def _shown(house: House, attempt: AttemptRecord, seen: tuple[Evidence, ...], result: Result) -> Result:
    """The result, and with it what there is to look at of this transmission."""
    if not seen:
        return result

    def write(tx: Tx) -> None:
        result(tx)
        who = f"portal:{attempt.account}"
        evidence.keep(tx, attempt.packet_id, house.database.now(tx), seen, who, attempt.n)

    return write


def receipted_or_refused(house: House, attempt: AttemptRecord, receipt: Receipt) -> Result:
    """Writes the portal's answer to a transmission."""

    def write(tx: Tx) -> None:
        record = _current(tx, attempt)
        if record is None:
            _answered_late(house, tx, attempt, receipt)
            return
        now = house.database.now(tx)
        _end_by_receipt(tx, attempt, receipt, now)
        account_worked(tx, attempt.account)
        answered = replace(attempt, portal_reference=receipt.portal_reference)
        first = packets.first_outcome(record, receipt.outcome)
        by = f"portal:{attempt.account}"
        if not land_on(house, tx, record, answered, receipt.verdict, by, columns=first):
            raise RuntimeError(f"the answer to transmission {attempt.n} of packet {record.id} landed twice")
        if is_delivered_to(house, attempt.account):
            attempt_changed(house, tx, attempt)
        elif receipt.outcome is Outcome.receipted and _was_read_meanwhile(tx, attempt):
            key = f"ask:{record.id}"
            house.queue.enqueue(tx, "ask", attempt.account, key, packet_id=record.id, priority=BACKGROUND)

    return write


def _end_by_receipt(tx: Tx, attempt: AttemptRecord, receipt: Receipt, now: datetime) -> None:
    packets.end_attempt(
        tx,
        attempt.id,
        receipt.outcome,
        now,
        portal_reference=receipt.portal_reference,
        note=receipt.verdict.portal_status,
        raw=receipt.raw,
    )


def _answered_late(house: House, tx: Tx, attempt: AttemptRecord, receipt: Receipt) -> None:
    """The packet was put before a person while the portal answered: the answer is kept, and their stop stands."""
    record = packets.load(tx, attempt.packet_id, lock=True)
    present = packets.attempts(tx, attempt.packet_id)[-1]
    in_doubt_still = present.id == attempt.id and present.outcome is Outcome.maybe_sent
    if record is None or record.stage is not Stage.held or not in_doubt_still:
        moved_on(house, tx, attempt)
        return
    now = house.database.now(tx)
    said = receipt.verdict
    _end_by_receipt(tx, attempt, receipt, now)
    packets.add_verdict(tx, attempt, named(said), now, receipt.raw, said=said)
    columns = {"status": said.status.value, "portal_status": said.portal_status[:200]}
    told = {"attempt": attempt.n, "outcome": receipt.outcome.value, "portal_reference": receipt.portal_reference}
    first = packets.first_outcome(record, receipt.outcome)
    attempt_changed(house, tx, attempt)
    packets.move(tx, record, Stage.held, now, f"portal:{attempt.account}", "answered", data=told, **columns, **first)


def moved_on(house: House, tx: Tx, attempt: AttemptRecord) -> None:
    """Others have moved the packet while a step was at it, and found our job there: what it owes now gets its own."""
    house.queue.enqueue(tx, "advance", DESK, f"advance:{attempt.packet_id}", packet_id=attempt.packet_id)


def _was_read_meanwhile(tx: Tx, attempt: AttemptRecord) -> bool:
    """Whether the portal's changes were read while this transmission was in doubt: a later word than the receipt may
    have passed by then, and the list will not show it again."""
    polled_at = accounts.load(tx, attempt.account).polled_at
    return polled_at is not None and polled_at >= attempt.started_at


def in_doubt(house: House, attempt: AttemptRecord, fault: PortalError) -> Result:
    """The portal may have it: it will be asked, after the settling margin."""

    def write(tx: Tx) -> None:
        record = _current(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        now = house.database.now(tx)
        packets.end_attempt(tx, attempt.id, Outcome.maybe_sent, now, note=str(fault))
        packets.move(tx, record, Stage.sending, now, "pipeline", "in_doubt", data={"what": str(fault)})
        account_failed(house, tx, attempt.account, str(fault), fault.retry_at)
        delay = house.account_settings(attempt.account).settling_seconds
        house.queue.enqueue(tx, "advance", attempt.account, f"advance:{record.id}", packet_id=record.id, delay=delay)

    return write


def in_doubt_before_a_person(house: House, attempt: AttemptRecord, what: str) -> Result:
    """The portal may have it and we cannot find out: a person looks and says."""

    def write(tx: Tx) -> None:
        record = _current(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        now = house.database.now(tx)
        packets.end_attempt(tx, attempt.id, Outcome.maybe_sent, now, note=what)
        hold_in_doubt(house, tx, record, now, what)

    return write


def hold_in_doubt(house: House, tx: Tx, record: PacketRecord, now: datetime, what: str) -> None:
    """Asks a person whether the portal has the invoice; nothing is sent again before the answer."""
    action = (
        f"It is not known whether the portal has invoice {record.invoice_number}. Look there for exactly this number, "
        "then record it as sent with the portal's reference, or as not sent."
    )
    why = [{"code": "portal_fault", "path": "", "portal_code": "", "portal_text": "", "sentence": what}]
    hold(house, tx, record, now, "pipeline", who=Actor.us, action=action, why=why)
    attempt_changed(house, tx, packets.attempts(tx, record.id)[-1])  # a word that has come may know better


def _not_sent(house: House, attempt: AttemptRecord, fault: NotSent) -> Result:
    """The portal has not got it: it goes back among the built, with a growing pause."""

    def write(tx: Tx) -> None:
        record = _current(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        now = house.database.now(tx)
        packets.end_attempt(tx, attempt.id, Outcome.not_sent, now, note=str(fault))
        first = packets.first_outcome(record, Outcome.not_sent)
        account_failed(house, tx, attempt.account, str(fault), fault.retry_at)
        tries = _unsent_in_a_row(tx, record)
        if tries >= MOST_NOT_SENT:
            action = f"The portal turned the invoice away {tries} times. Check the account's address and settings."
            why = [{"code": "portal_fault", "path": "", "portal_code": "", "portal_text": "", "sentence": str(fault)}]
            hold(house, tx, record, now, "pipeline", who=Actor.portal_admin, action=action, why=why, **first)
            return
        packets.move(tx, record, Stage.built, now, "pipeline", "not_sent", data={"what": str(fault)}, **first)
        attempt_changed(house, tx, attempt)
        delay = pause_before(now, tries, fault.retry_at)
        house.queue.enqueue(tx, "advance", attempt.account, f"advance:{record.id}", packet_id=record.id, delay=delay)

    return write


def _account_stops(house: House, attempt: AttemptRecord, fault: AccountMustStop) -> Result:
    """Never to be repeated by itself: the whole account stops until a person resumes it. What is known not to have been
    sent waits for that; what may have been is put before a person."""
    doubted = in_doubt_before_a_person(house, attempt, str(fault))

    def write(tx: Tx) -> None:
        if fault.in_doubt:
            doubted(tx)
            stop_account(house, tx, attempt.account, fault)
            return
        record = _current(tx, attempt)
        if record is None:
            moved_on(house, tx, attempt)
            return
        now = house.database.now(tx)
        packets.end_attempt(tx, attempt.id, Outcome.not_sent, now, note=str(fault))
        first = packets.first_outcome(record, Outcome.not_sent)
        packets.move(tx, record, Stage.built, now, "pipeline", "not_sent", data={"what": str(fault)}, **first)
        stop_account(house, tx, attempt.account, fault)
        house.queue.enqueue(tx, "advance", attempt.account, f"advance:{record.id}", packet_id=record.id)

    return write


def _says_duplicate(receipt: Receipt) -> bool:
    return any(reason.code is ReasonCode.duplicate_number for reason in receipt.verdict.reasons)


def _already_there(house: House, adapter: Adapter, sending: _Sending, receipt: Receipt) -> Result:
    """The number is said to be used: if an earlier transmission of ours was in doubt, the portal is asked for it."""
    attempt = sending.attempt
    with house.database.read() as tx:
        earlier = [one for one in packets.attempts(tx, attempt.packet_id) if one.n < attempt.n]
    doubted = any(one.outcome in (Outcome.maybe_sent, Outcome.not_sent) for one in earlier)
    if not doubted or Ability.find not in adapter.abilities:
        return receipted_or_refused(house, attempt, receipt)
    try:
        found = without_earlier(adapter.find(attempt.invoice_number), earlier)
        matches = exact_matches(found, sending.document)
    except PortalError as fault:
        return in_doubt(house, attempt, fault)
    if len(matches) != 1:
        return receipted_or_refused(house, attempt, receipt)
    taken = Receipt(Outcome.receipted, matches[0].verdict, matches[0].portal_reference, receipt.raw)
    return receipted_or_refused(house, attempt, taken)


def without_earlier(found: tuple[Found, ...], earlier: Sequence[AttemptRecord]) -> tuple[Found, ...]:
    """What the portal holds under a number, less what it had taken of earlier transmissions: a number that may return
    is held by the refused one as well."""
    known = {one.portal_reference for one in earlier if one.outcome is Outcome.receipted}
    return tuple(one for one in found if one.portal_reference not in known)


def exact_matches(found: tuple[Found, ...], document: Document) -> list[Found]:
    """What is certainly this invoice: number to the letter, currency and amount to the cent, and complete."""
    return [
        one
        for one in found
        if one.complete
        and one.portal_reference
        and one.number == document.number
        and one.currency == document.currency
        and one.total is not None
        and abs(one.total) == abs(document.total)
    ]


def pause_before(now: datetime, tries: int, retry_at: datetime | None) -> float:
    """Seconds until the next try: what the portal asked for, else doubling."""
    wanted = (retry_at - now).total_seconds() if retry_at else 0.0
    return max(wanted, min(2.0 ** min(tries, 9) / 2, _LONGEST_WAIT))


def _unsent_in_a_row(tx: Tx, record: PacketRecord) -> int:
    count = 0
    for attempt in reversed(packets.attempts(tx, record.id)):
        if attempt.outcome is not Outcome.not_sent:
            break
        count += 1
    return count


def _current(tx: Tx, attempt: AttemptRecord) -> PacketRecord | None:
    """The packet, locked, if this is still its transmission under way."""
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None or record.stage is not Stage.sending or record.transmissions != attempt.n:
        return None
    return record
