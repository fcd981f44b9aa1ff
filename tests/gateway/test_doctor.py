"""The doctor finds what does not work, says what to do, changes nothing and shows no secret."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import adapters
from gateway.doctor import Health, Line, certificate_line, examine
from gateway.house import open_house
from gateway.order import UnreadOrder
from gateway.settings import load
from gateway.store import orders, tables
from tests.gateway.office import ACCOUNT, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def lines(office: Office, *, ask_portals: bool = False) -> list[Line]:
    return list(examine(load(office.config), ask_portals=ask_portals))


def about(found: list[Line], words: str) -> Line:
    """The one line that says this."""
    (line,) = [line for line in found if words in line.says]
    return line


def test_a_working_installation_is_well(office: Office) -> None:
    office.works("orders", "poll")
    found = lines(office, ask_portals=True)
    assert [line for line in found if line.health is Health.fail] == []
    assert about(found, "signed in by REST").health is Health.ok
    assert office.run("doctor").code == 0


def test_every_line_that_is_not_well_says_what_to_do(office: Office) -> None:
    office.settings(time_zone="UTC", inbox="inbox", accounts={}, checklists="none", database="nonsense")
    found = lines(office)
    assert {line.health for line in found} == {Health.warn, Health.fail}
    assert all(line.do for line in found)


def test_an_order_that_could_not_be_read_is_named_until_it_comes_again(office: Office) -> None:
    office.works("orders")
    with open_house(load(office.config)) as house, house.database.write() as tx:
        unread = UnreadOrder("po-9@buyer", "450007", "it has a line number twice", b"<cXML/>")
        orders.keep_unread(tx, ACCOUNT, unread, house.database.now(tx))
    line = about(lines(office), "450007")
    assert (line.health, line.subject) == (Health.warn, f"account {ACCOUNT}")
    assert "line number twice" in line.says


def test_a_missing_secret_is_told_by_its_setting(office: Office) -> None:
    (office.folder / "secrets" / "client_secret").unlink()
    line = about(lines(office), "client_secret")
    assert line.health is Health.fail
    assert f"accounts.{ACCOUNT}.secrets.client_secret" in line.says
    assert office.run("doctor", "--offline").code == 3


def test_a_secret_that_others_can_read_is_warned_of(office: Office) -> None:
    file = office.folder / "secrets" / "client_secret"
    file.chmod(0o644)
    line = about(lines(office), "can read 1 of its secrets")
    assert (line.health, line.do) == (Health.warn, f"chmod 600 {file}")


def test_looking_makes_no_database(office: Office) -> None:
    assert about(lines(office), "made when first used").health is Health.warn
    assert not (office.folder / "clearbill.db").exists()


def test_another_versions_schema_is_found(office: Office) -> None:
    office.works()
    with office.house() as house, house.database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    line = about(lines(office), "another version")
    assert (line.health, "db upgrade" in line.do) == (Health.fail, True)


def test_a_file_that_is_no_database_is_found(office: Office) -> None:
    (office.folder / "clearbill.db").write_text("this is not a database" * 100)
    assert about(lines(office), "file is not a database").health is Health.fail


def test_a_portal_that_is_down_is_found(office: Office) -> None:
    office.portal.is_down()
    try:
        found = lines(office, ask_portals=True)
    finally:
        office.portal.is_up()
    (line,) = [line for line in found if "Check address" in line.do]
    assert line.health is Health.fail


def test_a_refused_password_is_found_and_a_stopped_account_is_not_asked_again(office: Office) -> None:
    office.portal.refuses_the_password()
    found = lines(office, ask_portals=True)
    assert [line.health for line in found if line.do.startswith("Check address, credentials")] == [Health.fail], found
    office.works("poll")
    office.portal.accepts()
    again = lines(office, ask_portals=True)
    assert about(again, "was not asked: the account is stopped").health is Health.warn
    assert f"clearbill account resume {ACCOUNT}" in about(again, "It is stopped").do


def test_work_that_was_given_up_is_found(office: Office) -> None:
    with office.house() as house, house.queue.write() as tx:
        house.queue.enqueue(tx, "poll", ACCOUNT, "poll:x")
        tx.execute(tables.work.update().values(state="dead"))
    assert about(lines(office), "Work given up after its last try: 1").health is Health.fail


def test_a_worker_that_stopped_polling_is_found(office: Office) -> None:
    with office.house() as house, house.database.write() as tx:
        tx.execute(tables.portal_account.update().values(polled_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert "worker" in about(lines(office), "long ago").do


def test_a_checklist_without_its_account_is_found(office: Office) -> None:
    office.settings(accounts={})
    assert about(lines(office), f"account {ACCOUNT}, which is not set up").health is Health.warn


def test_wrong_checklists_are_told_one_by_one(office: Office) -> None:
    (office.folder / "checklists" / "x.yaml").write_text("client: x\n")
    found = [line for line in lines(office) if line.subject == "checklists"]
    assert len(found) >= 2
    assert all(line.health is Health.fail and "x.yaml" in line.says for line in found)


def test_refused_hand_overs_in_the_inbox_are_pointed_at(office: Office) -> None:
    office.settings(inbox="inbox")
    (office.folder / "inbox" / "refused").mkdir(parents=True)
    (office.folder / "inbox" / "refused" / "a.json.txt").write_text("why")
    assert about(lines(office), "Refused hand-overs in refused/: 1").health is Health.warn


def test_an_unknown_portal_is_found(office: Office) -> None:
    office.settings(accounts={ACCOUNT: {"portal": "nowhere"}})
    assert (
        about(lines(office, ask_portals=True), "no portal 'nowhere'").do
        == f"The portals are: {', '.join(adapters.keys())}."
    )


def test_no_line_shows_a_secret(office: Office) -> None:
    office.settings(tokens=[{"name": "billing", "secret": f"file:{office.folder}/secrets/client_secret"}])
    said = "".join(f"{line.says} {line.do}" for line in lines(office, ask_portals=True))
    assert not [file.name for file in (office.folder / "secrets").iterdir() if file.read_text().strip() in said]


@pytest.mark.parametrize(
    ("ends", "health"), [("Dec 31 23:59:59 2026 GMT", Health.ok), ("Dec  1 00:00:00 2026 GMT", Health.warn)]
)
def test_a_certificate_that_runs_out_soon_is_warned_of(ends: str, health: Health) -> None:
    line = certificate_line("account x", "portal.example", ends, datetime(2026, 11, 21, tzinfo=UTC))
    assert line.health is health
    assert "2026-12-" in line.says
