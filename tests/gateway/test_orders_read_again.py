"""A portal that speaks of an order otherwise than our register: the order is read again before any correction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.adapter import Ability
from gateway.packet import OrderLineKind
from gateway.store import packets
from gateway.verdict import ReasonCode, Stage
from tests.gateway.stage import Scene, order
from tests.packets import labour, mileage

SAYS_NOTHING: Mapping[str, Any] = {"order": {"line": 1}}


def _refused_after_a_change(scene: Scene, *codes: ReasonCode, path: str = "", **line: Any) -> str:
    """A packet is refused because the buyer changed the order after we read it: labour counts by amount now."""
    scene.portal.orders_are(order())
    scene.read_orders()
    scene.clock.passes(60)
    before = order()
    lines = (replace(before.lines[0], kind=OrderLineKind.amount, quantity=None, price=None), *before.lines[1:])
    scene.portal.orders_are(replace(before, lines=lines))
    scene.portal.next_time(scene.portal.refuses(*codes, path=path))
    packet_id = scene.hand_over(lines=[labour(**line), mileage()])
    scene.work()
    return packet_id


def _kinds(scene: Scene, packet_id: str) -> list[OrderLineKind | None]:
    with scene.house.database.read() as tx:
        lines = packets.body(tx, packet_id, scene.record(packet_id).revision).invoice.lines
    return [line.order.kind if line.order else None for line in lines]


def test_a_changed_order_is_read_again_before_the_correction(scene: Scene) -> None:
    packet_id = _refused_after_a_change(scene, ReasonCode.po_line_kind, path="/invoice/lines/0")
    assert scene.stage(packet_id) is Stage.correcting
    scene.later(1)
    assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)
    assert _kinds(scene, packet_id) == [OrderLineKind.amount, OrderLineKind.quantity]


def test_a_line_that_says_nothing_is_left_to_the_register_unless_the_portal_names_it(scene: Scene) -> None:
    packet_id = _refused_after_a_change(scene, ReasonCode.po_line_kind, path="/invoice/lines/1", **SAYS_NOTHING)
    scene.later(1)
    assert scene.stage(packet_id) is Stage.held, "line 2 stands as the register has it: a person decides"
    assert _kinds(scene, packet_id) == [None, OrderLineKind.quantity]


def test_an_order_that_cannot_be_read_is_not_waited_for_without_end(scene: Scene) -> None:
    scene.portal.before_submit = lambda document: setattr(scene.portal, "down", True)
    packet_id = _refused_after_a_change(scene, ReasonCode.po_unknown)
    scene.later(1)
    assert scene.stage(packet_id) is Stage.correcting
    for _ in range(3):
        scene.later(60)
    assert scene.stage(packet_id) is Stage.held


def test_what_is_not_about_orders_is_decided_at_once(scene: Scene) -> None:
    packet_id = _refused_after_a_change(scene, ReasonCode.charges_not_permitted)
    assert scene.stage(packet_id) is Stage.held
    read_at = scene.account().orders_read_at
    assert read_at is not None
    assert read_at < scene.record(packet_id).stage_since, "the orders were not read again"


def test_an_account_that_cannot_read_orders_waits_for_none(scene: Scene) -> None:
    scene.portal.before_submit = lambda document: scene.portal.abilities.discard(Ability.orders)
    packet_id = _refused_after_a_change(scene, ReasonCode.po_unknown)
    assert scene.stage(packet_id) is Stage.held
