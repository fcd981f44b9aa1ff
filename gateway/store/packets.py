"""Packets, their revisions, transmissions and verdicts, as rows.

A packet's present state is one row, changed only by `move`, which writes the event and counts where the time went. A
revision is a row that is never changed except to add, once, the document made from it. An attempt is written before its
first byte leaves, already in doubt (`maybe_sent`): a crash needs no repair to be told truly.
"""

import hashlib
import itertools
import json
import secrets
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from gateway.adapter import Document, File, Notice
from gateway.changes import ProposedChange
from gateway.packet import Packet, canonical_json, content_hash
from gateway.secrets import scrub, scrub_bytes
from gateway.store import events, statements
from gateway.store.database import Tx, blobs, keep_blob
from gateway.store.statements import Prepared, add, add_all, put
from gateway.store.tables import attempt, commitment, number_use, packet, revision, verdict
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Stage, Status, Verdict


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """A packet's present state. `why` holds the reasons it is held or being corrected for; `proposed` the change that a
    person may accept while it is held."""

    id: str
    source_system: str
    source_id: str
    client: str
    account: str
    generated_at: datetime
    received_at: datetime
    revision: int
    invoice_number: str
    currency: str
    total: Decimal
    stage: Stage
    stage_since: datetime
    heard_at: datetime
    status: str
    portal_status: str
    who_acts: Actor
    action: str
    act_by: datetime | None
    overdue: bool
    why: tuple[Mapping[str, Any], ...]
    proposed: ProposedChange | None
    tries: int
    tried: tuple[str, ...]
    first_sent_at: datetime | None
    first_outcome: str
    transmissions: int
    accepted_at: datetime | None
    contested: bool
    touched: bool
    content_sha256: str
    seconds: Mapping[str, float]
    owner: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One transmission of one revision."""

    id: int
    packet_id: str
    n: int
    revision: int
    account: str
    invoice_number: str
    reference: str
    document_sha256: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    portal_reference: str
    note: str
    by_hand: str = ""
    """Who says to have entered it at the portal; then nothing was sent, and there are no bytes and no reference."""


BY_HAND = "by_hand"
"""The `first_outcome` of what came to the portal by a person's hand first: no transmission of ours is its first."""

_BUCKETS = {
    Stage.held: "seconds_person",
    Stage.waiting: "seconds_portal",
    Stage.sending: "seconds_portal",
    Stage.correcting: "seconds_correction",
}


def new_id(at: datetime) -> str:
    """A packet id that sorts by time: milliseconds since 1970 and 64 random bits, in hex."""
    return f"{id_from(at)}{secrets.token_hex(8)}"


def id_from(at: datetime) -> str:
    """What sorts before every id of a packet that was taken in at this moment or later, and after all earlier ones."""
    return f"p{max(0, int(at.timestamp() * 1000)):011x}"


# --- packets ------------------------------------------------------------------------------------------------------


def by_source(tx: Tx, source_system: str, source_id: str) -> tuple[str, str] | None:
    """The id and content hash of what was handed over under this source id, if anything."""
    row = _BY_SOURCE.first(tx, {"source_system": source_system, "source_id": source_id})
    return (row.id, row.content_sha256) if row else None


def insert(tx: Tx, what: Packet, account: str, now: datetime, by: str = "intake") -> str:
    """Writes a new packet with its first revision and event; answers its id, or "" when the source id is taken."""
    packet_id = new_id(now)
    sha256 = content_hash(what)
    added = put(
        tx,
        packet,
        {
            "id": packet_id,
            "source_system": what.source_system,
            "source_id": what.source_id,
            "content_sha256": sha256,
            "client": what.client,
            "account": account,
            "generated_at": what.generated_at,
            "received_at": now,
            "revision": 1,
            **_summary(what),
            "stage": Stage.received,
            "stage_since": now,
            "heard_at": now,
        },
        unless=("source_system", "source_id"),
    )
    if not added:
        return ""
    first = {"packet_id": packet_id, "n": 1, "created_at": now, "author": by}
    add(tx, revision, {**first, "body": canonical_json(what).decode()})
    events.record(
        tx,
        packet_id,
        now,
        "received",
        by,
        client=what.client,
        account=account,
        invoice_number=what.invoice.number,
        content_sha256=sha256,
        documents=[[document.name, document.sha256] for document in what.documents],
    )
    return packet_id


