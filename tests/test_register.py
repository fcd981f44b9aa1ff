"""The register of portals: a name from a setting is looked up, and nothing is loaded that nobody asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import adapters
from gateway.errors import NotFound

ROOT = Path(__file__).parent.parent


def test_every_portal_folder_is_found() -> None:
    folders = {entry.parent.name for entry in (ROOT / "adapters").glob("*/__init__.py")}
    assert set(adapters.keys()) == folders


@pytest.mark.parametrize("name", ["nowhere", "", "..", "os", "coupa.sandbox"])
def test_an_unknown_portal_is_refused_by_name(name: str) -> None:
    with pytest.raises(NotFound, match="there is no portal"):
        adapters.load(name)


def test_asking_which_portals_there_are_loads_none() -> None:
    program = "import sys, adapters; adapters.keys(); print([m for m in sys.modules if m.startswith('adapters.')])"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
