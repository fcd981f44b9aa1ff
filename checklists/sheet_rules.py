"""The section `timesheets` of a checklist: whether time sheets are opened, and how the text of a PDF is laid out."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checklists.sections import Expression, Gravity, Section
from gateway.packet import Amount

_GROUPS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "number": (frozenset({"timesheet"}), frozenset()),
    "period": (frozenset({"start", "end"}), frozenset()),
    "row": (frozenset({"worker", "classification", "pay_code", "hours"}), frozenset({"day"})),
    "total": (frozenset({"hours"}), frozenset({"pay_code"})),
}
"""Pattern -> the named groups it must have, and those it may have besides."""


class SheetLayout(Section):
    """How the text of this client's time sheets reads, line by line as the page shows them, columns two blanks apart.

    Each setting is a pattern that is looked for within a line. `row` (named groups `worker`, `classification`,
    `pay_code`, `hours`, and perhaps `day`) takes the hours; `total` (`hours`, and perhaps `pay_code`) the sums that the
    sheet prints, every match of a line: rows count only where they add up to the printed sums, so that a row which was
    not understood cannot pass unseen. `number` (`timesheet`) and `period` (`start`, `end`) are the sheet's own.
    `date_format`: as Python's strptime has it.
    """

    number: Expression | None = None
    period: Expression | None = None
    row: Expression | None = None
    total: Expression | None = None
    date_format: Annotated[str, StringConstraints(min_length=4, max_length=20)] = "%Y-%m-%d"

    @model_validator(mode="after")
    def _has_its_groups(self) -> Self:
        for name, (needed, besides) in _GROUPS.items():
            pattern = getattr(self, name)
            if pattern is None:
                continue
            named = pattern.groups
            if missing := sorted(needed - named):
                raise ValueError(f"`{name}` needs the named group (?P<{missing[0]}>...)")
            if strange := sorted(named - needed - besides):
                raise ValueError(f"`{name}` has a named group {strange[0]!r} that means nothing here")
        if (self.row is None) != (self.total is None):
            raise ValueError("`row` and `total` go together: rows count only where they add up to the printed sums")
        return self

    @model_validator(mode="after")
    def _date_format_reads_days(self) -> Self:
        day = date(2026, 11, 23)
        try:
            right = datetime.strptime(day.strftime(self.date_format), self.date_format).date() == day  # noqa: DTZ007
        except (ValueError, re.error):  # re.error: a part that stands there twice, in some versions of Python
            right = False
        if not right:
            raise ValueError(f"{self.date_format!r} does not tell a day, as %m/%d/%Y does")
        return self


class TimesheetRules(Section):
    """Time sheets read in themselves, beside what the packet states of them.

    `read`: they are opened; what is read then stands for what the packet states. `unread`: what a sheet does that could
    not be read in full (a scan). `signature`: "shown" where only a signature counts that the sheet itself shows (a
    filled signature field of a PDF, a named signer in data). `max_hours_a_day`: of one worker, over all sheets.
    """

    read: bool = False
    unread: Gravity = "warn"
    signature: Literal["stated", "shown"] = "stated"
    max_hours_a_day: Annotated[Amount, Field(gt=0, le=24)] = Decimal(24)
    layout: SheetLayout | None = None