def load(tx: Tx, packet_id: str, *, lock: bool = False) -> PacketRecord | None:
    """A packet's present state; `lock` keeps others from changing it until the transaction ends."""
    row = (_LOCKED if lock else _ONE).first(tx, {"id": packet_id})
    return record_from(row) if row else None


def lock(tx: Tx, packet_id: str) -> None:
    """Keeps others from changing a packet until the transaction ends, where the database has more than one writer."""
    if packet_id and tx.dialect.name == "postgresql":
        _LOCK.first(tx, {"id": packet_id})


def find(tx: Tx, words: str) -> tuple[PacketRecord, ...]:
    """Packets whose id, source id or invoice number is exactly `words`, newest first."""
    rows = tx.execute(
        sa.select(packet)
        .where(sa.or_(packet.c.id == words, packet.c.source_id == words, packet.c.invoice_number == words))
        .order_by(packet.c.received_at.desc())
        .limit(50)
    )
    return tuple(record_from(row) for row in rows)


def listed(tx: Tx, *conditions: sa.ColumnElement[bool], limit: int = 200) -> tuple[PacketRecord, ...]:
    """Packets that meet the conditions, the longest in their stage first."""
    rows = tx.execute(sa.select(packet).where(*conditions).order_by(packet.c.stage_since).limit(limit))
    return tuple(record_from(row) for row in rows)


def newest_of(tx: Tx, client: str) -> PacketRecord | None:
    """The packet of a client that was handed over last."""
    row = tx.execute(sa.select(packet).where(packet.c.client == client).order_by(packet.c.id.desc()).limit(1)).first()
    return record_from(row) if row else None


def in_stages(tx: Tx, stages: Iterable[Stage], limit: int = 200) -> tuple[PacketRecord, ...]:
    """Packets in any of these stages, the longest there first."""
    return listed(tx, packet.c.stage.in_(list(stages)), limit=limit)


def move(tx: Tx, record: PacketRecord, stage: Stage, now: datetime, who: str, kind: str = "", **changes: Any) -> None:
    """Moves a packet to a stage (or changes it within its stage), counts the time spent, and writes the event.

    `changes` are columns of the packet's row; `kind` names the event (default: the stage), and `data` in `changes` is
    the event's own. The caller has locked the row. Leaving `held` clears who acts and what is proposed, unless
    `changes` says otherwise."""
    data = dict(changes.pop("data", {}))
    if stage is not record.stage:
        spent = max(0.0, (now - record.stage_since).total_seconds())
        bucket = _BUCKETS.get(record.stage, "seconds_ours")
        changes[bucket] = record.seconds[bucket.removeprefix("seconds_")] + spent
        changes["stage"] = stage
        changes["stage_since"] = changes["heard_at"] = now
        data |= {"from": record.stage, "seconds": round(spent, 6)}
    if stage is not Stage.held:
        changes = {"who_acts": Actor.nobody, "action": "", "act_by": None, "proposed": ""} | changes
    if record.overdue:
        changes["overdue"] = False
    statements.change(tx, packet, {"id": record.id}, changes)
    shown = {name: changes[name] for name in ("status", "portal_status", "who_acts", "action") if changes.get(name)}
    told = {"stage": stage.value, "revision": record.revision, **shown, **data}
    events.record(tx, record.id, now, kind or stage.value, who, **told)


