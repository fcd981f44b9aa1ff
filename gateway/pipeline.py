"""The pipeline: which step follows from which stage. Whoever reads this table knows the product.

    intake ──> received ──prepare──> built ──send──> sending ──(answer)──> waiting ──(verdict)──> accepted
                  ^         |                │           │                    │
                  │         v                │       settle (in doubt)        v
                  └───── correcting <────────┴──────(refused, rejected)───────┘
                            │
                            v
                          held: a person decides (gateway/decisions.py)      stopped: a person ended it

`advance` is the one job that moves a packet: it looks at the stage it finds and runs that stage's step. A step may be
cut off anywhere and run again: it either finds the packet where it was, or that it has moved on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.house import House
from gateway.steps import Result, Step
from gateway.steps.correct import correct_refused
from gateway.steps.prepare import prepare
from gateway.steps.send import send
from gateway.steps.settle import settle
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.queue import Claim, Job
from gateway.tracing import span
from gateway.verdict import Stage


class Row(NamedTuple):
    """What happens to a packet in a stage, whether it needs its portal, and where it may go from there."""

    step: Step
    at_portal: bool
    leads_to: frozenset[Stage]


_S = Stage
PIPELINE: Mapping[Stage, Row] = MappingProxyType(
    {
        _S.received: Row(prepare, False, frozenset({_S.received, _S.built, _S.held})),
        _S.built: Row(send, True, frozenset({_S.sending, _S.waiting, _S.correcting, _S.built, _S.held, _S.received})),
        _S.sending: Row(settle, True, frozenset({_S.sending, _S.waiting, _S.correcting, _S.built, _S.held})),
        _S.correcting: Row(correct_refused, False, frozenset({_S.received, _S.held})),
    }
)
"""Stages that are not here owe no work of ours: they wait for the portal, for a person, or for nothing."""


def advance(house: House, claim: Claim, job: Job) -> Result:
    """Runs the step of the stage in which the packet is found."""
    with house.database.read() as tx:
        record = packets.load(tx, job.packet_id)
    if record is None or record.stage not in PIPELINE:
        return lambda tx: _look_again(house, tx, job.packet_id)
    row = PIPELINE[record.stage]
    if row.at_portal != (claim.account != "") or (row.at_portal and claim.account != record.account):
        return lambda tx: _look_again(house, tx, job.packet_id)
    with span(f"step {row.step.__name__}", record.id, account=record.account, stage=record.stage.value):
        return row.step(house, claim, job, record)


def _look_again(house: House, tx: Tx, packet_id: str) -> None:
    """Nothing was to be done here when we looked; whoever moved the packet since then found our job in the queue, and
    relied on it. The packet is locked and the job finished."""
    record = packets.load(tx, packet_id)
    if record is not None:
        enqueue_advance(house, tx, record)


def enqueue_advance(house: House, tx: Tx, record: packets.PacketRecord) -> None:
    """Adds the job that its stage asks for, on the desk or in the account's line."""
    row = PIPELINE.get(record.stage)
    if row is not None:
        line = record.account if row.at_portal else ""
        house.queue.enqueue(tx, "advance", line, f"advance:{record.id}", packet_id=record.id)
