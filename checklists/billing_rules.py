"""Settings of how and when a client is billed: its calendar, its cost codes, what goes on an invoice of its own."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checklists.sections import Day, Form, Section
from gateway.packet import Amount, Code, LineKind, Name


class QuietDays(Section):
    """Days, both included, on which the client takes in no invoices: its month's end, a change of systems."""

    starts: Day = Field(alias="from")
    ends: Day = Field(alias="to")
    why: Name

    @model_validator(mode="after")
    def _begin_before_they_end(self) -> Self:
        if self.ends < self.starts:
            raise ValueError(f"`to` ({self.ends}) lies before `from` ({self.starts})")
        return self


Cycle = Literal["weekly", "biweekly", "semimonthly", "monthly"]
LONGEST: dict[Cycle, int] = {"weekly": 7, "biweekly": 14, "semimonthly": 16, "monthly": 31}
"""The most days that an invoice of a cycle covers."""


class BillingCalendar(Section):
    """`cycle`: how often the client is billed, so how many days an invoice may cover. `holidays`: the client's; a
    cut-off on one comes on the working day before. `quiet`: an invoice then is sent, with a warning."""

    cycle: Cycle | None = None
    holidays: frozenset[Day] = frozenset()
    quiet: tuple[QuietDays, ...] = ()

    def quiet_on(self, day: date) -> QuietDays | None:
        """The quiet days that a day is one of."""
        return next((one for one in self.quiet if one.starts <= day <= one.ends), None)

    def working_days_after(self, moment: datetime, days: int) -> datetime:
        """The same time of day so many working days later: neither weekends nor holidays count."""
        while days:
            moment += timedelta(days=1)
            days -= moment.weekday() < _SATURDAY and moment.date() not in self.holidays
        return moment


_SATURDAY = 5


class CostCodes(Section):
    """The client's accounting code on lines (BT-133). `required_on`: kinds of line that must carry one; `form` and
    `allowed` hold for every code that is stated."""

    required_on: tuple[LineKind, ...] = ()
    form: Form | None = None
    allowed: frozenset[Code] = frozenset()


class Splitting(Section):
    """What goes on an invoice of its own: one order each, one time sheet each, one calendar month each, no more than
    `max_total` before tax, and never lines of two of the groups `apart` together."""

    one_order: bool = False
    one_time_sheet: bool = False
    one_month: bool = False
    max_total: Annotated[Amount, Field(gt=0)] | None = None
    apart: tuple[tuple[LineKind, ...], ...] = ()
