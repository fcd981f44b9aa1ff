"""The demonstration's folder, settings and portals: nobody else's folder is touched, no secret lies open."""

import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from gateway.demo.clients import CLIENTS
from gateway.demo.packets import Scenario
from gateway.demo.stage_set import MARKER, fresh_folder, log_kept, write_settings
from gateway.demo.stands import portals_running
from gateway.errors import NotPossible
from gateway.secrets import value_of
from gateway.settings import load


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with fresh_folder(tmp_path / "demo") as folder:
        yield folder


def scenario() -> Scenario:
    """Portals without any packet."""
    return Scenario((), {}, {key: client.portal for key, client in CLIENTS.items()})


def test_a_folder_of_an_earlier_demonstration_is_emptied(tmp_path: Path) -> None:
    with fresh_folder(tmp_path / "demo") as folder:
        (folder / "old").mkdir()
        (folder / "old" / "file").write_text("old", encoding="utf-8")
    with fresh_folder(tmp_path / "demo") as folder:
        assert [path.name for path in folder.iterdir()] == [MARKER]


def test_anything_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(NotPossible, match="left alone"), fresh_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    with fresh_folder(tmp_path / "demo"):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "demo")
    with pytest.raises(NotPossible, match="not a folder"), fresh_folder(tmp_path / "link"):
        pass


def test_a_link_in_the_folder_is_removed_and_what_it_points_at_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept", encoding="utf-8")
    with fresh_folder(tmp_path / "demo") as folder:
        (folder / "link").symlink_to(tmp_path / "kept")
    with fresh_folder(tmp_path / "demo") as folder:
        assert not (folder / "link").is_symlink()
    assert (tmp_path / "kept" / "file").exists()


def test_two_demonstrations_do_not_share_a_folder(folder: Path) -> None:
    with pytest.raises(NotPossible, match="another demonstration"), fresh_folder(folder):
        pass


def test_settings_are_real_and_hold_no_secret(folder: Path) -> None:
    with portals_running(folder, scenario()) as stands:
        path = write_settings(folder, stands)
        settings = load(path)
        assert len(settings.accounts) == len(CLIENTS)
        values = [
            value_of(reference, "test")
            for account in settings.accounts.values()
            for reference in account.secrets.values()
        ]
    logs = "".join((folder / f"{product}.log").read_text(encoding="utf-8") for product in ("coupa", "ariba"))
    text = path.read_text(encoding="utf-8") + logs
    assert len(set(values)) == len(values) == 18, "three by cXML twice, two by REST, five for each on the network"
    assert not any(value in text for value in values)


def test_secrets_are_for_their_owner_alone(folder: Path) -> None:
    with portals_running(folder, scenario()):
        private = [*(folder / "secrets").iterdir(), folder / "coupa.json", folder / "ariba.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700


def test_the_portals_end_with_the_block_also_after_an_error(folder: Path) -> None:
    seen: list[str] = []

    def fail_while_they_run() -> None:
        with portals_running(folder, scenario()) as stands:
            for key, stand in stands.items():
                seen.append(stand)
                answer = httpx.get(f"{stand}/_sandbox/health").json()
                assert answer == {"portal": CLIENTS[key].product, "ok": True}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_they_run()
    assert len(seen) == len(CLIENTS)
    for stand in seen:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{stand}/_sandbox/health")


def test_portals_that_do_not_start_say_why(folder: Path) -> None:
    broken = Scenario((), {}, {key: {"knobs": {"no_such_knob": 1}} for key in CLIENTS})
    with pytest.raises(NotPossible, match="no_such_knob"), portals_running(folder, broken):
        pass


def test_errors_in_the_log_are_noticed_and_logging_is_as_before_afterwards(tmp_path: Path) -> None:
    before = structlog.get_config()
    with log_kept(tmp_path / "log") as errors:
        structlog.get_logger("test").info("all_well")
        structlog.get_logger("test").error("job_failed", error="it broke")
    assert errors == ["job_failed: it broke"]
    assert structlog.get_config() == before
    assert (tmp_path / "log").read_text(encoding="utf-8").count("\n") == 2
