"""A live check of one account, as `clearbill doctor` makes it: ordered by a person, made beside all other work.

The order and the result are events of the account, so that every process and every restart tells the same. A check that
has not ended within its time is called broken off; should it end later, its result is told all the same.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.doctor import Health, Line, examine_account
from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.secrets import scrub
from gateway.store import accounts, events
from gateway.store.accounts import AccountRecord
from gateway.store.database import DatabaseTrouble, Tx

log = structlog.get_logger("clearbill.account_check")

LIMIT = timedelta(minutes=2)
Start = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """The last check of an account: when it was ordered and by whom; when it ended, None while it is under way; what
    was found, as `gateway.doctor.Line` has it."""

    ordered_at: datetime
    by: str
    ended_at: datetime | None
    lines: Sequence[Mapping[str, Any]]

    def is_under_way(self, now: datetime) -> bool:
        """Whether its result is still to be waited for."""
        return self.ended_at is None and now - self.ordered_at < LIMIT


def last_check(tx: Tx, key: str) -> Checked | None:
    """The last check that was ordered; None where there was none."""
    ordered = events.last_of_kind(tx, f"account:{key}", "check_ordered")
    if ordered is None:
        return None
    ended = events.last_of_kind(tx, f"account:{key}", "account_checked")
    if ended is None or ended.n < ordered.n:
        return Checked(ordered.at, ordered.who, None, ())
    return Checked(ordered.at, ordered.who, ended.at, ended.data["lines"])


def _beside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="account-check", daemon=True).start()


def order_check(house: House, key: str, who: str, start: Start = _beside) -> None:
    """Begins a check and returns at once. Raises NotFound, and NotPossible while another is under way."""
    if key not in house.settings.accounts:
        raise NotFound(f"there is no account {key!r} in the settings.")
    with house.database.write() as tx:
        accounts.load(tx, key, lock=True)
        now = house.database.now(tx)
        last = last_check(tx, key)
        if last is not None and last.is_under_way(now):
            raise NotPossible("a check of this account is under way; look again in a moment.")
        accounts.tell(tx, key, now, "check_ordered", who, {})
    start(lambda: _check(house, key))


def _check(house: House, key: str) -> None:
    try:
        with house.database.read() as tx:
            state = accounts.load(tx, key)
        _keep(house, key, _found(house, key, state))
    except DatabaseTrouble as fault:
        log.error("account_check_lost", account=key, error=scrub(str(fault)))


def _found(house: House, key: str, state: AccountRecord) -> Sequence[Line]:
    lines: list[Line] = []
    try:
        lines.extend(examine_account(key, house.settings.accounts[key], state))
    except Exception as fault:
        # Whatever it was, whoever ordered the check must be told how it ended, and nobody else waits for this thread.
        log.error("account_check_broke_off", account=key, error=scrub(repr(fault)))
        words = f"The check broke off: {scrub(repr(fault))}"
        lines.append(Line(f"account {key}", Health.fail, words, "Tell whoever looks after this installation."))
    return lines


def _keep(house: House, key: str, lines: Sequence[Line]) -> None:
    with house.database.write() as tx:
        accounts.load(tx, key, lock=True)
        told = [asdict(line) for line in lines]
        accounts.tell(tx, key, house.database.now(tx), "account_checked", "health", {"lines": told})
