"""How problems and findings are shown: each hanging under its mark, with the cure beneath."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from checklists.finding import Finding
from gateway.commands.layout import hanging
from gateway.commands.terminal import fault_lines
from gateway.commands.wording import SHORT_ACTORS
from gateway.errors import ClearbillError, PacketRefused


def findings_shown(findings: Iterable[Finding]) -> Iterator[RenderableType]:
    """What stops the packet first; each with its sentence, who acts and the cure."""
    for finding in sorted(findings, key=lambda one: not one.stops):
        mark = "stops" if finding.stops else "warns"
        who = SHORT_ACTORS[finding.who_acts] or "nobody"
        yield hanging("-", f"{mark} {finding.code}: {finding.sentence}", f"{who}: {finding.cure}")


def fault_shown(fault: ClearbillError) -> Iterator[RenderableType]:
    """Every problem of a packet with its place and cure; any other fault in its own words."""
    if isinstance(fault, PacketRefused):
        for problem in fault.problems:
            where = f"{problem.path}: " if problem.path else ""
            yield hanging("-", f"{where}{problem.message}", *([problem.cure] if problem.cure else []))
    else:
        yield hanging("-", *fault_lines(fault))
