"""Every piece of bytes that belongs to one packet: papers, documents as they left, answers as they came, pictures.

A page may show what is in this list and nothing else, whatever hash it is asked for."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import body
from gateway.store.tables import asked_order, attempt, cancellation, event, revision, verdict

_A_HASH = re.compile("[0-9a-f]{64}")

ANSWER = "application/octet-stream"
"""What an answer is called as long as nobody has looked into it: portals do not always say, nor truly."""


@dataclass(frozen=True, slots=True)
class PacketFile:
    """One piece: its hash, a file name to save it under, what it is said to be."""

    sha256: str
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Hashes of what a portal answered, "" where nothing was kept: by transmission's number, and by verdict in the
    order in which they were seen."""

    attempts: dict[int, str]
    verdicts: tuple[str, ...]


def answers(tx: Tx, packet_id: str) -> Answers:
    """What the portal's answers and words are kept as."""
    tried = tx.execute(sa.select(attempt.c.n, attempt.c.raw_sha256).where(attempt.c.packet_id == packet_id))
    said = tx.execute(sa.select(verdict.c.raw_sha256).where(verdict.c.packet_id == packet_id).order_by(verdict.c.id))
    return Answers({row.n: row.raw_sha256 or "" for row in tried}, tuple(one or "" for one in said.scalars()))


def answers_to(tx: Tx, packet_id: str) -> dict[int, str]:
    """The hash of what the portal answered to each transmission, by its number; "" where nothing was kept."""
    tried = tx.execute(sa.select(attempt.c.n, attempt.c.raw_sha256).where(attempt.c.packet_id == packet_id))
    return {row.n: row.raw_sha256 or "" for row in tried}


def find(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    """The piece of this packet with this hash; None where the packet has none such."""
    if not _A_HASH.fullmatch(sha256):
        return None
    elsewhere = (part(tx, packet_id) for part in (_sent, _answered, _seen, _asked_for))
    found = next((one for one in chain.from_iterable(elsewhere) if one.sha256 == sha256), None)
    return found or _paper(tx, packet_id, sha256)


def _paper(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    """A paper of the newest revision that has it; the database looks which that is."""
    has_it = (revision.c.packet_id == packet_id, revision.c.body.contains(f'"sha256":"{sha256}"'))
    n = tx.execute(sa.select(sa.func.max(revision.c.n)).where(*has_it)).scalar_one()
    if n is None:
        return None
    named = (one for one in body(tx, packet_id, n).documents if one.sha256 == sha256)
    return next((PacketFile(one.sha256, one.name, one.media_type) for one in named), None)


def _asked_for(tx: Tx, packet_id: str) -> Iterator[PacketFile]:
    """New papers of an order that waits for a second person, who is to look at them."""
    for what in tx.execute(sa.select(asked_order.c.what).where(asked_order.c.packet_id == packet_id)).scalars().all():
        for name, sha256 in json.loads(what).get("papers", {}).items():
            yield PacketFile(sha256, name, ANSWER)


def _sent(tx: Tx, packet_id: str) -> Iterator[PacketFile]:
    columns = (revision.c.n, revision.c.document_sha256, revision.c.content_type, revision.c.files)
    for row in tx.execute(sa.select(*columns).where(revision.c.packet_id == packet_id)).all():
        if row.document_sha256:
            yield PacketFile(row.document_sha256, f"document-{row.n}{_ending(row.content_type)}", row.content_type)
    where = cancellation.c.packet_id == packet_id
    for row in tx.execute(sa.select(cancellation).where(where)).all():
        yield PacketFile(row.document_sha256, f"void-{row.n}{_ending(row.content_type)}", row.content_type)
        if row.raw_sha256:
            yield PacketFile(row.raw_sha256, f"void-{row.n}-answer.txt", ANSWER)


def _answered(tx: Tx, packet_id: str) -> Iterator[PacketFile]:
    known = answers(tx, packet_id)
    for n, sha256 in known.attempts.items():
        yield PacketFile(sha256, f"answer-{n}.txt", ANSWER)
    for n, sha256 in enumerate(known.verdicts, 1):
        yield PacketFile(sha256, f"word-{n}.txt", ANSWER)


def _seen(tx: Tx, packet_id: str) -> Iterator[PacketFile]:
    where = (event.c.subject == packet_id, event.c.kind == "evidence")
    for data in tx.execute(sa.select(event.c.data).where(*where)).scalars().all():
        for one in json.loads(data).get("files", ()):
            yield PacketFile(one["sha256"], one["name"], one["media_type"])
    where = (event.c.subject == packet_id, event.c.kind == "built")
    for data in tx.execute(sa.select(event.c.data).where(*where)).scalars().all():
        for paper in json.loads(data).get("papers", ()):  # those that were made of the packet's own
            yield PacketFile(paper["sha256"], paper["name"], paper["media_type"])


def _ending(content_type: str) -> str:
    return ".json" if "json" in content_type else ".xml" if "xml" in content_type else ".bin"
