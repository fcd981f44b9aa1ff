"""The document that would be sent for a packet, made without sending: no database, no network, no secret.

What only exists once a packet is stored is replaced: the reference is made from the packet's content, the document's
time is the packet's own `generated_at`. The secret's place-holder stays.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from checklists.checklist import Checklist
from gateway.adapter import OURS, Document, Stamp
from gateway.errors import NotFound, NotPossible
from gateway.packet import Packet, content_hash
from gateway.paper_sending import files_from, papers_to_send
from gateway.portals import Portals
from gateway.settings import AccountSettings, Settings
from gateway.timesheets import contents

_SECRET_MARK = re.compile(rb"@@clearbill-secret:[A-Za-z0-9_]+@@")


def render(
    settings: Settings, checklist: Checklist, packet: Packet, files: Mapping[str, bytes], format: str = ""
) -> Document:
    """The document that this client's account would send; `format` asks for another that its portal takes.

    Raises CannotExpress, SettingWrong, NotFound (no such format)."""
    account = _in_format(settings.account(checklist.account), format)
    portals = Portals({checklist.account: account})
    stamp = Stamp(reference=f"preview-{content_hash(packet)[:16]}.1{OURS}", built_at=packet.generated_at)
    content_of = contents(packet, files)
    papers = files_from(papers_to_send(packet, checklist, content_of), content_of)
    try:
        document = portals.adapter(checklist.account).render(packet, papers, checklist.presentation, stamp)
    finally:
        portals.close()
    if format and document.format != format:
        raise NotPossible(f"the account sends {document.format}, and its portal takes no {format}.")
    return document


def secret_marks(document: Document) -> tuple[str, ...]:
    """The place-holders that the secret values replace as the bytes leave."""
    return tuple(dict.fromkeys(mark.decode() for mark in _SECRET_MARK.findall(document.body)))


def formats_of(portal: str) -> Mapping[str, Mapping[str, Any]]:
    """Document format -> the account settings that choose it; empty for a portal that takes one format."""
    found: Mapping[str, Mapping[str, Any]] = getattr(import_module(f"adapters.{portal}"), "FORMATS", {})
    return found


def _in_format(account: AccountSettings, format: str) -> AccountSettings:
    if not format:
        return account
    formats = formats_of(account.portal)
    if format in formats:
        return account.model_copy(update={"settings": {**account.settings, **formats[format]}})
    if formats:
        raise NotFound(f"there is no format {format!r}; {account.portal} takes: {', '.join(formats)}.")
    return account
