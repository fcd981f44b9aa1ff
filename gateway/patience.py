"""How long a buyer may say nothing before it is silence: learned from how long this client took before.

Until a client has decided on `ENOUGH` of our invoices at an account, the account's setting `silence_hours` holds. From
then on it is the time within which 95 of 100 of its last decisions came; never less than three days, which hold any
weekend (or than the setting, where that is shorter), and never more than `MOST` times the setting: a client that has
kept us waiting for long must not thereby buy itself more silence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.house import House
from gateway.store import answers
from gateway.store.database import Tx

ENOUGH = 20
LEAST = timedelta(days=3)
MOST = 3
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Patience:
    """How long nothing may be heard, and of how many decisions that was learned (0: it is the setting)."""

    wait: timedelta
    learned_from: int = 0


def patience(house: House, tx: Tx, client: str, account: str) -> Patience:
    """What is waited for this client's word at this account."""
    setting = timedelta(hours=house.account_settings(account).silence_hours)
    return learned(answers.latest(tx, client, account), setting)


def learned(seconds: Sequence[float], setting: timedelta) -> Patience:
    """The setting, or what these decisions teach (nearest rank)."""
    if len(seconds) < ENOUGH:
        return Patience(setting)
    within = timedelta(seconds=sorted(seconds)[math.ceil(len(seconds) * _SHARE) - 1])
    return Patience(min(max(within, min(LEAST, setting)), MOST * setting), len(seconds))
