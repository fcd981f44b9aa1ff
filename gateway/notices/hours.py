"""The office's hours: when people may be written to, and which set time has come.

All of it is reckoned by the office's own clock: 08:00 is 08:00 there on every day, also when the clocks are put
forward or back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checklists.sections import WEEKDAYS
from gateway.settings import OfficeHours

_TO_ACT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """An office's hours in its time zone."""

    settings: OfficeHours
    zone: ZoneInfo

    def is_open(self, moment: datetime) -> bool:
        """Whether people may be written to at this moment."""
        local = moment.astimezone(self.zone)
        return self._works(local.date()) and self.settings.opens <= local.time() < self.settings.closes

    def horizon(self, moment: datetime) -> datetime:
        """Until when what is due must be told of on the office day of `moment`, since on the next one it is too late:
        that has been open for an hour by then."""
        day = moment.astimezone(self.zone).date() + timedelta(days=1)
        while not self._works(day):
            day += timedelta(days=1)
        return self._at(day, self.settings.opens) + _TO_ACT

    def last_of(self, set_times: Sequence[time], moment: datetime) -> datetime | None:
        """The latest of the times set for every office day that has come by `moment`; None where none is set."""
        if not set_times:
            return None
        day = moment.astimezone(self.zone).date()
        while True:
            come = [at for each in set_times if (at := self._at(day, each)) <= moment] if self._works(day) else []
            if come:
                return max(come)
            day -= timedelta(days=1)

    def next_of(self, set_times: Sequence[time], moment: datetime) -> datetime | None:
        """The first of the set times after `moment`; None where none is set."""
        if not set_times:
            return None
        day = moment.astimezone(self.zone).date()
        while True:
            coming = [at for each in set_times if (at := self._at(day, each)) > moment] if self._works(day) else []
            if coming:
                return min(coming)
            day += timedelta(days=1)

    def _works(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.settings.days and day not in self.settings.closed_on

    def _at(self, day: date, hour: time) -> datetime:
        """In UTC, since two local times of one zone are compared by what their clocks show."""
        return datetime.combine(day, hour, self.zone).astimezone(UTC)
