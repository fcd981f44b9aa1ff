"""What a correction rule is, what it may lean on, and what it makes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from checklists.checklist import Checklist
from gateway.changes import Patch
from gateway.order import Order
from gateway.packet import Packet, SupportingDocument
from gateway.verdict import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may lean on: the client's checklist and the rows of the order register (None = known not to exist).

    `candidates` are register rows for the order numbers that the checklist thinks may be meant.
    `ended_as`: who refused the invoice that the portal had taken, so that number rules apply: its own checks
    ("failed"; the buyer never saw it) or the buyer ("rejected"); "" where nothing was taken. `numbers_used`: the
    packet's numbers so far, in order. `today`: the day in the seller's calendar. `papers_before`: papers that earlier
    revisions had and this one has not.
    """

    checklist: Checklist
    orders: Mapping[str, Order | None] = field(default_factory=dict)
    candidates: Mapping[str, Order] = field(default_factory=dict)
    ended_as: Literal["", "failed", "rejected"] = ""
    numbers_used: tuple[str, ...] = ()
    today: date | None = None
    papers_before: tuple[SupportingDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A correction. `serves`: the reasons it can mend; `licence`: the only places it may change; `source`: why it
    may.

    `by_word`: done without asking only where the client's checklist names the rule (`corrections.also`). `person`: why
    only a person may ever order it; "" where a machine may. What may not be done without asking is proposed.
    `after_a_no`: done only where somebody has objected, never learned for invoices that nobody has seen yet.
    """

    code: str
    serves: frozenset[ReasonCode]
    licence: tuple[str, ...]
    says: str
    source: str
    apply: Callable[[Packet, Sequence[Reason], Context], Packet | None]
    by_word: bool = False
    person: str = ""
    after_a_no: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """A licensed change: the new packet, the rules that made it, the difference, and the sentence for the event."""

    packet: Packet
    rules: tuple[str, ...]
    patch: Patch
    says: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that rules know and a person must order. `needs`: why, a sentence each, none where nothing in the
    licences speaks against it."""

    rules: tuple[str, ...]
    patch: Patch
    says: str
    needs: tuple[str, ...]


class LicenceBroken(Exception):
    """A rule changed more than it may: a defect of the rule, never sent."""


def with_invoice(packet: Packet, **changes: Any) -> Packet:
    """The packet with other values in fields of its invoice."""
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update=changes)})
