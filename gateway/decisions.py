"""What a person may order: each is an event with the person's name, and each says no where it could lose or double.

`check_again`, `correct`, `sent_as`, `not_sent`, `wait`, `stop`, `amend`, `void`, `credit`. With `looked_at` (a
`state_key`) they decide about nothing but the state that the person has seen. An invoice that is alive at the portal is
never sent again by any of them; one that is in doubt only after the person has said what the portal holds. About an
invoice above an amount two persons decide: `gateway.four_eyes` says which orders, and `second` is the one who agrees.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.adapter import Ability
from gateway.changes import Patch, applied, difference
from gateway.corrections import Correction
from gateway.errors import NotPossible, PacketRefused
from gateway.four_eyes import Amount, Ordered, Second, agreed
from gateway.gather import drawn_by, facts_for
from gateway.house import House
from gateway.intake import Accepted, check_hand_over, keep, packet_of
from gateway.packet import Packet, canonical_json, json_from
from gateway.steps.correct import write_correction
from gateway.store import events, packets
from gateway.store.database import Tx, blob, keep_blob
from gateway.store.packets import AttemptRecord, PacketRecord, reason_from
from gateway.store.queue import DESK, URGENT
from gateway.verdict import Outcome, Stage, Status

ALIVE = frozenset({"received", "in_process", "under_query", "accepted", "paid", "unknown"})
_LONGEST_REFERENCE = 200


def check_again(house: House, packet_id: str, who: str, why: str = "", *, looked_at: str = "") -> None:
    """Lets a held packet enter at the checklist again, as it is. Raises NotPossible.

    What the portal has answered to is sent again as a new revision, for a document of the same id is answered as before
    (cXML facts, section 2); under the number that the client's rules ask for, the same where they leave it to a person.
    """
    with house.queue.write() as tx:
        record = _held(tx, packet_id, looked_at)
        _not_in_doubt(tx, record)
        _not_alive(record, "check it again")
        data, columns = _as_second_try(house, tx, record, who, why)
        _enter_again(house, tx, record, who, "checked_again", {"why": why, **data}, **columns)


def _as_second_try(
    house: House, tx: Tx, record: PacketRecord, who: str, why: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(what the event says, the packet's changed columns); nothing where this revision was never answered."""
    answered = (Outcome.receipted, Outcome.refused)
    tried = [one for one in packets.attempts(tx, record.id) if one.revision == record.revision]
    if not any(one.outcome in answered for one in tried):
        return {}, {}
    now = house.database.now(tx)
    before = packets.body(tx, record.id, record.revision)
    facts = facts_for(house, tx, before, record.account, now, packet_id=record.id)
    try:
        number = house.checklist(record.client, record.generated_at).number.for_second_try(
            before.invoice.number, facts.number_ended_as, facts.numbers_used
        )
    except ValueError as fault:
        raise NotPossible(f"{fault}; amend the packet with a number that the client takes.") from None
    after = before.model_copy(update={"invoice": before.invoice.model_copy(update={"number": number})})
    patch = difference(before, after)
    reason = why or "sent again"
    columns = packets.add_revision(tx, record, after, now, author=who, rule="", reason=reason, diff=patch)
    return {"diff": patch, "new_revision": columns["revision"]}, columns


