"""Left until something changes: a packet comes back by itself when it does, and at the latest on its day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.arrangements import FURTHEST, leave, put_off
from gateway.decisions import check_again, state_key, wait
from gateway.errors import NotPossible
from gateway.news import known_of, news
from gateway.store import packets, vigils
from gateway.store.vigils import Vigil
from gateway.verdict import Actor, Level, ReasonCode, Stage, Status, Verdict
from tests.gateway.stage import Scene, order
from tests.packets import ORDER


def held(scene: Scene, number: str = "INV-1001") -> str:
    packet_id = scene.hand_over(number, issued_on="2026-12-24")
    scene.work()
    return packet_id


def left(scene: Scene, packet_id: str, days: int = 20) -> datetime:
    until = scene.clock.now + timedelta(days=days)
    leave(scene.house, packet_id, until, "ann", "they are asked", looked_at=state_key(scene.record(packet_id)))
    return until


def vigil(scene: Scene, packet_id: str) -> Vigil | None:
    with scene.house.database.read() as tx:
        return vigils.load(tx, packet_id)


def look(scene: Scene) -> None:
    scene.ring("news", "")


def test_it_leaves_the_top_and_still_names_who_what_and_by_when(scene: Scene) -> None:
    packet_id = held(scene)
    before = scene.record(packet_id)
    until = left(scene, packet_id)
    look(scene)
    record = scene.record(packet_id)
    assert (record.stage, record.act_by, record.action) == (Stage.held, until, before.action)
    assert record.who_acts is not Actor.nobody
    assert not record.touched, "nobody has decided anything"
    event = scene.events(packet_id)[-1]
    assert (event.kind, event.who, event.data["why"]) == ("left_until_news", "ann", "they are asked")


def test_a_changed_order_brings_it_back_with_the_deadline_that_it_had(scene: Scene) -> None:
    scene.portal.orders_are(order())
    scene.read_orders()
    packet_id = held(scene)
    was = scene.record(packet_id).act_by
    left(scene, packet_id)
    scene.clock.passes(60)
    scene.portal.orders_are(order())
    scene.read_orders()
    look(scene)
    assert scene.kinds(packet_id)[-1] == "left_until_news", "the same order was read again"
    scene.portal.orders_are(order(hours="77777"))
    scene.clock.passes(60)
    scene.read_orders()
    look(scene)
    assert scene.events(packet_id)[-1].data["what"] == f"purchase order {ORDER} is not as it was"
    assert scene.record(packet_id).act_by == was
    look(scene)
    assert scene.kinds(packet_id).count("news") == 1, "it is told once"
    kept = vigil(scene, packet_id)
    assert kept
    assert kept.is_of(scene.record(packet_id))


def test_a_word_of_the_portal_that_moves_nothing_brings_it_back(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.rate_mismatch))
    packet_id = scene.hand_over()
    scene.work()
    left(scene, packet_id)
    with scene.house.queue.write() as tx:
        record = packets.load(tx, packet_id, lock=True)
        assert record
        attempt = packets.attempts(tx, packet_id)[-1]
        packets.add_verdict(tx, attempt, Verdict(Status.received, Level.portal), scene.clock.now)
    look(scene)
    assert scene.events(packet_id)[-1].data["what"] == "the portal has said something"


def test_a_word_that_moves_it_ends_the_waiting(scene: Scene) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch)
    left(scene, packet_id)
    scene.clock.passes(3600)
    scene.says("INV-1001", Status.under_query, ReasonCode.quantity_mismatch, text="And too many")
    record = scene.record(packet_id)
    assert record.stage is Stage.held
    assert record.act_by == scene.clock.now + timedelta(days=2), "a new stop with a deadline of its own"
    look(scene)
    assert vigil(scene, packet_id) is None
    assert "news" not in scene.kinds(packet_id)


def test_a_changed_checklist_brings_it_back(scene: Scene) -> None:
    packet_id = held(scene)
    left(scene, packet_id)
    library = scene.house.shelf.library
    changed = library.versions["example-power"][0].model_copy(update={"procedure": "Send it on Fridays."})
    scene.house.shelf.library = type(library)({**library.versions, "example-power": (changed,)})
    look(scene)
    assert scene.events(packet_id)[-1].data["what"] == "the client's checklist is not as it was"


def test_without_news_it_is_due_on_its_day_and_overdue_after(scene: Scene) -> None:
    packet_id = held(scene)
    until = left(scene, packet_id, days=1)
    scene.clock.passes(24 * 3600 + 1)
    look(scene)
    scene.watch()
    record = scene.record(packet_id)
    assert (record.act_by, record.overdue) == (until, True)


def test_news_of_what_was_overdue_gives_a_deadline_that_is_to_come(scene: Scene) -> None:
    scene.portal.orders_are(order())
    scene.read_orders()
    packet_id = held(scene)
    scene.clock.passes(10 * 24 * 3600)
    until = left(scene, packet_id, days=1)
    scene.portal.orders_are(order(hours="77777"))
    scene.clock.passes(60)
    scene.read_orders()
    look(scene)
    act_by = scene.record(packet_id).act_by
    assert act_by
    assert scene.clock.now < act_by <= until


@pytest.mark.parametrize("decided", [lambda house, one: check_again(house, one, "ann"), lambda house, one: None])
def test_what_was_decided_meanwhile_is_not_brought_back(scene: Scene, decided: Callable[[Any, str], None]) -> None:
    packet_id = held(scene)
    left(scene, packet_id)
    scene.clock.passes(5)
    put_off(scene.house, packet_id, scene.clock.now + timedelta(days=3), "robin")
    decided(scene.house, packet_id)
    look(scene)
    assert vigil(scene, packet_id) is None
    assert "news" not in scene.kinds(packet_id)


def test_only_what_waits_for_a_person_is_left_and_not_for_ever(lite: Scene) -> None:
    packet_id = held(lite)
    for until in (lite.clock.now, lite.clock.now + FURTHEST + timedelta(seconds=1)):
        with pytest.raises(NotPossible, match="a day that is to come"):
            leave(lite.house, packet_id, until, "ann")
    with pytest.raises(NotPossible, match="moved on"):
        leave(lite.house, packet_id, lite.clock.now + timedelta(days=1), "ann", looked_at="another")
    waiting = lite.sent("INV-2")
    with pytest.raises(NotPossible, match="not held"):
        leave(lite.house, waiting, lite.clock.now + timedelta(days=1), "ann")
    with pytest.raises(NotPossible):
        wait(lite.house, packet_id, "ann")


def test_what_is_known_is_the_same_until_it_changes(lite: Scene) -> None:
    packet_id = held(lite)
    with lite.house.database.read() as tx:
        record = packets.load(tx, packet_id)
        assert record
        known = known_of(lite.house, tx, record)
        assert news(known, known_of(lite.house, tx, record)) == ""
    assert news(known, {**known, "order:1": "x"}) == "purchase order 1 is not as it was"
    assert news({}, {"portal": "x", "checklist": "y"}).count(";") == 1
