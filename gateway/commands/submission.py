"""`submit`: packets from disk through intake, each with its own answer; one bad packet stops no other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from checklists.finding import Finding
from gateway.commands.findings import fault_shown, findings_shown
from gateway.commands.terminal import DONE, REFUSED, TROUBLE, Terminal, fault_values
from gateway.errors import ClearbillError, Refused
from gateway.handover import read
from gateway.holding import finding_json
from gateway.house import House
from gateway.intake import accept, check_hand_over
from gateway.steps.prepare import findings_for
from gateway.store import accounts, packets


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one file: `outcome` is accepted, repeated, ready, stopped (by the checklist) or refused."""

    file: Path
    outcome: str
    packet_id: str = ""
    invoice: str = ""
    account: str = ""
    findings: Sequence[Finding] = ()
    fault: ClearbillError | None = field(default=None, compare=False)

    @property
    def code(self) -> int:
        """The exit code that this file alone would give."""
        if self.fault is not None:
            return REFUSED if isinstance(self.fault, Refused) else TROUBLE
        return REFUSED if self.outcome == "stopped" else DONE

    def values(self) -> dict[str, Any]:
        """As JSON has it."""
        told: dict[str, Any] = {"file": str(self.file), "outcome": self.outcome}
        if self.packet_id:
            told["packet"] = self.packet_id
        if self.invoice:
            told["invoice_number"] = self.invoice
        if self.outcome in ("ready", "stopped"):
            told["findings"] = [finding_json(finding) for finding in self.findings]
        return told | (fault_values(self.fault) if self.fault else {})


def submit(terminal: Terminal, files: Sequence[Path]) -> int:
    """Hands packets over; answers the worst exit code of all."""
    return _each(terminal, files, _submitted)


def check(terminal: Terminal, files: Sequence[Path]) -> int:
    """Says what would be refused and what the checklist would stop; stores nothing."""
    return _each(terminal, files, _checked)


def _each(terminal: Terminal, files: Sequence[Path], one: Callable[[House, Path], Answer]) -> int:
    wanted = list(_without_companions(files))
    answers: list[Answer] = []
    unread: set[str] = set()
    with terminal.house() as house:
        try:
            for file in _with_progress(terminal, wanted):
                answers.append(_answered(house, file, one))
        finally:  # cut short, what was done is told all the same
            for answer in answers:
                _show(terminal, answer)
        unread = _unread_registers(house, answers)
    counts = {name: sum(answer.outcome == name for answer in answers) for name in _WORDS}
    terminal.tell(", ".join(f"{count} {_WORDS[name][0]}" for name, count in counts.items() if count) + ".")
    if unread:
        terminal.tell(f"Purchase orders were not checked: {', '.join(sorted(unread))} has not read its orders yet.")
    if counts["accepted"]:
        terminal.tell("A running `clearbill serve` or `worker` takes them from here; see `clearbill status`.")
    terminal.answer({"files": [answer.values() for answer in answers], "counts": counts})
    return max((answer.code for answer in answers), default=DONE)


def _unread_registers(house: House, answers: Sequence[Answer]) -> set[str]:
    """Accounts whose order register is not there yet, so that a check could say nothing about orders."""
    used = {answer.account for answer in answers if answer.outcome in ("ready", "stopped")}
    with house.database.read() as tx:
        return {state.key for state in accounts.every(tx) if state.key in used and state.orders_read_at is None}


def _without_companions(files: Sequence[Path]) -> Iterator[Path]:
    """`submit week/*` names the folders that hold packets' files too: those are read with their packets."""
    named = {file.with_suffix("") for file in files if file.suffix.lower() == ".json"}
    return (file for file in files if not (file in named and file.is_dir()))


def _with_progress(terminal: Terminal, files: Sequence[Path]) -> Iterator[Path]:
    columns = (TextColumn("Handing over"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    screen = terminal.err
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("", total=len(files))
        for file in files:
            progress.update(task, description=screen.render_str(file.name).plain)
            yield file
            progress.advance(task)


def _answered(house: House, file: Path, one: Callable[[House, Path], Answer]) -> Answer:
    try:
        return one(house, file)
    except ClearbillError as fault:
        return Answer(file, "refused", fault=fault)


def _submitted(house: House, file: Path) -> Answer:
    accepted = accept(house, *read(file))
    with house.database.read() as tx:
        record = packets.load(tx, accepted.packet_id)
    number = record.invoice_number if record else ""
    return Answer(file, "repeated" if accepted.repeated else "accepted", accepted.packet_id, number)


def _checked(house: House, file: Path) -> Answer:
    handed, files = read(file)
    packet = check_hand_over(house, handed, files)
    checklist = house.checklist(packet.client, packet.generated_at)
    with house.database.read() as tx:
        earlier = packets.by_source(tx, packet.source_system, packet.source_id)
        packet_id = earlier[0] if earlier else ""
        findings = findings_for(house, tx, packet, checklist, checklist.account, packet_id, files)
    stopped = any(finding.stops for finding in findings)
    return Answer(
        file, "stopped" if stopped else "ready", packet_id, packet.invoice.number, checklist.account, findings
    )


_WORDS = {
    "accepted": ("accepted", "green"),
    "repeated": ("accepted before", "green"),
    "ready": ("ready to be sent", "green"),
    "stopped": ("would be stopped by the checklist", "yellow"),
    "refused": ("refused", "red"),
}


def _show(terminal: Terminal, answer: Answer) -> None:
    words, style = _WORDS[answer.outcome]
    told = Text(words, style=style)
    about = [f"invoice {answer.invoice}"] * bool(answer.invoice) + [answer.packet_id] * bool(answer.packet_id)
    told.append_text(terminal.out.render_str("".join(f", {part}" for part in about), style="not bold default"))
    terminal.show(terminal.out.render_str(f"{answer.file}: ").append_text(told))
    for line in fault_shown(answer.fault) if answer.fault else findings_shown(answer.findings):
        terminal.show(line)