def note(tx: Tx, record: PacketRecord, now: datetime, who: str, kind: str, data: Mapping[str, Any]) -> None:
    """A person's order that leaves the packet where it is: the event, and that a person has touched it."""
    tx.execute(packet.update().where(packet.c.id == record.id).values(touched=True))
    events.record(tx, record.id, now, kind, who, **data)


def assign(tx: Tx, record: PacketRecord, owner: str) -> None:
    """Keeps who has taken a packet; the caller has locked it and writes the event."""
    statements.change(tx, packet, {"id": record.id}, {"owner": owner})


def last_said(tx: Tx, packet_id: str, kind: str) -> str:
    """The reason given with the last event of this kind; "" where none was."""
    for event in reversed(events.history(tx, packet_id)):
        if event.kind == kind:
            return str(event.data.get("why", ""))
    return ""


def _summary(what: Packet) -> dict[str, Any]:
    invoice = what.invoice
    return {
        "invoice_number": invoice.number,
        "currency": invoice.currency,
        "total": -invoice.totals.payable if invoice.is_credit_note else invoice.totals.payable,
    }


def record_from(row: Any) -> PacketRecord:
    """A packet's row as a value."""
    return PacketRecord(
        **dict(zip(_PLAIN, _plain_cells(row), strict=True)),
        stage=_STAGES[row.stage],
        who_acts=_ACTORS[row.who_acts],
        why=() if row.why == "[]" else tuple(json.loads(row.why)),
        proposed=ProposedChange.from_values(json.loads(row.proposed)) if row.proposed else None,
        tried=() if row.tried == "[]" else tuple(json.loads(row.tried)),
        seconds={
            "person": row.seconds_person,
            "ours": row.seconds_ours,
            "portal": row.seconds_portal,
            "correction": row.seconds_correction,
        },
    )


_READ = ("stage", "who_acts", "why", "proposed", "tried", "seconds")
_PLAIN = tuple(name for name in PacketRecord.__dataclass_fields__ if name not in _READ)
_plain_cells = attrgetter(*_PLAIN)
_STAGES = {stage.value: stage for stage in Stage}
_ACTORS = {actor.value: actor for actor in Actor}


# --- revisions and documents --------------------------------------------------------------------------------------


_read: dict[tuple[str, int], Packet] = {}  # revisions never change, and each is read at every step
_reading = threading.Lock()
_MOST_READ = 256


def body(tx: Tx, packet_id: str, n: int) -> Packet:
    """The packet as it stood in revision `n`."""
    with _reading:
        known = _read.get((packet_id, n))
    if known is None:
        # Written by `canonical_json` and never changed since: the looks that a hand-over gets are not taken again.
        known = Packet.model_validate_json(_BODY.all(tx, {"packet_id": packet_id, "n": n})[0].body)
        with _reading:
            while len(_read) >= _MOST_READ:
                del _read[next(iter(_read))]
            _read[packet_id, n] = known
    return known


def revisions(tx: Tx, packet_id: str) -> tuple[sa.Row[Any], ...]:
    """Every revision's row without its body, first to last."""
    rows = tx.execute(_REVISIONS.where(revision.c.packet_id == packet_id).order_by(revision.c.n))
    return tuple(rows)


def newest_revisions(tx: Tx, packet_id: str, limit: int) -> tuple[sa.Row[Any], ...]:
    """The last revisions' rows without their bodies, the newest first."""
    of_packet = _REVISIONS.where(revision.c.packet_id == packet_id)
    return tuple(tx.execute(of_packet.order_by(revision.c.n.desc()).limit(limit)))


def add_revision(
    tx: Tx,
    record: PacketRecord,
    what: Packet,
    now: datetime,
    *,
    author: str,
    rule: str,
    reason: str,
    diff: list[dict[str, Any]],
) -> Mapping[str, Any]:
    """Writes the next revision; answers the packet's changed columns, for `move`."""
    n = record.revision + 1
    values = {
        "packet_id": record.id,
        "n": n,
        "created_at": now,
        "author": author,
        "rule": rule,
        "reason": reason,
        "diff": json.dumps(diff, sort_keys=True),
        "body": canonical_json(what).decode(),
    }
    add(tx, revision, values)
    return {"revision": n, **_summary(what)}