def correct(
    house: House,
    packet_id: str,
    who: str,
    why: str = "",
    *,
    seen: str = "",
    looked_at: str = "",
    second: Second | None = None,
) -> tuple[dict[str, Any], ...]:
    """Has the change carried out that is proposed for a held packet, exactly as it was shown; answers the difference.

    `seen`: the key of the proposal that the person has looked at; another one than that is not carried out. The new
    revision enters at the checklist, which holds it against the register as it is then. Raises NotPossible."""
    with house.queue.write() as tx:
        record = _held(tx, packet_id, looked_at)
        _not_in_doubt(tx, record)
        _not_alive(record, "correct it")
        proposed = record.proposed
        if proposed is None:
            raise NotPossible("no correction is proposed for this packet; amend it instead.")
        if proposed.revision != record.revision or seen not in ("", proposed.key):
            raise NotPossible("another change is proposed now than the one that you looked at. Look at it again.")
        try:
            after = applied(proposed.patch, packets.body(tx, record.id, record.revision))
        except (ValueError, PacketRefused) as fault:
            raise NotPossible(f"the proposed change cannot be carried out ({fault}); amend the packet.") from None
        correction = Correction(after, proposed.rules, proposed.patch, proposed.says)
        ordered = Ordered("correct", record, who, {"why": why, "seen": proposed.key}, proposed.patch)
        named = agreed(house, tx, ordered, second, _comes_to(after))
        now = house.database.now(tx)
        told = {"why": why, "rules": list(proposed.rules), "key": proposed.key, **named}
        packets.note(tx, record, now, who, "correction_ordered", told)
        reasons = [reason_from(value) for value in record.why if value["code"]]
        write_correction(house, tx, record, correction, reasons, now, by=who, touched=True, contested=True)
        return tuple(proposed.patch)


def sent_as(
    house: House,
    packet_id: str,
    portal_reference: str,
    who: str,
    why: str = "",
    *,
    looked_at: str = "",
    second: Second | None = None,
) -> None:
    """A person has seen the invoice at the portal under this reference. Raises NotPossible.

    What is in doubt is settled by that. Otherwise somebody has entered it there by hand: that is kept beside every
    transmission of ours, whose own outcome and reference stand. Nothing is sent; the portal is asked from now on."""
    portal_reference = portal_reference.strip()
    if not portal_reference:
        raise NotPossible("name the portal's own reference; without it nothing is recorded as sent.")
    if len(portal_reference) > _LONGEST_REFERENCE:
        raise NotPossible(f"the portal's reference has more than {_LONGEST_REFERENCE} characters. Nothing was done.")
    with house.queue.write() as tx:
        record = _held(tx, packet_id, looked_at)
        tried = packets.attempts(tx, record.id)
        settles = bool(tried) and tried[-1].outcome is Outcome.maybe_sent
        record_it = _settled_as_sent if settles else _entered_by_hand
        columns = record_it(house, tx, record, portal_reference, who)
        # After what was looked at and written, for the refusal takes that back; and asks only for what can be done.
        what = {"why": why, "portal_reference": portal_reference}
        named = agreed(house, tx, Ordered("sent_as", record, who, what), second)
        revision = tried[-1].revision if settles else record.revision
        packets.commit_orders(tx, record, drawn_by(packets.body(tx, record.id, revision)))
        data = {"portal_reference": portal_reference, "why": why, "attempt": columns["transmissions"], **named}
        data |= {} if settles else {"by_hand": True}
        # The portal's words so far were about something else, if there were any: nothing was said of this one yet.
        said = (
            {"status": Status.received.value, "portal_status": ""} if record.status not in ALIVE or not settles else {}
        )
        now = house.database.now(tx)
        changes = {"touched": True, "why": "[]", **said, **columns}
        packets.move(tx, record, Stage.waiting, now, who, "recorded_as_sent", data=data, **changes)
        # What the portal has said of it before is told by no list of changes any more.
        house.queue.enqueue(tx, "ask", record.account, f"ask:{record.id}", packet_id=record.id)


def _settled_as_sent(house: House, tx: Tx, record: PacketRecord, portal_reference: str, who: str) -> Mapping[str, Any]:
    """The transmission in doubt has arrived, says a person; answers the packet's changed columns."""
    attempt = _last_attempt(tx, record)
    now, note = house.database.now(tx), f"seen at the portal by {who}"
    packets.end_attempt(tx, attempt.id, Outcome.receipted, now, portal_reference=portal_reference, note=note)
    return {"transmissions": attempt.n, **packets.first_outcome(record, Outcome.receipted)}


