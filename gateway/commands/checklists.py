"""`checklist`: a client's rules for reading, what they find in a packet, and whether files of them are right."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from rich.markdown import Markdown

from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.fault import ChecklistBroken, Fault
from checklists.finding import Finding
from checklists.library import PORTALS, Library, library_from, load_folder, readable_texts
from checklists.schema import checklist_schema
from gateway.commands.findings import findings_shown
from gateway.commands.layout import facts, hanging, table
from gateway.commands.rules import rules_in_words
from gateway.commands.terminal import DONE, REFUSED, TROUBLE, Terminal
from gateway.commands.wording import ACTORS, Calendar
from gateway.errors import NotFound
from gateway.handover import read
from gateway.holding import finding_json
from gateway.house import House
from gateway.intake import packet_of
from gateway.packet import Packet
from gateway.paper_sending import papers_to_send
from gateway.settings import Settings
from gateway.steps.prepare import findings_for
from gateway.store import accounts, packets
from gateway.timesheets import contents, read_sheets


def checklist(terminal: Terminal, client: str, file: Path | None) -> int:
    """Answers the exit code: 1 where the packet would be stopped. Raises as intake does."""
    settings = _settings(terminal)
    library, today = load_folder(settings.checklists), _today(settings)
    if not client:
        _show_clients(terminal, library.on(today))
        return DONE
    if client not in library.versions:
        known = ", ".join(library.versions)
        raise NotFound(f"there is no client {client!r} here; the clients with a checklist are: {known}.")
    if file is not None:
        return _check_packet(terminal, settings, library, client, file)
    _show(terminal, settings, _version_of(library, client, today), library.versions[client])
    return DONE


def _today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.time_zone)).date()


def _version_of(library: Library, client: str, day: date) -> Checklist:
    found = library.find(client, day)
    if found is None:
        raise NotFound(f"no version of the checklist of {client!r} is in force on {day}.")
    return found


def _settings(terminal: Terminal) -> Settings:
    """The installation's settings; where there is none, those that a new one begins with: the sample checklists."""
    if terminal.has_settings():
        return terminal.settings()
    terminal.tell("There is no clearbill.yaml here: these are the sample checklists.")
    return Settings()


# --- files --------------------------------------------------------------------------------------------------------


def check_files(terminal: Terminal, path: Path) -> int:
    """Whether a folder's files are right, or one of them among its neighbours; 3 where something is wrong."""
    folder = path if path.is_dir() else path.parent.parent if path.parent.name == PORTALS[:-1] else path.parent
    name = "" if path.is_dir() else path.relative_to(folder).as_posix()
    if not path.exists():
        raise NotFound(f"there is no file or folder {path}.")
    faults: tuple[Fault, ...] = ()
    try:
        library = _checked(folder)
    except ChecklistBroken as broken:
        library, faults = Library({}), broken.faults
    told = [one for one in faults if not name or name in (one.file, one.beside)]
    for fault in told:
        terminal.show(hanging("-", str(fault)))
    if len(told) < len(faults):
        terminal.tell(f"Other files of this folder have faults, too: {len(faults) - len(told)}.")
    if not told:
        clients = ", ".join(library.versions)
        terminal.show(f"All right: {name or clients}." if name or clients else "There is no *.yaml in this folder.")
    terminal.answer(
        {
            "folder": str(folder),
            "file": name,
            "right": not told,
            "clients": list(library.versions),
            "faults": [
                {"file": one.file, "line": one.line, "field": one.field, "message": str(one), "cure": one.cure}
                for one in told
            ],
        }
    )
    return TROUBLE if told else DONE


def _checked(folder: Path) -> Library:
    """The folder's library. Raises ChecklistBroken with what cannot be read beside what is wrong in the others."""
    texts, faults = readable_texts(folder)
    try:
        library = library_from(texts)
    except ChecklistBroken as broken:
        raise ChecklistBroken((*faults, *broken.faults)) from None
    if faults:
        raise ChecklistBroken(faults)
    return library


def schema(terminal: Terminal, of: Literal["client", "portal"]) -> None:
    """The JSON Schema of checklist files; the same with and without `--json`."""
    sys.stdout.write(json.dumps(checklist_schema(of), indent=2) + "\n")


def _show_clients(terminal: Terminal, known: Mapping[str, Checklist]) -> None:
    rows = table("Client", "Name", "Sent by account", whole=("Client",))
    for key, one in known.items():
        rows.add_row(key, one.name, one.account)
    terminal.show(rows)
    terminal.show("\n`clearbill checklist CLIENT` shows one.")
    terminal.answer(
        {"clients": [{"client": key, "name": one.name, "account": one.account} for key, one in known.items()]}
    )


