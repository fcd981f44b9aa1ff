"""The register of purchase orders: versions in any order, what cannot be read, and what is left of an order."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.order import LineTerms, Order, OrderState, Rate, UnreadOrder, VersionState
from gateway.store import orders, tables
from gateway.verdict import Stage, Status
from tests.gateway.stage import BEGIN, NORTH, Scene, order
from tests.packets import ORDER, labour


def version(n: int, **changes: Any) -> Order:
    """The n-th document of one order, each replacing the one before."""
    return replace(
        order(),
        payload_id=f"po.v{n}@buyer",
        stated_date=f"2026-03-0{n}T08:00:00-06:00",
        updated_at=BEGIN + timedelta(hours=n),
        operation="new" if n == 1 else "update",
        replaces="" if n == 1 else f"po.v{n - 1}@buyer",
        version=str(n),
        **changes,
    )


def kept(scene: Scene, *given: Order) -> Order:
    """What the register holds after these came, in this order."""
    with scene.house.database.write() as tx:
        for one in given:
            orders.keep(tx, NORTH, one, scene.clock())
        return orders.known(tx, NORTH, [ORDER])[ORDER]


def test_everything_that_an_order_says_comes_back_from_the_register(scene: Scene) -> None:
    terms = LineTerms((Rate(Decimal("98.5"), "HUR", "payCode", "Regular"),), date(2026, 1, 1), None, True, True, 7)
    lines = (replace(order().lines[0], terms=terms), *order().lines[1:])
    whole = version(
        1, lines=lines, contract_number="MSA-7", total=Decimal("61440.00"), valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31), ordered_on=date(2026, 1, 5), site="SUB-17",
    )  # fmt: skip
    assert kept(scene, whole) == whole


@pytest.mark.parametrize("came", list(permutations((1, 2, 3))))
def test_whatever_version_comes_first_the_newest_stands(lite: Scene, came: tuple[int, ...]) -> None:
    found = kept(lite, *(version(n) for n in came))
    assert (found.payload_id, found.version) == ("po.v3@buyer", "3")
    states = {n: found.version_state(f"po.v{n}@buyer", "") for n in (1, 2, 3, 4)}
    assert states == {
        1: VersionState.replaced,
        2: VersionState.replaced,
        3: VersionState.current,
        4: VersionState.unknown,
    }


@pytest.mark.parametrize("came", list(permutations((1, 2, 2, 1))))
def test_versions_of_one_time_stand_as_they_say_they_replace_each_other(lite: Scene, came: tuple[int, ...]) -> None:
    found = kept(lite, *(replace(version(n), updated_at=BEGIN) for n in came))
    assert found.payload_id == "po.v2@buyer"
    assert [one.payload_id for one in found.earlier] == ["po.v1@buyer"]


def test_a_version_is_known_by_its_date_to_the_letter_where_no_id_is_given(lite: Scene) -> None:
    found = kept(lite, version(1), version(2))
    assert found.version_state("", "2026-03-02T08:00:00-06:00") is VersionState.current
    assert found.version_state("", "2026-03-01T08:00:00-06:00") is VersionState.replaced
    assert found.version_state("", "2026-03-01") is VersionState.unknown
    assert found.version_state("po.v2@buyer", "2026-03-01T08:00:00-06:00") is VersionState.current


def test_an_order_that_was_taken_back_stays_closed_when_its_first_document_comes_late(lite: Scene) -> None:
    gone = version(2, state=OrderState.closed)
    found = kept(lite, gone, version(1))
    assert found.state is OrderState.closed
    assert found.version_state("po.v2@buyer", "") is VersionState.closed


def test_orders_without_documents_of_their_own_stand_as_they_were_read_last(lite: Scene) -> None:
    found = kept(lite, order(hours="10"), order(hours="20"))
    assert (found.lines[0].quantity, found.earlier) == (Decimal(20), ())


def test_an_unread_order_keeps_no_other_back_and_is_told_to_a_person(scene: Scene) -> None:
    scene.portal.unread_orders = (UnreadOrder("po-9@buyer", "450001", "line 3 stands twice", b"<cXML/>"),)
    scene.portal.orders_are(order())
    scene.read_orders()
    scene.read_orders()
    with scene.house.database.read() as tx:
        assert orders.known(tx, NORTH, [ORDER]).keys() == {ORDER}
        (unread,) = orders.unread(tx, NORTH)
    assert (unread.number, unread.why, unread.raw) == ("450001", "line 3 stands twice", b"<cXML/>")
    assert scene.kinds(f"account:{NORTH}").count("order_unread") == 1, "it is told once, however often it comes"


def test_an_unread_order_is_settled_by_a_version_that_can_be_read(lite: Scene) -> None:
    lite.portal.unread_orders = (UnreadOrder("po-9@buyer", ORDER, "line 3 stands twice", b"<cXML/>"),)
    lite.portal.orders_are()
    lite.read_orders()
    lite.portal.unread_orders = ()
    lite.portal.orders_are(order())
    lite.read_orders()
    with lite.house.database.read() as tx:
        assert orders.unread(tx, NORTH) == ()


def test_an_order_that_came_and_could_not_be_read_is_not_said_to_be_unknown(lite: Scene) -> None:
    lite.portal.unread_orders = (UnreadOrder("po-9@buyer", ORDER, "line 3 stands twice", b"<cXML/>"),)
    lite.portal.orders_are()
    lite.read_orders()
    packet_id = lite.hand_over()
    lite.work()
    assert lite.stage(packet_id) is Stage.waiting


def test_what_we_billed_stays_taken_where_the_order_tells_of_no_invoices(scene: Scene) -> None:
    """An order document never says what was invoiced: only our own invoices can be held against it."""
    scene.portal.orders_are(order(hours="10"))
    scene.read_orders()
    scene.sent(lines=[labour(hours="8")])
    scene.says("INV-1001", Status.accepted)
    scene.clock.passes(60)
    scene.portal.orders_are(order(hours="10"))
    scene.read_orders()
    second = scene.hand_over("INV-1002", lines=[labour(hours="8")])
    scene.work()
    record = scene.record(second)
    assert (record.stage, [why["code"] for why in record.why]) == (Stage.held, ["po_balance"])


def test_what_is_open_on_a_line_is_known_only_where_the_portal_counts() -> None:
    line = replace(order().lines[0], amount=Decimal(985000), invoiced_quantity=Decimal(4000))
    assert (line.open_quantity, line.open_amount) == (Decimal(6000), None)
    assert replace(line, invoiced_amount=Decimal(5000)).open_amount == Decimal(980000)


def test_orders_are_known_as_of_the_moment_they_were_asked_for(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice that the portal takes while it answers may be missing from its figures: it stays in flight."""
    lite.portal.orders_are(order(hours="60"))
    asked = lite.clock()
    monkeypatch.setattr(lite.portal, "must_be_up", lambda: lite.clock.passes(30))
    lite.read_orders()
    assert lite.clock() > asked
    with lite.house.database.read() as tx:
        seen = tx.execute(sa.select(tables.purchase_order.c.seen_at)).scalars().all()
    assert seen == [asked]
    assert lite.account().orders_read_at == asked
