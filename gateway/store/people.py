"""Who may sign in to the desk, with what role, and which sessions are open. Only hashes of secrets are kept."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx
from gateway.store.statements import Prepared, add, put
from gateway.store.tables import desk_session, person


class Role(StrEnum):
    """What a person may do; each role may do all that the ones before it may."""

    viewer = "viewer"  # looks
    coordinator = "coordinator"  # decides about packets
    approver = "approver"  # and about what two people must see
    admin = "admin"  # and about people and accounts

    def reaches(self, least: "Role") -> bool:
        """Whether this role may do what asks for `least`."""
        order = list(Role)
        return order.index(self) >= order.index(least)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One user of the desk. `password_hash` is argon2id in its encoded form (RFC 9106), "" for whoever signs in by a
    provider, whose key for the person is `subject` once the person has come."""

    name: str
    role: Role
    password_hash: str = field(repr=False)
    disabled: bool
    added_at: datetime
    password_at: datetime
    password_once: bool
    issuer: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """An open session and whose it is."""

    person: str
    role: Role
    disabled: bool
    began_at: datetime
    seen_at: datetime
    password_once: bool


# --- people -------------------------------------------------------------------------------------------------------


def insert(tx: Tx, name: str, role: Role, password_hash: str, now: datetime) -> bool:
    """Adds a person unless one by this name is there; says whether it did."""
    values = {"name": name, "role": role.value, "password_hash": password_hash, "added_at": now, "password_at": now}
    return put(tx, person, {**values, "disabled": False}, unless=("name",))


def load(tx: Tx, name: str, *, lock: bool = False) -> PersonRecord | None:
    """The person by this name, if there is one."""
    row = (_LOCKED if lock else _ONE).first(tx, {"name": name})
    return _person_from(row) if row else None


def of_identity(tx: Tx, issuer: str, subject: str) -> PersonRecord | None:
    """The person whom a provider knows by this key; the row is locked."""
    row = _OF_IDENTITY.first(tx, {"issuer": issuer, "subject": subject})
    return _person_from(row) if row else None


def every(tx: Tx) -> tuple[PersonRecord, ...]:
    """All people, by name."""
    return tuple(_person_from(row) for row in tx.execute(sa.select(person).order_by(person.c.name)))


def page(tx: Tx, after: str, limit: int) -> tuple[PersonRecord, ...]:
    """The next people, by name."""
    rows = tx.execute(sa.select(person).where(person.c.name > after).order_by(person.c.name).limit(limit))
    return tuple(_person_from(row) for row in rows)


def admins(tx: Tx) -> tuple[str, ...]:
    """Everybody who may sign in as admin, their rows locked in the order of names."""
    rows = tx.execute(
        sa.select(person.c.name)
        .where(person.c.role == Role.admin.value, person.c.disabled.is_(False))
        .order_by(person.c.name)
        .with_for_update()
    )
    return tuple(rows.scalars())


def open_sessions(tx: Tx, names: Collection[str]) -> dict[str, tuple[int, datetime]]:
    """Name -> (sessions that were not ended, when the last of them was used); those with none are left out."""
    rows = tx.execute(
        sa.select(
            desk_session.c.person, sa.func.count().label("number"), sa.func.max(desk_session.c.seen_at).label("seen")
        )
        .where(desk_session.c.person.in_(sorted(names)))
        .group_by(desk_session.c.person)
    )
    return {row.person: (row.number, row.seen) for row in rows}


def names(tx: Tx, limit: int = 200) -> tuple[str, ...]:
    """The names of those who may sign in, in their order; at most `limit`."""
    rows = tx.execute(sa.select(person.c.name).where(person.c.disabled.is_(False)).order_by(person.c.name).limit(limit))
    return tuple(rows.scalars())


def is_any(tx: Tx) -> bool:
    """Whether anybody can sign in."""
    return tx.execute(sa.select(person.c.name).where(person.c.disabled.is_(False)).limit(1)).first() is not None


def change(tx: Tx, name: str, **values: Any) -> None:
    """Changes columns of a person's row; the caller has locked it."""
    statements.change(tx, person, {"name": name}, values)


def tell(tx: Tx, name: str, at: datetime, kind: str, who: str, **data: Any) -> None:
    """Writes what happened to a person. The caller has locked the row."""
    events.record(tx, f"person:{name}", at, kind, who, **data)


def _person_from(row: Any) -> PersonRecord:
    values = {name: getattr(row, name) for name in PersonRecord.__dataclass_fields__}
    return PersonRecord(**values | {"role": Role(row.role)})


# --- sessions -----------------------------------------------------------------------------------------------------


def begin_session(tx: Tx, token_sha256: str, name: str, now: datetime) -> None:
    """Opens a session."""
    add(tx, desk_session, {"token_sha256": token_sha256, "person": name, "began_at": now, "seen_at": now})


def session(tx: Tx, token_sha256: str) -> SessionRecord | None:
    """The session of this token, however old, if it is open."""
    row = _SESSION.first(tx, {"token_sha256": token_sha256})
    if row is None:
        return None
    return SessionRecord(row.person, Role(row.role), row.disabled, row.began_at, row.seen_at, row.password_once)


def see_session(tx: Tx, token_sha256: str, now: datetime) -> None:
    """Keeps that a session was used."""
    statements.change(tx, desk_session, {"token_sha256": token_sha256}, {"seen_at": now})


def end_session(tx: Tx, token_sha256: str) -> None:
    """Ends a session; one that is not open is ended already."""
    statements.remove(tx, desk_session, {"token_sha256": token_sha256})


def end_sessions_of(tx: Tx, name: str) -> None:
    """Ends every session of a person."""
    statements.remove(tx, desk_session, {"person": name})


def drop_old_sessions(tx: Tx, began_before: datetime, seen_before: datetime) -> None:
    """Forgets sessions that time has ended."""
    old = sa.or_(desk_session.c.began_at < began_before, desk_session.c.seen_at < seen_before)
    tx.execute(desk_session.delete().where(old))


_OF_NAME = sa.select(person).where(person.c.name == sa.bindparam("name"))
_ONE = Prepared(_OF_NAME)
_LOCKED = Prepared(_OF_NAME.with_for_update())
_OF_IDENTITY = Prepared(
    sa.select(person)
    .where(person.c.issuer == sa.bindparam("issuer"), person.c.subject == sa.bindparam("subject"))
    .with_for_update()
)
_SESSION = Prepared(
    sa.select(
        desk_session.c.person,
        person.c.role,
        person.c.disabled,
        desk_session.c.began_at,
        desk_session.c.seen_at,
        person.c.password_once,
    )
    .join(person, person.c.name == desk_session.c.person)
    .where(desk_session.c.token_sha256 == sa.bindparam("token_sha256"))
)
