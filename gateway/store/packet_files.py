"""Every piece of bytes that belongs to one packet: papers, documents as they left, answers as they came, pictures.

A page may show what is in this list and nothing else, whatever hash it is asked for."""

import json
import re
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import body
from gateway.store.tables import attempt, cancellation, event, revision, verdict

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


def find(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    """The piece of this packet with this hash; None where the packet has none such. Only what has the hash is read."""
    if not _IS_HASH.fullmatch(sha256):
        return None
    for look in (_sent, _cancelled, _answered, _said, _seen, _papers):
        if found := look(tx, packet_id, sha256):
            return found
    return None


_IS_HASH = re.compile("[0-9a-f]{64}")


def _sent(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    columns = (revision.c.n, revision.c.content_type)
    own = (revision.c.packet_id == packet_id, revision.c.document_sha256 == sha256)
    row = tx.execute(sa.select(*columns).where(*own).order_by(revision.c.n.desc()).limit(1)).first()
    return PacketFile(sha256, f"document-{row.n}{_ending(row.content_type)}", row.content_type) if row else None


def _cancelled(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    theirs = sa.or_(cancellation.c.document_sha256 == sha256, cancellation.c.raw_sha256 == sha256)
    row = tx.execute(sa.select(cancellation).where(cancellation.c.packet_id == packet_id, theirs).limit(1)).first()
    if row is None:
        return None
    if row.document_sha256 == sha256:
        return PacketFile(sha256, f"void-{row.n}{_ending(row.content_type)}", row.content_type)
    return PacketFile(sha256, f"void-{row.n}-answer.txt", ANSWER)


def _answered(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    own = (attempt.c.packet_id == packet_id, attempt.c.raw_sha256 == sha256)
    n = tx.execute(sa.select(attempt.c.n).where(*own).limit(1)).scalar()
    return PacketFile(sha256, f"answer-{n}.txt", ANSWER) if n is not None else None


def _said(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    of_packet = verdict.c.packet_id == packet_id
    first = tx.execute(sa.select(sa.func.min(verdict.c.id)).where(of_packet, verdict.c.raw_sha256 == sha256)).scalar()
    if first is None:
        return None
    n = tx.execute(sa.select(sa.func.count()).where(of_packet, verdict.c.id <= first)).scalar_one()
    return PacketFile(sha256, f"word-{n}.txt", ANSWER)


def _seen(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    """Among what was seen at the portal, and the papers that were made of the packet's own."""
    for kind, name in (("evidence", "files"), ("built", "papers")):
        where = (event.c.subject == packet_id, event.c.kind == kind, event.c.data.contains(sha256))
        for data in tx.execute(sa.select(event.c.data).where(*where)).scalars():
            for one in json.loads(data).get(name, ()):
                if one["sha256"] == sha256:
                    return PacketFile(sha256, one["name"], one["media_type"])
    return None


def _papers(tx: Tx, packet_id: str, sha256: str) -> PacketFile | None:
    own = (revision.c.packet_id == packet_id, revision.c.body.contains(sha256))
    for n in tx.execute(sa.select(revision.c.n).where(*own).order_by(revision.c.n.desc())).scalars():
        for paper in body(tx, packet_id, n).documents:
            if paper.sha256 == sha256:
                return PacketFile(sha256, paper.name, paper.media_type)
    return None


def _ending(content_type: str) -> str:
    return ".json" if "json" in content_type else ".xml" if "xml" in content_type else ".bin"
