"""How long buyers took to decide, by client and account: a row for each transmission that was accepted or rejected."""

from datetime import datetime

import sqlalchemy as sa

from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.statements import Prepared, put
from gateway.store.tables import answer


def note(tx: Tx, record: PacketRecord, attempt: AttemptRecord, now: datetime) -> None:
    """Keeps that a transmission was decided on now, unless it had been before. The caller has locked the packet."""
    if attempt.by_hand:
        return  # when it was entered nobody knows
    seconds = (now - (attempt.finished_at or attempt.started_at)).total_seconds()
    values = {"client": record.client, "account": attempt.account, "at": now, "seconds": max(0.0, seconds)}
    put(tx, answer, {"attempt_id": attempt.id, **values}, unless=("attempt_id",))


def latest(tx: Tx, client: str, account: str) -> tuple[float, ...]:
    """Seconds from transmission to decision, of the newest decisions of one client at one account, at most 200."""
    return tuple(row.seconds for row in _LATEST.all(tx, {"client": client, "account": account}))


_LATEST = Prepared(
    sa.select(answer.c.seconds)
    .where(answer.c.client == sa.bindparam("client"), answer.c.account == sa.bindparam("account"))
    .order_by(answer.c.at.desc())
    .limit(200)
)
