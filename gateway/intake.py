"""The one way in: `accept` checks a hand-over and keeps it whole, or refuses it and keeps nothing.

Packet, documents, first event and first job are stored in one transaction; the answer is given after it. The same
source id with the same content answers the same packet again; with other content it is refused. Wrong sums, unknown
clients and unreadable papers are refused here, while the one who can mend them is still on the line; what only the
client's checklist objects to is kept, and shown to a person.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checklists.arithmetic import sums
from gateway import tracing
from gateway.currency import is_currency
from gateway.errors import PacketRefused, Problem, SourceIdTaken
from gateway.house import House
from gateway.packet import Packet, content_hash, packet_from
from gateway.papers import look_at
from gateway.store import packets
from gateway.store.database import Tx, keep_blob
from gateway.store.queue import DESK
from gateway.store.tables import LARGEST_AMOUNT

MAX_DOCUMENT_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Accepted:
    """The acknowledgement. `repeated`: this very hand-over had been accepted before."""

    packet_id: str
    repeated: bool


def accept(house: House, handed: object, files: Mapping[str, bytes], by: str = "intake") -> Accepted:
    """Takes one packet: JSON values as `gateway.packet.json_from` gives them, and its files by name. `by`: the person
    who hands it over, as its first event names whoever did.

    Raises PacketRefused with every problem found, SourceIdTaken, NotFound (no such client)."""
    began = time.monotonic()
    packet = packet_of(handed, files)
    account = house.checklist(packet.client, packet.generated_at).account
    house.account_settings(account)
    with house.queue.write() as tx:
        packet_id, earlier = "", packets.by_source(tx, packet.source_system, packet.source_id)
        if earlier is None:
            packet_id = keep(house, tx, packet, account, files, by)
            earlier = None if packet_id else packets.by_source(tx, packet.source_system, packet.source_id)
    if packet_id:
        tracing.past("intake", time.monotonic() - began, packet_id, account=account, files=len(files))
        return Accepted(packet_id, repeated=False)
    if earlier is None:
        raise RuntimeError("a source id was taken and is not there")
    packet_id, sha256 = earlier
    if sha256 != content_hash(packet):
        raise SourceIdTaken(packet.source_system, packet.source_id, packet_id)
    return Accepted(packet_id, repeated=True)


def check_hand_over(house: House, handed: object, files: Mapping[str, bytes]) -> Packet:
    """The packet that `accept` would take, without keeping anything. Raises as `accept` does."""
    packet = packet_of(handed, files)
    house.checklist(packet.client, packet.generated_at)
    return packet


def packet_of(handed: object, files: Mapping[str, bytes]) -> Packet:
    """A hand-over as a packet, looked at by itself: readable, its sums right, its files there and whole.

    Raises PacketRefused with every problem found."""
    _refuse_if([_empty(name) for name, content in sorted(files.items()) if not content])
    packet = packet_from(_with_facts_of_files(handed, files))
    _refuse_if(_problems_of(packet, files))
    return packet


def keep(house: House, tx: Tx, packet: Packet, account: str, files: Mapping[str, bytes], by: str = "intake") -> str:
    """Stores a packet that `packet_of` has found whole, with its files and its first job; answers its id, or "" where
    its source id is taken. To be called in a transaction of the queue."""
    for document in sorted(packet.documents, key=lambda one: one.sha256):  # one order, or two hand-overs could deadlock
        keep_blob(tx, files[document.name])
    packet_id = packets.insert(tx, packet, account, house.database.now(tx), by)
    if packet_id:
        house.queue.enqueue(tx, "advance", DESK, f"advance:{packet_id}", packet_id=packet_id)
    return packet_id


def _with_facts_of_files(handed: object, files: Mapping[str, bytes]) -> object:
    """The hand-over with size and hash of each document filled in where the sender left them out."""
    if not isinstance(handed, dict) or not isinstance(handed.get("documents"), list):
        return handed
    return {**handed, "documents": [_with_facts(document, files) for document in handed["documents"]]}


def _with_facts(document: Any, files: Mapping[str, bytes]) -> Any:
    name = document.get("name") if isinstance(document, dict) else None
    content = files.get(name) if isinstance(name, str) else None
    if content is None:
        return document
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), **document}


def _refuse_if(problems: list[Problem]) -> None:
    if problems:
        raise PacketRefused(problems)


def _empty(name: str) -> Problem:
    return Problem(f"documents[{name}]", "the file is empty (0 bytes).", "Attach the file again.")


def _problems_of(packet: Packet, files: Mapping[str, bytes]) -> list[Problem]:
    problems = _money_problems(packet)
    listed = {document.name for document in packet.documents}
    for name in sorted(files.keys() - listed):
        problems.append(Problem(f"documents[{name}]", "the file came without an entry in `documents`.", "List it."))
    for index, document in enumerate(packet.documents):
        content = files.get(document.name)
        where = f"/documents/{index}"
        if content is None:
            problems.append(Problem(where, f"the file {document.name} did not come with the packet.", "Attach it."))
        elif len(content) > MAX_DOCUMENT_BYTES:
            problems.append(Problem(where, f"{document.name} is larger than 50 MB.", "Shrink or split it."))
        elif hashlib.sha256(content).hexdigest() != document.sha256:
            problems.append(
                Problem(
                    f"{where}/sha256", f"{document.name} arrived with other bytes than announced.", "Send it again."
                )
            )
        elif len(content) != document.size:
            problems.append(
                Problem(
                    f"{where}/size",
                    f"{document.name} has {len(content)} bytes, not {document.size}.",
                    "Correct the size.",
                )
            )
        elif fault := look_at(document.name, document.media_type, content):
            problems.append(fault)
    return problems


def _money_problems(packet: Packet) -> list[Problem]:
    invoice = packet.invoice
    if not is_currency(invoice.currency):
        cure = "Use an ISO 4217 code such as USD."
        return [Problem("/invoice/currency", f"{invoice.currency!r} is not a currency.", cure)]
    if abs(invoice.totals.payable) > LARGEST_AMOUNT:
        return [Problem("/invoice/totals/payable", f"is larger than {LARGEST_AMOUNT}.", "Check the amount.")]
    for index, line in enumerate(invoice.lines):
        if abs(line.net_amount) > LARGEST_AMOUNT:
            place = f"/invoice/lines/{index}/net_amount"
            return [Problem(place, f"is larger than {LARGEST_AMOUNT}.", "Check the amount.")]
    return [Problem(finding.path, finding.sentence, finding.cure) for finding in sums(invoice) if finding.stops]
