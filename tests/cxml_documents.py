"""Every cXML document that a run has stored, and what the official and our own document types find wrong in it."""

import re
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from lxml import etree

from formats.cxml import check_document, parse
from gateway.house import House
from gateway.store import packets, tables

OFFICIAL = Path(__file__).parents[2] / "shared" / "references" / "cxml"
"""The published document types; they are not part of the product, so tests do without them where they are not."""
_NAMED = re.compile(rb"<!DOCTYPE cXML SYSTEM \"[^\"]*/(1\.2\.\d+)/InvoiceDetail\.dtd\"")


def stored(house: House) -> dict[str, bytes]:
    """Packet id and revision -> the document, for every cXML document that this house has built."""
    revision = tables.revision.c
    of_cxml = sa.and_(revision.document_sha256.is_not(None), revision.format == "cxml")
    with house.database.read() as tx:
        rows = tx.execute(sa.select(revision.packet_id, revision.n).where(of_cxml)).all()
        return {f"{row.packet_id}.{row.n}": packets.built_document(tx, row.packet_id, row.n).content for row in rows}


def faults_of(body: bytes) -> list[str]:
    """What is wrong with a document: by our own checks, and by the official DTD of the version that it names."""
    official = _official_faults(_document_in(body)) if OFFICIAL.is_dir() else []
    return [*check_document(body), *official]


def _document_in(body: bytes) -> bytes:
    """The document itself, which stands first where papers travel with it."""
    if not body.startswith(b"--"):
        return body
    boundary = body.split(b"\r\n", 1)[0]
    return body.split(b"\r\n" + boundary)[0].partition(b"\r\n\r\n")[2]


def _official_faults(document: bytes) -> list[str]:
    named = _NAMED.search(document)
    if named is None:
        return ["its DOCTYPE names no version of InvoiceDetail.dtd"]
    dtd = _official(named[1].decode())
    return [] if dtd.validate(parse(document)) else [f"official DTD: {entry.message}" for entry in dtd.error_log]


@lru_cache
def _official(version: str) -> etree.DTD:
    return etree.DTD(str(OFFICIAL / version / "InvoiceDetail.dtd"))
