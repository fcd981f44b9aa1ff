"""How each portal account is doing: paused or not, failing since when, how far its changes have been read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx
from gateway.store.statements import Prepared, put
from gateway.store.tables import portal_account
from gateway.verdict import Actor


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account's state. `failures` in a row; `open_until`: the circuit breaker lets nothing through before."""

    key: str
    paused: bool
    who_acts: Actor
    action: str
    failures: int
    failing_since: datetime | None
    last_failure: str
    open_until: datetime | None
    notices_cursor: str
    polled_at: datetime | None
    orders_cursor: str
    orders_read_at: datetime | None


def ensure(tx: Tx, key: str) -> None:
    """Adds an account's row where there is none."""
    put(tx, portal_account, {"key": key}, unless=("key",))


def load(tx: Tx, key: str, *, lock: bool = False) -> AccountRecord:
    """An account's state. Raises LookupError for an account that was never set up here."""
    row = (_LOCKED if lock else _ONE).first(tx, {"key": key})
    if row is None:
        raise LookupError(f"the account {key} is not known to this database")
    return _record_from(row)


def every(tx: Tx) -> tuple[AccountRecord, ...]:
    """All accounts, by key."""
    return tuple(_record_from(row) for row in _EVERY.all(tx, {}))


def change(tx: Tx, key: str, **values: Any) -> None:
    """Changes columns of an account's row without an event: cursors and times of reading."""
    statements.change(tx, portal_account, {"key": key}, values)


def tell(tx: Tx, key: str, at: datetime, kind: str, who: str, data: dict[str, Any], **values: Any) -> None:
    """Changes an account and writes the event. The caller has locked the row."""
    if values:
        change(tx, key, **values)
    events.record(tx, f"account:{key}", at, kind, who, **data)


def _record_from(row: Any) -> AccountRecord:
    values = {name: getattr(row, name) for name in AccountRecord.__dataclass_fields__}
    return AccountRecord(**values | {"who_acts": Actor(row.who_acts)})


def clear_failures(tx: Tx, key: str) -> None:
    """Ends a row of failures; costs nothing where there was none."""
    _CLEAR.run(tx, {"account": key})


_OF_KEY = sa.select(portal_account).where(portal_account.c.key == sa.bindparam("key"))
_ONE = Prepared(_OF_KEY)
_LOCKED = Prepared(_OF_KEY.with_for_update())
_EVERY = Prepared(sa.select(portal_account).order_by(portal_account.c.key))
_CLEAR = Prepared(
    portal_account.update()
    .where(portal_account.c.key == sa.bindparam("account"), portal_account.c.failures > 0)
    .values(failures=0, failing_since=None, open_until=None)
)
