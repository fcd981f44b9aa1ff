"""The steps of the pipeline: each takes a claimed packet, does its work outside any transaction, and answers what is to
be written. `gateway.pipeline` alone knows their order."""

from collections.abc import Callable

from gateway.house import House
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.queue import Claim, Job

Result = Callable[[Tx], None]
"""Writes a step's result; run in the transaction that also finishes the job."""

Step = Callable[[House, Claim, Job, PacketRecord], Result]


def nothing(tx: Tx) -> None:
    """There is nothing to write: the packet has moved on meanwhile."""
