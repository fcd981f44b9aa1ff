"""`render` and `packet schema`: documents to look at, nothing stored and nothing sent."""

import base64
import hashlib
import json
import sys
from pathlib import Path

from gateway.adapter import Document
from gateway.commands.terminal import Terminal
from gateway.errors import NotFound, NotPossible
from gateway.packet import packet_schema


def render(terminal: Terminal, file: Path, client: str, format: str, out: Path | None) -> None:
    """The exact bytes, to a file or standard output. Raises PacketRefused, NotFound, NotPossible, CannotExpress."""
    from zoneinfo import ZoneInfo

    from checklists.library import load_folder
    from gateway.handover import read
    from gateway.intake import packet_of
    from gateway.render import render as rendered
    from gateway.render import secret_marks

    settings = terminal.settings()
    handed, files = read(file)
    packet = packet_of(handed, files)
    if client and client != packet.client:
        terminal.tell(f"The packet is for {packet.client}; rendered as if it were for {client}.")
        packet = packet.model_copy(update={"client": client})
    made_on = packet.generated_at.astimezone(ZoneInfo(settings.time_zone)).date()
    checklists = load_folder(settings.checklists).on(made_on)
    if packet.client not in checklists:
        raise NotFound(f"there is no client {packet.client!r}; the clients are: {', '.join(checklists) or 'none'}.")
    document = rendered(settings, checklists[packet.client], packet, files, format)
    _write(terminal, document, out)
    _remark(terminal, document, secret_marks(document))


def _write(terminal: Terminal, document: Document, out: Path | None) -> None:
    told = {
        "format": document.format,
        "content_type": document.content_type,
        "invoice_number": document.number,
        "bytes": len(document.body),
        "sha256": hashlib.sha256(document.body).hexdigest(),
        "files_beside": [file.name for file in document.files],
    }
    if out is not None:
        terminal.write_file(out, document.body)
        terminal.answer({**told, "file": str(out)})
    elif terminal.json:
        terminal.answer({**told, "document_base64": base64.b64encode(document.body).decode()})
    else:
        if sys.stdout.isatty() and not _is_text(document.body):
            raise NotPossible("the document carries files and would garble the screen. Name a file with --out.")
        sys.stdout.buffer.write(document.body)
        sys.stdout.flush()


def _remark(terminal: Terminal, document: Document, marks: tuple[str, ...]) -> None:
    terminal.tell(f"{document.format}, {len(document.body):,} bytes, {document.content_type.split(';')[0]}.")
    terminal.tell("Reference and time are stand-ins: the real ones are made when the packet is accepted and built.")
    for mark in marks:
        terminal.tell(f"Where it says {mark} the secret is put in as the bytes leave.")
    if document.files:
        terminal.tell(f"Sent beside it: {', '.join(file.name for file in document.files)}.")


def _is_text(body: bytes) -> bool:
    try:
        return "\x00" not in body.decode()
    except UnicodeDecodeError:
        return False


def schema(terminal: Terminal) -> None:
    """The JSON Schema of a packet; the same with and without `--json`."""
    sys.stdout.write(json.dumps(packet_schema(), indent=2) + "\n")
