"""`status` without a packet: what waits for whom by when, how many packets are where, how the accounts are doing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.text import Text

from gateway.commands.layout import hanging, table
from gateway.commands.terminal import Terminal
from gateway.commands.wording import SHORT_ACTORS, STAGES, Calendar, money
from gateway.house import House
from gateway.pausing import in_words
from gateway.store import accounts, board, client_pauses, packets
from gateway.store.accounts import AccountRecord
from gateway.store.board import Waiting
from gateway.store.packets import PacketRecord
from gateway.verdict import Stage
from gateway.views import packet_summary


def overview(terminal: Terminal, client: str, limit: int) -> None:
    """The whole office at a glance, or one client's share of it. Raises NotFound for an unknown client."""
    with terminal.house() as house:
        if client:
            house.checklist(client)
        with house.database.read() as tx:
            now = house.database.now(tx)
            stages = board.stages(tx, client)
            waiting = board.waiting_for(tx, client)
            held = [one for one in (packets.load(tx, key) for key in board.held(tx, client, limit)) if one]
            states = _of_client(house, accounts.every(tx), client)
            dead = len(house.queue.dead_letters(tx))
            jobs = house.queue.waiting(tx)
            pauses = [one for one in client_pauses.every(tx) if client in ("", one.client)]
        calendar = Calendar(house.settings.time_zone, now)
        _show(terminal, calendar, stages, waiting, held, states, dead)
        for pause in pauses:
            terminal.show(Text(f"\nThe client {pause.client} is paused. {in_words(pause)}", style="yellow"))
        terminal.answer(
            {
                "at": now,
                "client": client,
                "stages": stages,
                "waits_for": [_waiting_values(one) for one in waiting],
                "held": [packet_summary(record) for record in held],
                "accounts": [_account_values(state, now) for state in states],
                "paused_clients": [asdict(one) for one in pauses],
                "jobs": {"ready": _count(jobs, "ready"), "dead": dead},
            }
        )


def account_state(state: AccountRecord, now: datetime) -> str:
    """One word for an account: working, failing, resting (its breaker is open) or stopped."""
    if state.paused:
        return "stopped"
    if state.open_until is not None and state.open_until > now:
        return "resting"
    return "failing" if state.failures else "working"


def _of_client(house: House, states: Sequence[AccountRecord], client: str) -> list[AccountRecord]:
    """Accounts that the settings still name; one client's own where a client is asked for."""
    wanted = {house.checklist(client).account} if client else set(house.settings.accounts)
    return [state for state in states if state.key in wanted]


def _count(jobs: Mapping[tuple[str, str], int], wanted: str) -> int:
    return sum(count for (_, state), count in jobs.items() if state == wanted)


# --- for reading --------------------------------------------------------------------------------------------------


def _show(
    terminal: Terminal,
    calendar: Calendar,
    stages: Mapping[Stage, int],
    waiting: Sequence[Waiting],
    held: Sequence[PacketRecord],
    states: Sequence[AccountRecord],
    dead: int,
) -> None:
    if not stages:
        terminal.show("No packets yet. Hand some over with `clearbill submit FILE...`.")
    else:
        _show_held(terminal, calendar, waiting, held)
        _show_stages(terminal, stages)
    _show_accounts(terminal, calendar, states)
    if dead:
        terminal.show(Text(f"\nGiven up after the last try: {dead}. See `clearbill queue dead`.", style="red"))
    terminal.tell(f"Times are {calendar.zone}.")


def _show_held(
    terminal: Terminal, calendar: Calendar, waiting: Sequence[Waiting], held: Sequence[PacketRecord]
) -> None:
    if not held:
        terminal.show(Text("Nothing waits for a person.\n", style="green"))
        return
    rows = table("Waits for", "Packets", "Amount", "First due", right=("Packets", "Amount"))
    for one in waiting:
        who = SHORT_ACTORS[one.who] or "nobody named"
        rows.add_row(who, str(one.packets), money(one.amount, one.currency), calendar.due(one.earliest))
    terminal.show(rows)
    terminal.show()
    for record in held:
        _show_one(terminal, calendar, record)
    total = sum(one.packets for one in waiting)
    if total > len(held):
        terminal.show(f"... and {total - len(held)} more; --limit {min(total, 1000)} shows them.")
    terminal.show()
    terminal.show("`clearbill status INVOICE` tells the whole story of one; `clearbill decide` decides.")
    terminal.show()


def _show_one(terminal: Terminal, calendar: Calendar, record: PacketRecord) -> None:
    overdue = record.act_by is not None and record.act_by < calendar.now
    first = terminal.heading(record.invoice_number)
    amount = money(record.total, record.currency)
    first.append_text(terminal.out.render_str(f"  {amount}  {record.client}  ", style="not bold"))
    first.append(calendar.due(record.act_by), style="not bold red" if overdue else "not bold dim")
    terminal.show(first)
    terminal.show(hanging(f"{SHORT_ACTORS[record.who_acts] or 'nobody named'}:", record.action))


def _show_stages(terminal: Terminal, stages: Mapping[Stage, int]) -> None:
    rows = table("Packets", "Where", right=("Packets",))
    for stage, count in stages.items():
        rows.add_row(f"{count:,}", STAGES[stage])
    terminal.show(rows)


def _show_accounts(terminal: Terminal, calendar: Calendar, states: Sequence[AccountRecord]) -> None:
    if not states:
        terminal.show("\nNo portal account is set up: name one under `accounts` in the settings.")
        return
    rows = table("Account", "State", "Statuses read", "Orders read", whole=("Account",))
    for state in states:
        word = account_state(state, calendar.now)
        style = {"working": "green", "stopped": "red"}.get(word, "yellow")
        told = Text(word, style=style)
        if words := _trouble(state, calendar):
            told.append_text(terminal.out.render_str(f": {words}"))
        rows.add_row(state.key, told, calendar.ago(state.polled_at), calendar.ago(state.orders_read_at))
    terminal.show()
    terminal.show(rows)


def _trouble(state: AccountRecord, calendar: Calendar) -> str:
    if state.paused:
        return f"{state.action} (`clearbill account resume {state.key}`)"
    if not state.failures:
        return ""
    since = f" since {calendar.at(state.failing_since)}" if state.failing_since else ""
    again = f" Tried again {calendar.due(state.open_until)}." if state.open_until else ""
    return f"failures in a row: {state.failures}{since}. {state.last_failure}{again}"


# --- as JSON ------------------------------------------------------------------------------------------------------


def _waiting_values(one: Waiting) -> dict[str, Any]:
    return {
        "who_acts": one.who.value,
        "currency": one.currency,
        "packets": one.packets,
        "amount": one.amount,
        "earliest": one.earliest,
    }


def _account_values(state: AccountRecord, now: datetime) -> dict[str, Any]:
    return {
        "key": state.key,
        "state": account_state(state, now),
        "who_acts": state.who_acts.value,
        "action": state.action,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "last_failure": state.last_failure,
        "open_until": state.open_until,
        "polled_at": state.polled_at,
        "orders_read_at": state.orders_read_at,
    }