def _entered_by_hand(house: House, tx: Tx, record: PacketRecord, portal_reference: str, who: str) -> Mapping[str, Any]:
    """Takes the invoice's number and writes the entry of its own; answers the packet's changed columns."""
    _not_in_doubt(tx, record)
    if any(portal_reference == one.portal_reference for one in packets.attempts(tx, record.id)[-1:]):
        raise NotPossible(f"{portal_reference} is the reference that is recorded already; leave it with the portal.")
    if other := packets.reserve_number(tx, record):
        raise NotPossible(
            f"invoice number {record.invoice_number} was used for packet {other} at this account. Edit the number "
            "first, if it is another one that was entered at the portal."
        )
    note = f"entered at the portal by hand, says {who}"
    return packets.add_by_hand(tx, record, portal_reference, who, note, house.database.now(tx))


def wait(house: House, packet_id: str, who: str, why: str = "", *, looked_at: str = "") -> None:
    """Leaves a held invoice with the portal, whose next word moves it on. Raises NotPossible."""
    with house.queue.write() as tx:
        record = _held(tx, packet_id, looked_at)
        attempt = _last_attempt(tx, record)
        if attempt.outcome is not Outcome.receipted:
            raise NotPossible("the portal does not hold this invoice; there is nothing to wait for.")
        now = house.database.now(tx)
        packets.move(tx, record, Stage.waiting, now, who, "left_waiting", data={"why": why}, touched=True, why="[]")


def not_sent(
    house: House, packet_id: str, who: str, why: str = "", *, looked_at: str = "", second: Second | None = None
) -> None:
    """A person has looked and the portal does not hold the invoice: it may be sent again. Raises NotPossible.

    Also of what was recorded as entered by hand, as long as the portal has not said a word about it."""
    with house.queue.write() as tx:
        record = _held(tx, packet_id, looked_at)
        attempt = _last_attempt(tx, record)
        if not (attempt.outcome is Outcome.maybe_sent or packets.only_said(tx, attempt)):
            raise NotPossible(f"transmission {attempt.n} is not in doubt (it is {attempt.outcome}).")
        named = agreed(house, tx, Ordered("not_sent", record, who, {"why": why}), second)
        now = house.database.now(tx)
        packets.end_attempt(tx, attempt.id, Outcome.not_sent, now, note=f"not at the portal, says {who}")
        columns = packets.first_outcome(record, Outcome.not_sent)
        if attempt.by_hand:
            packets.commit_orders(tx, record, ())
            columns = {"status": "", "portal_status": ""}
            columns |= {"first_outcome": ""} if record.first_outcome == packets.BY_HAND else {}
        data = {"why": why, "attempt": attempt.n, **named}
        _enter_again(house, tx, record, who, "recorded_as_not_sent", data, **columns)


def stop(house: House, packet_id: str, who: str, why: str, *, looked_at: str = "") -> None:
    """Ends a packet for good. What is at the portal is voided first; what is in doubt is settled first."""
    if not why.strip():
        raise NotPossible("say why it is stopped; the reason is kept with the packet.")
    with house.queue.write() as tx:
        record = _open(tx, packet_id, looked_at)
        if record.stage is Stage.sending:
            raise NotPossible("it is being sent at this moment; wait for the portal's answer.")
        _not_in_doubt(tx, record)
        _not_alive(record, "stop it (void it first)")
        packets.commit_orders(tx, record, ())
        if all(one.outcome in (Outcome.not_sent, Outcome.refused) for one in packets.attempts(tx, record.id)):
            packets.release_numbers(tx, record.id)
        now = house.database.now(tx)
        packets.move(tx, record, Stage.stopped, now, who, "stopped", data={"why": why}, touched=True, why="[]")


