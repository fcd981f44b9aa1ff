"""The checklists of a running installation: changed files come into force, broken ones never do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from checklists.checklist import Checklist
from checklists.fault import ChecklistBroken, Fault
from checklists.library import library_from, readable_texts
from gateway.checklist_shelf import Shelf, best_of
from gateway.errors import NotFound
from gateway.schedule import Schedule
from gateway.store import checklist_files, events
from gateway.store.database import Database
from gateway.verdict import Stage
from tests.checklists.folders import CLIENT, DAY, INHERITS, PORTAL, put_in
from tests.gateway.stage import Scene

NET = {"portals/net.yaml": PORTAL + "form: {max_lines: 10}\n", "some.yaml": INHERITS}


@contextmanager
def shelf(url: str, folder: Path, *, opened: bool = True) -> Iterator[Shelf]:
    with closing(Database(url)) as database:
        if not database.schema_is_current():
            database.upgrade()
        one = Shelf(folder, database)
        if opened:
            one.open()
        yield one


def settled(one: Shelf) -> bool:
    """Two looks at a folder that does not change: the second one acts."""
    assert not one.look()
    return one.look()


def max_lines(one: Shelf, client: str = "some-utility") -> int | None:
    found = one.library.find(client, DAY)
    return found.form.max_lines if found else -1


def test_a_changed_file_comes_into_force_while_the_program_runs(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        assert (settled(one), max_lines(one)) == (False, 10)
        put_in(tmp_path, {"some.yaml": INHERITS + "form: {max_lines: 7}\n"})
        assert (settled(one), max_lines(one)) == (True, 7)
        put_in(tmp_path, {"other.yaml": CLIENT.replace("some-", "other-")})
        assert settled(one)
        assert set(one.library.versions) == {"some-utility", "other-utility"}


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("some.yaml", INHERITS + "form: {max_lines: many}\n", ("some.yaml", 5, "form.max_lines")),
        ("some.yaml", "client: [\n", ("some.yaml", 2, "")),
        ("portals/net.yaml", PORTAL + "fomr: {}\n", ("portals/net.yaml", 3, "fomr")),
        ("a-later.yaml", CLIENT + "from: 2026-01-01\n", ("a-later.yaml", 4, "from")),
        ("a-second.yaml", CLIENT + "form: {max_lines: 99}\n", ("some.yaml", 1, "client")),
        ("new.yaml", "client: new\n", ("new.yaml", 1, "name")),
    ],
    ids=["a setting", "no yaml", "the portal", "a day taken", "every day taken", "a new client"],
)
def test_a_broken_file_is_refused_loudly_and_the_last_good_version_stays(
    sqlite_url: str, tmp_path: Path, name: str, text: str, where: tuple[str, int, str]
) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {name: text})
        with capture_logs() as log:
            assert settled(one)
        assert max_lines(one) == 10
        assert set(one.library.versions) == {"some-utility"}
        told = log[0]
        assert (told["event"], told["log_level"]) == ("checklist_refused", "error")
        assert (told["file"], told["line"], told["field"]) == where
        assert told["cure"]
    with shelf(sqlite_url, tmp_path) as again:  # and over a restart
        assert max_lines(again) == 10
        assert again.faults


def test_a_file_that_is_still_being_written_does_not_come_into_force(sqlite_url: str, tmp_path: Path) -> None:
    whole = INHERITS + "form: {max_lines: 3}\nnumber: {max_length: 16}\n"
    lines = whole.splitlines(keepends=True)
    put_in(tmp_path, {**NET, "some.yaml": whole})
    with shelf(sqlite_url, tmp_path) as one:
        begun = one.library
        for count in range(1, len(lines) + 1):
            put_in(tmp_path, {"some.yaml": "".join(lines[:count])})
            assert not one.look()
            assert one.library is begun
        assert one.look()
        assert (one.library, one.faults) == (begun, ())


def test_a_folder_that_changes_while_it_is_read_is_read_again(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {"some.yaml": CLIENT})
        assert not one.look()
        with monkeypatch.context() as patch:

            def read_meanwhile(folder: Path) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
                found = readable_texts(folder)
                put_in(folder, {"some.yaml": INHERITS + "form: {max_lines: 5}\n"})
                return found

            patch.setattr("gateway.checklist_shelf.readable_texts", read_meanwhile)
            assert not one.look()
        assert max_lines(one) == 10
        assert (settled(one), max_lines(one)) == (True, 5)


def test_a_file_that_is_replaced_in_two_steps_keeps_its_last_good_version(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        (tmp_path / "some.yaml").unlink()
        assert not one.look()
        put_in(tmp_path, {"some.yaml": INHERITS + "nmber: {}\n"})
        assert settled(one)
        assert (max_lines(one), [fault.field for fault in one.faults]) == (10, ["nmber"])


@pytest.mark.parametrize("broken", [b"nonsense", b"\xff"], ids=["broken", "not to be read"])
def test_a_file_that_was_gone_and_is_back_broken_falls_back_to_what_was_last_right(
    database_url: str, tmp_path: Path, broken: bytes
) -> None:
    put_in(tmp_path, {**NET, "other.yaml": CLIENT.replace("some-", "other-")})
    with shelf(database_url, tmp_path) as one:
        (tmp_path / "some.yaml").unlink()
        assert settled(one)
        assert max_lines(one) == -1
        (tmp_path / "some.yaml").write_bytes(broken)
        assert settled(one)
        assert max_lines(one) == 10
        assert [fault.file for fault in one.faults] == ["some.yaml"]
    with shelf(database_url, tmp_path) as again:
        assert max_lines(again) == 10
        with again._database.read() as tx:
            kinds = [event.kind for event in events.history(tx, "checklist:some.yaml")]
        assert kinds == ["checklist_in_force", "checklist_removed", "checklist_in_force"]


def test_what_a_file_said_before_it_was_gone_gives_way_to_the_file_that_took_its_place(
    sqlite_url: str, tmp_path: Path
) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        (tmp_path / "some.yaml").rename(tmp_path / "a.yaml")
        put_in(tmp_path, {"a.yaml": INHERITS + "form: {max_lines: 8}\n"})
        assert settled(one)
        put_in(tmp_path, {"some.yaml": "nonsense"})
        assert settled(one)
        assert max_lines(one) == 8
        assert [fault.file for fault in one.faults] == ["some.yaml"]


def test_other_files_come_into_force_beside_a_broken_one(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {"some.yaml": "nonsense", "other.yaml": CLIENT.replace("some-", "other-")})
        settled(one)
        assert set(one.library.versions) == {"some-utility", "other-utility"}
        put_in(tmp_path, {"some.yaml": INHERITS + "form: {max_lines: 3}\n"})
        settled(one)
        assert (max_lines(one), one.faults) == (3, ())


BEYOND = "rate_card: {decimals: 6, multipliers: {OT: '9e14'}, labour: [{classification: L, ST: '9e14'}]}\n".replace(
    "9e14", "9" * 15
)
TYPOS = {
    "a repetition too large": (
        r"orders: {form: {pattern: 'PO-\d{9999999999}', says: s, example: x}}",
        "orders.form.pattern",
    ),
    "brackets without end": (
        f"orders: {{form: {{pattern: '{'(' * 3000}a{')' * 3000}', says: s, example: x}}}}",
        "orders.form.pattern",
    ),
    "a part of a day twice": ("timesheets: {layout: {date_format: '%m-%m-%Y'}}", "timesheets.layout"),
    "rates beyond reckoning": (BEYOND, "rate_card"),
}


@pytest.mark.parametrize("typo", TYPOS)
def test_a_typo_that_breaks_a_reader_concerns_its_own_file_alone(sqlite_url: str, tmp_path: Path, typo: str) -> None:
    text, field = TYPOS[typo]
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {"some.yaml": f"{INHERITS}{text}\n", "other.yaml": CLIENT.replace("some-", "other-")})
        assert settled(one)
        (fault,) = one.faults
        assert (fault.file, fault.line, fault.field) == ("some.yaml", 5, field)
        assert fault.cure
        assert max_lines(one) == 10
        assert set(one.library.versions) == {"some-utility", "other-utility"}
    with shelf(sqlite_url, tmp_path) as again:
        assert max_lines(again) == 10


@pytest.mark.parametrize("raised", [OverflowError("too large"), RecursionError(), re.error("bad escape")])
def test_what_no_check_foresaw_concerns_its_own_file_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_url: str, raised: Exception
) -> None:
    put_in(tmp_path, NET)
    taken_in = Checklist.model_validate

    def unforeseen(values: dict[str, Any]) -> Checklist:
        if values.get("name") == "Unforeseen":
            raise raised
        return taken_in(values)

    with shelf(sqlite_url, tmp_path) as one:
        monkeypatch.setattr(Checklist, "model_validate", unforeseen)
        broken = INHERITS.replace("Some Utility", "Unforeseen")
        put_in(tmp_path, {"some.yaml": broken, "other.yaml": CLIENT.replace("some-", "other-")})
        assert settled(one)
        assert [(fault.file, "cannot be taken in" in fault.message) for fault in one.faults] == [("some.yaml", True)]
        assert set(one.library.versions) == {"some-utility", "other-utility"}


def test_a_broken_file_is_told_once_and_not_at_every_look(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {"some.yaml": "nonsense"})
        with capture_logs() as log:
            assert (settled(one), settled(one), settled(one)) == (True, False, False)
        assert len(log) == 1


def test_a_new_installation_begins_with_right_files_or_not_at_all(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, {**NET, "other.yaml": "client: other\n"})
    with shelf(sqlite_url, tmp_path, opened=False) as one, pytest.raises(ChecklistBroken, match=r"other\.yaml, line 1"):
        one.open()


def test_a_portals_file_that_is_still_inherited_stays_in_force_when_it_is_removed(
    sqlite_url: str, tmp_path: Path
) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        (tmp_path / "portals" / "net.yaml").unlink()
        settled(one)
        assert max_lines(one) == 10
        assert "there is no portal file" in one.faults[0].message
        put_in(tmp_path, {"some.yaml": CLIENT})
        settled(one)
        assert (max_lines(one), one.faults) == (None, ())


NARROW = "units: {allowed: [EA]}\n"
WIDE = PORTAL + "units: {allowed: [HUR, EA]}\nnumber: {max_length: 16}\n"
HOURS = "units: {mapping: {HR: HUR}}\n"
SPARED = {"portals/b.yaml": "portal: b\nname: B\n", "b.yaml": "client: b\nname: B\naccount: b\ninherits: b\n"}


@pytest.mark.parametrize(
    ("client", "after", "told"),
    [
        (HOURS, {"portals/net.yaml": PORTAL + NARROW}, ("portals/net.yaml", 3)),
        ("number: {max_length: null}\n", {"portals/net.yaml": PORTAL}, ("portals/net.yaml", 1)),
        ("from: 2026-06-01\n", {"portals/net.yaml": WIDE + "to: 2026-01-01\n"}, ("portals/net.yaml", 1)),
        (HOURS, {"portals/net.yaml": WIDE.replace("portal: net", "portal: ten")}, ("portals/net.yaml", 1)),
        (
            HOURS,
            {
                "portals/net.yaml": WIDE + "to: 2026-12-31\n",
                "portals/later.yaml": PORTAL + "from: 2027-01-01\n" + NARROW,
            },
            ("portals/later.yaml", 4),
        ),
    ],
    ids=["a unit goes", "what a client takes away goes", "its days end", "it is renamed", "a later version"],
)
def test_a_portals_file_that_stops_suiting_a_client_is_refused_and_not_the_client(
    database_url: str, tmp_path: Path, client: str, after: Mapping[str, str], told: tuple[str, int]
) -> None:
    second = INHERITS.replace("some-", "other-") + client
    before = {"portals/net.yaml": WIDE, "some.yaml": INHERITS + client, "other.yaml": second, **SPARED}
    put_in(tmp_path, before)
    with shelf(database_url, tmp_path) as one:
        begun = one.library
        put_in(tmp_path, {**after, "portals/b.yaml": SPARED["portals/b.yaml"] + "form: {max_lines: 4}\n"})
        settled(one)
        assert {name: one.library.versions[name] for name in ("some-utility", "other-utility")} == {
            name: begun.versions[name] for name in ("some-utility", "other-utility")
        }
        assert max_lines(one, "b") == 4  # another portal's change comes into force beside it
        assert {fault.file for fault in one.faults} <= after.keys()
        assert told in [(fault.file, fault.line) for fault in one.faults]
        for name in ("some.yaml", "other.yaml"):
            assert any(name in fault.message for fault in one.faults)
    with shelf(database_url, tmp_path) as again:
        assert set(again.library.versions) == {"some-utility", "other-utility", "b"}


def test_a_portal_file_that_an_upgrade_changes_stays_as_it_was_where_a_client_needs_it(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    monkeypatch.setattr("checklists.library._SHIPPED", shipped)
    put_in(shipped, {"net.yaml": WIDE})
    folder = tmp_path / "folder"
    put_in(folder, {"some.yaml": INHERITS + HOURS})
    with shelf(database_url, folder) as one:
        begun = one.library
    put_in(shipped, {"net.yaml": PORTAL + NARROW})
    with shelf(database_url, folder) as upgraded:
        assert upgraded.library == begun
        assert [(fault.file, fault.line) for fault in upgraded.faults] == [("portals/net.yaml", 3)]
        assert "some.yaml, line 5, units" in upgraded.faults[0].message


def test_clients_come_first_where_they_and_their_portal_change_in_step(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, {"portals/net.yaml": WIDE, "some.yaml": INHERITS + HOURS})
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {"portals/net.yaml": PORTAL + NARROW})
        settled(one)
        assert one.faults
        put_in(tmp_path, {"some.yaml": INHERITS})
        settled(one)
        assert one.faults == ()
        assert one.library.versions["some-utility"][0].units.allowed == {"EA"}


def test_a_kept_portal_file_that_this_release_finds_wrong_gives_way_to_the_one_it_brings() -> None:
    suits = "client: b\nname: B\naccount: b\ninherits: net\n"
    kept = {"portals/net.yaml": WIDE + "gone_setting: 1\n", "some.yaml": INHERITS + HOURS, "b.yaml": suits}
    brought = PORTAL + NARROW
    library, used, faults = best_of({**kept, "portals/net.yaml": brought}, kept, {})
    assert (set(library.versions), used["portals/net.yaml"]) == ({"b"}, brought)
    assert [(fault.file, fault.field) for fault in faults] == [("some.yaml", "units")]


def test_a_client_that_is_taken_out_is_gone_and_a_folder_that_is_gone_is_not(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    put_in(folder, {**NET, "other.yaml": CLIENT.replace("some-", "other-")})
    with shelf(sqlite_url, folder) as one:
        (folder / "other.yaml").unlink()
        settled(one)
        assert set(one.library.versions) == {"some-utility"}
        (folder / "some.yaml").unlink()  # an empty folder: its disk is not mounted
        settled(one)
        assert max_lines(one) == 10
        folder.rename(tmp_path / "away")
        settled(one)
        assert max_lines(one) == 10
    with shelf(sqlite_url, folder) as again:
        assert max_lines(again) == 10
        assert "not a folder" in again.faults[0].message


def test_each_change_is_an_event_of_the_file(database_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(database_url, tmp_path) as one:
        put_in(tmp_path, {"some.yaml": CLIENT})
        settled(one)
        (tmp_path / "some.yaml").unlink()
        put_in(tmp_path, {"next.yaml": CLIENT})
        settled(one)
    with closing(Database(database_url)) as database, database.read() as tx:
        story = events.history(tx, "checklist:some.yaml")
        assert [one.kind for one in story] == ["checklist_in_force", "checklist_in_force", "checklist_removed"]
        assert story[1].data["instead_of"] == story[0].data["sha256"]
        assert events.broken_link(tx, "checklist:some.yaml") is None
        assert {"next.yaml", "portals/net.yaml"} <= set(checklist_files.kept(tx))


def test_a_file_with_an_endless_name_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    put_in(tmp_path, NET)
    with shelf(sqlite_url, tmp_path) as one:
        put_in(tmp_path, {f"{'x' * 70}.yaml": CLIENT.replace("some-", "other-")})
        settled(one)
        assert set(one.library.versions) == {"some-utility"}
        assert "Rename it." in str(one.faults[0])


def test_files_that_are_wrong_in_turn_come_to_an_end() -> None:
    kept = {"portals/net.yaml": "portal: net\nname: 1\nx: 1\n", "some.yaml": INHERITS + "y: 1\n"}
    library, used, faults = best_of({"some.yaml": INHERITS, "b.yaml": "client: b\n"}, kept, {})
    assert (dict(library.versions), dict(used)) == ({}, {})
    assert {fault.file for fault in faults} == {"some.yaml", "b.yaml"}
    assert library_from({}).on(date(2026, 1, 1)) == {}


# --- in a house ---------------------------------------------------------------------------------------------------


def test_a_packet_keeps_the_version_of_the_day_it_was_made_on(lite: Scene) -> None:
    folder = lite.house.settings.checklists
    (file,) = folder.glob("example-power*.yaml")
    made = lite.clock.now.date()
    before = file.read_text()
    packet_id = lite.hand_over("INV-1001")
    put_in(
        folder,
        {
            file.name: f"{before}\nto: {made}\n",
            "next.yaml": f"{before}\nfrom: {date.fromordinal(made.toordinal() + 1)}\nform: {{max_lines: 1}}\n",
        },
    )
    assert settled(lite.house.shelf)
    assert lite.house.shelf.faults == ()
    lite.later(3 * 86_400.0)
    record = lite.record(packet_id)
    assert record.stage is Stage.waiting
    assert lite.house.checklist(record.client, record.generated_at).form.max_lines != 1
    assert lite.house.checklist(record.client).form.max_lines == 1


def test_a_day_without_a_version_is_said(lite: Scene) -> None:
    folder = lite.house.settings.checklists
    (file,) = folder.glob("example-power*.yaml")
    put_in(folder, {file.name: f"{file.read_text()}\nto: 2020-01-01\n"})
    settled(lite.house.shelf)
    with pytest.raises(NotFound, match="no version of the checklist of 'example-power' is in force on"):
        lite.hand_over("INV-1001")


def test_a_client_whose_days_are_over_is_still_known(lite: Scene) -> None:
    folder = lite.house.settings.checklists
    (file,) = folder.glob("example-power*.yaml")
    put_in(folder, {file.name: f"{file.read_text()}\nto: 2020-01-01\n"})
    settled(lite.house.shelf)
    lite.house.known_client("example-power")
    with pytest.raises(NotFound, match="nobody"):
        lite.house.known_client("nobody")


def test_the_timer_that_looks_at_checklists_tells_what_it_meets_and_goes_on(
    lite: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unforeseen(_: Shelf) -> bool:
        raise RuntimeError("a disk that is not there")

    monkeypatch.setattr(Shelf, "look", unforeseen)
    with capture_logs() as log:
        Schedule(lite.house)._look_at_checklists()
    assert [(one["event"], one["error"], one["why"]) for one in log] == [
        ("checklists_not_looked_at", "RuntimeError", "a disk that is not there")
    ]
