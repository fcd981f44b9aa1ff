"""Opening a house: schema, accounts, slots; and a few packets through the real Coupa stand-in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.coupa.sandbox import Portal
from checklists.fault import ChecklistBroken
from gateway.errors import NotFound, SettingWrong
from gateway.health import pause_account
from gateway.house import House, open_house
from gateway.intake import accept
from gateway.settings import settings_from
from gateway.store import accounts
from gateway.store.database import Database
from gateway.verdict import Stage
from tests.gateway.stage import CLIENTS, NORTH, Clock, Scene, handed, house_settings, open_scene
from tests.packets import ORDER_AT_PORTAL


def test_every_account_has_its_row_and_slots(scene: Scene) -> None:
    with scene.house.database.read() as tx:
        assert [one.key for one in accounts.every(tx)] == ["north", "south"]


def test_opening_again_changes_nothing_that_is_under_way(sqlite_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with open_scene(sqlite_url, tmp_path, clock=clock) as first:
        packet_id = first.hand_over()
        with first.house.queue.write() as tx:
            pause_account(first.house, tx, NORTH, "The password was refused.")
    with open_scene(sqlite_url, tmp_path, clock=clock) as again:
        again.work()
        assert again.account().paused
        assert again.stage(packet_id) is Stage.built


def test_an_account_that_is_paused_stays_so_when_it_is_given_more_slots(scene_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with open_scene(scene_url, tmp_path, clock=clock, account_changes={NORTH: {"concurrency": 1}}) as first:
        packet_id = first.hand_over()
        with first.house.queue.write() as tx:
            pause_account(first.house, tx, NORTH, "The password was refused.")
    with open_scene(scene_url, tmp_path, clock=clock, account_changes={NORTH: {"concurrency": 4}}) as again:
        again.much_later(2)
        assert (again.stage(packet_id), again.portal.submissions) == (Stage.built, [])


def test_a_database_of_another_version_is_refused_with_the_way_out(postgresql_url: str, tmp_path: Path) -> None:
    settings = house_settings(postgresql_url, tmp_path)
    with pytest.raises(SettingWrong, match="clearbill db upgrade"), open_house(settings):
        pass
    with open_house(settings, upgrade=True) as house:
        assert house.database.schema_is_current()


def test_a_new_file_gets_its_schema_by_itself(sqlite_url: str, tmp_path: Path) -> None:
    with open_house(house_settings(sqlite_url, tmp_path)) as house:
        assert house.database.schema_is_current()


def test_a_broken_checklist_keeps_the_house_shut(sqlite_url: str, tmp_path: Path) -> None:
    settings = house_settings(sqlite_url, tmp_path)
    (tmp_path / "checklists" / "broken.yaml").write_text("client: x\nnonsense: 1\n")
    with pytest.raises(ChecklistBroken, match=r"broken\.yaml"), open_house(settings):
        pass
    assert Database(sqlite_url).is_new_file()


def test_an_unknown_client_or_account_is_named(lite: Scene) -> None:
    with pytest.raises(NotFound, match="southern-grid"):
        lite.house.checklist("nobody")
    with pytest.raises(SettingWrong, match=r"accounts\.nobody"):
        lite.house.account_settings("nobody")


def test_a_portal_that_does_not_exist_is_refused_when_it_is_first_needed(sqlite_url: str, tmp_path: Path) -> None:
    settings = house_settings(sqlite_url, tmp_path, account_changes={NORTH: {"portal": "no-such-portal"}})
    with open_house(settings) as house, pytest.raises(Exception, match="no-such-portal") as told:
        house.portals.adapter(NORTH)
    assert isinstance(told.value, NotFound | SettingWrong)


# --- the real adapter and its stand-in ----------------------------------------------------------------------------


@pytest.fixture
def coupa(scene_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Scene, Portal]]:
    with Portal() as portal:
        portal.orders([ORDER_AT_PORTAL])
        account: dict[str, Any] = portal.account()
        for name, value in account["secrets"].items():
            monkeypatch.setenv(f"TEST_{name}".upper(), value)
        named = {name: f"env:TEST_{name.upper()}" for name in account.pop("secrets")}
        account["token_delay_seconds"] = 0
        checklists = tmp_path / "checklists"
        checklists.mkdir()
        described = {"client": "example-power", "name": "Example Power", **CLIENTS["example-power"]}
        (checklists / "example-power.yaml").write_text(yaml.safe_dump(described))
        sign_in = {"portal": "coupa", "settings": account, "secrets": named, "settling_seconds": 0}
        content = {"database": scene_url, "checklists": "checklists", "accounts": {NORTH: sign_in}}
        with open_house(settings_from(content, tmp_path / "x.yaml"), upgrade=True) as house:
            yield Scene(house, {}, Clock()), portal


def _worked(scene: Scene, portal: Portal) -> str:
    scene.ring("orders", NORTH)
    whole = handed()
    whole["invoice"]["issued_on"] = _today(scene.house)
    packet_id = accept(scene.house, whole, {}).packet_id
    scene.work()
    return packet_id


def _today(house: House) -> str:
    with house.database.read() as tx:
        return house.database.now(tx).date().isoformat()


def test_a_packet_goes_to_coupas_stand_in_and_comes_back_accepted(coupa: tuple[Scene, Portal]) -> None:
    scene, portal = coupa
    packet_id = _worked(scene, portal)
    assert scene.stage(packet_id) is Stage.waiting, scene.record(packet_id)
    portal.says("INV-1001", "approved")
    scene.poll()
    assert scene.stage(packet_id) is Stage.accepted
    assert len(portal.documents()) == 1
    scene.look_over()


def test_an_answer_that_coupas_stand_in_loses_is_settled_by_asking(coupa: tuple[Scene, Portal]) -> None:
    scene, portal = coupa
    portal.goes_silent_after_receipt()
    packet_id = _worked(scene, portal)
    assert scene.stage(packet_id) is Stage.waiting, scene.record(packet_id)
    assert scene.outcomes(packet_id) == ["receipted"]
    assert len(portal.documents()) == 1
    scene.look_over()


def test_a_refused_password_at_coupas_stand_in_stops_the_account(coupa: tuple[Scene, Portal]) -> None:
    scene, portal = coupa
    portal.refuses_the_password()
    packet_id = _worked(scene, portal)
    assert scene.account().paused
    assert scene.stage(packet_id) in (Stage.built, Stage.received)
    assert portal.documents() == []
    scene.look_over()