def amend(
    house: House,
    packet_id: str,
    handed: object,
    files: Mapping[str, bytes],
    who: str,
    why: str,
    *,
    looked_at: str = "",
    second: Second | None = None,
) -> tuple[dict[str, Any], ...]:
    """Replaces a held packet's content by a person's, as a new revision; answers the difference.

    Papers that the packet already has need not come again. Raises PacketRefused, NotPossible."""
    with house.database.read() as tx:
        record = _held(tx, packet_id, looked_at)
        before = packets.body(tx, record.id, record.revision)
        known = {document.name: blob(tx, document.sha256) for document in before.documents}
    listed = _names_listed(handed)
    after = check_hand_over(house, handed, {**{n: c for n, c in known.items() if n in listed}, **files})
    for name in ("source_system", "source_id", "client"):
        if getattr(after, name) != getattr(before, name):
            raise NotPossible(f"{name} cannot be amended; hand over a new packet instead.")
    with house.queue.write() as tx:
        present = _held(tx, packet_id, looked_at)
        if present.revision != record.revision:
            raise NotPossible("somebody else has changed the packet meanwhile. Look at it again.")
        may_be_amended(tx, present)
        return _write_amended(house, tx, present, before, after, files, who, why, second)


def _write_amended(
    house: House,
    tx: Tx,
    record: PacketRecord,
    before: Packet,
    after: Packet,
    files: Mapping[str, bytes],
    who: str,
    why: str,
    second: Second | None,
) -> tuple[dict[str, Any], ...]:
    patch = difference(before, after)
    if not patch:
        raise NotPossible("nothing differs from the present revision.")
    named = agreed(house, tx, _amendment(record, after, files, who, why, patch), second, _comes_to(after))
    for document in sorted(after.documents, key=lambda one: one.sha256):  # as intake does
        if document.name in files:
            keep_blob(tx, files[document.name])
    now = house.database.now(tx)
    columns = packets.add_revision(tx, record, after, now, author=who, rule="", reason=why, diff=patch)
    data = {"why": why, "diff": patch, "new_revision": columns["revision"], **named}
    _enter_again(house, tx, record, who, "amended", data, tries=0, tried="[]", **columns)
    return tuple(patch)


def _amendment(
    record: PacketRecord, after: Packet, files: Mapping[str, bytes], who: str, why: str, patch: Patch
) -> Ordered:
    papers = {one.name: one.sha256 for one in after.documents if one.name in files}
    body = canonical_json(after)
    what = {"why": why, "packet": hashlib.sha256(body).hexdigest(), "papers": papers}
    return Ordered("amend", record, who, what, patch, (body, *(files[name] for name in papers)))


def _comes_to(after: Packet) -> Amount:
    return after.invoice.currency, after.invoice.totals.payable


def void(
    house: House, packet_id: str, who: str, why: str, *, looked_at: str = "", second: Second | None = None
) -> None:
    """Orders the invoice to be taken back at the portal; the work is done in the account's line. Raises NotPossible."""
    if not why.strip():
        raise NotPossible("say why it is voided; the reason goes to the portal and is kept.")
    with house.queue.write() as tx:
        record = _open(tx, packet_id, looked_at, finals=True)
        if not {Ability.void, Ability.cancel} & house.portals.adapter(record.account).abilities:
            raise NotPossible("this account has no way to void; do it at the portal, then stop the packet.")
        attempt = _last_attempt(tx, record)
        if attempt.outcome is not Outcome.receipted or record.status not in ALIVE:
            raise NotPossible("the portal holds no living invoice of this packet.")
        if attempt.by_hand:
            raise NotPossible("it was entered at the portal by hand; take it back there by hand as well.")
        if house.queue.is_to_do(tx, f"void:{packet_id}"):
            raise NotPossible("it is being voided at the portal already; wait for the portal's answer.")
        if living := credit_note_of(tx, packet_id):
            raise NotPossible(f"{_credited(living)} Voiding it too would give the money back twice.")
        named = agreed(house, tx, Ordered("void", record, who, {"why": why}), second)
        now = house.database.now(tx)
        packets.note(tx, record, now, who, "void_ordered", {"why": why, "attempt": attempt.n, **named})
        house.queue.enqueue(
            tx, "void", record.account, f"void:{record.id}", packet_id=record.id, priority=URGENT, max_attempts=3
        )


