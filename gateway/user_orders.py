"""What an admin orders about users beyond `gateway.identity`: a password for the first sign-in, the end of sessions.

There is no mail to rely on, so a new user gets a password that the program makes: 79 random bits, shown once to the
admin, who hands it over. It opens nothing but the page on which its bearer chooses another, and not for long. An admin
never learns what the person chose.
"""

import secrets

from gateway import identity
from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.store import people
from gateway.store.people import Role

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is taken for something else when it is read aloud


def invite(house: House, name: str, role: Role, by: str) -> str:
    """Makes somebody who may sign in; answers the password for the first time. Raises NotPossible."""
    password = _made()
    with house.database.read() as tx:
        if people.load(tx, name):
            raise NotPossible(f"there is a user {name!r} already; give a new password on this page.")
    identity.add_person(house, name, password, role, by)
    _once(house, name)
    return password


def renew(house: House, name: str, by: str) -> str:
    """Gives somebody a new password for the first time and ends every session. Raises NotFound."""
    password = _made()
    identity.set_password(house, name, password, by)
    _once(house, name)
    return password


def change_own(house: House, name: str, present: str, new: str) -> None:
    """A person's own new password; every session ends. Raises NotPossible."""
    if not identity.knows_password(house, name, present):
        raise NotPossible("the present password is not right. Nothing was changed.")
    if present == new:
        raise NotPossible("the new password is the present one. Choose another.")
    identity.set_password(house, name, new, name)


def end_sessions(house: House, name: str, by: str) -> None:
    """Signs somebody out everywhere. Raises NotFound."""
    with house.database.write() as tx:
        if people.load(tx, name, lock=True) is None:
            raise NotFound("there is no such user.")
        people.end_sessions_of(tx, name)
        people.tell(tx, name, house.database.now(tx), "sessions_ended", by)


def _once(house: House, name: str) -> None:
    """Marks the password as one for the first sign-in. Until then nobody has been told it."""
    with house.database.write() as tx:
        people.load(tx, name, lock=True)
        people.change(tx, name, password_once=True)


def _made() -> str:
    """Four groups of four: 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
