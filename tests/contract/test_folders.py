"""Every folder under `adapters/` is a whole portal: an adapter, a stand-in, a page about it."""

import subprocess
import sys
from pathlib import Path

import pytest

import adapters
from gateway.errors import NotFound
from tests.contract.desk import stand_in

FOLDERS = sorted(
    folder.name
    for folder in Path(adapters.__file__).parent.iterdir()
    if folder.is_dir() and not folder.name.startswith(("_", "."))
)


def test_every_folder_is_found_by_its_name() -> None:
    assert list(adapters.keys()) == FOLDERS


def test_naming_the_portals_imports_none_of_them() -> None:
    """So that an API portal never loads a browser."""
    code = (
        "import adapters, sys; print(adapters.keys(), [name for name in sys.modules if name.startswith('adapters.')])"
    )
    root = Path(adapters.__file__).parents[1]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == f"{adapters.keys()} []"


@pytest.mark.parametrize("key", FOLDERS)
def test_every_portal_has_an_adapter_a_stand_in_and_a_page(key: str) -> None:
    assert adapters.load(key).__name__ == "Adapter"
    stand_in(key).close()
    page = (Path(adapters.__file__).parent / key / "README.md").read_text(encoding="utf-8")
    assert len(page) > 1000


def test_a_folder_without_a_stand_in_fails_at_once() -> None:
    with pytest.raises(pytest.fail.Exception, match="has no stand-in"):
        stand_in("nowhere")


def test_an_unknown_portal_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="coupa"):
        adapters.load("../coupa")
