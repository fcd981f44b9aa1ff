"""Tokens of programs that speak to the HTTP doors: names, scopes and hashes; the tokens themselves are kept nowhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.store import events, statements
from gateway.store.database import Tx
from gateway.store.statements import Prepared, put
from gateway.store.tables import api_token


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One token. `scopes`: what it is good for."""

    name: str
    scopes: tuple[str, ...]
    added_at: datetime
    ended_at: datetime | None


def insert(tx: Tx, name: str, token_sha256: str, scopes: Collection[str], now: datetime, who: str) -> bool:
    """Keeps a new token unless one by this name was there before; says whether it did."""
    values = {"name": name, "token_sha256": token_sha256, "scopes": " ".join(sorted(scopes)), "added_at": now}
    if not put(tx, api_token, {**values, "ended_at": None}, unless=("name",)):
        return False
    events.record(tx, f"token:{name}", now, "token_added", who, scopes=sorted(scopes))
    return True


def load(tx: Tx, name: str, *, lock: bool = False) -> TokenRecord | None:
    """The token by this name, ended ones too."""
    row = (_LOCKED if lock else _ONE).first(tx, {"name": name})
    return _record_from(row) if row else None


def shown(tx: Tx, token_sha256: str) -> TokenRecord | None:
    """The token with this hash, if there is one that has not ended."""
    row = _SHOWN.first(tx, {"token_sha256": token_sha256})
    return _record_from(row) if row and row.ended_at is None else None


def every(tx: Tx) -> tuple[TokenRecord, ...]:
    """All tokens, by name."""
    return tuple(_record_from(row) for row in tx.execute(sa.select(api_token).order_by(api_token.c.name)))


def page(tx: Tx, after: str, limit: int) -> tuple[TokenRecord, ...]:
    """The next tokens, by name."""
    rows = tx.execute(sa.select(api_token).where(api_token.c.name > after).order_by(api_token.c.name).limit(limit))
    return tuple(_record_from(row) for row in rows)


def end(tx: Tx, record: TokenRecord, now: datetime, who: str) -> None:
    """Ends a token; the caller has locked its row."""
    statements.change(tx, api_token, {"name": record.name}, {"ended_at": now})
    events.record(tx, f"token:{record.name}", now, "token_ended", who)


def _record_from(row: Any) -> TokenRecord:
    return TokenRecord(row.name, tuple(row.scopes.split()), row.added_at, row.ended_at)


_OF_NAME = sa.select(api_token).where(api_token.c.name == sa.bindparam("name"))
_ONE = Prepared(_OF_NAME)
_LOCKED = Prepared(_OF_NAME.with_for_update())
_SHOWN = Prepared(sa.select(api_token).where(api_token.c.token_sha256 == sa.bindparam("token_sha256")))