def credit(
    house: House,
    packet_id: str,
    number: str,
    who: str,
    why: str,
    *,
    looked_at: str = "",
    second: Second | None = None,
) -> Accepted:
    """Hands over a credit note over the whole invoice, under a number of its own; one, however often it is ordered and
    by whomever. Raises NotPossible, PacketRefused."""
    with house.database.read() as tx:
        record = _open(tx, packet_id, looked_at, finals=True)
        packet = packets.body(tx, record.id, record.revision)
        reference = _reference_of(tx, record)
        now = house.database.now(tx)
        files = {document.name: blob(tx, document.sha256) for document in packet.documents}
        ordered = len(events.of_kind(tx, packet_id, "credit_ordered"))
    if packet.invoice.is_credit_note:
        raise NotPossible("this is a credit note itself.")
    if record.status not in ALIVE or reference is None:
        raise NotPossible("the portal holds no living invoice of this packet; there is nothing to credit.")
    written = _credit_note(packet, reference, number, why, now, house.settings.time_zone)
    note = packet_of(written | {"source_id": f"credit:{packet_id}:{ordered + 1}"}, files)
    account = house.checklist(note.client, note.generated_at).account
    house.account_settings(account)
    with house.queue.write() as tx:
        record = _open(tx, packet_id, looked_at, finals=True)
        if living := credit_note_of(tx, packet_id):
            if living.invoice_number == number and second is None:
                return Accepted(living.id, repeated=True)
            raise NotPossible(f"{_credited(living)} Two would give the money back twice.")
        if house.queue.is_to_do(tx, f"void:{packet_id}"):
            raise NotPossible("it is being voided at the portal; wait for the portal's answer.")
        named = agreed(house, tx, Ordered("credit", record, who, {"why": why, "number": number}), second)
        made = keep(house, tx, note, account, files) if record.status in ALIVE else ""
        if not made:
            raise NotPossible("something else was done about it at this moment. Nothing was handed over; look again.")
        told = {"why": why, "credit_note": made, "number": number, **named}
        packets.note(tx, record, now, who, "credit_ordered", told)
    return Accepted(made, repeated=False)


def _reference_of(tx: Tx, record: PacketRecord) -> str | None:
    """By what the portal knows the document that was sent; "" for what was entered there by hand, None for nothing."""
    if not record.transmissions:
        return None
    if _last_attempt(tx, record).by_hand:
        return ""
    return packets.built_document(tx, record.id, record.revision).reference


def _credit_note(packet: Packet, reference: str, number: str, why: str, now: datetime, zone: str) -> dict[str, Any]:
    """The invoice turned round, as JSON values; dated today in the seller's calendar."""
    whole: Any = json_from(canonical_json(packet))
    whole["source_system"], whole["generated_at"] = "clearbill", now.isoformat()
    invoice = whole["invoice"]
    invoice["type"], invoice["credit_reason"] = "381", why
    invoice["preceding"] = {
        "number": packet.invoice.number,
        "issued_on": packet.invoice.issued_on.isoformat(),
        "reference": reference,
    }
    invoice["number"], invoice["issued_on"] = number, now.astimezone(ZoneInfo(zone)).date().isoformat()
    return dict(whole)


def credit_note_of(tx: Tx, packet_id: str) -> PacketRecord | None:
    """The credit note that was ordered over a packet's invoice; None where none was, or it came to nothing."""
    for event in events.of_kind(tx, packet_id, "credit_ordered"):
        note = packets.load(tx, str(event.data["credit_note"]))
        if note is not None and (note.stage is not Stage.stopped or note.status in ALIVE):
            return note
    return None


