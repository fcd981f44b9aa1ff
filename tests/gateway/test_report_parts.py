"""Reports: every way to them tells the same numbers, and each part adds up."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from gateway import metrics, reports
from gateway.burn_down import BEGINNING, burn_downs
from gateway.errors import NotFound, NotPossible
from gateway.intake import accept
from gateway.metrics import counted, measure
from gateway.order import Order, OrderLine, OrderState
from gateway.packet import OrderLineKind
from gateway.report_parts import PARTS, About, Part, Question, band_of, part
from gateway.report_pdf import as_pdf
from gateway.sheets import Column, Sheet, as_csv, as_xlsx, on_screen
from gateway.store import orders
from gateway.verdict import ReasonCode, Status
from tests.gateway.desk.stage import open_desk, words
from tests.gateway.stage import NORTH, Scene, handed, order
from tests.packets import ORDER, labour


def asked(scene: Scene, name: str, **question: Any) -> Part:
    with counted(scene.house.database) as tx:
        return part(name, About(scene.house, tx, scene.clock(), Question(**question)))


def column(found: Part, name: str) -> list[Any]:
    at = [one.name for one in found.sheet.columns].index(name)
    return [row[at] for row in found.sheet.rows]


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """Some were refused, queried, stopped, accepted, and wait."""
    return a_few_things_happen(scene)


@pytest.fixture
def quiet(lite: Scene) -> Scene:
    """The same on SQLite alone."""
    return a_few_things_happen(lite)


def a_few_things_happen(scene: Scene) -> Scene:
    scene.portal.next_time(scene.portal.refuses(ReasonCode.unit_mismatch), scene.portal.refuses(ReasonCode.po_closed))
    scene.hand_over("A-1", lines=[labour(unit="HR")])
    scene.hand_over("A-2")
    scene.hand_over("A-3", orders=[{"number": "99"}])
    scene.hand_over("A-4", client="southern-grid")
    scene.work()
    scene.sent("A-5")
    scene.says("A-5", Status.under_query, ReasonCode.price_mismatch, text="Which rate?")
    scene.clock.passes(8 * 24 * 3600)
    scene.sent("A-6")
    scene.says("A-6", Status.accepted)
    return scene


# --- the same numbers everywhere ----------------------------------------------------------------------------------


def test_page_files_pdf_endpoint_and_tables_tell_the_same_numbers(busy: Scene) -> None:
    with open_desk(busy) as desk:
        browser = desk.signed_in()
        for name in PARTS:
            found = asked(busy, name)
            of_csv = browser.see(f"/reports/{name}.csv", since="")
            assert of_csv.content == as_csv(found.sheet), name
            saved = browser.see(f"/reports/{name}.xlsx", since="")
            assert cells_of(saved.content) == cells_of(as_xlsx(found.sheet)), name
            assert list(csv.DictReader(io.StringIO(of_csv.text, newline=""))) is not None
        told = words(browser.see("/reports", since=""))
        sheet = asked(busy, "figures").sheet
        with counted(busy.house.database) as tx:
            limits = metrics.silence_limits(busy.house.settings)
            whole = measure(tx, busy.clock(), silence=limits)
        for heading, cell in shown_figures(sheet):
            assert f"{heading} {cell}" in told, heading
        pdf = browser.see("/reports/report.pdf", since="")
        text = text_of(pdf.content)
        for heading, cell in shown_figures(sheet):
            assert f"{heading} {cell}".replace(" ", "") in text, heading
    (row,) = sheet.rows
    values = dict(zip((one.name for one in sheet.columns), row, strict=True))
    for name, value in whole.as_json().items():
        parts = value if isinstance(value, dict) else {"": value}
        for key, one in parts.items():
            cell = values[f"{name}.{key}" if key else name]
            assert (str(cell) if isinstance(cell, Decimal) else cell) == one, (name, key)


def shown_figures(sheet: Sheet) -> Iterator[tuple[str, str]]:
    for one, cell in zip(sheet.columns, sheet.rows[0], strict=True):
        if not one.name.startswith("by_stage"):
            yield one.heading, on_screen(cell, one)


def cells_of(content: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(content)).active.values)


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


# --- parts add up -------------------------------------------------------------------------------------------------


def test_the_pareto_and_the_trend_count_what_the_rejections_count(busy: Scene) -> None:
    pareto, trend, listed = (asked(busy, name) for name in ("pareto", "trend", "rejections"))
    by_kind: dict[str, int] = {}
    for kind, count in zip(column(listed, "kind"), column(listed, "count"), strict=True):
        by_kind[kind] = by_kind.get(kind, 0) + count
    assert by_kind == {"refused": 2, "queried": 1, "preflight": 1}
    for found in (pareto, trend):
        for kind in ("refused", "rejected", "queried", "preflight"):
            assert sum(column(found, kind)) == by_kind.get(kind, 0), kind
    assert column(pareto, "share") == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    assert column(pareto, "cumulative") == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])
    assert column(asked(busy, "pareto", by="client"), "client") == ["example-power"]


def test_a_week_in_which_nothing_was_said_is_shown_as_such(lite: Scene) -> None:
    refused = lite.portal.refuses(ReasonCode.po_closed)
    lite.portal.next_time(refused, refused)
    lite.hand_over("A-1")
    lite.work()
    lite.clock.passes(21 * 24 * 3600)
    lite.hand_over("A-2")
    lite.work()
    found = asked(lite, "trend", by="week")
    assert column(found, "week") == ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]
    assert column(found, "refused") == [1, 0, 0, 1]
    assert column(asked(lite, "trend"), "month") == ["2026-03"]
    assert column(asked(lite, "trend", since=date(2026, 3, 20)), "week") == ["2026-03-30"]


def test_ages_are_whole_days_and_every_open_packet_has_one(busy: Scene) -> None:
    with counted(busy.house.database) as tx:
        whole = measure(tx, busy.clock())
    found = asked(busy, "ageing")
    assert sum(column(found, "packets")) == whole.open
    assert sum(column(found, "person")) == whole.held
    assert sum(column(found, "money_held.USD")) == whole.money_held["USD"]
    assert dict(zip(column(found, "age"), column(found, "packets"), strict=True))["8 to 14 days"] == whole.open
    assert sum(column(asked(busy, "ageing", client="southern-grid"), "packets")) == 1
    assert [band_of(days) for days in (0, 7, 8, 30, 31, 90, 91)] == [
        *("0 to 7 days", "0 to 7 days", "8 to 14 days", "15 to 30 days"),
        *("31 to 60 days", "61 to 90 days", "over 90 days"),
    ]


def test_time_and_first_pass_are_those_of_the_figures(busy: Scene) -> None:
    with counted(busy.house.database) as tx:
        whole = measure(tx, busy.clock())
    first, cycle, spent = (asked(busy, name) for name in ("first-pass", "cycle", "spent"))
    assert column(first, "portal_first_pass_rate") == [whole.portal_first_pass_rate]
    assert (sum(column(first, "portal_taken")), sum(column(first, "portal_of"))) == (
        whole.portal_first_pass.hits,
        whole.portal_first_pass.of,
    )
    assert column(cycle, "cycle_time_p90_s") == [whole.cycle_time_p90_s]
    each = [column(spent, f"each_{name}")[0] for name in ("person", "ours", "portal", "correction")]
    assert sum(each) * whole.accepted == pytest.approx(
        whole.seconds_person + whole.seconds_ours + whole.seconds_portal + whole.seconds_correction
    )


def test_a_client_account_or_time_leaves_the_others_out(quiet: Scene) -> None:
    assert column(asked(quiet, "figures", client="southern-grid"), "packets") == [1]
    assert column(asked(quiet, "figures", account=NORTH), "packets") == [5]
    assert column(asked(quiet, "figures", until=date(2026, 3, 9)), "packets") == [0]
    assert column(asked(quiet, "figures", by="client"), "client") == ["example-power", "southern-grid"]
    assert column(asked(quiet, "figures", by="week"), "week") == ["2026-03-09"]
    assert asked(quiet, "rejections", since=date(2026, 3, 12)).sheet.rows == ()


def test_questions_without_an_answer_are_refused(lite: Scene) -> None:
    with pytest.raises(NotFound, match="pareto"):
        asked(lite, "weather")
    with pytest.raises(NotPossible, match="client, account, month, week"):
        asked(lite, "figures", by="colour")
    with pytest.raises(NotPossible, match="no day"):
        asked(lite, "figures", since=date(2026, 3, 2), until=date(2026, 3, 2))
    with counted(lite.house.database) as tx, pytest.raises(NotPossible, match="whole days"):
        measure(tx, lite.clock(), since=lite.clock())


# --- purchase orders ----------------------------------------------------------------------------------------------


def put_order(scene: Scene, number: str, worth: str, invoiced: str | None) -> None:
    told = None if invoiced is None else Decimal(invoiced)
    line = OrderLine(1, OrderLineKind.amount, amount=Decimal(worth), invoiced_amount=told)
    with scene.house.database.write() as tx:
        orders.keep(tx, NORTH, Order(number, OrderState.open, "USD", (line,)), scene.clock())


def test_an_order_is_told_with_what_is_left_and_when_it_runs_out(scene: Scene) -> None:
    with scene.house.database.write() as tx:
        orders.keep(tx, NORTH, order(hours="500"), scene.clock())
    for number, day in (("A-1", 9), ("A-2", 16), ("A-3", 23)):
        scene.clock.now = datetime(2026, 3, day, 12, tzinfo=UTC)
        accept(scene.house, handed(number) | {"generated_at": f"2026-03-{day:02}T08:00:00Z"}, {})
        scene.work()
    found = asked(scene, "orders")
    (row,) = found.sheet.rows
    told = dict(zip((one.name for one in found.sheet.columns), row, strict=True))
    billed = told["on_the_way"] / 3
    assert billed > 3_000
    ordered = Decimal(500) * Decimal("98.5") + 90_000 * Decimal("0.67") + 500_000
    assert (told["ordered"], told["invoiced"]) == (ordered, None)
    assert told["left"] == ordered - 3 * billed
    assert told["weekly"] == billed  # two bills in the two weeks after the first
    days = int(told["left"] * 14 / (2 * billed))
    assert told["runs_out"] == (date(2026, 3, 23) + timedelta(days=days)).isoformat()


def test_what_a_portal_does_not_tell_is_not_claimed(lite: Scene) -> None:
    put_order(lite, ORDER, "20000", None)
    found = asked(lite, "orders")
    assert (column(found, "invoiced"), column(found, "left")) == ([None], [Decimal(20000)])
    assert (column(found, "weekly"), column(found, "runs_out")) == ([None], [None])


def test_orders_come_page_by_page_and_each_once(scene: Scene) -> None:
    for at in range(7):
        put_order(scene, f"45{at:08}", "100", "0")
    seen, place = [], BEGINNING
    while True:
        found = asked(scene, "orders", after=place, orders=3)
        seen += column(found, "number")
        if found.more is None:
            break
        place = found.more
    assert seen == [f"45{at:08}" for at in range(7)]
    with counted(scene.house.database) as tx:
        assert len(burn_downs(scene.house, tx, scene.clock(), [NORTH], BEGINNING, 100)) == 7
        assert burn_downs(scene.house, tx, scene.clock(), [], BEGINNING, 100) == ()


# --- the PDF ------------------------------------------------------------------------------------------------------


def a_part(*cells: str) -> Part:
    sheet = Sheet("One", (Column("client", "Client"),), tuple((cell,) for cell in cells))
    return Part("one", "One part", ("What it means.",), sheet)


def pdf_of(scene: Scene, *parts: Part) -> bytes:
    with counted(scene.house.database) as tx:
        return as_pdf(parts, About(scene.house, tx, scene.clock(), Question(client="example-power")))


def test_a_pdf_says_what_it_is_about_and_is_the_same_each_time(quiet: Scene) -> None:
    parts = [asked(quiet, name) for name in PARTS]
    content = pdf_of(quiet, *parts)
    assert content == pdf_of(quiet, *parts)
    reader = PdfReader(io.BytesIO(content))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    for sentence in (
        *(
            "Clearbill report",
            "Of all time. Made 2026-03-18 12:00 UTC.",
            "Of client example-power, all portal accounts.",
        ),
        *(f"Page 1 of {len(reader.pages)}", *parts[0].says),
    ):
        assert sentence in text, sentence
    assert [entry.title for entry in reader.outline] == [one.title for one in parts]  # type: ignore[union-attr]
    assert reader.metadata is not None
    assert reader.metadata.title == "Clearbill report"
    assert reader.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]
    assert len([image for page in reader.pages for image in page.images]) == sum(
        one.picture is not None for one in parts
    )


def test_names_of_many_alphabets_are_shown_and_what_cannot_be_is_said(lite: Scene) -> None:
    names = ("Łódź Élec", "Ηλεκτρισμός", "Енергія", "Žemaitija ﬀ")
    text = text_of(pdf_of(lite, a_part(*names)))
    for name in names[:3]:
        assert "".join(name.split()) in text
    assert "doesnothave" not in text
    lost = text_of(pdf_of(lite, a_part("電力 <b>&amp;")))
    assert "▯▯<b>&amp;" in lost
    assert "doesnothave" in lost


def test_no_text_breaks_the_pdf(lite: Scene) -> None:
    hostile = ("x" * 5_000, "<para><img src='file:///etc/passwd'/>", "=1+1", "\x00\x1b]0;", "a\n" * 200, "")
    assert len(PdfReader(io.BytesIO(pdf_of(lite, a_part(*hostile)))).pages) >= 1


def test_a_long_table_says_what_it_leaves_out(lite: Scene) -> None:
    text = text_of(pdf_of(lite, a_part(*(f"client {at}" for at in range(150)))))
    assert "Thefirst100of150rows" in text
    assert re.search("client99(?!9)", text)


def test_every_part_is_written_without_a_formula(quiet: Scene) -> None:
    for name in PARTS:
        book = load_workbook(io.BytesIO(as_xlsx(asked(quiet, name).sheet))).active
        assert not [cell for row in book.iter_rows() for cell in row if cell.data_type == "f"]
    assert reports.DIMENSIONS == ("reason", "client", "account")
