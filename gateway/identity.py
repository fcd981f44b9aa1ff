"""Who works at the desk: people with a role and a password, and sessions that end.

A password is kept as its argon2id hash alone (RFC 9106, section 4, second recommended option: 64 MiB, three passes), a
session's token as its SHA-256. A name that does not exist costs as much time as a wrong password, and is answered with
the same words.
"""

import hashlib
import hmac
import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.store import drafts, people
from gateway.store.database import Tx
from gateway.store.people import PersonRecord, Role

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
ONCE_HOLDS = timedelta(days=3)
"""How long a password for the first sign-in opens anything."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_PARTS_OF_THE_PROGRAM = frozenset(
    {"checklist", "clearbill", "corrections", "format", "health", "intake", "pipeline", "portal", "rule", "watch"}
    | {"worker", "nobody", "none"}
)
"""Names by which events tell of the program itself; no person may bear one."""

_SEEN_EVERY = timedelta(seconds=60)  # a session's last use is kept no finer than this
_AT_ONCE = threading.BoundedSemaphore(2)  # passwords hashed at the same time: each takes 64 MiB


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in: the name that events bear, the role, and the proof that a form is one of ours."""

    name: str
    role: Role
    csrf: str = field(repr=False)
    must_change: bool = False  # the password is one for the first sign-in alone


# --- people -------------------------------------------------------------------------------------------------------


def add_person(house: House, name: str, password: str, role: Role, by: str) -> None:
    """Makes somebody who may sign in. Raises NotPossible."""
    if not _NAME.fullmatch(name) or name in _PARTS_OF_THE_PROGRAM:
        raise NotPossible(
            f"{name!r} cannot be a name here: use up to 63 small letters, digits and . _ @ -, beginning with a letter "
            "or digit, and not the name of a part of Clearbill."
        )
    hashed = _hashed(name, password)
    with house.database.write() as tx:
        now = house.database.now(tx)
        if not people.insert(tx, name, role, hashed, now):
            raise NotPossible(f"there is a user {name!r} already; give a new password with `clearbill user password`.")
        people.tell(tx, name, now, "person_added", by, role=role.value)


def set_password(house: House, name: str, password: str, by: str) -> None:
    """Gives a new password and ends every session. Raises NotFound, NotPossible."""
    hashed = _hashed(name, password)
    with house.database.write() as tx:
        _locked(tx, name)
        now = house.database.now(tx)
        people.change(tx, name, password_hash=hashed, password_at=now, password_once=False)
        people.end_sessions_of(tx, name)
        people.tell(tx, name, now, "password_changed", by)


def set_role(house: House, name: str, role: Role, by: str) -> None:
    """Gives another role and ends every session: what was opened with the old one is open no longer. The role that a
    person has already changes nothing. Raises NotFound."""
    with house.database.write() as tx:
        if role is not Role.admin:
            _another_admin(tx, name)
        before = _locked(tx, name)
        if before.role is role:
            return
        people.change(tx, name, role=role.value)
        people.end_sessions_of(tx, name)
        people.tell(tx, name, house.database.now(tx), "role_changed", by, role=role.value, was=before.role.value)


def disable(house: House, name: str, by: str) -> None:
    """Lets somebody in no more and ends every session. Raises NotFound, NotPossible for the last admin."""
    with house.database.write() as tx:
        _another_admin(tx, name)
        _locked(tx, name)
        people.change(tx, name, disabled=True)
        people.end_sessions_of(tx, name)
        people.tell(tx, name, house.database.now(tx), "person_disabled", by)


def enable(house: House, name: str, by: str) -> None:
    """Lets somebody in again. Raises NotFound."""
    with house.database.write() as tx:
        _locked(tx, name)
        people.change(tx, name, disabled=False)
        people.tell(tx, name, house.database.now(tx), "person_enabled", by)


def _another_admin(tx: Tx, name: str) -> None:
    """Raises NotPossible where this is the last person who may sign in as admin."""
    if people.admins(tx) == (name,):
        raise NotPossible(f"{name} is the last admin; make somebody else an admin first. Nothing was done.")


