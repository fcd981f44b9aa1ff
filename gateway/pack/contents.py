"""What is in a packet's evidence pack: a list of pieces, each with its path, what it is, and how its bytes are read.

The same state of a packet makes the same list, and each piece the same bytes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from checklists.source import Unreadable, source_from
from gateway.pack.naming import ending_of, not_to_run, numbered
from gateway.pack.reading import READ_ME, time_line
from gateway.packet import json_from
from gateway.secrets import scrub_bytes
from gateway.store import database, packets
from gateway.store.database import Tx
from gateway.store.dossier import (
    Dossier,
    Row,
    StoredEvent,
    TextInForce,
    body,
    checklists_between,
    stored_events,
)

Read = Callable[[Tx], bytes]
_PICTURES = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"PK\x03\x04")
"""First bytes of what holds no text that could be blotted: a change would only break it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a pack. `kept_sha256`: of the bytes as they are stored, where they come from there."""

    path: str
    what: str
    read: Read
    kept_sha256: str = ""


def pieces_of(tx: Tx, of: Dossier) -> tuple[Piece, ...]:
    """Everything that belongs into a packet's pack. What is looked at besides the dossier never changes."""
    return tuple(_Collected(tx, of).pieces())


def chained(event: StoredEvent) -> bytes:
    """The very bytes over which an event's hash is reckoned; see `gateway.store.events.hash_of`."""
    parts = (event.previous, event.subject, str(event.n), event.at, event.kind, event.who, event.data)
    return "\x1f".join(parts).encode()


def chain_path(n: int) -> str:
    """Where the bytes of event `n` are."""
    return f"chain/{n:06d}.event"


def as_json(values: Any) -> bytes:
    """JSON for reading: sorted, indented, decimals and times as text."""
    text = json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, default=_plain)
    return scrub_bytes(f"{text}\n".encode())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


class _Collected:
    """The pieces of one packet while they are put together; papers stand once, under the first name they had."""

    def __init__(self, tx: Tx, found: Dossier) -> None:
        self._tx = tx
        self._of = found
        self._id = str(found.packet["id"])
        self._papers: dict[str, str] = {}

    def pieces(self) -> Iterator[Piece]:
        """All of them, in the order in which they stand in the file."""
        yield Piece("README.txt", "what this is, and how to check it by hand", lambda tx: READ_ME.encode())
        yield Piece("timeline.html", "what happened, for reading", partial(time_line, of=self._of))
        yield _told("packet.json", "where the packet stands", _unfolded(self._of.packet, "why", "proposed", "tried"))
        yield Piece("events.json", "what happened, as it is stored", self._events)
        yield Piece("decisions.json", "what people decided, said and arranged", self._decisions)
        papers = tuple(self._paper_pieces())
        yield from self._revisions()
        yield from papers
        yield from self._attempts()
        yield from self._verdicts()
        yield from self._voids()
        yield from self._pushed()
        for n, row in enumerate(self._of.asked, 1):
            values = _unfolded(row, "what", "changes")
            yield _told(f"asked/{n:03d}.json", f"order {n} that waited for a second person, and who settled it", values)
        yield from self._pictures()
        yield from self._checklists()
        for event in stored_events(self._tx, self._id, self._of.events):
            what = f"event {event.n}, byte for byte as its hash covers it"
            yield Piece(chain_path(event.n), what, _same(scrub_bytes(chained(event))), event.hash)

    # --- what was handed over and built ---------------------------------------------------------------------------

    def _paper_pieces(self) -> Iterator[Piece]:
        named = [
            (one.sha256, one.name)
            for row in self._of.revisions
            for one in packets.body(self._tx, self._id, row["n"]).documents
        ]
        named += [(one.sha256, one.name) for one in self._of.made]
        named += [(sha256, name) for row in self._of.revisions for sha256, name, *_ in json.loads(row["files"])]
        for sha256, name in named:
            if sha256 not in self._papers:
                path = f"papers/{numbered(len(self._papers) + 1, not_to_run(name))}"
                self._papers[sha256] = path
                yield _kept(path, f"paper {name}", sha256)

    def _revisions(self) -> Iterator[Piece]:
        for row in self._of.revisions:
            at, n = f"revisions/{row['n']:03d}", row["n"]
            about = _unfolded(row, "files", but=("diff",))
            about["files"] = [
                {"sha256": sha256, "name": name, "media_type": kind, "role": role, "kept_as": self._papers[sha256]}
                for sha256, name, kind, role in about["files"]
            ]
            yield _told(f"{at}/about.json", f"revision {n}: who made it and why", about)
            yield Piece(f"{at}/packet.json", f"revision {n} as it is stored", partial(_body, packet_id=self._id, n=n))
            yield _told(f"{at}/diff.json", f"what revision {n} changed", json.loads(row["diff"]))
            if row["document_sha256"]:
                path = f"{at}/document{ending_of(row['content_type'])}"
                yield _kept(path, f"the document of revision {n}, byte for byte", row["document_sha256"])

    # --- what was sent and answered -------------------------------------------------------------------------------

    def _attempts(self) -> Iterator[Piece]:
        for row in self._of.attempts:
            at = f"transmissions/{row['n']:03d}"
            yield _told(f"{at}/about.json", f"transmission {row['n']}: references, times, receipt", dict(row))
            yield from _answer(f"{at}/answer.txt", f"the portal's answer to transmission {row['n']}", row)

    def _verdicts(self) -> Iterator[Piece]:
        numbers = {row["id"]: row["n"] for row in self._of.attempts}
        for n, row in enumerate(self._of.verdicts, 1):
            about = {**_unfolded(row, "reasons"), "transmission": numbers.get(row["attempt_id"])}
            yield _told(f"words/{n:03d}/about.json", f"word {n} of the portal or buyer", about)
            yield from _answer(f"words/{n:03d}/answer.txt", f"the answer in which word {n} stood", row)

    def _voids(self) -> Iterator[Piece]:
        for n, row in enumerate(self._of.cancellations, 1):
            at = f"voids/{n:03d}"
            yield _told(f"{at}/about.json", f"taking back, {n}: references, times, outcome", dict(row))
            path = f"{at}/document{ending_of(row['content_type'])}"
            yield _kept(path, f"the document of taking back, {n}", row["document_sha256"])
            yield from _answer(f"{at}/answer.txt", f"the answer to taking back, {n}", row)

    def _pushed(self) -> Iterator[Piece]:
        for n, row in enumerate(self._of.deliveries, 1):
            yield _told(f"pushed/{n:03d}/about.json", f"document {n} that the portal delivered", dict(row))
            yield _kept(f"pushed/{n:03d}/document.txt", f"delivered document {n}, as it came", row["sha256"])

    def _pictures(self) -> Iterator[Piece]:
        for n, one in enumerate(self._of.pictures, 1):
            path = f"pictures/{numbered(n, not_to_run(one.name), 3)}"
            yield _kept(path, f"what was seen at the portal: {one.name}", one.sha256)

    # --- what was asked, and what happened ------------------------------------------------------------------------

    def _checklists(self) -> Iterator[Piece]:
        first, last = self._of.packet["received_at"], self._of.packet["stage_since"]
        texts = checklists_between(self._tx, first, max(first, last))
        for n, one in enumerate(self._of_client(texts), 1):
            path = f"checklists/{numbered(n, one.name.replace('/', '-'))}"
            yield _kept(path, f"checklist {one.name}, in force from {one.since.isoformat()}", one.sha256)

    def _of_client(self, texts: Sequence[TextInForce]) -> Iterator[TextInForce]:
        """The files of this packet's client, and those of portals that they inherit."""
        read = [(one, _settings(database.blob(self._tx, one.sha256))) for one in texts]
        own = [values for _, values in read if values.get("client") == self._of.packet["client"]]
        inherited = {values.get("inherits") for values in own}
        for one, values in read:
            of_portal = "client" not in values and values.get("portal") in inherited
            if values in own or of_portal:
                yield one

    def _events(self, tx: Tx) -> bytes:
        return as_json([_event(one) for one in stored_events(tx, self._id, self._of.events)])

    def _decisions(self, tx: Tx) -> bytes:
        found = (one for one in stored_events(tx, self._id, self._of.events) if is_person(one.who))
        return as_json([{**_event(one), "data": json.loads(one.data)} for one in found])


