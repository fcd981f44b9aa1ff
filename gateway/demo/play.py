"""The play: every case of the scenario lives its story, while Clearbill works as it always does.

A story is a generator that yields what it waits for; `Play.tick` looks at all packets once and lets every story go on
whose wait is over. The play only hands packets in, acts at the portals, and plays the two people that the scenario
needs: buyers, who approve, and a coordinator, who lets an account work again after a refused sign-in. All checking,
sending, correcting and holding is Clearbill's own doing.

What must not disturb each other is kept apart for each client: a scripted fault hits whatever is sent next, and an
order changed at the portal must not be read by chance. Such a case has its client's lane to itself, which also makes
one seed end the same way every time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gateway.demo.clients import EVERY_CLIENT
from gateway.demo.packets import Case, Scenario, Step
from gateway.demo.portal_control import PortalControl, PortalRefusedOrder
from gateway.demo.told import short_name, step_told
from gateway.errors import Refused
from gateway.health import resume_account
from gateway.house import House
from gateway.intake import accept
from gateway.store import accounts, events, packets
from gateway.store.accounts import AccountRecord
from gateway.store.packets import PacketRecord
from gateway.verdict import Stage, Status

Condition = Callable[[], bool]
Tell = Callable[[str, str], None]
"""Takes who acts and what was done, in words."""

COORDINATOR = "coordinator"
_AT_REST = frozenset({Stage.accepted, Stage.held, Stage.stopped})
_ANSWERED = _AT_REST | {Stage.waiting}
_MOST_RESUMPTIONS = 3  # of one account; more would hide a trouble that a person must see
_POLL_SECONDS = 0.5
_BROWSER_POLL_SECONDS = 4.0  # by browser a poll is three pages, between two invoices
_PAUSE_SHOWN_SECONDS = 1.0  # a paused account is left so for a moment, for the onlooker


@dataclass(slots=True)
class Act:
    """One case on the stage. `refused` holds intake's words, `failed` what the script could not do."""

    case: Case
    packet_id: str = ""
    handed_in: bool = False
    scripted: bool = False  # nothing of its script is left that could make Clearbill send again
    finished: bool = False
    refused: str = ""
    failed: str = ""

    @property
    def number(self) -> str:
        """The invoice number as it was handed in."""
        return str(self.case.packet_json["invoice"]["number"])

    @property
    def exclusive(self) -> bool:
        """Whether nothing else of its client may be under way with it."""
        early = any(step.when == "before_sending" for step in self.case.portal_script)
        return self.case.alone or early or any(step.verb == "orders" for step in self.case.portal_script)


@dataclass(slots=True)
class _Lane:
    """One client's cases in the order of their handing in."""

    account: str
    acts: list[Act] = field(default_factory=list)
    next: int = 0
    entered: bool = False  # in this tick
    resumptions: int = 0
    poll_seconds: float = _POLL_SECONDS
    polled_at: float = 0.0


