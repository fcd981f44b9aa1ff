"""An order that is running out is told from our own books; what came back does not count."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from checklists.facts import Billed
from gateway.intake import accept
from gateway.store import orders
from gateway.verdict import ReasonCode, Stage, Status
from tests.gateway.stage import CLIENTS, NORTH, Scene, handed, open_scene, order
from tests.packets import ORDER, labour

NOW = datetime(2026, 3, 9, 8, tzinfo=UTC)


@pytest.fixture
def weekly(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    rules = dict(CLIENTS["example-power"])
    rules["orders"] = {**rules["orders"], "runs_out_within_weeks": 3}
    with open_scene(database_url, tmp_path, clients={**CLIENTS, "example-power": rules}) as scene:
        scene.portal.orders_are(order(hours="200"))
        scene.read_orders()
        yield scene
        scene.look_over()


def week(number: str, weeks_ago: int, hours: str = "40") -> Any:
    """A week's invoice, generated so many weeks before the last one."""
    whole = handed(number, lines=[labour(hours=hours)])
    whole["generated_at"] = (NOW - timedelta(weeks=weeks_ago)).isoformat()
    return whole


def sent(scene: Scene, number: str, weeks_ago: int, hours: str = "40") -> str:
    packet_id = accept(scene.house, week(number, weeks_ago, hours), {}).packet_id
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    return packet_id


def warnings(scene: Scene, packet_id: str) -> list[str]:
    (built,) = (event for event in scene.events(packet_id) if event.kind == "built")
    return [str(one["sentence"]) for one in built.data["warnings"]]


def known(scene: Scene, apart_from: str = "", weeks: int = 13) -> tuple[Billed, ...]:
    with scene.house.database.read() as tx:
        return orders.billed_before(tx, NORTH, [ORDER], apart_from, NOW - timedelta(weeks=weeks), UTC)[ORDER]


def test_the_coordinator_is_warned_in_time_and_the_invoice_goes_out(weekly: Scene) -> None:
    assert warnings(weekly, sent(weekly, "INV-1", 2)) == []
    assert warnings(weekly, sent(weekly, "INV-2", 1)) == [
        "After this invoice 11,820.00 USD are left on line 1 of purchase order 4500012345; at 3,940.00 USD a week, as "
        "billed since 2026-02-23, it runs out in 3 weeks, about 2026-03-23."
    ]
    (told,) = warnings(weekly, sent(weekly, "INV-3", 0))
    assert "7,880.00 USD are left" in told
    assert "in 2 weeks" in told


def test_our_books_know_what_was_billed_by_day_and_line(weekly: Scene) -> None:
    first, second = sent(weekly, "INV-1", 2, "8"), sent(weekly, "INV-2", 1, "16")
    assert known(weekly) == (
        Billed(date(2026, 2, 23), 1, Decimal(788)),
        Billed(date(2026, 3, 2), 1, Decimal(1576)),
    )
    assert known(weekly, apart_from=second) == (Billed(date(2026, 2, 23), 1, Decimal(788)),)
    assert known(weekly, apart_from=first, weeks=1) == (Billed(date(2026, 3, 2), 1, Decimal(1576)),)
    assert known(weekly, weeks=0) == ()


def test_an_invoice_that_came_back_is_not_in_the_rate(weekly: Scene) -> None:
    sent(weekly, "INV-1", 1)
    weekly.says("INV-1", Status.rejected, ReasonCode.rate_mismatch)
    assert known(weekly) == ()


def test_days_of_billing_are_the_offices(sqlite_url: str, tmp_path: Path) -> None:
    """Eight in the morning in UTC is the day before on the other side of the date line."""
    rules = {**CLIENTS["example-power"], "orders": {"runs_out_within_weeks": 3}}
    with open_scene(sqlite_url, tmp_path, clients={"example-power": rules}, time_zone="Pacific/Pago_Pago") as scene:
        scene.portal.orders_are(order(hours="120"))
        scene.read_orders()
        sent(scene, "INV-1", 1)
        (told,) = warnings(scene, sent(scene, "INV-2", 0))
        assert "billed since 2026-03-01, it runs out in 1 week, about 2026-03-15" in told
