"""Progress: how far what was handed over lately has come, by client and account, and what portals said last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.commands.overview import account_state
from gateway.commands.wording import Calendar, span
from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.desk.work_list import client_names
from gateway.house import House
from gateway.identity import Visitor
from gateway.store import accounts
from gateway.store import progress as rows
from gateway.store.database import Tx
from gateway.store.people import Role
from gateway.store.progress import Pace
from gateway.verdict import Stage

SPANS: Mapping[str, tuple[str, timedelta]] = {
    "hour": ("the last hour", timedelta(hours=1)),
    "day": ("the last 24 hours", timedelta(days=1)),
    "week": ("the last 7 days", timedelta(days=7)),
}
_LATELY = timedelta(minutes=10)
_LAST_SAID = 10
COLUMNS: Mapping[str, tuple[str, frozenset[Stage]]] = {
    "checked": ("Being checked", frozenset({Stage.received, Stage.checked, Stage.correcting})),
    "built": ("Waiting to be sent", frozenset({Stage.built})),
    "sending": ("Being sent", frozenset({Stage.sending})),
    "waiting": ("At the portal", frozenset({Stage.waiting})),
    "accepted": ("Accepted", frozenset({Stage.accepted})),
    "held": ("Needs a decision", frozenset({Stage.held})),
    "stopped": ("Stopped", frozenset({Stage.stopped})),
}
"""Each column: its heading, and the stages that it counts."""
_TO_GO = ("checked", "built", "sending")


@dataclass(frozen=True, slots=True)
class Line:
    """One client's share at one account: how many there are, in each column, and when they will be out."""

    key: str
    client: str
    name: str
    account: str
    total: int
    counts: Mapping[str, int]
    estimate: str

    @property
    def done(self) -> int:
        """How many need no more of us: sent, ended, or before a person."""
        return self.total - sum(self.counts[name] for name in _TO_GO)


def add_progress(desk: FastAPI, pages: Pages) -> None:
    """The door `/progress`."""
    house = pages.house

    @desk.get("/progress")
    def show(
        request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))], since: str = "day"
    ) -> Response:
        chosen = since if since in SPANS else "day"
        with house.database.read() as tx:
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            lines = lines_since(house, tx, calendar.now, chosen)
            said = rows.last_said(tx, _LAST_SAID)
        told: dict[str, Any] = {"lines": lines, "said": said, "columns": COLUMNS, "spans": SPANS, "chosen": chosen}
        return pages.show(request, "progress.html", calendar=calendar, **told)


def lines_since(house: House, tx: Tx, now: datetime, chosen: str) -> tuple[Line, ...]:
    """What was handed over in one of SPANS, by client and account."""
    found = rows.stages_since(tx, now - SPANS[chosen][1])
    paces = rows.paces(tx, now - _LATELY) if found else {}
    states = {one.key: account_state(one, now) for one in accounts.every(tx)}
    names = client_names(house, now)
    lines: list[Line] = []
    to_go: dict[str, int] = {}
    for (client, account), stages in found.items():
        counts = {name: sum(stages.get(one, 0) for one in those) for name, (_, those) in COLUMNS.items()}
        to_go[account] = to_go.get(account, 0) + sum(counts[name] for name in _TO_GO)
        key = f"{client}:{account}"
        lines.append(Line(key, client, names.get(client, client), account, sum(stages.values()), counts, ""))
    return tuple(
        Line(
            *(one.key, one.client, one.name, one.account, one.total, one.counts),
            _estimate(to_go[one.account], paces.get(one.account), states.get(one.account, ""), now)
            if any(one.counts[name] for name in _TO_GO)
            else "all are through",
        )
        for one in lines
    )


def _estimate(to_go: int, pace: Pace | None, state: str, now: datetime) -> str:
    """When an account's line will be empty, as far as its pace tells; the line is shared by all of its clients."""
    if state in ("stopped", "resting"):
        return f"cannot be told: the account is {state}"
    if pace is None or pace.ended < 2:
        return "cannot be told yet: little went out in the last 10 minutes"
    seconds = max((now - pace.first).total_seconds(), 1.0)
    left = timedelta(seconds=to_go * seconds / pace.ended)
    return f"about {span(left)} (estimated: {pace.ended * 60 / seconds:.1f} a minute lately)"