def _credited(note: PacketRecord) -> str:
    return f"credit note {note.invoice_number} over it was handed over already (packet {note.id}, {note.stage})."


# --- what all of them ask first -----------------------------------------------------------------------------------


def state_key(record: PacketRecord) -> str:
    """What a person has looked at before deciding, as sixteen hexadecimal digits: where the packet stands, its
    revision, what the portal says and when it last spoke, who is to do what by when, who has it, what is proposed."""
    where = (record.id, record.stage, record.stage_since.isoformat(), record.revision, record.heard_at.isoformat())
    due = record.act_by.isoformat() if record.act_by else ""
    to_do = (record.who_acts, record.action, due, record.owner, record.proposed.key if record.proposed else "")
    shown = json.dumps([*where, record.status, record.portal_status, *to_do])
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def as_seen(record: PacketRecord, looked_at: str) -> None:
    """Raises NotPossible where the packet has moved on since a person looked at it; "" has looked at nothing."""
    if looked_at not in ("", state_key(record)):
        raise NotPossible(
            f"it has moved on since you looked at it: it is {record.stage} now, revision {record.revision}, taken by "
            f"{record.owner or 'nobody'}. Nothing was done. Look at it again."
        )


def may_be_amended(tx: Tx, record: PacketRecord) -> None:
    """Raises NotPossible for a packet that `amend` would refuse whatever is changed: nobody need type for nothing."""
    if record.stage is not Stage.held:
        raise NotPossible(f"the packet is {record.stage}, not held: nobody needs to change it now.")
    _not_in_doubt(tx, record)
    _not_alive(record, "amend it")


def _open(tx: Tx, packet_id: str, looked_at: str = "", *, finals: bool = False) -> PacketRecord:
    record = packets.load(tx, packet_id, lock=True)
    if record is None:
        raise NotPossible(f"there is no packet {packet_id}.")
    as_seen(record, looked_at)
    if not finals and record.stage in (Stage.accepted, Stage.stopped):
        raise NotPossible(f"the packet is {record.stage}; nothing is left to decide.")
    return record


def _held(tx: Tx, packet_id: str, looked_at: str = "") -> PacketRecord:
    record = _open(tx, packet_id, looked_at)
    if record.stage is not Stage.held:
        raise NotPossible(f"the packet is {record.stage}, not held: nobody needs to decide on it now.")
    return record


def _last_attempt(tx: Tx, record: PacketRecord) -> AttemptRecord:
    found = packets.attempts(tx, record.id)
    if not found:
        raise NotPossible("the packet was never transmitted.")
    return found[-1]


def _not_in_doubt(tx: Tx, record: PacketRecord) -> None:
    for attempt in packets.attempts(tx, record.id):
        if attempt.outcome is Outcome.maybe_sent:
            raise NotPossible(
                f"transmission {attempt.n} is in doubt: look at the portal for invoice {attempt.invoice_number}, then "
                "record it as sent (with the portal's reference) or as not sent."
            )


def _not_alive(record: PacketRecord, what: str) -> None:
    if record.status in ALIVE:
        raise NotPossible(
            f"the portal holds this invoice and says {record.portal_status or record.status!r}: "
            f"to {what} could double it."
        )


def _enter_again(
    house: House, tx: Tx, record: PacketRecord, who: str, kind: str, data: Mapping[str, Any], **columns: Any
) -> None:
    now = house.database.now(tx)
    packets.move(tx, record, Stage.received, now, who, kind, data=data, touched=True, why="[]", **columns)
    house.queue.enqueue(tx, "advance", DESK, f"advance:{record.id}", packet_id=record.id)


def _names_listed(handed: object) -> set[str]:
    documents = handed.get("documents") if isinstance(handed, dict) else None
    found = documents if isinstance(documents, list) else []
    return {str(document.get("name")) for document in found if isinstance(document, dict)}
