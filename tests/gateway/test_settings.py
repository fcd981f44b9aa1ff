"""Settings: read strictly, told by field, and never holding a secret."""

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import SettingWrong
from gateway.settings import SAMPLE_CHECKLISTS, Settings, load, settings_from

ACCOUNT = {"portal": "coupa", "secrets": {"shared_secret": "env:SECRET"}}


def written(folder: Path, text: str) -> Path:
    path = folder / "clearbill.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_a_whole_installation(tmp_path: Path) -> None:
    found = load(written(tmp_path, ""))
    assert found.database == f"sqlite:///{tmp_path / 'clearbill.db'}"
    assert (found.host, found.checklists) == ("127.0.0.1", SAMPLE_CHECKLISTS)


def test_relative_places_are_meant_from_the_files_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "etc"
    inner.mkdir()
    path = written(inner, "database: sqlite:///data/x.db\nchecklists: rules\ninbox: ../in\n")
    monkeypatch.chdir("/")
    found = load(path)
    assert found.database == f"sqlite:///{inner}/data/x.db"
    assert found.checklists == inner / "rules"
    assert found.inbox is not None
    assert found.inbox.resolve() == tmp_path / "in"


@pytest.mark.parametrize("url", ["sqlite:////var/x.db", "postgresql+psycopg://a@b/c"])
def test_an_absolute_database_is_left_as_it_is(url: str, tmp_path: Path) -> None:
    assert settings_from({"database": url}, tmp_path / "x.yaml").database == url


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"databse": "x"}, "databse"),
        ({"port": 70_000}, "port"),
        ({"workers": 0}, "workers"),
        ({"time_zone": "Middle/Earth"}, "time_zone"),
        ({"lease_seconds": 1}, "lease_seconds"),
        ({"max_upload_mb": 0}, "max_upload_mb"),
        ({"tokens": [{"name": "a", "secret": "the-secret-itself"}]}, "tokens.0.secret"),
        ({"accounts": {"North Light": ACCOUNT}}, "accounts.North Light"),
        ({"accounts": {"a": {**ACCOUNT, "requests_per_second": 0}}}, "accounts.a.requests_per_second"),
        ({"accounts": {"a": {**ACCOUNT, "settling_seconds": -1}}}, "accounts.a.settling_seconds"),
        ({"accounts": {"a": {**ACCOUNT, "settling_seconds": float("nan")}}}, "accounts.a.settling_seconds"),
        ({"accounts": {"a": {**ACCOUNT, "silence_hours": float("inf")}}}, "accounts.a.silence_hours"),
        ({"accounts": {"a": {**ACCOUNT, "order_balance_counts": "all"}}}, "accounts.a.order_balance_counts"),
        ({"accounts": {"a": {**ACCOUNT, "secrets": {"x": "the-secret-itself"}}}}, "accounts.a.secrets.x"),
        ({"accounts": []}, "accounts"),
    ],
)
def test_a_wrong_setting_is_told_by_its_field_and_never_by_its_value(content: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingWrong) as told:
        settings_from(content, Path("/etc/clearbill.yaml"))
    assert field in str(told.value)
    assert "/etc/clearbill.yaml" in str(told.value)
    assert "the-secret-itself" not in str(told.value)


@pytest.mark.parametrize("text", ["- a list", "7", "a: b: c", "\tx: 1", "key: [unclosed", "&a [*a]"])
def test_what_is_no_settings_file_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingWrong, match=r"clearbill\.yaml"):
        load(written(tmp_path, text))


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="--config"):
        load(tmp_path / "nowhere.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingWrong, match="YAML"):
        load(tmp_path / "x.yaml")


def test_code_in_yaml_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong):
        load(written(tmp_path, "database: !!python/object/apply:os.system ['true']"))


def test_an_account_that_is_not_set_up_is_named() -> None:
    with pytest.raises(SettingWrong, match=r"accounts\.north"):
        Settings().account("north")
