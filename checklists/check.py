"""The check itself: a packet, its client's checklist and the facts in; findings out. A table of small functions."""

from collections.abc import Callable, Iterable

from checklists.arithmetic import sums
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding
from gateway.packet import Packet

Check = Callable[[Packet, Checklist, Facts], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (lambda packet, checklist, facts: sums(packet.invoice),)


def check(packet: Packet, checklist: Checklist, facts: Facts) -> tuple[Finding, ...]:
    """Everything the packet lacks of what this client asks, in the order of CHECKS; empty when nothing is wrong."""
    return tuple(finding for each in CHECKS for finding in each(packet, checklist, facts))