_PROGRAM = frozenset(
    {"checklist", "clearbill", "corrections", "folder", "format", "health", "intake", "pipeline", "watch", "worker"}
)


def is_person(who: str) -> bool:
    """Whether an event's `who` is somebody's name, and not a part of the program, a rule or a portal."""
    return bool(who) and ":" not in who and who not in _PROGRAM


def _event(one: StoredEvent) -> dict[str, Any]:
    return {name: getattr(one, name) for name in StoredEvent.__dataclass_fields__}


def _body(tx: Tx, packet_id: str, n: int) -> bytes:
    return body(tx, packet_id, n).encode()


def _settings(text: bytes) -> Mapping[str, Any]:
    try:
        values = source_from(text.decode()).values
    except Unreadable:
        return {}
    return values if isinstance(values, dict) else {}


def _answer(path: str, what: str, row: Row) -> Iterator[Piece]:
    if row["raw_sha256"]:
        yield _kept(path, what, row["raw_sha256"])


def _unfolded(row: Row, *names: str, but: Sequence[str] = ()) -> dict[str, Any]:
    """A row with these columns read as the JSON they hold."""
    values = {name: value for name, value in row.items() if name not in but}
    return {**values, **{name: json_from(row[name].encode()) if row[name] else None for name in names}}


def _same(content: bytes) -> Read:
    return lambda tx: content


def _told(path: str, what: str, values: Any) -> Piece:
    return Piece(path, what, _same(as_json(values)))


def _kept(path: str, what: str, sha256: str) -> Piece:
    return Piece(path, what, partial(_without_secrets, sha256=sha256), sha256)


def _without_secrets(tx: Tx, sha256: str) -> bytes:
    """Stored bytes; what a secret stands in, and was kept before anybody knew that it is one, is blotted here."""
    content = database.blob(tx, sha256)
    return content if content.startswith(_PICTURES) else scrub_bytes(content)
