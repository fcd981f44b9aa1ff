"""`client pause|resume|list`: clients of whom nothing is sent for a while."""

from dataclasses import asdict

from gateway import pausing
from gateway.commands.decisions import login
from gateway.commands.layout import table
from gateway.commands.terminal import Terminal
from gateway.commands.wording import Calendar
from gateway.store import client_pauses


def pause(terminal: Terminal, client: str, why: str, who: str) -> None:
    """Sends nothing of a client any more. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        pausing.pause_client(house, client, who or login(), why)
    terminal.show(f"Nothing of {client} is sent any more; what is under way is finished.")
    terminal.show(f"`clearbill client resume {client}` lets it go on where it stood.")
    terminal.answer({"client": client, "state": "paused"})


def resume(terminal: Terminal, client: str, why: str, who: str) -> None:
    """Lets everything of a client go on where it stood. Raises NotPossible."""
    with terminal.house() as house:
        waited = pausing.resume_client(house, client, who or login(), why)
    terminal.show(f"{client} goes on; set aside until now: {waited}.")
    terminal.answer({"client": client, "state": "working", "set_aside": waited})


def listed(terminal: Terminal) -> None:
    """Every client that is paused."""
    with terminal.house() as house, house.database.read() as tx:
        paused = client_pauses.every(tx)
        calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    rows = table("Client", "Paused by", "Since", "Because", whole=("Client",))
    for one in paused:
        rows.add_row(one.client, one.who, calendar.at(one.since), one.why)
    terminal.show(rows if paused else "No client is paused.")
    terminal.answer({"paused": [asdict(one) for one in paused]})
