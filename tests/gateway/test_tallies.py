"""Figures kept ready: what is read is what counting everything gives, whatever changed meanwhile or went wrong."""

import random
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.intake import accept
from gateway.metrics import breakdown, counted, measure
from gateway.reports import rejections
from gateway.store import figures, tallies
from gateway.store.tables import objected, packet, tally, tally_part, uncounted
from gateway.verdict import ReasonCode, Stage, Status
from tests.gateway.random_history import Past
from tests.gateway.stage import NORTH, SOUTH, Scene, handed, open_scene
from tests.packets import labour


def kept(scene: Scene) -> dict[str, Any]:
    """Everything that is kept ready, but for the numbers of rows."""
    with counted(scene.house.database) as tx:
        rows = tx.execute(sa.select(tally).order_by(tally.c.client, tally.c.account, tally.c.day)).mappings().all()
        parts = tx.execute(
            sa.select(tally.c.client, tally.c.day, tally_part)
            .join(tally, tally.c.id == tally_part.c.tally_id)
            .order_by(tally.c.client, tally.c.day, tally_part.c.kind, tally_part.c.part)
        ).mappings()
        said = tx.execute(sa.select(objected).order_by(*objected.primary_key.columns)).mappings()
        return {
            "tally": [
                without(row, "id", "cycles") | {"cycles": sorted(row["cycles"])} for row in rows if row["packets"]
            ],
            "parts": [without(row, "tally_id") for row in parts],
            "objected": [dict(row) for row in said],
        }


def without(row: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def forgotten(scene: Scene) -> None:
    """Everything that was kept is lost, and every packet is to be counted."""
    with scene.house.database.write() as tx:
        for table in (tally_part, tally, objected, uncounted):
            tx.execute(table.delete())
        tx.execute(uncounted.insert().from_select(["packet_id"], sa.select(packet.c.id)))


@pytest.mark.parametrize("seed", [3])
def test_counting_what_changed_gives_what_counting_all_gives(database_url: str, tmp_path: Path, seed: int) -> None:
    patient = {"silence_hours": 8_000}
    with open_scene(database_url, tmp_path, account_changes={NORTH: patient, SOUTH: patient}) as scene:
        past = Past(scene, random.Random(seed))
        for _ in range(6):
            past.goes_on(10)
            kept(scene)
        step_by_step = kept(scene)
        assert step_by_step["objected"]
        assert step_by_step["parts"]
        forgotten(scene)
        assert kept(scene) == step_by_step


def test_nothing_is_read_before_it_is_counted(scene: Scene) -> None:
    with counted(scene.house.database) as tx:
        assert measure(tx, scene.clock()).packets == 0
    scene.hand_over()
    with counted(scene.house.database) as tx:
        assert measure(tx, scene.clock()).by_stage[Stage.received] == 1
    scene.work()
    with counted(scene.house.database) as tx:
        found = measure(tx, scene.clock())
        assert (found.by_stage[Stage.received], found.by_stage[Stage.waiting]) == (0, 1)
        assert tx.execute(sa.select(sa.func.count()).select_from(uncounted)).scalar_one() == 0


def test_the_watch_counts_what_nobody_looks_at(lite: Scene) -> None:
    lite.sent()
    lite.watch()
    with lite.house.database.read() as tx:
        assert measure(tx, lite.clock()).by_stage[Stage.waiting] == 1


def test_a_count_that_breaks_off_leaves_its_marks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sent()

    def breaks(*_: Any) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(tallies, "_write_tallies", breaks)
        with pytest.raises(RuntimeError, match="power"), counted(scene.house.database):
            pass
    with counted(scene.house.database) as tx:
        assert measure(tx, scene.clock()).by_stage[Stage.waiting] == 1


def test_more_marks_than_are_taken_at_once_are_all_taken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "_MARKS_AT_ONCE", 3)
    monkeypatch.setattr(tallies, "_DAYS_AT_ONCE", 1)
    for number, day in (("A-1", 7), ("A-2", 8), ("A-3", 9)):
        accept(scene.house, handed(number) | {"generated_at": f"2026-03-0{day}T08:00:00Z"}, {})
    with counted(scene.house.database) as tx:
        assert measure(tx, scene.clock()).packets == 3
        assert tx.execute(sa.select(uncounted)).all() == []


def test_several_may_count_at_once(scene: Scene) -> None:
    for number in ("A-1", "A-2", "A-3"):
        scene.sent(number)
    found: list[int] = []

    def look() -> None:
        with counted(scene.house.database) as tx:
            found.append(measure(tx, scene.clock()).packets)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [3, 3, 3, 3]


def test_parts_add_up_to_the_whole(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.unit_mismatch))
    scene.hand_over("A-1", lines=[labour(unit="HR")])
    scene.hand_over("A-2", client="southern-grid")
    scene.hand_over("A-3", orders=[{"number": "99"}])
    scene.work()
    scene.says("A-1", Status.accepted)
    with counted(scene.house.database) as tx:
        whole = measure(tx, scene.clock())
        for by in ("client", "account", "month", "week"):
            parts = breakdown(tx, scene.clock(), by).values()  # type: ignore[arg-type]
            for name in ("packets", "accepted", "held", "resubmissions", "rejections", "seconds_portal"):
                assert sum(getattr(one, name) for one in parts) == pytest.approx(getattr(whole, name)), (by, name)
        said = rejections(tx, by="reason")
        assert sum(row.count for row in said) == tx.execute(sa.select(sa.func.count()).select_from(objected)).scalar()


def test_no_statistics_lead_to_an_index_on_a_word_that_thousands_share(lite: Scene) -> None:
    """SQLite's planner, after ANALYZE, would read every rejection there is for each packet."""
    lite.sent()
    with lite.house.database.write() as tx:
        tx.exec_driver_sql("ANALYZE")
        tx.exec_driver_sql("DELETE FROM sqlite_stat1")
        tx.exec_driver_sql(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('verdict', 'ix_verdict_status', '200000 2 1'), "
            "('verdict', 'ix_verdict_packet', '200000 9'), ('event', 'ix_event_kind_at', '1000000 2 1')"
        )
    with lite.house.database.engine.connect() as connection:
        text = str(figures.MAIN_COUNTS.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert not [step for step in plan if "ix_verdict_status" in step or "ix_event_kind" in step], plan
    assert [step for step in plan if "ix_packet_made" in step], plan
