"""What a bench found: figures, some of them with a limit, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `measured` is to be at most `limit`, where there is one; `told` adds plain facts."""

    bench: str
    what: str
    measured: float
    unit: str = ""
    limit: float | None = None
    told: str = ""

    @property
    def missed(self) -> bool:
        """Whether a limit stands and was not kept."""
        return self.limit is not None and self.measured > self.limit

    @property
    def verdict(self) -> str:
        """PASS or MISS where a limit stands."""
        if self.limit is None:
            return ""
        return "MISS" if self.missed else "PASS"


def show(figures: Sequence[Figure], console: Console) -> None:
    """Prints the table."""
    table = Table(title="Clearbill: speed and size", title_justify="left")
    for heading in ("bench", "what", "measured", "at most", "", "told"):
        table.add_column(heading, justify="right" if heading in ("measured", "at most") else "left")
    for figure in figures:
        limit = "" if figure.limit is None else _number(figure.limit, figure.unit)
        style = "red" if figure.missed else None
        table.add_row(
            figure.bench,
            figure.what,
            _number(figure.measured, figure.unit),
            limit,
            figure.verdict,
            figure.told,
            style=style,
        )
    console.print(table)


def _number(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"
