"""An ordered void: the invoice is taken back at the portal, by its reference there or by a document that says so.

Only a person orders it, and what the portal did not clearly confirm is put before a person.
"""

from gateway.adapter import Ability, Adapter, Cancelling
from gateway.errors import AccountMustStop, MaybeSent, NotSent, PortalError
from gateway.health import stop_account
from gateway.holding import hold
from gateway.house import House
from gateway.landing import orders_to_void
from gateway.pausing import may_send
from gateway.steps import Result, nothing
from gateway.steps.cancel import Order, cancel_by_document
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.queue import Claim, Job
from gateway.verdict import Actor, Stage, Status, Verdict


def take_back(house: House, claim: Claim, job: Job) -> Result:
    """Carries an ordered void out, or looks what became of one that is under way."""
    with house.database.read() as tx:
        record = packets.load(tx, job.packet_id)
        if record is None or not record.transmissions:
            return nothing
        attempt = packets.attempts(tx, record.id)[-1]
        given = orders_to_void(tx, attempt)
    if not attempt.portal_reference or not given:
        return nothing  # replaced since the order: what is in doubt now is settled first
    adapter = house.portals.adapter(record.account)
    if Ability.cancel in adapter.abilities and isinstance(adapter, Cancelling):
        return cancel_by_document(house, claim, job, adapter, Order(record, attempt, given[-1], len(given)))
    with house.database.write() as tx:
        may_send(tx, record.client)
    return _by_reference(house, adapter, record, attempt, given[-1])


def _by_reference(house: House, adapter: Adapter, record: PacketRecord, attempt: AttemptRecord, why: str) -> Result:
    try:
        verdict = adapter.void(attempt.portal_reference, why)
    except (MaybeSent, NotSent, AccountMustStop) as fault:
        return _unclear(house, record, fault)
    return lambda tx: _voided(house, tx, attempt, verdict)


def _voided(house: House, tx: Tx, attempt: AttemptRecord, verdict: Verdict) -> None:
    record = packets.load(tx, attempt.packet_id, lock=True)
    if record is None:
        return
    now = house.database.now(tx)
    if verdict.status is not Status.cancelled:
        action = "The portal did not void the invoice. Read its words, and take it up with the client."
        why = packets.reasons_json(verdict.reasons)
        hold(house, tx, record, now, f"portal:{record.account}", who=Actor.us, action=action, why=why, touched=True)
        return
    packets.add_verdict(tx, attempt, verdict, now)
    packets.commit_orders(tx, record, ())
    said = {"status": Status.cancelled.value, "portal_status": verdict.portal_status[:200]}
    packets.move(tx, record, Stage.stopped, now, f"portal:{record.account}", "voided", touched=True, why="[]", **said)


def _unclear(house: House, record: PacketRecord, fault: PortalError) -> Result:
    def write(tx: Tx) -> None:
        present = packets.load(tx, record.id, lock=True)
        if present is None:
            return
        if isinstance(fault, AccountMustStop):
            stop_account(house, tx, record.account, fault)
        action = (
            f"It is not known whether the portal voided the invoice. Look there, then order it again or stop. {fault}"
        )
        now = house.database.now(tx)
        hold(house, tx, present, now, "pipeline", who=Actor.us, action=action, why=(), touched=True)

    return write
