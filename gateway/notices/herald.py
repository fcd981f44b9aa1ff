"""The herald: asks of a channel whether a notice is due, sends it, and writes down what became of it.

A timer rings for each channel every minute; here the database decides. Nothing goes outside the office's hours. At each
set time the digest tells what is new or has become urgent since the channel was last told; what is due before the
office will have been open again for an hour is urgent, and told at once. Where nothing is new, nothing is sent.

    look     is something due? most looks end here, having read a little
    begin    the notice and what it tells of are committed as `sending`, before the first byte leaves
    send     by `gateway.notices.post`
    record   sent; or failed, and what it told of is untold again; or nobody knows, and it stays `sending`

After a crash between send and record the same notice goes once more, under the same Message-ID: a repeat may be, a loss
may not. A failing channel waits longer after each try and is told of by the work list, `clearbill doctor` and the
figures. Herald's jobs have a line of the queue and a thread of their own, so that no invoice ever waits for a mail
server.
"""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.errors import SettingWrong
from gateway.house import House
from gateway.monitoring.tally import OF_THIS_PROCESS
from gateway.notices.bulletin import Bulletin
from gateway.notices.gather import bulletin, concern_of, hours_of, troubles, untold
from gateway.notices.post import MaybeGone, NotGone, send
from gateway.secrets import scrub
from gateway.settings import NoticeChannel, NoticeSettings
from gateway.steps import Result, nothing
from gateway.store import notices
from gateway.store.database import Tx
from gateway.store.notices import FAILED, SENDING, SENT, ChannelRecord, NoticeRecord
from gateway.store.queue import Claim, Job

log = structlog.get_logger("clearbill.notices")

KIND = "notices"
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_LEAST_APART = timedelta(minutes=5)  # of two urgent notices, whatever is due
_TRIES_IN_DOUBT = 5  # then it counts as failed, and what it told of is told anew


def notify(house: House, claim: Claim, job: Job) -> Result:
    """Tells one channel what it is to be told now; the job's `dedupe` names it."""
    key = job.dedupe.removeprefix(f"{KIND}:")
    channel = house.settings.notices.channels.get(key)
    if channel is None:  # taken out of the settings since the timer rang
        return nothing
    with house.database.read() as tx:
        if not due(house, tx, key, channel):
            return nothing
    notice = _begin(house, claim, job, key, channel)
    if notice is None:
        return nothing
    outcome, words = _sent(house.settings.notices, key, notice)
    OF_THIS_PROCESS.notice(key, "doubt" if outcome == SENDING else outcome)
    log.info("notice", channel=key, kind=notice.kind, notice=notice.id, tries=notice.tries, outcome=outcome, why=words)
    return lambda tx: _record(house, tx, key, channel, notice, outcome, words)


# --- is anything due? ---------------------------------------------------------------------------------------------


def due(house: House, tx: Tx, key: str, channel: NoticeChannel) -> str:
    """The kind of notice that the channel is to have now; "look" where only the set time that has come is to be noted,
    "" for nothing at all."""
    now, hours, settings = house.database.now(tx), hours_of(house), house.settings.notices
    state = notices.channel(tx, key)
    if not hours.is_open(now) or (state.retry_at is not None and now < state.retry_at):
        return ""
    last = notices.outstanding(tx, key)
    if last is not None:
        return last.kind
    set_time = hours.last_of(settings.digest_at, now) if channel.digest else None
    has_come = set_time is not None and (state.digest_for is None or set_time > state.digest_for)
    # A new channel's first digest comes at the next set time.
    if has_come and state.digest_for is not None and _is_anything_new(house, tx, key, channel, state, now):
        return "digest"
    if channel.urgent and _is_urgent(house, tx, key, channel, state, now):
        return "urgent"
    return "look" if has_come else ""


def _is_urgent(house: House, tx: Tx, key: str, channel: NoticeChannel, state: ChannelRecord, now: datetime) -> bool:
    """Whether an urgent notice is to go now: the one before it must be long enough ago, unless this cannot wait."""
    settings = house.settings.notices
    first = notices.first_deadline(tx, key, concern_of(channel), hours_of(house).horizon(now))
    stopped = untold(troubles(house, tx, channel, now), state.troubles, "urgent")
    if first is None and not stopped:
        return False
    if state.urgent_at is None:
        return True
    next_one = state.urgent_at + timedelta(minutes=settings.urgent_minutes)
    if first is not None and first <= next_one:
        next_one = state.urgent_at + _LEAST_APART
    return now >= next_one


def _is_anything_new(
    house: House, tx: Tx, key: str, channel: NoticeChannel, state: ChannelRecord, now: datetime
) -> bool:
    horizon = hours_of(house).horizon(now)
    if notices.is_anything_untold(tx, key, concern_of(channel), horizon, "digest"):
        return True
    return bool(untold(troubles(house, tx, channel, now), state.troubles, "digest"))


# --- making and sending -------------------------------------------------------------------------------------------


