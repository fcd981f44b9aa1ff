"""The rejection report and the writers: what is counted once, told apart, and safe to open."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from rich.console import Console

from gateway import decisions, secrets
from gateway.errors import NotPossible
from gateway.metrics import breakdown, counted, measure
from gateway.reports import (
    Rejections,
    metrics_sheet,
    metrics_table,
    rejections,
    rejections_sheet,
    rejections_table,
)
from gateway.sheets import Column, Sheet, as_csv, as_rich, as_xlsx, duration
from gateway.verdict import ReasonCode, Stage, Status
from tests.gateway.stage import BEGIN, SOUTH, Scene
from tests.packets import labour

TOTAL = Decimal("4020.40")  # what one packet of tests.packets asks for
FORMULA = '=HYPERLINK("http://evil.example","open")'


def report(scene: Scene, **how: Any) -> tuple[Rejections, ...]:
    with counted(scene.house.database) as tx:
        return rejections(tx, **how)


def shown(table: Any, width: int = 400) -> str:
    console = Console(width=width, record=True, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.export_text()


def sheet_of(*cells: Any, form: str = "text") -> Sheet:
    return Sheet("One", (Column("cell", "Cell", form),), tuple((cell,) for cell in cells))  # type: ignore[arg-type]


# --- what is counted ----------------------------------------------------------------------------------------------


def test_nothing_said_is_an_empty_report(scene: Scene) -> None:
    scene.sent()
    assert report(scene) == ()
    assert as_csv(rejections_sheet(())).count(b"\r\n") == 1


def test_a_refusal_a_rejection_a_query_and_a_finding_are_told_apart(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed, text="PO is closed"))
    scene.hand_over("A-1")
    scene.hand_over("A-2", orders=[{"number": "99"}])
    scene.work()
    scene.sent("A-3")
    scene.says("A-3", Status.rejected, ReasonCode.price_mismatch, text="Rate is wrong")
    scene.sent("A-4")
    scene.says("A-4", Status.under_query, ReasonCode.price_mismatch, text="Which rate?")
    rows = {(row.kind, row.reason): row for row in report(scene)}
    assert {key: (row.count, row.money) for key, row in rows.items()} == {
        ("refused", "po_closed"): (1, TOTAL),
        ("rejected", "price_mismatch"): (1, TOTAL),
        ("queried", "price_mismatch"): (1, TOTAL),
        ("preflight", "po_unknown"): (1, TOTAL),
    }
    assert rows["refused", "po_closed"].example == "PO is closed"
    assert rows["queried", "price_mismatch"].example == "Which rate?"
    assert "99" in rows["preflight", "po_unknown"].example
    assert sum(row.share for row in rows.values() if row.kind != "preflight") == pytest.approx(1)
    assert sum(row.share for row in rows.values() if row.kind == "preflight") == pytest.approx(1)


def test_one_transmission_counts_once_for_a_reason_and_its_packets_money_once(scene: Scene) -> None:
    scene.sent()
    for word in ("First", "Second", "Third"):
        scene.clock.passes(60)
        scene.says("INV-1001", Status.under_query, ReasonCode.price_mismatch, text=word)
    (row,) = report(scene)
    assert (row.count, row.share, row.money, row.currency) == (1, 1.0, TOTAL, "USD")
    assert (row.example, row.last_seen) == ("Third", BEGIN + timedelta(seconds=180))


def test_two_refusals_of_one_packet_are_two_and_its_money_is_there_once(scene: Scene) -> None:
    refuses = scene.portal.refuses(ReasonCode.po_closed)
    scene.portal.next_time(refuses, refuses)
    packet_id = scene.hand_over()
    scene.work()
    decisions.check_again(scene.house, packet_id, "Ada")
    scene.work()
    (row,) = report(scene)
    assert (row.kind, row.count, row.money) == ("refused", 2, TOTAL)


def test_an_answer_with_two_reasons_counts_for_each_but_once_for_its_client(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.po_closed, ReasonCode.other))
    scene.hand_over()
    scene.work()
    assert [(row.reason, row.count, row.share) for row in report(scene)] == [("other", 1, 0.5), ("po_closed", 1, 0.5)]
    (row,) = report(scene, by="client")
    assert (row.reason, row.client, row.account, row.count, row.money) == ("", "example-power", "", 1, TOTAL)


def test_what_was_corrected_before_sending_is_a_finding_and_no_rejection(scene: Scene) -> None:
    scene.sent(lines=[labour(description="Crew <night> shift")])
    rows = report(scene)
    assert [(row.kind, row.reason, row.count) for row in rows] == [("preflight", "text_unacceptable", 1)]


def test_what_was_corrected_after_a_refusal_is_no_finding(scene: Scene) -> None:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.unit_mismatch))
    scene.sent(lines=[labour(unit="HR")])
    assert [row.kind for row in report(scene)] == ["refused"]


def test_a_finding_that_comes_back_is_counted_once(scene: Scene) -> None:
    packet_id = scene.hand_over(orders=[{"number": "99"}])
    scene.work()
    decisions.check_again(scene.house, packet_id, "Ada")
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    assert [(row.kind, row.count) for row in report(scene)] == [("preflight", 1)]


def test_money_is_never_added_across_currencies(scene: Scene) -> None:
    refuses = scene.portal.refuses(ReasonCode.po_closed)
    scene.portal.next_time(refuses, refuses)
    scene.hand_over("A-1")
    scene.hand_over("A-2", currency="CAD")
    scene.work()
    assert {(row.currency, row.count, row.money) for row in report(scene)} == {("USD", 1, TOTAL), ("CAD", 1, TOTAL)}


def test_a_report_keeps_to_its_period_client_and_account(scene: Scene) -> None:
    portal = scene.portals[SOUTH]
    for place, number, client in ((scene.portal, "A-1", "example-power"), (portal, "A-2", "southern-grid")):
        place.next_time(place.refuses(ReasonCode.po_closed))
        scene.hand_over(number, client=client)
        scene.work()
        scene.clock.passes(3600)
    assert {row.client for row in report(scene)} == {"example-power", "southern-grid"}
    assert [row.client for row in report(scene, client="southern-grid")] == ["southern-grid"]
    assert [row.account for row in report(scene, account=SOUTH)] == [SOUTH]
    assert [row.client for row in report(scene, until=BEGIN + timedelta(minutes=1))] == ["example-power"]
    assert [row.client for row in report(scene, since=BEGIN + timedelta(minutes=1))] == ["southern-grid"]
    assert report(scene, since=BEGIN, until=BEGIN) == ()


def test_a_report_by_what_there_is_not_is_refused(lite: Scene) -> None:
    with pytest.raises(NotPossible, match="not by colour"):
        report(lite, by=("reason", "colour"))


def test_a_secret_in_a_portals_words_is_blotted_out(lite: Scene) -> None:
    secrets.remember("hunter2-very-secret")
    lite.portal.next_time(lite.portal.refuses(ReasonCode.other, text="bad secret hunter2-very-secret"))
    lite.hand_over()
    lite.work()
    assert "hunter2" not in report(lite)[0].example


# --- sheets -------------------------------------------------------------------------------------------------------


def rows_of_one(example: str = "PO is closed") -> tuple[Rejections, ...]:
    seen = datetime(2026, 3, 10, 12, 0, 5, tzinfo=UTC)
    row = Rejections("refused", "po_closed", "acme", "acme-coupa", "USD", 3, 0.75, Decimal("12.50"), example, seen)
    return (row, replace(row, reason="other", count=1, share=0.25))


def test_a_csv_has_the_names_the_plain_numbers_and_crlf() -> None:
    text = as_csv(rejections_sheet(rows_of_one())).decode("utf-8")
    assert text.splitlines()[0] == "kind,reason,client,account,count,share,money,currency,example,last_seen"
    assert text.splitlines()[1] == (
        "refused,po_closed,acme,acme-coupa,3,0.75,12.50,USD,PO is closed,2026-03-10T12:00:05Z"
    )
    assert text.endswith("\r\n")


def test_columns_that_nobody_asked_for_are_left_out() -> None:
    rows = tuple(replace(row, client="", account="") for row in rows_of_one())
    assert [column.name for column in rejections_sheet(rows).columns][:3] == ["kind", "reason", "count"]


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "\x00=", "＝", "\u202e="])
def test_a_text_that_starts_a_formula_is_defused_in_csv(lead: str) -> None:
    (cell,) = list(csv.reader(io.StringIO(as_csv(sheet_of(f"{lead}1+1")).decode(), newline="")))[1]
    assert cell.startswith("'")


def test_numbers_are_not_defused_even_below_zero() -> None:
    assert as_csv(sheet_of(Decimal("-12.50"), -3, form="money")) == b"cell\r\n-12.50\r\n-3\r\n"


def test_a_text_with_quotes_commas_and_lines_survives_csv() -> None:
    words = 'He said "no",\nthen left; été ✓'
    assert list(csv.reader(io.StringIO(as_csv(sheet_of(words)).decode("utf-8"), newline="")))[1] == [words]


def test_a_workbook_has_typed_numbers_a_still_header_and_no_formulas() -> None:
    sheet = rejections_sheet(rows_of_one(FORMULA))
    page = load_workbook(io.BytesIO(as_xlsx(sheet))).active
    assert page.freeze_panes == "A2"
    heads = [cell.value for cell in page[1]]
    row = dict(zip([column.name for column in sheet.columns], page[2], strict=True))
    assert heads == [column.heading for column in sheet.columns]
    assert (row["count"].value, row["share"].value, row["money"].value) == (3, 0.75, 12.5)
    assert {row[name].data_type for name in ("count", "share", "money")} == {"n"}
    assert row["share"].number_format == "0.0%"
    assert row["last_seen"].value == datetime(2026, 3, 10, 12, 0, 5)  # noqa: DTZ001 - a workbook has no zones
    assert (row["example"].value, row["example"].data_type) == (FORMULA, "s")


@pytest.mark.parametrize("text", ["#N/A", "=1+1", "a\x00b\x0bc", "x" * 40_000])
def test_no_text_breaks_a_workbook_or_becomes_something_else(text: str) -> None:
    page = load_workbook(io.BytesIO(as_xlsx(sheet_of(text)))).active
    assert page["A2"].data_type == "s"


def test_the_terminal_gets_no_commands_and_no_markup() -> None:
    text = shown(as_rich(sheet_of("\x1b]0;owned\x07[red]no[/red]\u202e")))
    assert "[red]no[/red]" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_rejection_table_reads_well() -> None:
    text = shown(rejections_table(rows_of_one()))
    for words in ("Rejections", "What happened", "75.0%", "12.50", "PO is closed", "2026-03-10 12:00"):
        assert words in text


def test_figures_become_a_column_for_each_part(scene: Scene) -> None:
    scene.hand_over("A-1", orders=[{"number": "99"}])
    scene.hand_over("A-2", client="southern-grid")
    scene.work()
    with counted(scene.house.database) as tx:
        split = breakdown(tx, scene.clock(), "client")
    rows = list(csv.DictReader(io.StringIO(as_csv(metrics_sheet(split, "client")).decode())))
    assert [row["client"] for row in rows] == ["example-power", "southern-grid"]
    assert [row["by_stage.held"] for row in rows] == ["1", "0"]
    assert [row["money_held.USD"] for row in rows] == ["4020.4", "0"]
    assert [row["portal_first_pass_rate"] for row in rows] == ["", "1.0"]
    only = metrics_sheet(split, "client", only=("held", "portal_first_pass_rate"))
    assert [column.name for column in only.columns] == ["client", "held", "portal_first_pass_rate"]
    with pytest.raises(NotPossible, match="luck"):
        metrics_sheet(split, only=("luck",))


def test_many_figures_are_shown_one_below_the_other(lite: Scene) -> None:
    lite.sent()
    with counted(lite.house.database) as tx:
        one = measure(tx, lite.clock())
        split = breakdown(tx, lite.clock(), "client")
    assert "Taken by the portal at the first transmission" in shown(metrics_table({"": one}), 100)
    by_client = shown(metrics_table(split, "client"), 100)
    assert "100.0%" in by_client
    assert "example-power" in by_client
    assert "–" in by_client  # nothing was accepted: no cycle time is claimed


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.42, "0.4 s"),
        (59.2, "59.2 s"),
        (125, "2 min 5 s"),
        (7_380, "2 h 3 min"),
        (273_600, "3 d 4 h"),
        (-60, "-1 min 0 s"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_report_of_a_folder_can_be_written_to_disk(lite: Scene, tmp_path: Path) -> None:
    lite.portal.next_time(lite.portal.refuses(ReasonCode.po_closed, text=FORMULA))
    lite.hand_over()
    lite.work()
    sheet = rejections_sheet(report(lite))
    (tmp_path / "report.csv").write_bytes(as_csv(sheet))
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["example"] == f"'{FORMULA}"
