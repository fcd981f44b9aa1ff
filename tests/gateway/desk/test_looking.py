"""Clients and reports at the desk, and whether all histories are as they were written."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.commands.terminal import DONE, REFUSED, TROUBLE
from tests.gateway.desk.stage import Desk, words
from tests.gateway.office import Office, open_office
from tests.gateway.test_decisions import held_refused


def test_a_clients_checklist_is_told_in_the_command_lines_words(lite_desk: Desk) -> None:
    browser = lite_desk.signed_in()
    assert "Example-Power" in words(browser.see("/clients"))
    told = words(browser.see("/clients/example-power"))
    assert "45 and eight digits" in told
    assert "sent by account north" in told
    assert browser.see("/clients/nobody").status_code == 404
    assert browser.see("/clients/%00").status_code == 404


def test_rejections_and_figures_are_shown_and_saved(desk: Desk) -> None:
    held_refused(desk.scene)
    browser = desk.signed_in()
    told = words(browser.see("/reports"))
    assert "Rate mismatch" in told
    assert "packets handed over" in told.lower()
    saved = browser.see("/reports/rejections.csv", client="example-power")
    assert saved.headers["content-disposition"] == 'attachment; filename="clearbill-rejections.csv"'
    rows = list(csv.DictReader(io.StringIO(saved.content.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert browser.see("/reports/figures.xlsx", by="client").content.startswith(b"PK")
    assert "Rate mismatch" not in words(browser.see("/reports", client="southern-grid"))
    assert "Rate mismatch" not in words(browser.see("/reports", until="2020-01-01"))
    assert browser.see("/reports", by="client").text.count("example-power") > 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports?since=yesterday", 409),
        ("/reports?by=weather", 409),
        ("/reports?client=%00", 200),
        ("/reports?since=9999-99-99", 409),
        ("/reports/figures.pdf", 404),
        ("/reports/everything.csv", 404),
    ],
)
def test_a_report_that_there_is_not_is_said_to_be(lite_desk: Desk, path: str, status: int) -> None:
    assert lite_desk.signed_in().see(path).status_code == status


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def test_a_history_that_was_tampered_with_is_found(office: Office) -> None:
    packet_id = office.submitted()
    whole = office.run("audit", "verify", "--json")
    assert (whole.code, whole.json["broken"]) == (DONE, {})
    assert office.run("audit", "verify", packet_id).code == DONE
    assert office.run("audit", "verify", "nobody").code == REFUSED
    database = sqlite3.connect(office.folder / "clearbill.db")
    with database:
        database.execute("DROP TRIGGER event_no_update")
        database.execute("UPDATE event SET who = 'another' WHERE subject = ? AND n = 1", (packet_id,))
    database.close()
    ran = office.run("audit", "verify", "--json")
    assert (ran.code, ran.json["broken"]) == (TROUBLE, {packet_id: 1})
    assert ran.json["ends_sha256"] == whole.json["ends_sha256"], "the ends are as they were"