class Play:
    """Plays one scenario in an open house whose workers run. `tick` wants to be called some ten times a second."""

    def __init__(self, house: House, scenario: Scenario, portal: PortalControl, tell: Tell) -> None:
        self._house, self._portal, self._tell = house, portal, tell
        self.acts = [Act(case) for case in scenario.cases]
        self._lanes = {key: _lane(house, key) for key in scenario.portals}
        for act in self.acts:
            self._lanes[act.case.client].acts.append(act)
        self._by_source = {act.case.source_id: act for act in self.acts}
        self._stories = {id(act): self._story(act) for act in self.acts}
        self._waits: dict[int, Condition] = {id(act): _at_once for act in self.acts}
        self.records: dict[str, PacketRecord] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self._seen: object = None
        self.moved_at = 0.0

    @property
    def done(self) -> bool:
        """Whether every story has ended."""
        return all(act.finished for act in self.acts)

    def record_of(self, act: Act) -> PacketRecord | None:
        """Where its packet stood at the last tick; None before it was handed in."""
        return self.records.get(act.packet_id)

    def tick(self, now: float) -> None:
        """Looks at everything once and lets go on what may. `now`: seconds on a clock that never goes back."""
        self._look(now)
        for lane in self._lanes.values():
            lane.entered = False
            self._coordinate(lane)
        for act in self.acts:
            while not act.finished and self._waits[id(act)]():
                self.moved_at = now
                self._go_on(act)
        self._ask_portals(now)

    def _look(self, now: float) -> None:
        with self._house.database.read() as tx:
            self.records = {one.id: one for one in packets.listed(tx, limit=len(self.acts) + 1)}
            self.accounts = {one.key: one for one in accounts.every(tx)}
        seen = {key: (one.stage, one.portal_status, one.transmissions) for key, one in self.records.items()}
        if seen != self._seen:
            self._seen, self.moved_at = seen, now

    def _ask_portals(self, now: float) -> None:
        due = [lane for lane in self._lanes.values() if now - lane.polled_at >= lane.poll_seconds]
        if not due:
            return
        with self._house.queue.write() as tx:
            for lane in due:
                lane.polled_at = now
                self._house.queue.enqueue(tx, "poll", lane.account, f"poll:{lane.account}")

    def _go_on(self, act: Act) -> None:
        try:
            self._waits[id(act)] = next(self._stories[id(act)])
        except StopIteration:
            act.finished = act.scripted = True
        except PortalRefusedOrder as fault:
            act.failed = str(fault)
            act.finished = act.scripted = True

    # --- the story of a case --------------------------------------------------------------------------------------

    def _story(self, act: Act) -> Iterator[Condition]:
        """What happens to one case, with its waits."""
        yield lambda: self._may_enter(act)
        self._enter(act)
        if act.refused:
            return
        yield lambda: self._in(act, _ANSWERED)
        for step in act.case.portal_script:
            if step.when == "after_receipt":
                yield lambda: self._looked_at(act)
                if self._in(act, _AT_REST):
                    return
                yield from self._perform_and_see(act, step)
        yield lambda: self._in(act, _ANSWERED)
        act.scripted = True
        if act.case.buyer == "approves":
            yield lambda: self._looked_at(act)
            record = self.record_of(act)
            if record is not None and record.stage is Stage.waiting:
                self._portal.approve(act.case.client, record.invoice_number)
        yield lambda: self._in(act, _AT_REST)

    def _may_enter(self, act: Act) -> bool:
        lane = self._lanes[act.case.client]
        if lane.entered or lane.acts[lane.next] is not act:
            return False
        earlier = lane.acts[: lane.next]
        if act.exclusive and not all(one.scripted for one in earlier):
            return False
        if act.case.last and not all(one.finished for one in earlier):
            return False
        if any(one.exclusive and not one.scripted for one in earlier):
            return False
        needed = self._by_source.get(act.case.after)
        return needed is None or needed.finished or self._in(needed, _ANSWERED)

    def _enter(self, act: Act) -> None:
        """Sets the scene and hands the packet in through the one door there is."""
        lane = self._lanes[act.case.client]
        lane.entered = True
        lane.next += 1
        for step in act.case.portal_script:
            if step.when == "before_sending":
                self._perform(act, step, act.number)
        act.handed_in = True
        try:
            act.packet_id = accept(self._house, act.case.packet_json, act.case.files).packet_id
        except Refused as fault:
            act.refused = str(fault)
            self._tell("refused", f"{act.number} by intake: {fault}")

    def _perform(self, act: Act, step: Step, number: str) -> None:
        self._portal.perform(act.case, step, number)
        self._tell(short_name(act.case.client), step_told(step, number))

    def _perform_and_see(self, act: Act, step: Step) -> Iterator[Condition]:
        """Does a step at the portal, and waits until Clearbill has seen what came of it."""
        before = self.record_of(act)
        if before is None:
            return
        self._perform(act, step, before.invoice_number)
        if step.verb != "orders":  # changed orders are read when they matter
            yield lambda: _shown(self.record_of(act)) != _shown(before)

    def _in(self, act: Act, stages: frozenset[Stage]) -> bool:
        record = self.record_of(act)
        return record is not None and record.stage in stages

    def _looked_at(self, act: Act) -> bool:
        """Whether the portal's own list has told us of it, or it is at rest."""
        record = self.record_of(act)
        if record is None:
            return False
        listed = record.stage is Stage.waiting and record.status == Status.in_process
        return listed or record.stage in _AT_REST

    # --- the coordinator ------------------------------------------------------------------------------------------

    def _coordinate(self, lane: _Lane) -> None:
        """Resumes an account whose sign-in was refused: in this scenario the fault is gone with one answer."""
        state = self.accounts[lane.account]
        if not state.paused or lane.resumptions >= _MOST_RESUMPTIONS or not self._shown_long_enough(lane):
            return
        lane.resumptions += 1
        resume_account(self._house, lane.account, COORDINATOR)
        words = f"IT has mended the credentials of {lane.account}; the coordinator lets the account work again."
        self._tell(COORDINATOR, words)

    def _shown_long_enough(self, lane: _Lane) -> bool:
        with self._house.database.read() as tx:
            now = self._house.database.now(tx)
            history = events.history(tx, f"account:{lane.account}")
        paused = [event.at for event in history if event.kind == "account_paused"]
        return bool(paused) and (now - paused[-1]).total_seconds() >= _PAUSE_SHOWN_SECONDS


def _lane(house: House, key: str) -> _Lane:
    driven = EVERY_CLIENT[key].product == "oracle_isupplier"
    return _Lane(house.checklist(key).account, poll_seconds=_BROWSER_POLL_SECONDS if driven else _POLL_SECONDS)


def _at_once() -> bool:
    return True


def _shown(record: PacketRecord | None) -> object:
    """What changes when Clearbill hears of something."""
    return record and (record.stage, record.portal_status, record.revision)
