"""The promises of the house under anything that may happen, in any order: hypothesis writes the play.

A portal that takes, refuses, falls silent before or after it took, turns away, shows drafts or nothing; verdicts late,
twice and in any order; people who decide what they may; time that passes. After every step the promises must hold.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gateway.decisions import amend, check_again, not_sent, sent_as, stop, void, wait
from gateway.errors import NotPossible
from gateway.health import resume_account
from gateway.store import packets
from gateway.verdict import Outcome, ReasonCode, Stage, Status
from gateway.worker import work_once
from tests.gateway.fake_portal import ALIVE
from tests.gateway.stage import NORTH, Scene, handed, open_scene
from tests.packets import labour

NUMBERS = ("A-1", "A-2", "A-3")
ANSWERS = ("takes", "loses_the_answer", "breaks_off", "turns_away", "wants_a_person", "refused", "disliked")
WORDS = (
    Status.received,
    Status.in_process,
    Status.under_query,
    Status.rejected,
    Status.accepted,
    Status.paid,
    Status.cancelled,
    Status.unknown,
)


class House(RuleBasedStateMachine):
    """One house, one portal, three invoice numbers, and everything that may befall them."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        place = Path(self._folder.name)
        self._opened = open_scene(f"sqlite:///{place / 'clearbill.sqlite'}", place)
        self.scene: Scene = self._opened.__enter__()

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)
        self._folder.cleanup()

    # --- what may happen ------------------------------------------------------------------------------------------

    @rule(target=ids, number=st.sampled_from(NUMBERS), source=st.sampled_from("ab"))
    def a_packet_is_handed_over(self, number: str, source: str) -> str:
        lines = [labour(hours="1")]
        return self.scene.hand_over(number, source_id=f"{number}/{source}", bill_to={"name": "Accounts"}, lines=lines)

    @rule(answer=st.sampled_from(ANSWERS))
    def the_portal_will_answer(self, answer: str) -> None:
        portal = self.scene.portal
        if answer == "refused":
            portal.next_time(portal.refuses(ReasonCode.bill_to_mismatch))
        elif answer == "disliked":
            portal.next_time(portal.refuses(ReasonCode.rate_mismatch))
        else:
            portal.next_time(getattr(portal, answer))

    @rule(steps=st.integers(1, 4))
    def a_little_work_is_done(self, steps: int) -> None:
        for _ in range(steps):
            work_once(self.scene.house)

    @rule(seconds=st.sampled_from([1.0, 61.0, 500.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.scene.later(seconds)

    @rule(down=st.booleans())
    def the_portal_goes_or_comes(self, down: bool) -> None:
        self.scene.portal.down = down

    @rule(number=st.integers(0, 9), word=st.sampled_from(WORDS), minutes=st.integers(-90, 90))
    def the_portal_says(self, number: int, word: Status, minutes: int) -> None:
        ledger = self.scene.portal.ledger
        if not ledger:
            return
        kept = ledger[number % len(ledger)]
        # A portal does not bring an invoice back to life while it holds another under the number.
        rivals = [one for one in ledger if one is not kept and one.number == kept.number and one.status in ALIVE]
        if word in ALIVE and (rivals or kept.status not in ALIVE):
            return
        newest = [one for one in ledger if one.number == kept.number][-1]
        if newest is not kept:
            return
        at = self.scene.clock.now + timedelta(minutes=minutes)
        self.scene.portal.says(kept.number, word, ReasonCode.bill_to_mismatch, at=at)

    @rule()
    def the_list_is_read(self) -> None:
        self.scene.poll()

    @rule()
    def the_watch_goes_round(self) -> None:
        self.scene.clock.passes(125 * 3600)
        self.scene.watch()

    @rule(packet_id=ids, what=st.sampled_from(["again", "sent", "not_sent", "wait", "stop", "void", "amend"]))
    def a_person_decides(self, packet_id: str, what: str) -> None:
        with suppress(NotPossible):
            _decide(self.scene, packet_id, what)

    @rule()
    def a_person_resumes_the_account(self) -> None:
        with suppress(NotPossible):
            resume_account(self.scene.house, NORTH, "Ann")

    # --- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_at_the_portal_twice(self) -> None:
        living = self.scene.portal.living
        assert len(living) == len(set(living)), living
        references = [one.reference for one in self.scene.portal.ledger if one.status in ALIVE]
        owners = [reference.split(".")[0] for reference in references]
        assert len(owners) == len(set(owners)), "one packet has two living invoices"

    @invariant()
    def nothing_is_claimed_that_the_portal_does_not_hold(self) -> None:
        held = {one.portal_reference: one for one in self.scene.portal.ledger}
        for record in _everything(self.scene):
            attempts = self.scene.attempts(record.id)
            for attempt in attempts:
                if attempt.outcome is Outcome.receipted:
                    assert held[attempt.portal_reference].number == attempt.invoice_number
            if record.stage in (Stage.accepted, Stage.waiting):
                assert attempts[-1].outcome is Outcome.receipted

    @invariant()
    def every_packet_is_somewhere_and_every_stop_says_who(self) -> None:
        self.scene.look_over()


def _everything(scene: Scene) -> tuple[packets.PacketRecord, ...]:
    with scene.house.database.read() as tx:
        return packets.listed(tx)


def _decide(scene: Scene, packet_id: str, what: str) -> None:
    """An honest person: what they say of the portal is what the portal holds."""
    house, ann = scene.house, "Ann"
    number = scene.record(packet_id).invoice_number
    mine = [one for one in scene.portal.ledger if one.reference.split(".")[0] == packet_id and one.number == number]
    match what:
        case "again":
            check_again(house, packet_id, ann)
        case "sent" if mine and mine[-1].status in ALIVE:
            sent_as(house, packet_id, mine[-1].portal_reference, ann)
        case "not_sent" if not any(one.status in ALIVE for one in mine):
            not_sent(house, packet_id, ann)
        case "wait":
            wait(house, packet_id, ann)
        case "stop":
            stop(house, packet_id, ann, "enough")
        case "void":
            void(house, packet_id, ann, "enough")
        case "amend":
            source = scene.record(packet_id).source_id
            changed: Any = handed(number, source_id=source, lines=[labour(hours="1")], note=f"r{len(mine)}")
            amend(house, packet_id, changed, {}, ann, "as agreed")


@pytest.mark.timeout(300)
def test_the_promises_hold_whatever_happens() -> None:
    run_state_machine_as_test(
        House,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
