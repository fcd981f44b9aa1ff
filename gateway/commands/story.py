"""`status ID`: one packet's whole story: where it stands, who must act, transmissions, time-line, changes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import gateway.store.events as history
from checklists.checklist import Checklist
from gateway.commands.layout import facts, hanging, table
from gateway.commands.telling import changes_in_words, event_in_words, reason_in_words, who_in_words
from gateway.commands.terminal import Terminal
from gateway.commands.wording import ACTORS, OUTCOMES, STAGES, Calendar, money
from gateway.errors import NotFound
from gateway.pausing import in_words
from gateway.store import client_pauses, packets
from gateway.store.client_pauses import Pause
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.verdict import FINAL_STAGES, Actor, Stage
from gateway.views import packet_summary, packet_view


def story(terminal: Terminal, words: str) -> None:
    """Everything about the packet with this id, invoice number or source id; a list where several have it."""
    with terminal.house() as house, house.database.read() as tx:
        calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        records = packets.find(tx, words)
        if not records:
            raise NotFound(f"there is no packet with the id, invoice number or source id {words!r}.")
        if len(records) > 1:
            terminal.answer({"packets": [packet_summary(record) for record in records]})
            _show_choice(terminal, calendar, records)
            return
        record = records[0]
        broken = history.broken_link(tx, record.id)
        terminal.answer({"packet": packet_view(tx, record), "events_intact": broken is None})
        checklist = house.find_checklist(record.client, record.generated_at)
        _show_present(terminal, calendar, record, checklist, client_pauses.of(tx, record.client))
        _show_attempts(terminal, calendar, packets.attempts(tx, record.id))
        _show_events(terminal, calendar, tx, record)
        _show_revisions(terminal, tx, record)
        if broken is not None:
            terminal.tell(
                f"Event {broken} of this packet was changed or removed after it was written: ask who had access."
            )
        terminal.tell(f"Times are {calendar.zone}.")


def _show_choice(terminal: Terminal, calendar: Calendar, records: Sequence[PacketRecord]) -> None:
    rows = table("Packet", "Client", "Source id", "Amount", "Stage", "Since", right=("Amount",))
    for record in records:
        amount = money(record.total, record.currency)
        since = calendar.at(record.stage_since)
        rows.add_row(record.id, record.client, record.source_id, amount, record.stage.value, since)
    terminal.show(f"{len(records)} packets have this number; name one by its packet id:")
    terminal.show(rows)


def _show_present(
    terminal: Terminal, calendar: Calendar, record: PacketRecord, checklist: Checklist | None, pause: Pause | None
) -> None:
    client = checklist.name if checklist else record.client
    rows = [
        ("Invoice", f"{record.invoice_number}, {money(record.total, record.currency)}, {client} ({record.client})"),
        ("Packet", f"{record.id}, revision {record.revision}, sent by account {record.account}"),
        ("Source", f"{record.source_system}, {record.source_id}, made {calendar.at(record.generated_at)}"),
        ("Stage", f"{record.stage.value}: {STAGES[record.stage]}, since {calendar.at(record.stage_since)}"),
    ]
    if record.status:
        rows.append(("Portal says", f'"{record.portal_status}" ({record.status})'))
    if pause is not None and record.stage not in FINAL_STAGES:
        rows.append(("Paused", in_words(pause)))
    terminal.show(facts(rows))
    if record.stage is not Stage.held:
        return
    acts = [
        ("Who acts", _who(record.who_acts, checklist)),
        ("What to do", record.action),
        ("By when", calendar.due(record.act_by)),
    ]
    terminal.show()
    terminal.show(facts(acts))
    _show_reasons(terminal, record.why)
    if record.proposed is not None:
        key = record.proposed.key
        _heading(terminal, f"Proposed change {key}, to be accepted with `clearbill decide ID --correct --seen {key}`")
        for line in changes_in_words(record.proposed.patch):
            terminal.show(hanging("-", line))


def _who(actor: Actor, checklist: Checklist | None) -> str:
    contact = checklist.contact_for(actor) if checklist else None
    if contact is None:
        return ACTORS[actor]
    phone = f", {contact.phone}" if contact.phone else ""
    return f"{ACTORS[actor]} ({contact.role}: {contact.email}{phone})"


def _show_reasons(terminal: Terminal, why: Sequence[Mapping[str, Any]]) -> None:
    if not why:
        return
    _heading(terminal, "Why")
    for reason in why:
        terminal.show(hanging("-", reason_in_words(reason)))


def _show_attempts(terminal: Terminal, calendar: Calendar, attempts: Sequence[AttemptRecord]) -> None:
    if not attempts:
        return
    _heading(terminal, "Transmissions")
    rows = table("No.", "Rev.", "Began", "Outcome", "Portal's reference", "Our reference", right=("No.", "Rev."))
    for one in attempts:
        began = calendar.exactly(one.started_at)
        outcome = OUTCOMES[one.outcome] + (", entered by hand" if one.by_hand else "")
        rows.add_row(str(one.n), str(one.revision), began, outcome, one.portal_reference or "-", one.reference or "-")
    terminal.show(rows)


def _show_events(terminal: Terminal, calendar: Calendar, tx: Tx, record: PacketRecord) -> None:
    _heading(terminal, "What happened")
    rows = table("When", "Who", "What", whole=("When",))
    for event in history.history(tx, record.id):
        rows.add_row(calendar.exactly(event.at), who_in_words(event.who), event_in_words(event))
    terminal.show(rows)


def _show_revisions(terminal: Terminal, tx: Tx, record: PacketRecord) -> None:
    for row in packets.revisions(tx, record.id)[1:]:
        _heading(terminal, f"Revision {row.n}, by {who_in_words(row.author)}")
        if row.reason:
            terminal.show(f"  {row.reason}")
        for line in changes_in_words(json.loads(row.diff)):
            terminal.show(hanging("-", line))


def _heading(terminal: Terminal, words: str) -> None:
    terminal.show()
    terminal.show(terminal.heading(words))