def _begin(house: House, claim: Claim, job: Job, key: str, channel: NoticeChannel) -> NoticeRecord | None:
    """The notice that is to go, committed as `sending`; None where there is nothing to say after all."""
    with house.database.write() as tx:
        house.queue.holds(tx, claim, job)
        state = notices.channel(tx, key, lock=True)
        kind = due(house, tx, key, channel)
        now = house.database.now(tx)
        last = notices.outstanding(tx, key)
        if kind and last is not None:
            notices.change(tx, last.id, tries=last.tries + 1)
            return notices.load(tx, last.id)
        if kind == "look":
            notices.change_channel(tx, key, digest_for=_set_time(house, now))
        if kind in ("", "look"):
            return None
        notice_id, _ = _made(house, tx, key, channel, state, kind)
        return notices.load(tx, notice_id)


def _made(
    house: House, tx: Tx, key: str, channel: NoticeChannel, state: ChannelRecord, kind: str
) -> tuple[int, Bulletin]:
    now, concern = house.database.now(tx), concern_of(channel)
    notice_id = notices.begin(tx, key, kind, _message_id(house.settings.notices), now)
    notices.forget_settled(tx, key)
    notices.tell(tx, key, concern, hours_of(house).horizon(now), kind, notice_id)
    found = troubles(house, tx, channel, now)
    new = untold(found, state.troubles, kind)
    told = bulletin(house, tx, concern, notice_id, new, now)
    known = {one.key: state.troubles[one.key] for one in found if one.key in state.troubles}
    states = {**known, **{one.key: one.state for one in new}}
    notices.keep_told(tx, notice_id, {"bulletin": told.values(), "troubles": states})
    return notice_id, told


def _message_id(settings: NoticeSettings) -> str:
    domain = settings.mail.sender.partition("@")[2] if settings.mail else "clearbill.invalid"
    return f"<{secrets.token_hex(16)}@{domain}>"


def _sent(settings: NoticeSettings, key: str, notice: NoticeRecord) -> tuple[str, str]:
    """(what became of it, why)."""
    try:
        send(settings, key, notice)
    except MaybeGone as fault:
        return (FAILED if notice.tries >= _TRIES_IN_DOUBT else SENDING), str(fault)
    except (NotGone, SettingWrong) as fault:
        # Where a try before this one may have gone, the same notice goes again, so that it can be known as a repeat.
        return (SENDING if 1 < notice.tries < _TRIES_IN_DOUBT else FAILED), str(fault)
    except Exception as fault:
        # A defect of ours, or of the machine: the channel must be seen to fail, and not stay silent for ever.
        log.error("notice_trouble", channel=key, notice=notice.id, error=scrub(repr(fault)))
        words = f"the notice could not be sent ({scrub(repr(fault))[:300]})"
        return (SENDING if notice.tries < _TRIES_IN_DOUBT else FAILED), words
    return SENT, ""


def _record(
    house: House, tx: Tx, key: str, channel: NoticeChannel, notice: NoticeRecord, outcome: str, words: str
) -> None:
    state, now = notices.channel(tx, key, lock=True), house.database.now(tx)
    notices.change(tx, notice.id, outcome=outcome, note=words, finished_at=None if outcome == SENDING else now)
    if outcome != SENT:
        if outcome == FAILED:
            notices.untell(tx, notice.id)
        wait = min(_FIRST_WAIT * 2 ** min(state.failures, 10), _LONGEST_WAIT)
        since = state.failing_since or now
        told = {"failures": state.failures + 1, "failing_since": since, "retry_at": now + wait, "last_failure": words}
        notices.change_channel(tx, key, **told)
        return
    values: dict[str, Any] = {"failures": 0, "failing_since": None, "retry_at": None, "sent_at": now}
    values["troubles"] = json.dumps(notice.told["troubles"])
    if notice.kind == "urgent" or notice.told["bulletin"]["urgent"]:
        values["urgent_at"] = now
    if notice.kind == "digest":
        values["digest_for"] = _set_time(house, notice.made_at)
    notices.change_channel(tx, key, **values)


def _set_time(house: House, moment: datetime) -> datetime | None:
    return hours_of(house).last_of(house.settings.notices.digest_at, moment)


# --- at the command line ------------------------------------------------------------------------------------------


def preview(house: House, key: str) -> Bulletin | None:
    """What the channel does not know yet, as a digest now would tell it; nothing is sent and nothing is kept."""
    try:
        with house.database.write() as tx:
            state = notices.channel(tx, key, lock=True)
            raise _OnlyLooked(_made(house, tx, key, house.settings.notices.channels[key], state, "digest")[1])
    except _OnlyLooked as looked:
        told = looked.told
    return told if told.packets or told.troubles else None


class _OnlyLooked(Exception):
    """Ends a transaction that must leave nothing behind."""

    def __init__(self, told: Bulletin) -> None:
        super().__init__(told.headline)
        self.told = told


def trial(house: House, key: str) -> None:
    """Sends a message that says that it is a trial. Raises NotGone, MaybeGone, SettingWrong."""
    settings = house.settings
    at = settings.public_url.rstrip("/")
    words = "This is a trial: nothing needs you because of it."
    told = Bulletin("A trial of this channel", 0, 0, (), (), words, settings.time_zone, f"{at}/" if at else "")
    values = {"bulletin": told.values(), "troubles": {}}
    with house.database.read() as tx:
        now = house.database.now(tx)
    message_id = _message_id(settings.notices)
    send(settings.notices, key, NoticeRecord(0, key, "trial", message_id, now, values, SENDING, 1, None, ""))
