"""`token add|list|end`: what programs show at the HTTP doors."""

import re
from collections.abc import Sequence

from gateway.commands.decisions import login
from gateway.commands.layout import table
from gateway.commands.terminal import Terminal
from gateway.commands.wording import Calendar
from gateway.errors import NotFound, NotPossible
from gateway.store import api_tokens
from gateway.web.tokens import SCOPES, digest_of, new_token

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def add(terminal: Terminal, name: str, scopes: Sequence[str], who: str) -> None:
    """Makes a token and shows it, once. Raises NotPossible."""
    if not _NAME.fullmatch(name):
        raise NotPossible(f"{name!r} cannot be a token's name: use small letters, digits and . _ -, up to 63.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise NotPossible(f"there is no scope {', '.join(unknown)}; there are: {', '.join(SCOPES)}.")
    token = new_token()
    with terminal.house() as house, house.database.write() as tx:
        now = house.database.now(tx)
        if not api_tokens.insert(tx, name, digest_of(token), set(scopes), now, who or login()):
            raise NotPossible(f"there was a token {name!r} before; give the new one another name.")
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
    with terminal.house() as house, house.database.write() as tx:
        known = api_tokens.load(tx, name, lock=True)
        if known is None:
            raise NotFound(f"there is no token {name!r}; `clearbill token list` shows them.")
        if known.ended_at is None:
            api_tokens.end(tx, known, house.database.now(tx), who or login())
    terminal.show(f"The token {name} opens nothing any more.")
    terminal.answer({"name": name, "ended": True})
