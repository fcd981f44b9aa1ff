"""`token add|list|end`: what programs show at the HTTP doors."""

from collections.abc import Sequence

from gateway import program_tokens
from gateway.commands.decisions import login
from gateway.commands.layout import table
from gateway.commands.terminal import Terminal
from gateway.commands.wording import Calendar
from gateway.store import api_tokens


def add(terminal: Terminal, name: str, scopes: Sequence[str], who: str) -> None:
    """Makes a token and shows it, once. Raises NotPossible."""
    with terminal.house() as house:
        token = program_tokens.make(house, name, scopes, who or login())
    terminal.show(token)
    terminal.tell("It is shown this once and kept nowhere. Programs send it as `Authorization: Bearer ...`.")
    terminal.answer({"name": name, "token": token, "scopes": sorted(set(scopes))})


def listed(terminal: Terminal) -> None:
    """Every token that was made."""
    with terminal.house() as house, house.database.read() as tx:
        known = api_tokens.every(tx)
        calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    rows = table("Name", "For", "Made", "Ended", whole=("Name",))
    for one in known:
        ended = calendar.at(one.ended_at) if one.ended_at else "-"
        rows.add_row(one.name, ", ".join(one.scopes), calendar.at(one.added_at), ended)
    terminal.show(rows if known else "No token was made yet: `clearbill token add NAME --scope packets:write`.")
    terminal.answer(
        {
            "tokens": [
                {"name": one.name, "scopes": list(one.scopes), "added_at": one.added_at, "ended_at": one.ended_at}
                for one in known
            ]
        }
    )


def end(terminal: Terminal, name: str, who: str) -> None:
    """Ends a token. Raises NotFound."""
    with terminal.house() as house:
        program_tokens.end(house, name, who or login())
    terminal.show(f"The token {name} opens nothing any more.")
    terminal.answer({"name": name, "ended": True})
