"""Reports and upkeep at the command line: figures as files, accounts stopped and resumed, work brought back, schema."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from gateway.store import tables
from tests.gateway.office import ACCOUNT, CLIENT, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def refused(office: Office) -> Office:
    """An office with one packet taken and one refused."""
    office.works("orders")
    office.submitted("INV-1")
    office.works()
    office.portal.rejects("order_not_found")
    office.submitted("INV-2")
    office.works("poll")
    return office


# --- reports ------------------------------------------------------------------------------------------------------


def test_rejections_are_told_with_the_portals_words(refused: Office) -> None:
    told = " ".join(refused.run("report", "rejections").out.split())
    assert "At the portals (1)" in told
    assert "1 x PO unknown, refused on receipt: 100%, 4,020.40 USD" in told
    assert "for example: Invalid order/document reference." in told
    (row,) = refused.run("report", "rejections", "--json").json["rejections"]
    assert (row["reason"], row["client"], row["count"], row["money"]) == ("po_unknown", CLIENT, 1, "4020.4")


def test_rejections_go_to_files(refused: Office) -> None:
    made = refused.folder / "made.csv", refused.folder / "made.xlsx"
    ran = refused.run("report", "rejections", "--by", "reason", "--csv", made[0], "--xlsx", made[1])
    assert ran.code == 0
    (row,) = csv.DictReader(io.StringIO(made[0].read_text()))
    assert row["reason"] == "po_unknown"
    assert "client" not in row
    assert load_workbook(made[1]).active.max_row == 2


def test_a_report_of_a_time_without_rejections_says_so(refused: Office) -> None:
    assert "Nothing was stopped" in refused.run("report", "rejections", "--until", "2026-01-01").out
    assert refused.run("report", "rejections", "--until", "2026-01-01", "--json").json["rejections"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rejections", "--by", "colour"), 1),
        (("rejections", "--client", "nobody"), 1),
        (("rejections", "--account", "nobody"), 3),
        (("metrics", "--by", "colour"), 1),
        (("metrics", "--month", "2026-13"), 1),
        (("metrics", "--csv", "/no/such/folder/x.csv"), 1),
    ],
)
def test_a_report_that_cannot_be_made_says_why(office: Office, words: tuple[str, ...], code: int) -> None:
    ran = office.run("report", *words)
    assert ran.code == code
    assert ran.err.strip()


def test_figures_say_what_they_are_shares_of(refused: Office) -> None:
    told = " ".join(refused.run("report", "metrics").out.split())
    assert "50.0% taken by the portal at the first transmission (1 of 2)" in told
    assert "Buyer first pass none yet" in told
    values = refused.run("report", "metrics", "--json").json
    assert values["portal_first_pass_rate"] == 0.5
    assert values["buyer_first_pass_rate"] is None


def test_figures_stand_side_by_side(refused: Office) -> None:
    told = refused.run("report", "metrics", "--by", "account").out
    assert f"{ACCOUNT}        2         0     1   50% / -      0%" in told
    assert refused.run("report", "metrics", "--by", "client", "--json").json["figures"][CLIENT]["packets"] == 2


def test_figures_of_nothing_say_so(office: Office) -> None:
    assert "nothing to count" in office.run("report", "metrics").out


# --- accounts -----------------------------------------------------------------------------------------------------


def test_an_account_is_stopped_by_a_person_and_resumed(office: Office) -> None:
    office.works("orders")
    assert office.run("account", "pause", ACCOUNT, "--why", "new password tonight").code == 0
    office.submitted()
    assert office.run("account", "pause", ACCOUNT).code == 1
    told = " ".join(office.run("status").out.split())
    assert "Robin stopped it: new password tonight." in told
    with office.house() as house:
        assert house.queue.claim(0.2) is not None  # the desk's own work goes on
    assert office.run("account", "resume", ACCOUNT).code == 0
    assert office.run("account", "resume", ACCOUNT).code == 1
    office.works()


def test_nothing_is_sent_while_an_account_is_stopped(office: Office) -> None:
    office.works("orders")
    office.run("account", "pause", ACCOUNT)
    office.submitted()
    with office.house() as house:
        from gateway.worker import work_once

        while work_once(house):
            pass
    assert office.portal.documents() == []
    office.run("account", "resume", ACCOUNT)
    office.works()
    assert [one["number"] for one in office.portal.documents()] == ["INV-1001"]


def test_an_unknown_account_is_refused(office: Office) -> None:
    ran = office.run("account", "resume", "nobody", "--json")
    assert ran.code == 1
    assert ACCOUNT in ran.json["message"]


# --- queue and database -------------------------------------------------------------------------------------------


def test_work_that_was_given_up_is_listed_and_brought_back(office: Office) -> None:
    with office.house() as house, house.queue.write() as tx:
        house.queue.enqueue(tx, "poll", ACCOUNT, "poll:x")
        tx.execute(tables.work.update().values(state="dead", last_error="the [portal] said \x1b[31mno"))
    told = office.run("queue", "dead").out
    assert "the [portal] said \ufffd[31mno" in " ".join(told.split())
    assert "Given up after the last try: 1" in office.run("status").out
    (letter,) = office.run("queue", "dead", "--json").json["dead"]
    assert office.run("queue", "revive", letter["id"]).code == 0
    assert "No work was given up." in office.run("queue", "dead").out
    assert office.run("queue", "revive", letter["id"]).code == 1


def test_the_schema_is_brought_up_to_date_once(office: Office) -> None:
    assert office.run("db", "upgrade", "--json").json["upgraded"] is True
    assert office.run("db", "upgrade", "--json").json["upgraded"] is False
    office.settings(database="mysql://somewhere/x")
    assert office.run("db", "upgrade").code == 3


def test_a_database_that_is_none_is_told_in_one_line(office: Office) -> None:
    (office.folder / "clearbill.db").write_text("this is not a database" * 100)
    ran = office.run("status")
    assert ran.code == 3
    assert "file is not a database" in ran.err
    assert "Traceback" not in ran.err
