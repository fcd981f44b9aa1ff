"""The health of a portal account: failures in a row open its circuit breaker, a refused sign-in stops it for a person.

Neither touches other accounts: one bad portal never stops the others.
"""

from datetime import datetime, timedelta

from gateway.errors import AccountMustStop, NotPossible, PersonNeeded, PortalChanged
from gateway.house import House
from gateway.store import accounts, evidence
from gateway.store.database import Tx
from gateway.store.queue import NEVER
from gateway.verdict import Actor

FAILURES_THAT_OPEN = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 900.0


def account_worked(tx: Tx, key: str) -> None:
    """The portal answered sensibly: failures in a row are over."""
    accounts.clear_failures(tx, key)


def account_failed(house: House, tx: Tx, key: str, what: str, retry_at: datetime | None) -> None:
    """Counts a failure; the fifth in a row opens the breaker, for longer each time, or as long as the portal asked."""
    state = accounts.load(tx, key, lock=True)
    now = house.database.now(tx)
    failures = state.failures + 1
    accounts.change(tx, key, failures=failures, failing_since=state.failing_since or now, last_failure=what[:2000])
    asked = (retry_at - now).total_seconds() if retry_at else 0.0
    pause = 0.0
    if failures >= FAILURES_THAT_OPEN:
        pause = min(_FIRST_PAUSE * 2.0 ** min(failures - FAILURES_THAT_OPEN, 10), _LONGEST_PAUSE)
    pause = max(pause, asked)
    if pause <= 0:
        return
    until = now + timedelta(seconds=pause)
    if state.open_until is None or until > state.open_until:
        data = {"until": until.isoformat(), "failures": failures, "what": what[:500]}
        accounts.tell(tx, key, now, "breaker_opened", "health", data, open_until=until)
    house.queue.hold_account(tx, key, pause)


def pause_account(house: House, tx: Tx, key: str, what: str) -> None:
    """Stops an account until a person resumes it: another refused sign-in could lock it."""
    state = accounts.load(tx, key, lock=True)
    house.queue.hold_account(tx, key, NEVER)
    if state.paused:
        return
    action = f"{what} Have the credentials checked, then resume the account."
    now = house.database.now(tx)
    changes = {"paused": True, "who_acts": Actor.portal_admin, "action": action}
    accounts.tell(tx, key, now, "account_paused", "health", {"what": what}, **changes)


def stop_account(house: House, tx: Tx, key: str, fault: AccountMustStop) -> None:
    """Stops an account for what only a person can mend, says who and what, and keeps what there is to see of it."""
    state = accounts.load(tx, key, lock=True)
    now = house.database.now(tx)
    evidence.keep(tx, f"account:{key}", now, fault.evidence, "health")
    if isinstance(fault, PortalChanged):
        who, cure = Actor.us, "Look at the kept picture and correct the account's profile,"
    elif isinstance(fault, PersonNeeded):
        who, cure = Actor.portal_admin, "Do that at the portal,"
    else:
        pause_account(house, tx, key, str(fault))
        return
    house.queue.hold_account(tx, key, NEVER)
    if not state.paused:
        changes = {"paused": True, "who_acts": who, "action": f"{fault} {cure} then resume the account."}
        accounts.tell(tx, key, now, "account_paused", "health", {"what": str(fault)}, **changes)


def pause_by_person(house: House, key: str, who: str, why: str) -> None:
    """Stops an account because a person says so, until one resumes it. Raises NotPossible when it is stopped."""
    with house.queue.write() as tx:
        state = accounts.load(tx, key, lock=True)
        if state.paused:
            raise NotPossible(f"the account {key} is stopped already: {state.action}")
        house.queue.hold_account(tx, key, NEVER)
        said = f"{who} stopped it" + (f": {why.rstrip('.')}." if why else ".")
        action = f"{said} When that is over, resume the account."
        changes = {"paused": True, "who_acts": Actor.us, "action": action}
        accounts.tell(tx, key, house.database.now(tx), "account_paused", who, {"what": said, "why": why}, **changes)


def resume_account(house: House, key: str, who: str, why: str = "") -> None:
    """Lets an account work again. Raises NotPossible when it is not stopped."""
    with house.queue.write() as tx:
        state = accounts.load(tx, key, lock=True)
        if not state.paused and state.open_until is None and not state.failures:
            raise NotPossible(f"the account {key} is working; there is nothing to resume.")
        changes = {"paused": False, "who_acts": Actor.nobody, "action": "", "open_until": None}
        accounts.tell(tx, key, house.database.now(tx), "account_resumed", who, {"why": why}, failures=0, **changes)
        accounts.clear_failures(tx, key)
        house.queue.release_account(tx, key)