def keep_document(tx: Tx, record: PacketRecord, document: Document, reference: str, built_at: datetime) -> str:
    """Adds the document to the present revision; answers its hash."""
    sha256 = keep_blob(tx, document.body)
    values = {
        "reference": reference,
        "built_at": built_at,
        "format": document.format,
        "content_type": document.content_type,
        "document_sha256": sha256,
        "files": json.dumps([[file.sha256, file.name, file.media_type, file.role] for file in document.files]),
    }
    statements.change(tx, revision, {"packet_id": record.id, "n": record.revision}, values)
    return sha256


@dataclass(frozen=True, slots=True)
class BuiltDocument:
    """What was built for a revision. `files` are sent beside the document."""

    reference: str
    format: str
    content_type: str
    sha256: str
    content: bytes
    files: tuple[File, ...]


def built_document(tx: Tx, packet_id: str, n: int) -> BuiltDocument:
    """The document made from revision `n`, byte for byte."""
    (row,) = _BUILT.all(tx, {"packet_id": packet_id, "n": n})
    beside = json.loads(row.files)
    kept = blobs(tx, [row.document_sha256, *(sha256 for sha256, *_ in beside)])
    files = tuple(File(name, media_type, role, kept[sha256], sha256) for sha256, name, media_type, role in beside)
    content = kept[row.document_sha256]
    return BuiltDocument(row.reference, row.format, row.content_type, row.document_sha256, content, files)


# --- attempts -----------------------------------------------------------------------------------------------------


def begin_attempt(tx: Tx, record: PacketRecord, reference: str, document_sha256: str, now: datetime) -> AttemptRecord:
    """Writes a transmission before its first byte leaves: in doubt until the portal has answered."""
    n = record.transmissions + 1
    values = {
        "packet_id": record.id,
        "n": n,
        "revision": record.revision,
        "account": record.account,
        "invoice_number": record.invoice_number,
        "reference": reference,
        "document_sha256": document_sha256,
        "started_at": now,
        "outcome": Outcome.maybe_sent,
    }
    return AttemptRecord(
        id=_ADD_ATTEMPT.key(tx, values),
        finished_at=None,
        portal_reference="",
        note="",
        **values,  # type: ignore[arg-type]
    )


def end_attempt(
    tx: Tx,
    attempt_id: int,
    outcome: Outcome,
    now: datetime,
    *,
    portal_reference: str = "",
    note: str = "",
    raw: bytes = b"",
) -> None:
    """Writes what became of a transmission. Nothing is `receipted` without the portal's own reference."""
    if outcome is Outcome.receipted and not portal_reference:
        raise ValueError("an attempt is receipted only by the portal's own reference")
    values = {
        "outcome": outcome,
        "finished_at": now,
        "portal_reference": portal_reference,
        "note": scrub(note),
        "raw_sha256": keep_blob(tx, scrub_bytes(raw)) if raw else None,
    }
    statements.change(tx, attempt, {"id": attempt_id}, values)


def add_by_hand(
    tx: Tx, record: PacketRecord, portal_reference: str, who: str, note: str, now: datetime
) -> Mapping[str, Any]:
    """Keeps, beside every transmission of ours, that a person has entered the invoice at the portal; answers the
    packet's changed columns, for `move`."""
    if not portal_reference:
        raise ValueError("what was done by hand is known by the portal's own reference")
    values = {
        "packet_id": record.id,
        "n": record.transmissions + 1,
        "revision": record.revision,
        "account": record.account,
        "invoice_number": record.invoice_number,
        "reference": "",
        "document_sha256": "",
        "started_at": now,
        "finished_at": now,
        "outcome": Outcome.receipted,
        "portal_reference": portal_reference,
        "note": scrub(note),
        "by_hand": who,
    }
    add(tx, attempt, values)
    return {"transmissions": values["n"], "first_outcome": record.first_outcome or BY_HAND}


