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
from collections.abc import Collection, Mapping
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
from gateway.store.people import PersonRecord, Role, SessionRecord

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
ONCE_HOLDS = timedelta(days=3)
"""How long a password for the first sign-in opens anything."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_PARTS_OF_THE_PROGRAM = frozenset(
    {"checklist", "clearbill", "corrections", "format", "health", "intake", "pipeline", "portal", "rule", "watch"}
    | {"worker", "nobody", "none", "openid"}
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in at a provider: its own key of the person, the name for events here, and the groups it told."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]


# --- people -------------------------------------------------------------------------------------------------------


def add_person(house: House, name: str, password: str, role: Role, by: str) -> None:
    """Makes somebody who may sign in. Raises NotPossible."""
    _nameable(name)
    hashed = _hashed(name, password)
    with house.database.write() as tx:
        now = house.database.now(tx)
        if not people.insert(tx, name, role, hashed, now):
            raise NotPossible(f"there is a user {name!r} already; give a new password with `clearbill user password`.")
        people.tell(tx, name, now, "person_added", by, role=role.value)


def expect_person(house: House, name: str, role: Role, by: str) -> None:
    """Makes somebody who may sign in by the provider (`desk.openid`) and has no password. Raises NotPossible."""
    _nameable(name)
    with house.database.write() as tx:
        now = house.database.now(tx)
        if not people.insert(tx, name, role, "", now):
            raise NotPossible(f"there is a user {name!r} already.")
        people.tell(tx, name, now, "person_added", by, role=role.value, openid=True)


def set_password(house: House, name: str, password: str, by: str) -> None:
    """Gives a new password and ends every session. Raises NotFound; NotPossible also for whoever signs in by the
    provider, which must stay the only way in."""
    hashed = _hashed(name, password)
    with house.database.write() as tx:
        if not _locked(tx, name).password_hash:
            raise NotPossible(f"{name} signs in with the company account; there is no password to change.")
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


def _nameable(name: str) -> None:
    if not _NAME.fullmatch(name) or name in _PARTS_OF_THE_PROGRAM:
        raise NotPossible(
            f"{name!r} cannot be a name here: use up to 63 small letters, digits and . _ @ -, beginning with a letter "
            "or digit, and not the name of a part of Clearbill."
        )


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
    has_one = known is not None and bool(known.password_hash)
    right = _is_right(known.password_hash if known and has_one else _nobodys_hash(), password)
    if known is None or not has_one or not right or known.disabled:
        return ""
    with house.database.write() as tx:
        present = _locked(tx, name)
        if present.disabled or present.password_hash != known.password_hash:
            return ""
        if present.password_once and house.database.now(tx) - present.password_at > ONCE_HOLDS:
            return ""
        return _begun(house, tx, name)


def sign_in_as(house: House, who: Identity) -> str:
    """Opens a session for somebody whom the provider has signed in; answers its token. The role is renewed from the
    groups that the provider told. Raises NotPossible, saying why not."""
    openid = house.settings.desk.openid
    if openid is None or openid.issuer != who.issuer:
        raise NotPossible("signing in with a company account is not set up here.")
    role = _role_for(openid.roles, who.groups)
    with house.database.write() as tx:
        person = _person_of(house, tx, who, role, may_be_made=openid.unknown_people == "made")
        if person.disabled:
            raise NotPossible("your user is disabled here. Ask whoever looks after Clearbill.")
        if role is not None and role is not person.role:
            people.change(tx, person.name, role=role.value)
            people.end_sessions_of(tx, person.name)
            told = {"role": role.value, "was": person.role.value}
            people.tell(tx, person.name, house.database.now(tx), "role_changed", "openid", **told)
        return _begun(house, tx, person.name)


def _role_for(roles: Mapping[str, str], groups: Collection[str]) -> Role | None:
    """The highest role that any of the groups has; None where roles are not the provider's to give."""
    if not roles:
        return None
    found = [role for role in Role if any(roles.get(group) == role.value for group in groups)]
    if not found:
        raise NotPossible("your company account is in no group that may use Clearbill. Ask whoever looks after it.")
    return found[-1]


def _person_of(house: House, tx: Tx, who: Identity, role: Role | None, *, may_be_made: bool) -> PersonRecord:
    """The user that an identity is: known by the provider's own key, else, the first time, by the name under which
    somebody is expected; a name alone never opens what belongs to somebody with a password or another key."""
    known = people.of_identity(tx, who.issuer, who.subject)
    if known is not None:
        return known
    _nameable(who.name)
    now = house.database.now(tx)
    if people.load(tx, who.name, lock=True) is None:
        if not may_be_made or role is None:
            raise NotPossible(f"nobody expects {who.name!r} here yet. Ask whoever looks after Clearbill to add you.")
        if people.insert(tx, who.name, role, "", now):
            people.tell(tx, who.name, now, "person_added", "openid", role=role.value, openid=True)
    present = _locked(tx, who.name)
    if (present.issuer, present.subject) == (who.issuer, who.subject):
        return present  # who came twice at the same moment
    if present.password_hash or present.subject is not None:
        raise NotPossible(f"the name {who.name!r} belongs to another user here. Ask whoever looks after Clearbill.")
    if not present.disabled:
        people.change(tx, who.name, issuer=who.issuer, subject=who.subject)
        people.tell(tx, who.name, now, "person_known", "openid", issuer=who.issuer, key=who.subject)
    return present


def _begun(house: House, tx: Tx, name: str) -> str:
    """A new session's token, which nobody has had before; the caller has locked the person."""
    token = secrets.token_urlsafe(32)
    now = house.database.now(tx)
    people.drop_old_sessions(tx, now - _longest(house), now - _idle(house))
    people.begin_session(tx, digest(token), name, now)
    people.tell(tx, name, now, "signed_in", name)
    return token


def visitor_of(house: House, token: str) -> Visitor | None:
    """Whose session a token opens, if it still does; its use is kept."""
    found, now = _session(house, token)
    if found is not None and now - found.seen_at > _SEEN_EVERY:
        with house.database.write() as tx:
            people.see_session(tx, digest(token), now)
    return Visitor(found.person, found.role, csrf_of(token), found.password_once) if found else None


def whose_session(house: House, token: str) -> Visitor | None:
    """As `visitor_of`, and the session ends as if nobody had asked."""
    found, _ = _session(house, token)
    return Visitor(found.person, found.role, csrf_of(token), found.password_once) if found else None


def _session(house: House, token: str) -> tuple[SessionRecord | None, datetime]:
    """The session that a token opens, if it still does; and this moment."""
    with house.database.read() as tx:
        found = people.session(tx, digest(token))
        now = house.database.now(tx)
    if found is None or found.disabled or _is_over(house, found.began_at, found.seen_at, now):
        return None, now
    return found, now


def sign_out(house: House, token: str, name: str) -> bool:
    """Ends the session of a token; answers whether the person came by the provider, where a session may be open yet."""
    with house.database.write() as tx:
        person = _locked(tx, name)
        people.end_session(tx, digest(token))
        drafts.drop_of(tx, name)
        people.tell(tx, name, house.database.now(tx), "signed_out", name)
    return person.subject is not None


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
