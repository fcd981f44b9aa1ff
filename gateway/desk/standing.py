"""How a portal account stands, in a coordinator's words."""

from dataclasses import dataclass

from gateway.commands.overview import account_state
from gateway.commands.wording import ACTORS, Calendar
from gateway.house import House
from gateway.store.accounts import AccountRecord


@dataclass(frozen=True, slots=True)
class Standing:
    """One account: `word` (working, failing, resting, stopped), the same in a sentence, the portal's last words, who
    must act ("" for nobody), and when its statuses were read and how often they are."""

    key: str
    portal: str
    word: str
    says: str
    fault: str
    who: str
    polled: str
    cadence: str

    @property
    def well(self) -> bool:
        """Whether nobody needs to look."""
        return self.word == "working"


def standing(house: House, state: AccountRecord, calendar: Calendar) -> Standing:
    """The account as it is now."""
    settings = house.settings.accounts.get(state.key)
    word = account_state(state, calendar.now)
    every = settings.poll_seconds if settings else 0
    return Standing(
        state.key,
        settings.portal if settings else "not set up any more",
        word,
        _says(state, word, calendar),
        state.last_failure if state.failures else "",
        ACTORS[state.who_acts] if state.paused else "",
        f"{calendar.at(state.polled_at)} ({calendar.ago(state.polled_at)})" if state.polled_at else "never",
        f"every {_length(every)}" if every else "not by itself",
    )


def _says(state: AccountRecord, word: str, calendar: Calendar) -> str:
    if word == "stopped":
        return f"Stopped: nothing is sent or asked until somebody resumes it. {state.action}"
    since = f" since {calendar.at(state.failing_since)}" if state.failing_since else ""
    if word == "resting":
        return f"Resting until {calendar.due(state.open_until)} after {state.failures} failures in a row{since}."
    if word == "failing":
        return f"Failing: {state.failures} in a row{since}. It is tried again by itself."
    return "Working."


def _length(seconds: float) -> str:
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}s" if count > 1 else unit
    return f"{seconds:g} seconds"
