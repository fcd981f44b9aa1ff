"""An order that was replaced: named rightly before sending, mended after a refusal, or put before whoever can."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.adapter import Ability
from gateway.order import Order, OrderState
from gateway.store import packets
from gateway.verdict import Actor, ReasonCode, Stage, Status
from tests.gateway.stage import BEGIN, Scene, open_scene, order
from tests.gateway.stage import CLIENTS as USUAL
from tests.packets import ORDER, labour

INV_13 = f"INV-13: Order reference {ORDER} is an obsolete, duplicate, or replaced order."
INV_15 = "INV-15: This customer does not accept invoices for orders sent outside of Ariba SN."
FIRST, SECOND = "po.v1@buyer", "po.v2@buyer"


def version(n: int, **changes: Any) -> Order:
    return replace(
        order(),
        payload_id=f"po.v{n}@buyer",
        stated_date=f"2026-03-0{n}T08:00:00-06:00",
        updated_at=BEGIN + timedelta(hours=n - 1),
        replaces="" if n == 1 else f"po.v{n - 1}@buyer",
        **changes,
    )


def arrives(scene: Scene, *given: Order) -> None:
    scene.portal.orders_are(*given)
    scene.read_orders()


def named(scene: Scene, packet_id: str) -> tuple[str, str]:
    """How the packet's present revision names its order."""
    with scene.house.database.read() as tx:
        (reference,) = packets.body(tx, packet_id, scene.record(packet_id).revision).invoice.orders
    return reference.payload_id, reference.stated_date


def test_an_order_named_by_number_alone_is_written_with_its_present_version(scene: Scene) -> None:
    arrives(scene, version(1), version(2))
    packet_id = scene.sent()
    assert f'"payload_id":"{SECOND}"'.encode() in scene.portal.ledger[0].body
    assert named(scene, packet_id) == ("", ""), "the packet itself says no more than it was handed over with"
    (built,) = [event for event in scene.events(packet_id) if event.kind == "built"]
    assert built.data["orders_by_register"] == [
        {"number": ORDER, "payload_id": SECOND, "stated_date": "2026-03-02T08:00:00-06:00"}
    ]


def test_a_replaced_version_is_put_right_before_sending(scene: Scene) -> None:
    arrives(scene, version(1), version(2))
    packet_id = scene.hand_over(orders=[{"number": ORDER, "payload_id": FIRST}])
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, len(scene.portal.submissions)) == (Stage.waiting, 2, 1)
    assert named(scene, packet_id) == (SECOND, "2026-03-02T08:00:00-06:00")
    (told,) = [event for event in scene.events(packet_id) if event.kind == "corrected"]
    assert {change["path"] for change in told.data["diff"]} == {
        "/invoice/orders/0/payload_id",
        "/invoice/orders/0/stated_date",
    }


def test_a_version_that_we_have_not_seen_is_sent_as_it_is_named(lite: Scene) -> None:
    arrives(lite, version(1))
    packet_id = lite.sent(orders=[{"number": ORDER, "payload_id": SECOND}])
    assert named(lite, packet_id) == (SECOND, "")
    assert lite.record(packet_id).revision == 1


def test_a_refusal_for_a_replaced_order_is_mended_once_the_new_one_is_read(scene: Scene) -> None:
    """The new version came between building and sending; the register learns it before the correction."""
    arrives(scene, version(1))
    scene.clock.passes(60)
    scene.portal.orders_are(version(2))
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_obsolete, text=INV_13))
    packet_id = scene.hand_over(orders=[{"number": ORDER, "payload_id": FIRST}])
    scene.work()
    scene.later(1)
    record = scene.record(packet_id)
    assert (record.stage, record.revision, scene.outcomes(packet_id)) == (Stage.waiting, 2, ["refused", "receipted"])
    assert named(scene, packet_id)[0] == SECOND


def test_the_present_version_refused_is_the_clients_to_mend(lite: Scene) -> None:
    arrives(lite, version(1))
    lite.portal.next_time(lite.portal.refuses(ReasonCode.po_obsolete, text=INV_13))
    packet_id = lite.hand_over(orders=[{"number": ORDER, "payload_id": FIRST}])
    lite.work()
    lite.later(121)
    record = lite.record(packet_id)
    assert (record.stage, record.who_acts, len(lite.portal.submissions)) == (Stage.held, Actor.client_ap, 1)
    assert "present version" in record.action


def test_a_cancelled_order_is_never_put_in_another_ones_place(lite: Scene) -> None:
    arrives(lite, version(1), version(2, state=OrderState.closed))
    packet_id = lite.hand_over(orders=[{"number": ORDER, "payload_id": FIRST}])
    lite.work()
    record = lite.record(packet_id)
    assert (record.stage, record.revision, lite.portal.submissions) == (Stage.held, 1, [])
    assert record.who_acts is Actor.client_ap


def test_an_order_that_the_words_name_must_be_the_one_that_changes(lite: Scene) -> None:
    other = "4500099999"
    arrives(lite, version(1), version(2), replace(version(1), number=other, payload_id="other.v1@buyer"))
    orders = [{"number": ORDER, "payload_id": SECOND}, {"number": other, "payload_id": "unseen@buyer"}]
    lite.portal.next_time(lite.portal.refuses(ReasonCode.po_obsolete, text=INV_13))
    lines = [labour(order={"number": ORDER, "line": 1, "kind": "quantity"})]
    packet_id = lite.hand_over(orders=orders, lines=lines)
    lite.work()
    lite.later(121)
    assert (lite.stage(packet_id), lite.record(packet_id).revision) == (Stage.held, 1)


def test_an_order_the_network_never_saw_waits_for_the_buyer_to_send_it(sqlite_url: str, tmp_path: Any) -> None:
    """INV-15 prevented: the client takes orders only by their documents, and there is none."""
    rules = {**USUAL["example-power"], "orders": {"named_by": "version"}}
    with open_scene(sqlite_url, tmp_path, clients={"example-power": rules}) as scene:
        packet_id = scene.hand_over()
        scene.work()
        record = scene.record(packet_id)
        assert (record.stage, record.who_acts, scene.portal.submissions) == (Stage.held, Actor.client_ap, [])
        assert "through the portal" in record.action
        scene.look_over()


def test_after_inv_15_the_order_that_came_meanwhile_is_named(scene: Scene) -> None:
    scene.portal.orders_are()
    scene.portal.abilities.discard(Ability.orders)
    packet_id = scene.sent()
    scene.clock.passes(60)
    arrives(scene, version(1))
    scene.says("INV-1001", Status.rejected, ReasonCode.po_unknown, text=INV_15)
    record = scene.record(packet_id)
    assert (record.stage, record.invoice_number, named(scene, packet_id)[0]) == (Stage.waiting, "INV-1001-R1", FIRST)
