"""Tables of the framework: a window of rows, a bar to move it, ticks, cells found by the end of their id (4.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .drawing import TARGETS_ALWAYS, Drawing, quoted, script_object
from .mechanics import FORM
from .texts import say

# Item names of cells that sources have; all others are made from the column's key.
ITEMS = {
    "orders": {
        "po_number": "PosPoNumber",
        "document_type": "PosDocumentType",
        "order_date": "PosOrderDateTime",
        "order_amount": "TotalAmt",
        "amount_billed": "AmtBilled",
        "order_description": "PosPoDescription",
    },
}


Written = Mapping[str, Sequence[str]]
"""The texts of a table, column by column."""
Cell = Callable[[int, int], str]
"""Writes a cell, given the row's index and its place in the window."""


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: key to the writer of its cells.

    `region` and `name` make its ids. `ticks`: a box before each row. `searched`: whether an empty table says so.
    """

    kind: str
    region: str
    name: str
    columns: dict[str, Cell]
    length: int
    ticks: bool = False
    searched: bool = True

    @property
    def content(self) -> str:
        """The id of the table element."""
        return f"{self.region}.{self.name}:Content"


def item_of(kind: str, key: str) -> str:
    """A cell's item name."""
    return ITEMS.get(kind, {}).get(key) or "Isp" + "".join(word.title() for word in f"{kind}_{key}".split("_"))


def start_of(out: Drawing, table: Table) -> int:
    """Where the window begins; moved back when rows have gone."""
    start = out.page.windows.get(table.name, 0)
    return start if start < table.length else 0


def draw_table(out: Drawing, table: Table, *, window: int | None = None) -> None:
    """The region with its table. `window`: rows shown at once; None = the tenant's."""
    size = window or out.profile.rows
    start = start_of(out, table)
    out.view.names[table.name] = table.name
    order = [key for key in out.columns_of(table.kind) if key in table.columns]
    heads = "".join(
        f'<th scope="col" id="{out.view.prefix}{table.name}{item_of(table.kind, key)}" {out.css("head")}>'
        f"<span>{escape(out.label(key))}</span></th>"
        for key in order
    )
    tick = f'<th scope="col" {out.css("head")}><span>Select</span></th>' if table.ticks else ""
    out.add(
        f'<div id="{table.region}"><a name="posrefdiv:{table.name}" id="posrefdiv:{table.name}"></a>',
        f'<input type="hidden" name="{table.name}:length" value="{table.length}">',
        _bar(out, table, start, size),
        f'<table id="{table.content}" {out.css("table")} summary="{escape(table.name)}"><tr>{tick}{heads}</tr>',
    )
    rows = range(start, min(start + size, table.length))
    for place, index in enumerate(rows):
        _row(out, table, order, index, place)
    if not rows:
        words = say("no_results") if table.searched else say("no_search")
        out.add(f'<tr><td colspan="{len(order) + table.ticks}" {out.css("empty")}>{words}</td></tr>')
    out.add("</table></div>")


def _row(out: Drawing, table: Table, order: Sequence[str], index: int, place: int) -> None:
    tick = ""
    if table.ticks:
        name = f"{table.name}:selected:{place}"
        out.view.names[name] = f"tick:{place}"
        tick = f'<td><input type="checkbox" id="{name}" name="{name}" value="{place}"></td>'
    cells = "".join(
        f'<td headers="{out.view.prefix}{table.name}{item_of(table.kind, key)}" {out.css("cell")}>'
        f"{table.columns[key](index, place)}</td>"
        for key in order
    )
    out.add(f"<tr>{tick}{cells}</tr>")


def span(out: Drawing, table: str, kind: str, key: str, place: int, text: str) -> str:
    """A cell's value."""
    made = out.cell_id(table, f"{table}.{key}", item_of(kind, key), place)
    return f'<span id="{made}" {out.css("data")}>{escape(text)}</span>'


def _bar(out: Drawing, table: Table, start: int, size: int) -> str:
    """Select All and None, Previous, the range poplist, Next."""
    pieces = []
    if table.ticks and table.length:
        for text, checked in (("Select All", "true"), ("Select None", "false")):
            call = f"_tableSelect({quoted(table.name)},{checked});return false"
            pieces.append(f'<a href="#" {out.css("link")} onclick="{call}">{text}</a>')
    if table.length > size:
        pieces += _moves(out, table, start, size)
    return f'<div id="{table.region}.{table.name}:ControlBar" {out.css("bar")}>{" ".join(pieces)}</div>'


def _moves(out: Drawing, table: Table, start: int, size: int) -> list[str]:
    targets = f"{table.region} {TARGETS_ALWAYS}" if out.tenant.knobs.text("table_navigation") == "ppr" else ""
    given = script_object({"IspAction": out.action(table.name), "partialTargets": targets})
    pieces = []
    if start > 0:
        pieces.append(_move(out, table, f"Previous {size}", max(start - size, 0), size, given))
    ranges = [
        (f"{first + 1},{size}", f"{first + 1}-{min(first + size, table.length)} of {table.length}")
        for first in range(0, table.length, size)
    ]
    handler = f"_navChoiceSubmit('{FORM}',this,{quoted(table.name)},{given})"
    pieces.append(out.select(f"{table.name}:choice", ranges, f"{start + 1},{size}", handler))
    if start + size < table.length:
        left = min(size, table.length - start - size)
        pieces.append(_move(out, table, f"Next {left}", start + size, size, given))
    return pieces


def _move(out: Drawing, table: Table, text: str, first: int, size: int, given: str) -> str:
    call = f"_navBarSubmit('{FORM}',{quoted(table.name)},'{first + 1}','{size}',{given});return false"
    return f'<a href="#" title="{text}" {out.css("link")} onclick="{call}">{text}</a>'


def text_table(
    out: Drawing,
    kind: str,
    region: str,
    name: str,
    written: Written,
    length: int,
    *,
    searched: bool = True,
) -> Table:
    """A table of plain values, given column by column."""

    def writer(key: str, values: Sequence[str]) -> Cell:
        return lambda index, place: span(out, name, kind, key, place, values[index])

    return Table(
        kind, region, name, {key: writer(key, values) for key, values in written.items()}, length, searched=searched
    )