def _locked(tx: Tx, name: str) -> PersonRecord:
    found = people.load(tx, name, lock=True)
    if found is None:
        known = ", ".join(one.name for one in people.every(tx)) or "none"
        raise NotFound(f"there is no user {name!r}; there are: {known}.")
    return found


# --- sessions -----------------------------------------------------------------------------------------------------


def sign_in(house: House, name: str, password: str) -> str:
    """Opens a session; answers its token, or "" where name and password do not fit or the person may not come in."""
    with house.database.read() as tx:
        known = people.load(tx, name) if _NAME.fullmatch(name) else None
    right = _is_right(known.password_hash if known else _nobodys_hash(), password)
    if known is None or not right or known.disabled:
        return ""
    token = secrets.token_urlsafe(32)
    with house.database.write() as tx:
        present = _locked(tx, name)
        if present.disabled or present.password_hash != known.password_hash:
            return ""
        now = house.database.now(tx)
        if present.password_once and now - present.password_at > ONCE_HOLDS:
            return ""
        people.drop_old_sessions(tx, now - _longest(house), now - _idle(house))
        people.begin_session(tx, digest(token), name, now)
        people.tell(tx, name, now, "signed_in", name)
    return token


def visitor_of(house: House, token: str) -> Visitor | None:
    """Whose session a token opens, if it still does; its use is kept."""
    known_by = digest(token)
    with house.database.read() as tx:
        found = people.session(tx, known_by)
        now = house.database.now(tx)
    if found is None or found.disabled or _is_over(house, found.began_at, found.seen_at, now):
        return None
    if now - found.seen_at > _SEEN_EVERY:
        with house.database.write() as tx:
            people.see_session(tx, known_by, now)
    return Visitor(found.person, found.role, csrf_of(token), found.password_once)


def sign_out(house: House, token: str, name: str) -> None:
    """Ends the session of a token."""
    with house.database.write() as tx:
        _locked(tx, name)
        people.end_session(tx, digest(token))
        drafts.drop_of(tx, name)
        people.tell(tx, name, house.database.now(tx), "signed_out", name)


def knows_password(house: House, name: str, password: str) -> bool:
    """Whether this is the person's password; nothing is opened by it."""
    with house.database.read() as tx:
        known = people.load(tx, name)
    return _is_right(known.password_hash if known and known.password_hash else _nobodys_hash(), password)


def csrf_of(token: str) -> str:
    """What every form of a session carries: only who holds the cookie can know it."""
    return digest(f"form:{token}")


def same(given: str, wanted: str) -> bool:
    """Whether two proofs are equal, in a time that does not tell how far they agree."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _is_over(house: House, began: datetime, seen: datetime, now: datetime) -> bool:
    return now - began > _longest(house) or now - seen > _idle(house)


def _longest(house: House) -> timedelta:
    return timedelta(hours=house.settings.desk.session_hours)


def _idle(house: House) -> timedelta:
    return timedelta(minutes=house.settings.desk.idle_minutes)


def digest(token: str) -> str:
    """By what a token is known here: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# --- passwords ----------------------------------------------------------------------------------------------------

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def _hashed(name: str, password: str) -> str:
    """The password's hash. Raises NotPossible for one that is too easily guessed or cannot be kept."""
    if len(password) > LONGEST_PASSWORD or len(_normal(password).decode()) < SHORTEST_PASSWORD:
        raise NotPossible(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; a few words make one.")
    if name in password.lower() and len(password) < len(name) + SHORTEST_PASSWORD:
        raise NotPossible("a password must not be the name with a little added.")
    with _AT_ONCE:
        return _hasher.hash(_normal(password))


def _is_right(hashed: str, password: str) -> bool:
    too_long = len(password) > LONGEST_PASSWORD  # nobody's, and not worth the work of making it one spelling
    spelled = _normal("" if too_long else password)
    try:
        with _AT_ONCE:
            return _hasher.verify(hashed, spelled) and not too_long
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """The hash of a password that nobody has, so that an unknown name takes as long as a known one."""
    with _AT_ONCE:
        return _hasher.hash(secrets.token_urlsafe(32))


def _normal(password: str) -> bytes:
    """One spelling for what looks alike on every keyboard (NFKC, as NIST SP 800-63B, 5.1.1.2 advises)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
