"""What came of the demonstration: how each case ended, the figures, and the reckoning against the portals' lists."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.demo import count
from gateway.demo.count import Ours, Sent
from gateway.demo.play import Act, Play
from gateway.demo.portal_control import Held
from gateway.house import House
from gateway.metrics import Metrics, counted, measure
from gateway.store import accounts, events, packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord

REFUSED = "refused_at_intake"
CLEAN = "clean"
_SIDE_RULES = frozenset({"number_suffix"})  # comes along with another rule, by the client's reuse rule


@dataclass(frozen=True, slots=True)
class Ending:
    """How one case ended. `rules`: the corrections made on it; `unexpected`: what should have been otherwise, or ""."""

    number: str
    client: str
    trouble: str
    end: str
    rules: tuple[str, ...]
    unexpected: str


@dataclass(frozen=True, slots=True)
class Result:
    """The whole outcome. `lost`, `duplicates` and `unexpected` hold a sentence for each."""

    metrics: Metrics
    endings: tuple[Ending, ...]
    before_people: tuple[PacketRecord, ...]
    lost: tuple[str, ...]
    duplicates: tuple[str, ...]
    unexpected: tuple[str, ...]
    seconds: float
    seed: int
    folder: Path

    @property
    def good(self) -> bool:
        """Whether everything ended as it should."""
        return not (self.lost or self.duplicates or self.unexpected)

    @property
    def refused(self) -> int:
        """Packets that intake refused, naming what is wrong."""
        return sum(1 for ending in self.endings if ending.end == REFUSED)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values. `packets` are those that intake acknowledged: accepted, held, stopped or still open."""
        metrics = self.metrics
        return {
            "packets": metrics.packets,
            "accepted": metrics.accepted,
            "held": metrics.held,
            "stopped": metrics.stopped,
            "handed_over": len(self.endings),
            "refused_at_intake": self.refused,
            "lost": len(self.lost),
            "duplicates_at_portal": len(self.duplicates),
            "portal_first_pass_rate": metrics.portal_first_pass_rate,
            "buyer_first_pass_rate": metrics.buyer_first_pass_rate,
            "preflight_catch_rate": metrics.preflight_catch_rate,
            "cycle_time_p50_s": metrics.cycle_time_p50_s,
            "cycle_time_p90_s": metrics.cycle_time_p90_s,
            "corrections": dict(sorted(metrics.corrections.items())),
            "resubmissions": metrics.resubmissions,
            "by_trouble": self.by_trouble(),
            "lost_packets": list(self.lost),
            "duplicate_invoices": list(self.duplicates),
            "unexpected": list(self.unexpected),
            "seconds": round(self.seconds, 1),
            "seed": self.seed,
            "folder": str(self.folder),
        }

    def by_trouble(self) -> dict[str, dict[str, int]]:
        """How many packets had each trouble, and where they ended."""
        names = sorted({ending.trouble for ending in self.endings})
        ends = {name: Counter(one.end for one in self.endings if one.trouble == name) for name in names}
        return {name: {"packets": found.total(), **dict(sorted(found.items()))} for name, found in ends.items()}


def result_of(
    house: House,
    play: Play,
    theirs: Mapping[str, Sequence[Held]],
    *,
    seconds: float,
    seed: int,
    faults: tuple[str, ...],
) -> Result:
    """Looks at the store once more and reckons. `faults`: what went wrong with the play itself, a sentence each."""
    with counted(house.database) as tx:
        now = house.database.now(tx)
        records = {act.packet_id: packets.load(tx, act.packet_id) for act in play.acts if act.packet_id}
        ours = [_ours(tx, act, records[act.packet_id]) for act in play.acts if act.packet_id]
        endings = tuple(_ending(tx, act, records.get(act.packet_id)) for act in play.acts)
        metrics = measure(tx, now)
        dead = [f"job {row.kind} was given up: {row.last_error}" for row in house.queue.dead_letters(tx)]
    unexpected = [f"{one.number} ({one.trouble}): {one.unexpected}" for one in endings if one.unexpected]
    held = [one for one in records.values() if one is not None and one.stage == "held"]
    return Result(
        metrics=metrics,
        endings=endings,
        before_people=tuple(sorted(held, key=lambda one: (one.who_acts, one.client, one.invoice_number))),
        lost=tuple(count.lost(ours, theirs)),
        duplicates=tuple(count.duplicates(ours, theirs)),
        unexpected=(*faults, *unexpected, *count.contradictions(ours, theirs), *dead),
        seconds=seconds,
        seed=seed,
        folder=house.settings.checklists.parent,
    )


def _ours(tx: Tx, act: Act, record: PacketRecord | None) -> Ours:
    if record is None:
        return Ours(act.case.source_id, act.case.client, None)
    sent = tuple(Sent(one.invoice_number, one.outcome, one.portal_reference) for one in packets.attempts(tx, record.id))
    stopped = accounts.load(tx, record.account).paused
    return Ours(act.case.source_id, act.case.client, record.stage, sent, before_a_person=stopped)


def _ending(tx: Tx, act: Act, record: PacketRecord | None) -> Ending:
    case = act.case
    end = record.stage.value if record else REFUSED if act.refused else "never handed over"
    history = events.history(tx, record.id) if record else ()
    rules = tuple(rule for event in history if event.kind == "corrected" for rule in event.data["rules"])
    wrong = [f"ended {end}, not {case.expected_end}"] if end != case.expected_end else []
    expected = {case.expected_correction} - {None}
    if set(rules) - _SIDE_RULES != expected:
        wrong.append(
            f"corrected by {', '.join(rules) or 'nothing'}, not by {', '.join(map(str, expected)) or 'nothing'}"
        )
    if act.failed:
        wrong.append(act.failed)
    if wrong and record is not None and record.action:
        wrong.append(f"it says: {record.action}")
    return Ending(act.number, case.client, case.trouble or CLEAN, end, rules, "; ".join(wrong))
