"""The register of portals finds folders and loads only the one that is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import adapters
from gateway.errors import SettingWrong

ROOT = Path(__file__).parent.parent


def portal_folder(place: Path, name: str, source: str) -> None:
    (place / name).mkdir(parents=True)
    (place / name / "__init__.py").write_text(source)


def test_a_folder_is_a_portal_and_only_the_one_asked_for_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal_folder(tmp_path, "invented_one", "class Adapter:\n    pass\n")
    portal_folder(tmp_path, "invented_two", "raise RuntimeError('a browser was loaded')\n")
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(adapters, "__path__", [str(tmp_path)])
    assert adapters.keys() == ("invented_one", "invented_two")
    try:
        assert adapters.load("invented_one").__name__ == "Adapter"
    finally:
        sys.modules.pop("adapters.invented_one")


@pytest.mark.parametrize("name", ["nowhere", "", "..", "os", "coupa.sandbox"])
def test_an_unknown_portal_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(SettingWrong, match="there is no adapter for"):
        adapters.load(name)


def test_asking_which_portals_there_are_loads_none() -> None:
    program = "import sys, adapters; adapters.keys(); print([m for m in sys.modules if m.startswith('adapters.')])"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
