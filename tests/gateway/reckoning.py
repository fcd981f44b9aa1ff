"""The figures reckoned a second time, from the events alone, packet by packet: what `gateway.metrics` must agree with.

Only what events do not repeat is taken from the hand-over (when the invoice was made, what it asks for). Nothing here
looks at a column that the product keeps for counting.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.store.events import Event
from tests.gateway.random_history import PERSON, Handed

_BUCKETS = {"held": "person", "waiting": "portal", "sending": "portal", "correcting": "correction"}
_NOT_SENT = ("not_sent", "settled_not_sent", "recorded_as_not_sent")
_MERELY_TOLD = ("verdict_noted", "verdict_late")


@dataclass
class Story:
    """What one packet's events tell."""

    client: str
    account: str
    made: datetime
    asks: Decimal
    currency: str
    stage: str = "received"
    since: datetime | None = None
    status: str = ""
    outcomes: dict[int, str] = field(default_factory=dict)
    accepted_at: datetime | None = None
    built: bool = False
    caught: bool = False
    changed: bool = False
    contested: bool = False
    touched: bool = False
    voided: bool = False
    queried: bool = False
    buyer_no: bool = False
    buyer_cancelled: bool = False
    taken_back: bool = False
    said_no: set[tuple[int, str]] = field(default_factory=set)
    seconds: Counter[str] = field(default_factory=Counter)
    corrections: Counter[str] = field(default_factory=Counter)
    heard: datetime | None = None

    @property
    def arrived(self) -> list[str]:
        return [outcome for _, outcome in sorted(self.outcomes.items()) if outcome != "not_sent"]

    @property
    def decided(self) -> bool:
        cancelled = (self.buyer_cancelled and not self.voided) or (self.queried and self.status == "cancelled")
        return self.accepted_at is not None or (self.contested and (self.buyer_no or cancelled))

    @property
    def first_pass(self) -> bool:
        spoilt = self.contested or self.caught or self.changed
        return self.accepted_at is not None and self.arrived[:1] == ["receipted"] and not spoilt


def story_of(history: Sequence[Event], given: Handed) -> Story:
    """Reads one packet's events from first to last."""
    first = history[0].data
    story = Story(first["client"], first["account"], given.generated_at, given.total, given.currency)
    story.since = history[0].at
    for event in history[1:]:
        _read(story, event)
    return story


def _read(story: Story, event: Event) -> None:
    data = event.data
    by_portal = event.who.startswith("portal:")
    status = str(data.get("status", ""))
    _transmissions(story, event, by_portal)
    story.built |= event.kind == "built"
    story.voided |= event.kind == "voided"
    story.touched |= event.who == PERSON
    if event.kind == "held" and event.who in ("checklist", "format") and not story.outcomes:
        story.caught = True
    if event.kind == "corrected":
        story.changed = story.contested = True
        story.corrections.update(data["rules"])
        story.caught |= not story.outcomes
    story.changed |= event.kind == "amended"
    if by_portal:
        story.heard = event.at
        _verdict(story, event, status)
    if "from" in data:
        story.seconds[_BUCKETS.get(data["from"], "ours")] += data["seconds"]
        story.since = event.at
    if event.kind not in _MERELY_TOLD:
        story.stage = data.get("stage", story.stage)
        story.status = status or story.status


def _transmissions(story: Story, event: Event, by_portal: bool) -> None:
    data, newest = event.data, max(story.outcomes, default=0)
    if event.kind == "sending":
        story.outcomes[data["attempt"]] = "maybe_sent"
    elif event.kind in _NOT_SENT:
        story.outcomes[newest] = "not_sent"
    elif event.kind == "recorded_as_sent":
        story.outcomes[data["attempt"]] = "receipted"
    elif by_portal and data.get("from") == "sending":
        refused = event.kind == "rejected" and not data["portal_reference"]
        story.outcomes[newest] = "refused" if refused else "receipted"


def _verdict(story: Story, event: Event, status: str) -> None:
    """One word of the portal; a stop for it (`held`) names no transmission, it is always about the newest."""
    data = event.data
    level = data.get("level", "buyer")
    attempt = data.get("attempt", max(story.outcomes))
    if status in ("rejected", "under_query"):
        story.said_no.add((attempt, status))
        story.contested = True
    elif status == "cancelled" and event.kind == "held":
        story.contested = True
    if level == "buyer":
        story.buyer_no |= status == "rejected"
        story.queried |= status == "under_query"
        story.buyer_cancelled |= status == "cancelled" and event.kind != "voided"
    elif status == "rejected" and story.outcomes[attempt] == "receipted":
        first = min(n for n, outcome in story.outcomes.items() if outcome == "receipted")
        story.taken_back |= attempt == first
    if event.kind == "accepted" and story.accepted_at is None:
        told = data.get("portal_time")
        story.accepted_at = datetime.fromisoformat(told) if told else event.at


def figures_of(stories: Iterable[Story], now: datetime, silence: Mapping[str, timedelta]) -> dict[str, Any]:
    """The figures by the names of `gateway.metrics.FIELDS`; shares as (hits, of)."""
    told = list(stories)
    stages = Counter(story.stage for story in told)
    accepted = [story for story in told if story.stage == "accepted"]
    still_open = [story for story in told if story.stage not in ("accepted", "stopped")]
    sent = [story for story in told if story.arrived]
    decided = [story for story in told if story.decided]
    seen = [story for story in told if story.caught or story.outcomes or story.built]
    times = sorted((story.accepted_at - story.made).total_seconds() for story in accepted if story.accepted_at)
    held: Counter[str] = Counter()
    for story in told:
        if story.stage == "held":
            held[story.currency] += story.asks  # type: ignore[assignment]
    return {
        "packets": len(told),
        "by_stage": dict(stages),
        "accepted": stages["accepted"],
        "held": stages["held"],
        "stopped": stages["stopped"],
        "open": len(still_open),
        "portal_first_pass": (
            sum(story.arrived[0] == "receipted" and not story.taken_back for story in sent),
            len(sent),
        ),
        "buyer_first_pass": (sum(story.first_pass for story in decided), len(decided)),
        "preflight_catch": (sum(story.caught for story in seen), len(seen)),
        "touchless": (sum(not story.touched for story in accepted), len(accepted)),
        "cycle_time_p50_s": _rank(times, 0.5),
        "cycle_time_p90_s": _rank(times, 0.9),
        **{
            f"seconds_{name}": sum(story.seconds[name] for story in accepted)
            for name in ("person", "ours", "portal", "correction")
        },
        "resubmissions": sum(len(story.arrived) - 1 for story in sent),
        "rejections": sum(len(story.said_no) for story in told),
        "corrections": dict(sum((story.corrections for story in told), Counter())),
        "money_held": dict(held),
        "oldest_undecided_s": max(((now - story.made).total_seconds() for story in still_open), default=None),
        "silent": sum(_is_silent(story, now, silence) for story in told),
    }


def _rank(times: Sequence[float], share: float) -> float | None:
    return times[math.ceil(len(times) * share - 1e-9) - 1] if times else None


def _is_silent(story: Story, now: datetime, silence: Mapping[str, timedelta]) -> bool:
    limit = silence.get(story.account)
    if limit is None or story.stage != "waiting" or story.since is None:
        return False
    return max(story.since, story.heard or story.since) < now - limit
