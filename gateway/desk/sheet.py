"""An invoice laid out for reading: every field that says something, and objections at the field they concern."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.commands.telling import reason_in_words
from gateway.commands.wording import place
from gateway.packet import Line, Packet, SupportingDocument, canonical_json

LINES = 100
"""The most lines on one page; an invoice may have thousands."""

_FIRST = (
    *("number", "type", "issued_on", "due_on", "period", "currency", "orders", "contract_number", "buyer_reference"),
    *("preceding", "credit_reason", "totals", "tax_breakdown", "adjustments", "payment_terms", "note"),
)
_PARTIES = ("seller", "buyer", "remit_to", "bill_to", "ship_from", "ship_to")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its JSON pointer, its name in words, its value, and what is said against it."""

    pointer: str
    name: str
    value: str
    said: tuple[str, ...]

    @property
    def is_aside(self) -> bool:
        """Whether it can stand folded away: a party's particulars, as long as nothing is said against them."""
        return self.pointer.split("/")[2] in _PARTIES and not self.said


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the invoice, and what is said against it or anything in it."""

    line: Line
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper, and what is said against it."""

    paper: SupportingDocument
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole invoice, its lines from `first` (counted from 0) on."""

    fields: tuple[Field, ...]
    lines: tuple[LineRow, ...]
    papers: tuple[PaperRow, ...]
    first: int
    count: int


def sheet_of(packet: Packet, why: Sequence[Mapping[str, Any]], first: int = 0) -> Sheet:
    """A packet laid out; `why` are reasons and findings as `gateway.store.packets` keeps them."""
    values = dict(_leaves(json.loads(canonical_json(packet))["invoice"]))
    said = _said(why, [*values, *(f"/invoice/lines/{n}" for n in range(len(packet.invoice.lines))), *_papers(packet)])
    lines = enumerate(packet.invoice.lines[first : first + LINES], first)
    return Sheet(
        tuple(Field(pointer, place(pointer), value, said.get(pointer, ())) for pointer, value in values.items()),
        tuple(LineRow(line, said.get(f"/invoice/lines/{n}", ())) for n, line in lines),
        tuple(PaperRow(one, said.get(f"/documents/{n}", ())) for n, one in enumerate(packet.documents)),
        first,
        len(packet.invoice.lines),
    )


def _papers(packet: Packet) -> list[str]:
    return [f"/documents/{n}" for n in range(len(packet.documents))]


def _leaves(invoice: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(pointer, value) of every field outside the lines that is not empty, the ones people look for first."""
    names = [*(name for name in _FIRST if name in invoice), *(name for name in sorted(invoice) if name not in _FIRST)]
    for name in names:
        if name != "lines":
            yield from _below(f"/invoice/{name}", invoice[name])


def _below(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _below(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _below(f"{pointer}/{index}", inner)
    elif value not in ("", None):
        yield pointer, str(value)


def _said(why: Sequence[Mapping[str, Any]], pointers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What is said of each place; of a place that is not shown, at the nearest that holds it or that it holds."""
    shown = frozenset(pointers)
    inside = {above: pointer for pointer in reversed(pointers) for above in _above(pointer)}  # the first one stays
    found: dict[str, list[str]] = {}
    for reason in why:
        path = str(reason.get("path", ""))
        holding = next((each for each in (path, *_above(path)) if each in shown), "")
        if at := holding or inside.get(path, ""):
            found.setdefault(at, []).append(reason_in_words(reason))
    return {pointer: tuple(dict.fromkeys(words)) for pointer, words in found.items()}


def _above(pointer: str) -> Iterator[str]:
    """Every place that holds this one, the nearest first."""
    while pointer := pointer.rpartition("/")[0]:
        yield pointer
