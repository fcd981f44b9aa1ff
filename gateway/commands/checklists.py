"""`checklist`: a client's rules for reading, what they find in a packet, and whether a folder of them is right."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.markdown import Markdown

from checklists.check import check
from checklists.checklist import Checklist, ChecklistBroken, load_folder
from checklists.facts import Facts
from checklists.finding import Finding
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
from gateway.settings import Settings
from gateway.steps.prepare import findings_for
from gateway.store import accounts, packets
from gateway.timesheets import contents, read_sheets


def checklist(terminal: Terminal, client: str, file: Path | None, folder: Path | None) -> int:
    """Answers the exit code: 1 where the packet would be stopped, 3 where files are wrong. Raises as intake does."""
    if folder is not None:
        return _check_folder(terminal, folder)
    settings = _settings(terminal)
    known = load_folder(settings.checklists)
    if not client:
        _show_clients(terminal, known)
        return DONE
    if client not in known:
        raise NotFound(f"there is no client {client!r} here; the clients with a checklist are: {', '.join(known)}.")
    if file is not None:
        return _check_packet(terminal, settings, known[client], file)
    _show(terminal, settings, known[client])
    return DONE


def _settings(terminal: Terminal) -> Settings:
    """The installation's settings; where there is none, those that a new one begins with: the sample checklists."""
    if terminal.has_settings():
        return terminal.settings()
    terminal.tell("There is no clearbill.yaml here: these are the sample checklists.")
    return Settings()


def _check_folder(terminal: Terminal, folder: Path) -> int:
    try:
        found = load_folder(folder)
    except ChecklistBroken as broken:
        for fault in broken.faults:
            terminal.show(hanging("-", str(fault)))
        faults = [
            {"file": one.file, "line": one.line, "field": one.field, "message": str(one)} for one in broken.faults
        ]
        terminal.answer({"folder": str(folder), "right": False, "clients": [], "faults": faults})
        return TROUBLE
    words = f"All right: {', '.join(found)}." if found else "There is no *.yaml in this folder."
    terminal.show(words)
    terminal.answer({"folder": str(folder), "right": True, "clients": list(found), "faults": []})
    return DONE


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


def _check_packet(terminal: Terminal, settings: Settings, wanted: Checklist, file: Path) -> int:
    handed, files = read(file)
    packet = packet_of(handed, files)
    if packet.client != wanted.client:
        terminal.tell(f"The packet is for {packet.client}; checked as if it were for {wanted.client}.")
        packet = packet.model_copy(update={"client": wanted.client})
    if wanted.account in settings.accounts:
        with terminal.house() as house:
            findings, orders_read = _findings_here(house, packet, wanted, files)
    else:
        today = datetime.now(UTC).astimezone(ZoneInfo(settings.time_zone)).date()
        findings, orders_read = _findings_anywhere(packet, wanted, files, today), False
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
    sheets = read_sheets(packet, wanted, contents(packet, files))
    return check(packet, wanted, Facts(today=today, sheets=sheets))


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


def _show(terminal: Terminal, settings: Settings, one: Checklist) -> None:
    calendar = Calendar(settings.time_zone, datetime.now(UTC))
    terminal.show(terminal.heading(f"{one.name} ({one.client})"))
    rows = [("Sent by", f"account {one.account}")]
    for contact in one.contacts:
        phone = f", {contact.phone}" if contact.phone else ""
        rows.append((contact.role.capitalize(), f"{contact.email}{phone}, for {ACTORS[contact.acts_for]}"))
    for step in one.escalation:
        rows.append((f"After {step.after_days} days", f"turn to {step.role}"))
    if one.cut_off:
        when = f"{one.cut_off.weekday.capitalize()} {one.cut_off.hour:%H:%M} {one.cut_off.time_zone}"
        rows.append(("Cut-off", f"{when}; the next is {calendar.due(one.cut_off.next_after(calendar.now))}"))
    terminal.show(facts(rows))
    if one.procedure.strip():
        terminal.show()
        terminal.show(Markdown(one.procedure))
    terminal.show()
    for subject, rules in rules_in_words(one):
        terminal.show(terminal.heading(subject))
        for rule in rules:
            terminal.show(hanging("-", rule))
    words = {subject: list(rules) for subject, rules in rules_in_words(one)}
    terminal.answer({"client": one.client, "checklist": one.model_dump(mode="json"), "in_words": words})