# --- a packet against its checklist -------------------------------------------------------------------------------


def _check_packet(terminal: Terminal, settings: Settings, library: Library, client: str, file: Path) -> int:
    handed, files = read(file)
    packet = packet_of(handed, files)
    if packet.client != client:
        terminal.tell(f"The packet is for {packet.client}; checked as if it were for {client}.")
        packet = packet.model_copy(update={"client": client})
    wanted = _version_of(library, client, packet.generated_at.astimezone(ZoneInfo(settings.time_zone)).date())
    if wanted.account in settings.accounts:
        with terminal.house() as house:
            findings, orders_read = _findings_here(house, packet, wanted, files)
    else:
        findings, orders_read = _findings_anywhere(packet, wanted, files, _today(settings)), False
    stopped = any(finding.stops for finding in findings)
    if not findings:
        terminal.show("Nothing is wrong: it would be sent as it is.")
    elif not stopped:
        terminal.show("It would be sent; worth a look:")
    else:
        terminal.show("It would not be sent:")
    for line in findings_shown(findings):
        terminal.show(line)
    if not orders_read:
        words = f"Purchase orders and balances were not checked: account {wanted.account} has not read its orders yet."
        terminal.tell(words)
    told = [finding_json(finding) for finding in findings]
    values = {"client": wanted.client, "invoice_number": packet.invoice.number, "stopped": stopped}
    terminal.answer({**values, "findings": told, "orders_checked": orders_read})
    return REFUSED if stopped else DONE


def _findings_anywhere(
    packet: Packet, wanted: Checklist, files: Mapping[str, bytes], today: date
) -> tuple[Finding, ...]:
    """What is found where nothing is known but the packet and its files."""
    content_of = contents(packet, files)
    papers = papers_to_send(packet, wanted, content_of).sent
    return check(packet, wanted, Facts(today=today, sheets=read_sheets(packet, wanted, content_of), papers=papers))


def _findings_here(
    house: House, packet: Packet, wanted: Checklist, files: Mapping[str, bytes]
) -> tuple[tuple[Finding, ...], bool]:
    """What is found as things stand in this installation, and whether its order register was read."""
    with house.database.read() as tx:
        earlier = packets.by_source(tx, packet.source_system, packet.source_id)
        packet_id = earlier[0] if earlier else ""
        orders_read = accounts.load(tx, wanted.account).orders_read_at is not None
        return findings_for(house, tx, packet, wanted, wanted.account, packet_id, files), orders_read


# --- for reading --------------------------------------------------------------------------------------------------


def _show(terminal: Terminal, settings: Settings, one: Checklist, versions: Sequence[Checklist]) -> None:
    calendar = Calendar(settings.time_zone, datetime.now(UTC))
    terminal.show(terminal.heading(f"{one.name} ({one.client})"))
    rows = [("Sent by", f"account {one.account}")]
    if one.inherits:
        rows.append(("Inherits", f"the portal file {one.inherits}"))
    if len(versions) > 1 or one.starts or one.ends:
        rows.append(("In force", _days_in_words(one)))
        rows.extend(("Other version", _days_in_words(other)) for other in versions if other is not one)
    for contact in one.contacts:
        phone = f", {contact.phone}" if contact.phone else ""
        rows.append((contact.role.capitalize(), f"{contact.email}{phone}, for {ACTORS[contact.acts_for]}"))
    for step in one.escalation:
        rows.append((f"After {step.after_days} days", f"turn to {step.role}"))
    coming = one.next_cut_off(calendar.now)
    if one.cut_off and coming:
        when = f"{one.cut_off.weekday.capitalize()} {one.cut_off.hour:%H:%M} {one.cut_off.time_zone}"
        rows.append(("Cut-off", f"{when}; the next is {calendar.due(coming)}"))
    terminal.show(facts(rows))
    if one.procedure.strip():
        terminal.show()
        terminal.show(Markdown(one.procedure))
    terminal.show()
    for subject, rules in rules_in_words(one):
        terminal.show(terminal.heading(subject))
        for rule in rules:
            terminal.show(hanging("-", rule))
    days = [{"from": other.starts, "to": other.ends} for other in versions]
    words = {subject: list(rules) for subject, rules in rules_in_words(one)}
    terminal.answer(
        {
            "client": one.client,
            "checklist": one.model_dump(mode="json", by_alias=True),
            "in_words": words,
            "versions": days,
        }
    )


def _days_in_words(one: Checklist) -> str:
    since = f"from {one.starts}" if one.starts else "from the beginning"
    return f"{since} to {one.ends}" if one.ends else f"{since} on"
