"""`notices show|test`: what channels would be sent now, and whether one works."""

from datetime import datetime
from typing import Any

from gateway.commands.terminal import DONE, TROUBLE, Terminal
from gateway.commands.wording import Calendar
from gateway.errors import NotFound, SettingWrong
from gateway.house import House
from gateway.notices.bulletin import as_text
from gateway.notices.gather import hours_of
from gateway.notices.herald import preview, trial
from gateway.notices.post import MaybeGone, NotGone
from gateway.store import notices
from gateway.store.notices import ChannelRecord


def show(terminal: Terminal, channel: str) -> None:
    """What each channel, or one, would be sent if it were sent now, and how it is doing. Raises NotFound."""
    with terminal.house() as house:
        keys = [_known(house, channel)] if channel else list(house.settings.notices.channels)
        if not keys:
            terminal.show("Nobody is told of anything outside the pages: no channel is set up under `notices`.")
        terminal.answer({"channels": [_shown(terminal, house, key) for key in keys]})


def _shown(terminal: Terminal, house: House, key: str) -> dict[str, Any]:
    told = preview(house, key)
    with house.database.read() as tx:
        now, state, waiting = house.database.now(tx), notices.channel(tx, key), notices.outstanding(tx, key)
    calendar = Calendar(house.settings.time_zone, now)
    terminal.show(terminal.heading(f"{key}: {_doing(house, state, calendar)}"))
    if waiting is not None:
        terminal.show(f"A notice of {calendar.at(waiting.made_at)} may have gone or not; it goes once more, unchanged.")
    terminal.show(as_text(told) if told else "Nothing is new since it was last told.")
    return {
        "channel": key,
        "failures": state.failures,
        "last_failure": state.last_failure if state.failures else "",
        "last_sent": state.sent_at,
        "digest_at": _next_digest(house, now),
        "would_send": told.values() if told else None,
    }


def _doing(house: House, state: ChannelRecord, calendar: Calendar) -> str:
    if state.failures:
        return f"failing {state.failures} times in a row, {state.last_failure}"
    digest = _next_digest(house, calendar.now)
    coming = f"; next digest {calendar.at(digest)}" if digest else ""
    return f"last sent {calendar.ago(state.sent_at)}{coming}"


def _next_digest(house: House, now: datetime) -> datetime | None:
    return hours_of(house).next_of(house.settings.notices.digest_at, now)


def test(terminal: Terminal, channel: str) -> int:
    """Sends a message that says that it is a trial; 3 where it did not go. Raises NotFound."""
    with terminal.house() as house:
        _known(house, channel)
        try:
            trial(house, channel)
        except (NotGone, MaybeGone, SettingWrong) as fault:
            terminal.show(f"It did not go: {fault}")
            terminal.answer({"channel": channel, "sent": False, "why": str(fault)})
            return TROUBLE
    terminal.show(f"A trial message was taken by {channel}. See that it arrives.")
    terminal.answer({"channel": channel, "sent": True, "why": ""})
    return DONE


def _known(house: House, key: str) -> str:
    channels = house.settings.notices.channels
    if key not in channels:
        raise NotFound(f"there is no channel {key!r}; the channels are: {', '.join(channels) or 'none'}.")
    return key