def draft_left(tx: Tx, record: PacketRecord) -> str:
    """The portal's reference of the unfinished draft that earlier transmissions left there; "" where none is known."""
    if not record.transmissions:
        return ""
    newest_first = reversed(attempts(tx, record.id))
    since = itertools.takewhile(lambda one: one.outcome is not Outcome.receipted, newest_first)
    return next((one.portal_reference for one in since if one.portal_reference), "")


def mark_contested(tx: Tx, record: PacketRecord) -> None:
    """Keeps that the portal or buyer objected once, whatever became of it."""
    statements.change(tx, packet, {"id": record.id}, {"contested": True})


def mark_accepted_at(tx: Tx, record: PacketRecord, at: datetime) -> None:
    """Keeps when the buyer accepted, where that is heard after a later word."""
    statements.change(tx, packet, {"id": record.id}, {"accepted_at": at})


def mark_first_receipted(tx: Tx, record: PacketRecord) -> None:
    """Keeps that the first transmission of which anything is known had arrived after all."""
    if record.first_outcome in ("", Outcome.maybe_sent):
        statements.change(tx, packet, {"id": record.id}, {"first_outcome": Outcome.receipted.value})


def first_outcome(record: PacketRecord, outcome: Outcome) -> Mapping[str, Any]:
    """The column, for `move`, that keeps what became of the first transmission that reached the portal or may have;
    one that proved not to have left counts as none."""
    if record.first_outcome in ("", Outcome.maybe_sent):
        return {"first_outcome": "" if outcome is Outcome.not_sent else outcome.value}
    return {}


def attempts(tx: Tx, packet_id: str) -> tuple[AttemptRecord, ...]:
    """Every transmission of a packet, first to last, and what was entered by hand among them."""
    return tuple(_attempt_from(row) for row in _ATTEMPTS.all(tx, {"packet_id": packet_id}))


def attempt_told_of(tx: Tx, accounts: Collection[str], notice: Notice) -> AttemptRecord | None:
    """The transmission that a notice speaks of, at one of these accounts, whatever became of it.

    By our own reference, else by the portal's, else the newest that the portal has, or may have, under exactly the
    invoice number. A number may have been used again after a refusal: a word that is clearly older than a transmission
    does not speak of it, nor does one that names another document of the portal's."""
    if notice.reference:
        row = _BY_REFERENCE.first(tx, {"reference": notice.reference})
        if row is not None and row.account in accounts:
            return _attempt_from(row)
    rows = [row for account in sorted(accounts) if (row := _told_of_at(tx, account, notice)) is not None]
    return _attempt_from(rows[0]) if len(rows) == 1 else None  # the same number at two clients says nothing


def _told_of_at(tx: Tx, account: str, notice: Notice) -> Any:
    """The row of the transmission of one account that bears the portal's reference, else the number."""
    if notice.portal_reference:
        named = {"account": account, "portal_reference": notice.portal_reference}
        row = _BY_PORTAL_REFERENCE.first(tx, named)
        if row is not None:
            return row
    at = notice.verdict.at
    for row in _BY_NUMBER.all(tx, {"account": account, "number": notice.number}) if notice.number else ():
        another = notice.portal_reference and row.portal_reference
        if not another and (at is None or at >= row.started_at - _CLOCKS_APART):
            return row
    return None


def attempt_with_number(tx: Tx, account: str, number: str) -> AttemptRecord | None:
    """The newest transmission that the portal took under exactly this invoice number."""
    rows = _BY_NUMBER.all(tx, {"account": account, "number": number})
    return next((_attempt_from(row) for row in rows if row.outcome == Outcome.receipted), None)


