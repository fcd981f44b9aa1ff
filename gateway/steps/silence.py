"""The watch over what does not move: portals that fall silent, and people who were to act by now.

A silent invoice is asked for by its number before anybody is bothered: an answer that went missing lands then, and an
invoice that the portal no longer holds is found out.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.adapter import Ability, Found, least_settling
from gateway.errors import AccountMustStop, PortalUnavailable
from gateway.health import account_failed, stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.inbox import look_again
from gateway.landing import land
from gateway.patience import patience
from gateway.steps import Result, nothing
from gateway.store import drafts, packets, tallies
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.queue import BACKGROUND, Claim, Job
from gateway.verdict import Actor, Stage

_AT_A_TIME = 500


def watch(house: House, claim: Claim, job: Job) -> Result:
    """Orders a look at each invoice that has been silent too long and at each delivered word that has found no place,
    and marks deadlines that have passed. Keeps the figures counted as well, though nobody may look at them for long."""
    tallies.count_up(house.database)

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
        drafts.drop_old(tx, now)

    return write


def ask(house: House, claim: Claim, job: Job) -> Result:
    """Asks the portal for one invoice; what it says lands, and silence that has lasted is put before a person."""
    with house.database.read() as tx:
        record = packets.load(tx, job.packet_id)
        if record is None or record.stage is not Stage.waiting:
            return nothing
        attempt = packets.attempts(tx, record.id)[-1]
        packet = packets.body(tx, record.id, attempt.revision)
        only_said = packets.only_said(tx, attempt)
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
    if not ours and only_said:
        return lambda tx: _not_known_there(house, tx, attempt, found, least_settling(adapter))
    if not ours:
        return lambda tx: _hold_silent(house, tx, record, "The portal no longer lists this invoice.")

    def write(tx: Tx) -> None:
        if not land(house, tx, attempt, ours[0].verdict, f"portal:{record.account}"):
            said = ours[0].verdict.portal_status
            _hold_silent(house, tx, record, f"The portal still says {said!r}, as it did when it was last heard.")

    return write


def _not_known_there(
    house: House, tx: Tx, attempt: AttemptRecord, found: Sequence[Found], least_settling: float
) -> None:
    """A person says that it was entered by hand, and the portal does not list it under that reference: it is asked once
    more when its list has settled, then the person is told. Nothing is sent for it."""
    present = packets.load(tx, attempt.packet_id, lock=True)
    if present is None or present.stage is not Stage.waiting or not packets.only_said(tx, attempt):
        return
    now: datetime = house.database.now(tx)
    margin = max(house.account_settings(attempt.account).settling_seconds, least_settling)
    left = margin - (now - attempt.started_at).total_seconds()
    if left > 0:
        key = f"ask:{present.id}"
        house.queue.enqueue(tx, "ask", present.account, key, packet_id=present.id, delay=left, priority=BACKGROUND)
        return
    listed = ", ".join(f"{one.portal_reference} ({one.verdict.portal_status})" for one in found) or "nothing"
    what = (
        f"The portal does not list invoice {attempt.invoice_number} under {attempt.portal_reference}, as "
        f"{attempt.by_hand} recorded it. Under this number it lists: {listed}."
    )
    action = f"{what} Look there again: record the right reference, or that the portal does not have it."
    why = [{"code": "other", "path": "", "portal_code": "", "portal_text": "", "sentence": what}]
    hold(house, tx, present, now, "watch", who=Actor.us, action=action, why=why)


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
