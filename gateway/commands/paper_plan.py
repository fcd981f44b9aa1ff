"""`plan`: what becomes of a packet's papers before they are sent. Nothing is stored, nothing is sent."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from checklists.checklist import Checklist
from checklists.paper_steps import PaperStep
from checklists.planned import Plan, PlannedPaper
from checklists.sent_papers import SentPaper, SentPapers
from checklists.wording import megabytes
from gateway.commands.layout import hanging
from gateway.commands.terminal import DONE, REFUSED, Terminal
from gateway.errors import NotFound
from gateway.handover import read
from gateway.house import House
from gateway.intake import packet_of
from gateway.packet import Packet
from gateway.paper_sending import ContentOf, PapersToSend, carry_out, files_from, papers_told, plan_for
from gateway.paperwork.apart import PATIENCE
from gateway.store import packets
from gateway.store.database import blob
from gateway.timesheets import contents


def show(terminal: Terminal, words: str, out: Path | None) -> int:
    """The plan for a packet in a file, or for one that was handed over: carried out on copies, step by step in words.

    `out`: a folder that gets the papers as they would be sent. Raises NotFound, PacketRefused, NotPossible."""
    with terminal.house() as house:
        return _shown(terminal, house, words, out)


def _shown(terminal: Terminal, house: House, words: str, out: Path | None) -> int:
    if Path(words).is_file():
        handed, files = read(Path(words))
        packet = packet_of(handed, files)
        return _answered(
            terminal, packet, house.checklist(packet.client, packet.generated_at), contents(packet, files), out
        )
    with house.database.read() as tx:
        known = packets.find(tx, words)
        if len(known) != 1:
            told = (
                f"{len(known)} packets have the number {words!r}; name one by its packet id."
                if known
                else (f"there is no file {words!r} and no packet with this id, invoice number or source id.")
            )
            raise NotFound(told)
        packet = packets.body(tx, known[0].id, known[0].revision)
        checklist = house.checklist(packet.client, packet.generated_at)
        return _answered(terminal, packet, checklist, partial(blob, tx), out)


def _answered(terminal: Terminal, packet: Packet, checklist: Checklist, content_of: ContentOf, out: Path | None) -> int:
    until = time.monotonic() + PATIENCE
    planned = plan_for(packet, checklist, content_of, until)
    papers = carry_out(planned, packet, content_of, until)
    if not packet.documents:
        terminal.show("The packet has no papers.")
    elif not checklist.paper_plan.may:
        terminal.show(f"{checklist.name} gives no licence to change papers: each goes as it came.")
    for paper in papers.sent.papers:
        _show_paper(terminal, packet, planned, paper)
    for refusal in papers.sent.refusals:
        names = ", ".join(packet.documents[at].name for at in refusal.sources)
        terminal.show(hanging("-", f"Not done ({refusal.step}): {names} {refusal.why}.", refusal.cure))
    _write(terminal, papers, content_of, out)
    terminal.answer(_as_json(packet, papers.sent))
    return REFUSED if any(one.stops for one in papers.sent.refusals) else DONE


def _show_paper(terminal: Terminal, packet: Packet, planned: Plan, paper: SentPaper) -> None:
    came = [packet.documents[at] for at in paper.sources]
    lines = [f"from {', '.join(f'{one.name} ({_size(one.size)})' for one in came)}"]
    asked = next(one for one in planned.papers if set(paper.sources) <= set(one.sources))
    if asked.steps:
        lines.append(f"plan: {'; '.join(steps_in_words(asked))}")
    lines += [f"done: {done}" for done in paper.done]
    terminal.show(f"{paper.document.name}, {_size(paper.document.size)}")
    for line in lines:
        terminal.show(hanging(" ", line))


def _size(size: int) -> str:
    return megabytes(size) if size >= 100_000 else f"{max(round(size / 1000), 1)} kB"


def steps_in_words(paper: PlannedPaper) -> list[str]:
    """What is planned for a paper, in the order in which it is done."""
    least = min((size for size in (paper.most_bytes, paper.aim_bytes) if size is not None), default=0)
    told: dict[PaperStep, Callable[[], str]] = {
        PaperStep.redact: lambda: "what is internal is taken out",
        PaperStep.convert: lambda: "pictures become pages of a PDF",
        PaperStep.merge: lambda: f"{len(paper.sources)} papers become one",
        PaperStep.stamp: lambda: "a line is printed below each page",
        PaperStep.compress: lambda: (
            f"above {megabytes(least)} it is packed without loss, then its pictures made coarser, "
            f"to {paper.least_dpi} dots an inch at the least"
        ),
        PaperStep.split: lambda: f"above {megabytes(paper.most_bytes or 0)} it is cut between pages",
        PaperStep.rename: lambda: f"named {paper.name()}",
    }
    return [words() for step, words in told.items() if step in paper.steps]


def _write(terminal: Terminal, papers: PapersToSend, content_of: ContentOf, out: Path | None) -> None:
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    for file in files_from(papers, content_of):
        terminal.write_file(out / file.name, file.content)


def _as_json(packet: Packet, sent: SentPapers) -> dict[str, Any]:
    refusals = [
        {
            "papers": [packet.documents[at].name for at in one.sources],
            "step": one.step.value,
            "why": one.why,
            "cure": one.cure,
        }
        for one in sent.refusals
    ]
    return {
        "client": packet.client,
        "invoice_number": packet.invoice.number,
        "papers": papers_told(packet, sent),
        "refusals": refusals,
    }