def attempt_as_it_is(tx: Tx, attempt_id: int) -> AttemptRecord:
    """A transmission as it stands now; whoever changes it has locked its packet."""
    (row,) = _ATTEMPT.all(tx, {"id": attempt_id})
    return _attempt_from(row)


def _attempt_from(row: Any) -> AttemptRecord:
    values = {name: getattr(row, name) for name in AttemptRecord.__dataclass_fields__}
    return AttemptRecord(**values | {"outcome": Outcome(row.outcome)})


# --- verdicts -----------------------------------------------------------------------------------------------------


def add_verdict(
    tx: Tx, to: AttemptRecord, what: Verdict, now: datetime, raw: bytes = b"", *, said: Verdict | None = None
) -> bool:
    """Keeps a verdict on its attempt unless the same one is there; says whether it was new.

    `said` is the verdict as the portal gave it, where `what` reads more in its words: by it a repeat is known, so that
    other rules for reading do not make news of an old word."""
    reasons = as_text([reason_json(reason) for reason in what.reasons])
    fingerprint = _fingerprint(said or what)
    return put(
        tx,
        verdict,
        {
            "packet_id": to.packet_id,
            "attempt_id": to.id,
            "fingerprint": fingerprint,
            "seen_at": now,
            "at": what.at,
            "level": what.level,
            "status": what.status,
            "portal_status": what.portal_status[:200],
            "who_acts": what.who_acts,
            "reasons": reasons,
            "raw_sha256": keep_blob(tx, scrub_bytes(raw)) if raw else None,
        },
        unless=("attempt_id", "fingerprint"),
    )


def verdicts(tx: Tx, packet_id: str) -> tuple[tuple[int, Verdict, datetime], ...]:
    """(attempt id, verdict, seen at) of a packet, in the order they were seen."""
    rows = tx.execute(sa.select(verdict).where(verdict.c.packet_id == packet_id).order_by(verdict.c.id))
    return tuple((row.attempt_id, _verdict_from(row), row.seen_at) for row in rows)


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that the portal said: of which transmission, when it was heard, and the hash of the answer it stood in,
    "" where nothing was kept."""

    attempt: int
    verdict: Verdict
    seen_at: datetime
    sha256: str


def last_words(tx: Tx, packet_id: str, limit: int) -> tuple[Word, ...]:
    """What the portal said last, the newest first."""
    rows = tx.execute(
        sa.select(verdict, attempt.c.n)
        .join(attempt, attempt.c.id == verdict.c.attempt_id)
        .where(verdict.c.packet_id == packet_id)
        .order_by(verdict.c.id.desc())
        .limit(limit)
    )
    return tuple(Word(row.n, _verdict_from(row), row.seen_at, row.raw_sha256 or "") for row in rows)


def words_so_far(tx: Tx, packet_id: str) -> int:
    """How many verdicts the portal has given on a packet."""
    found = sa.select(sa.func.count()).select_from(verdict).where(verdict.c.packet_id == packet_id)
    return int(tx.execute(found).scalar_one())


def only_said(tx: Tx, attempt: AttemptRecord) -> bool:
    """Whether nothing but a person's word says that the portal has it: it was entered by hand and never heard of."""
    heard = any(attempt_id == attempt.id for attempt_id, _, _ in verdicts(tx, attempt.packet_id))
    return bool(attempt.by_hand) and attempt.outcome is Outcome.receipted and not heard


def latest_verdict_time(tx: Tx, attempt_id: int) -> datetime | None:
    """The newest portal time among an attempt's verdicts; None when none carries a time."""
    newest: datetime | None = _LATEST.scalar(tx, {"attempt_id": attempt_id})
    return newest


def reason_json(reason: Reason) -> dict[str, str]:
    """A reason as JSON has it; `read_by` only where a rule of ours read it from free words."""
    told = {
        "code": reason.code.value,
        "path": reason.path,
        "portal_code": reason.portal_code,
        "portal_text": reason.portal_text,
    }
    return told | {"read_by": reason.read_by} if reason.read_by else told


