"""The few shapes in which commands show things: a table, labelled facts, and lines that hang under their mark."""

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table


def table(*headings: str, right: Iterable[str] = (), whole: Iterable[str] = ()) -> Table:
    """A table that is left to wrap; columns named in `right` hold figures, those in `right` or `whole` never wrap."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", show_edge=False)
    figures, unbroken = set(right), set(whole)
    for heading in headings:
        made.add_column(
            heading,
            justify="right" if heading in figures else "left",
            no_wrap=heading in figures | unbroken,
            overflow="fold",
            vertical="top",
        )
    return made


def facts(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Labelled facts, one a line, long ones hanging under themselves."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for label, value in rows:
        made.add_row(label, value)
    return made


def hanging(mark: RenderableType, *lines: RenderableType, indent: int = 2) -> RenderableType:
    """Lines that hang under a mark such as a dash."""
    made = Table.grid(padding=(0, 1))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    made.add_row(mark, Group(*_rendered(lines)))
    return Padding(made, (0, 0, 0, indent))


def _rendered(lines: Iterable[RenderableType]) -> list[RenderableType]:
    """Strings inside a group must go through the console that makes them fit, one cell at a time."""
    return [_line(line) if isinstance(line, str) else line for line in lines]


def _line(text: str) -> Table:
    row = Table.grid()
    row.add_column(overflow="fold")
    row.add_row(text)
    return row
