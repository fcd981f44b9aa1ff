"""`user add|list|password|role|disable|enable`: who may sign in to the coordinators' pages.

A password is asked for on a terminal, twice, or read from the first line of standard input; never from the command
line, which other users of the machine can see.
"""

import getpass
import sys

from gateway import identity
from gateway.commands.decisions import login
from gateway.commands.layout import table
from gateway.commands.terminal import Terminal
from gateway.commands.wording import Calendar
from gateway.errors import NotPossible
from gateway.store import people
from gateway.store.people import Role


def add(terminal: Terminal, name: str, role: str, who: str, *, openid: bool = False) -> None:
    """Makes a user: with a password, or one who comes with a company account. Raises NotPossible."""
    wanted = _role(role)
    with terminal.house() as house:
        if openid:
            identity.expect_person(house, name, wanted, who or login())
        else:
            identity.add_person(house, name, _password(), wanted, who or login())
    how = " with the company account" if openid else ""
    _done(terminal, name, f"{name} may sign in{how} now, as {wanted.value}.")


def listed(terminal: Terminal) -> None:
    """Everybody with their role."""
    with terminal.house() as house, house.database.read() as tx:
        everybody = people.every(tx)
        calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    rows = table("Name", "Role", "May sign in", "Added", whole=("Name",))
    for one in everybody:
        rows.add_row(one.name, one.role.value, "no" if one.disabled else "yes", calendar.at(one.added_at))
    terminal.show(rows if everybody else "There is no user yet: `clearbill user add NAME --role admin`.")
    terminal.answer(
        {
            "users": [
                {"name": one.name, "role": one.role.value, "disabled": one.disabled, "added_at": one.added_at}
                for one in everybody
            ]
        }
    )


def password(terminal: Terminal, name: str, who: str) -> None:
    """Gives a new password. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        identity.set_password(house, name, _password(), who or login())
    _done(terminal, name, f"{name} has a new password; every session of theirs has ended.")


def role(terminal: Terminal, name: str, role: str, who: str) -> None:
    """Gives another role. Raises NotFound, NotPossible."""
    wanted = _role(role)
    with terminal.house() as house:
        identity.set_role(house, name, wanted, who or login())
    _done(terminal, name, f"{name} is {wanted.value} now; every session of theirs has ended.")


def disable(terminal: Terminal, name: str, who: str) -> None:
    """Lets a user in no more. Raises NotFound."""
    with terminal.house() as house:
        identity.disable(house, name, who or login())
    _done(terminal, name, f"{name} may sign in no more; every session of theirs has ended.")


def enable(terminal: Terminal, name: str, who: str) -> None:
    """Lets a user in again. Raises NotFound."""
    with terminal.house() as house:
        identity.enable(house, name, who or login())
    _done(terminal, name, f"{name} may sign in again.")


def _done(terminal: Terminal, name: str, words: str) -> None:
    terminal.show(words)
    terminal.answer({"user": name, "said": words})


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise NotPossible(f"{word!r} is not a role; the roles are: {', '.join(Role)}.") from None


def _password() -> str:
    """The password that is typed. Raises NotPossible where the two spellings differ."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise NotPossible("the two passwords differ; nothing was changed.")
    return first