def reasons_json(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Reasons as JSON has them."""
    return [reason_json(reason) for reason in reasons]


def reason_from(value: Mapping[str, Any]) -> Reason:
    """The reverse of `reason_json`."""
    return Reason(
        ReasonCode(value["code"]),
        value.get("path", ""),
        value.get("portal_code", ""),
        value["portal_text"],
        value.get("read_by", ""),
    )


def _verdict_from(row: sa.Row[Any]) -> Verdict:
    return Verdict(
        Status(row.status),
        Level(row.level),
        tuple(reason_from(value) for value in json.loads(row.reasons)),
        Actor(row.who_acts),
        row.portal_status,
        row.at,
    )


def _fingerprint(what: Verdict) -> str:
    reasons = as_text([reason_json(reason) for reason in what.reasons])
    at = what.at.isoformat() if what.at else ""
    return hashlib.sha256("\x1f".join((what.level, what.status, what.portal_status, at, reasons)).encode()).hexdigest()


# --- invoice numbers and order balances in use --------------------------------------------------------------------


def reserve_number(tx: Tx, record: PacketRecord) -> str:
    """Takes the invoice number for this packet at its account; answers the packet that already has it, else ""."""
    use = {"account": record.account, "invoice_number": record.invoice_number, "packet_id": record.id}
    if put(tx, number_use, use, unless=("account", "invoice_number")):
        return ""
    owner = number_owner(tx, record.account, record.invoice_number)
    return "" if owner == record.id else owner


def number_owner(tx: Tx, account: str, number: str) -> str:
    """The packet that has used this invoice number at this account, else ""."""
    return _NUMBER_OWNER.scalar(tx, {"account": account, "number": number}) or ""


def release_numbers(tx: Tx, packet_id: str) -> None:
    """Gives back the numbers of a packet that never reached the portal."""
    tx.execute(number_use.delete().where(number_use.c.packet_id == packet_id))


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an invoice draws on one order line (`line` 0 = the order as a whole)."""

    order_number: str
    line: int
    amount: Decimal
    quantity: Decimal


def commit_orders(tx: Tx, record: PacketRecord, drawn: Iterable[Commitment]) -> None:
    """Replaces what this packet draws on purchase orders."""
    statements.remove(tx, commitment, {"packet_id": record.id})
    of = {"packet_id": record.id, "account": record.account}
    rows = [
        {**of, "order_number": one.order_number, "line": one.line, "amount": one.amount, "quantity": one.quantity}
        for one in drawn
    ]
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        add_all(tx, commitment, rows[first : first + _ROWS_AT_ONCE])


def as_text(value: object) -> str:
    """Plain JSON values as the text that is stored, without any secret that a portal may have echoed."""
    return scrub(json.dumps(value, sort_keys=True, ensure_ascii=False))


# --- what does not move -------------------------------------------------------------------------------------------


def clients_waiting(tx: Tx, account: str) -> tuple[str, ...]:
    """Clients of whom invoices are at the portal through this account."""
    rows = tx.execute(
        sa.select(packet.c.client).where(packet.c.account == account, packet.c.stage == Stage.waiting).distinct()
    )
    return tuple(rows.scalars())


def silent_since(tx: Tx, account: str, client: str, since: datetime, limit: int) -> tuple[str, ...]:
    """Ids of a client's packets at the portal of which nothing was heard since a moment, the longest silent first."""
    rows = tx.execute(
        sa.select(packet.c.id)
        .where(packet.c.account == account, packet.c.client == client, packet.c.stage == Stage.waiting)
        .where(packet.c.heard_at < since)
        .order_by(packet.c.heard_at)
        .limit(limit)
    )
    return tuple(rows.scalars())


def overdue(tx: Tx, now: datetime, limit: int) -> tuple[str, ...]:
    """Ids of held packets whose deadline has passed and was not marked yet."""
    rows = tx.execute(
        sa.select(packet.c.id)
        .where(packet.c.stage == Stage.held, packet.c.act_by < now, packet.c.overdue.is_(False))
        .order_by(packet.c.id)
        .limit(limit)
    )
    return tuple(rows.scalars())


def mark_overdue(tx: Tx, record: PacketRecord, now: datetime) -> None:
    """Writes, once for each stop, that whoever was to act has not."""
    tx.execute(packet.update().where(packet.c.id == record.id).values(overdue=True))
    by = record.act_by.isoformat() if record.act_by else ""
    events.record(tx, record.id, now, "overdue", "watch", who_acts=record.who_acts.value, act_by=by)


# --- statements of the busy road, made once -----------------------------------------------------------------------

_OF_ID = sa.select(packet).where(packet.c.id == sa.bindparam("id"))
_ONE = Prepared(_OF_ID)
_LOCKED = Prepared(_OF_ID.with_for_update())
_LOCK = Prepared(sa.select(packet.c.id).where(packet.c.id == sa.bindparam("id")).with_for_update())
_BY_SOURCE = Prepared(
    sa.select(packet.c.id, packet.c.content_sha256).where(
        packet.c.source_system == sa.bindparam("source_system"), packet.c.source_id == sa.bindparam("source_id")
    )
)
_OF_REVISION = (revision.c.packet_id == sa.bindparam("packet_id"), revision.c.n == sa.bindparam("n"))
_REVISIONS = sa.select(*(column for column in revision.c if column is not revision.c.body))
_BODY = Prepared(sa.select(revision.c.body).where(*_OF_REVISION))
_BUILT = Prepared(
    sa.select(
        revision.c.reference,
        revision.c.format,
        revision.c.content_type,
        revision.c.document_sha256,
        revision.c.files,
    ).where(*_OF_REVISION)
)
_ROWS_AT_ONCE = 50
_ADD_ATTEMPT = Prepared(
    attempt.insert().values(
        {
            column: sa.bindparam(column)
            for column in (
                *("packet_id", "n", "revision", "account", "invoice_number"),
                *("reference", "document_sha256", "started_at", "outcome"),
            )
        }
    )
)
_ATTEMPTS = Prepared(sa.select(attempt).where(attempt.c.packet_id == sa.bindparam("packet_id")).order_by(attempt.c.n))
_CLOCKS_APART = timedelta(minutes=10)  # between a portal's clock and ours
_NEWEST = sa.select(attempt).order_by(attempt.c.id.desc())
_ATTEMPT = Prepared(sa.select(attempt).where(attempt.c.id == sa.bindparam("id")))
_BY_REFERENCE = Prepared(_NEWEST.where(attempt.c.reference == sa.bindparam("reference")).limit(1))
# A draft's reference stands with the broken tries as well; the one that the portal took is meant.
_BY_PORTAL_REFERENCE = Prepared(
    sa.select(attempt)
    .where(attempt.c.account == sa.bindparam("account"), attempt.c.portal_reference == sa.bindparam("portal_reference"))
    .order_by((attempt.c.outcome == Outcome.receipted).desc(), attempt.c.id.desc())
    .limit(1)
)
_BY_NUMBER = Prepared(
    _NEWEST.where(
        attempt.c.account == sa.bindparam("account"),
        attempt.c.invoice_number == sa.bindparam("number"),
        sa.or_(attempt.c.outcome == Outcome.receipted, attempt.c.outcome == Outcome.maybe_sent),
    ).limit(20)
)
_LATEST = Prepared(sa.select(sa.func.max(verdict.c.at)).where(verdict.c.attempt_id == sa.bindparam("attempt_id")))
_NUMBER_OWNER = Prepared(
    sa.select(number_use.c.packet_id).where(
        number_use.c.account == sa.bindparam("account"), number_use.c.invoice_number == sa.bindparam("number")
    )
)
