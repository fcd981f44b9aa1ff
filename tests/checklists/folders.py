"""Folders of checklist files, as texts by name."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from checklists.checklist import Checklist
from checklists.fault import ChecklistBroken, Fault
from checklists.library import library_from

DAY = date(2026, 11, 20)
CLIENT = "client: some-utility\nname: Some Utility\naccount: some-account\n"
INHERITS = CLIENT + "inherits: net\n"
PORTAL = "portal: net\nname: A Network\n"


def put_in(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes files by name, also those in `portals/`."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def over(portal: str, client: str, day: date = DAY) -> Checklist:
    """The checklist of a client's settings over its portal's."""
    texts = {"portals/net.yaml": PORTAL + dedent(portal), "some.yaml": INHERITS + dedent(client)}
    found = library_from(texts).find("some-utility", day)
    assert found is not None
    return found


def faults_in(texts: Mapping[str, str]) -> tuple[Fault, ...]:
    with pytest.raises(ChecklistBroken) as broken:
        library_from(texts)
    return broken.value.faults
