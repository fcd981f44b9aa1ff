"""The watch over what does not move: portals that fall silent, and people who were to act by now.

A silent invoice is asked for by its number before anybody is bothered: an answer that went missing lands then, and an
invoice that the portal no longer holds is found out.
"""

import math
from datetime import datetime, timedelta

from gateway.adapter import Ability
from gateway.errors import AccountMustStop, PortalUnavailable
from gateway.health import account_failed, stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.inbox import look_again
from gateway.landing import land
from gateway.patience import patience
from gateway.steps import Result, nothing
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.queue import BACKGROUND, Claim, Job
from gateway.verdict import Actor, Stage

_AT_A_TIME = 500


def watch(house: House, claim: Claim, job: Job) -> Result:
    """Orders a look at each invoice that has been silent too long and at each delivered word that has found no place,
    and marks deadlines that have passed."""

    def write(tx: Tx) -> None:
        now = house.database.now(tx)
        for key in house.settings.accounts:
            for client in packets.clients_waiting(tx, key):
                since = now - patience(house, tx, client, key).wait
                for packet_id in packets.silent_since(tx, key, client, since, _AT_A_TIME):
                    house.queue.enqueue(tx, "ask", key, f"ask:{packet_id}", packet_id=packet_id, priority=BACKGROUND)
        for packet_id in packets.overdue(tx, now, _AT_A_TIME):
            record = packets.load(tx, packet_id, lock=True)
            if record is not None:
                packets.mark_overdue(tx, record, now)
        look_again(house, tx, _AT_A_TIME)

    return write


def ask(house: House, claim: Claim, job: Job) -> Result:
    """Asks the portal for one invoice; what it says lands, and silence that has lasted is put before a person."""
    with house.database.read() as tx:
        record = packets.load(tx, job.packet_id)
        if record is None or record.stage is not Stage.waiting:
            return nothing
        attempt = packets.attempts(tx, record.id)[-1]
        packet = packets.body(tx, record.id, attempt.revision)
    adapter = house.portals.adapter(record.account)
    if Ability.find not in adapter.abilities:
        return lambda tx: _hold_silent(house, tx, record, "The portal cannot be asked through this account.")
    try:
        found = adapter.find(packet.invoice.number)
    except PortalUnavailable as fault:
        unavailable = fault
        return lambda tx: account_failed(house, tx, record.account, str(unavailable), unavailable.retry_at)
    except AccountMustStop as fault:
        stops = fault
        return lambda tx: stop_account(house, tx, record.account, stops)
    ours = [one for one in found if one.portal_reference == attempt.portal_reference]
    if not ours:
        return lambda tx: _hold_silent(house, tx, record, "The portal no longer lists this invoice.")

    def write(tx: Tx) -> None:
        if not land(house, tx, attempt, ours[0].verdict, f"portal:{record.account}"):
            said = ours[0].verdict.portal_status
            _hold_silent(house, tx, record, f"The portal still says {said!r}, as it did when it was last heard.")

    return write


def _hold_silent(house: House, tx: Tx, record: PacketRecord, what: str) -> None:
    present = packets.load(tx, record.id, lock=True)
    if present is None or present.stage is not Stage.waiting:
        return
    now: datetime = house.database.now(tx)
    expected = patience(house, tx, present.client, present.account)
    if now - present.heard_at < expected.wait:
        return  # asked for another reason, or heard of meanwhile: nothing is amiss yet
    days = (now - present.stage_since).days
    usual = f" This client usually decides within {_in_days(expected.wait)}." if expected.learned_from else ""
    action = f"No decision for {days} days.{usual} {what} Ask the client's accounts payable where the invoice stands."
    why = [{"code": "other", "path": "", "portal_code": "", "portal_text": present.portal_status, "sentence": what}]
    hold(house, tx, present, now, "watch", who=Actor.client_ap, action=action, why=why)


def _in_days(wait: timedelta) -> str:
    days = math.ceil(wait / timedelta(days=1))
    return "a day" if days == 1 else f"{days} days"
