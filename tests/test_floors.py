"""Who may import whom (DESIGN section 2): the imports of the product are read, and a reach across a floor fails.

The house has a ground floor of words, two rooms on it (`formats`, `checklists`), one room per portal, and an upper
floor that may see everything. A sandbox stands beside its adapter and knows nothing of it.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent

GROUND_FLOOR = (
    "gateway.currency",
    "gateway.errors",
    "gateway.packet",
    "gateway.verdict",
    "gateway.order",
    "gateway.adapter",
    "gateway.http_answer",
    "gateway.json_answer",
)
"""Lowest first: each may import those before it."""

STAND_IN = "gateway.standin"
"""What every portal's sandbox is made of; it sees nothing else of ours, and of the product only sandboxes see it."""

PACKAGES = ("gateway", "adapters", "formats", "checklists")

SQL_LIBRARIES = ("sqlalchemy", "sqlmodel", "psycopg", "sqlite3", "alembic")

SPEAKS_SQL = (
    "gateway/store.py",
    "gateway/store/*",
    "gateway/tables.py",
    "gateway/queue.py",
    "gateway/metrics.py",
    "gateway/migrations/*",
)
"""The only files that may import one of SQL_LIBRARIES."""


@dataclass(frozen=True)
class Import:
    line: int
    target: str
    """Dotted, with the imported name at its end: `from gateway import packet` is `gateway.packet`."""


def imports_of(source: str, module: str, is_package: bool) -> Iterator[Import]:
    """Every import of a source, wherever it stands; relative ones resolved, `import_module("...")` included."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (Import(node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Import(node.lineno, name.value)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def may_see(module: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a module of ours may import of ours: (these and all below them, except these)."""
    if module == "gateway":
        return (), ()  # it is loaded with every module of the ground floor
    if module in GROUND_FLOOR:
        return GROUND_FLOOR[: GROUND_FLOOR.index(module)], ()
    if module == "adapters":
        return GROUND_FLOOR, ()  # the register finds portals by folder name and loads one when asked
    if within(module, [STAND_IN]):
        return (STAND_IN,), ()
    room, *rest = module.split(".")
    if room in ("formats", "checklists"):
        return (*GROUND_FLOOR, room), ()
    if room == "adapters":
        portal = f"adapters.{rest[0]}"
        sandbox = f"{portal}.sandbox"
        if within(module, [sandbox]):
            return (*GROUND_FLOOR, STAND_IN, sandbox), ()
        return (*GROUND_FLOOR, "formats", portal), (sandbox,)
    return PACKAGES, ()


def reaches(source: str, path: str) -> list[str]:
    """The imports in a file of the product that its place in the house does not allow, one sentence each."""
    file = PurePosixPath(path)
    is_package = file.name == "__init__.py"
    module = ".".join(file.parent.parts if is_package else file.with_suffix("").parts)
    allowed, forbidden = may_see(module)
    found = []
    for seen in imports_of(source, module, is_package):
        ours = within(seen.target, (*PACKAGES, "tests"))
        if ours and (not within(seen.target, allowed) or within(seen.target, forbidden)):
            found.append(f"{path}:{seen.line} reaches across a floor for {seen.target}")
        if within(seen.target, SQL_LIBRARIES) and not any(fnmatch(path, place) for place in SPEAKS_SQL):
            found.append(f"{path}:{seen.line} speaks SQL ({seen.target}): that belongs in the store")
    return found


def product_files() -> list[Path]:
    return sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def test_nobody_reaches_across_a_floor() -> None:
    files = product_files()
    assert files, "no file of the product was found, so nothing was checked"
    found = [line for file in files for line in reaches(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("gateway/currency.py", "from gateway.errors import PacketRefused"),
        ("gateway/packet.py", "from gateway.verdict import Status"),
        ("gateway/packet.py", "from . import verdict"),
        ("gateway/verdict.py", "import gateway.adapter"),
        ("gateway/errors.py", "from gateway.store import Store"),
        ("gateway/__init__.py", "from gateway.store import Store"),
        ("gateway/packet.py", "from formats import cxml"),
        ("formats/cxml.py", "from gateway.store import Store"),
        ("formats/cxml.py", "import gateway"),
        ("formats/cxml.py", "from gateway import *"),
        ("formats/cxml.py", "from ..gateway.store import Store"),
        ("formats/cxml.py", "from checklists import check"),
        ("formats/cxml.py", "import adapters.coupa.mapping"),
        ("formats/deep/er.py", "from gateway import settings"),
        ("checklists/check.py", "from formats.cxml import build"),
        ("checklists/check.py", "def late():\n    import gateway.store"),
        ("checklists/check.py", "from gateway import packets"),
        ("adapters/__init__.py", "from adapters import coupa"),
        ("adapters/__init__.py", "from . import coupa"),
        ("adapters/coupa/client.py", "from adapters.ariba import client"),
        ("adapters/coupa/client.py", "from ..ariba.client import Client"),
        ("adapters/coupa/client.py", "from checklists import check"),
        ("adapters/coupa/client.py", "from gateway.connection import open"),
        ("adapters/coupa/adapter.py", "from adapters.coupa.sandbox import Portal"),
        ("adapters/coupa/adapter.py", "from .sandbox.texts import TEXTS"),
        ("adapters/coupa/__init__.py", "from . import sandbox"),
        ("adapters/coupa/adapter.py", "import importlib\nimportlib.import_module('adapters.coupa.sandbox')"),
        ("adapters/coupa/sandbox/server.py", "from adapters.coupa.mapping import STATUS"),
        ("adapters/coupa/sandbox/server.py", "from adapters.coupa import Adapter"),
        ("adapters/coupa/sandbox/__init__.py", "from ..client import Client"),
        ("adapters/coupa/sandbox/server.py", "from formats import cxml"),
        ("adapters/coupa/sandbox/server.py", "from adapters.ariba.sandbox import Portal"),
        ("adapters/coupa/client.py", "from gateway.standin.messages import Answer"),
        ("formats/cxml.py", "from gateway.standin.multipart import parts_of"),
        ("gateway/standin/server.py", "from gateway.errors import NotSent"),
        ("gateway/standin/server.py", "from adapters.coupa.sandbox.site import Site"),
        ("adapters/coupa/adapter.py", "import sqlite3"),
        ("gateway/pipeline.py", "from sqlmodel import select"),
        ("gateway/web/pages.py", "import sqlalchemy.orm"),
        ("gateway/pipeline.py", "from tests.generator import packets"),
    ],
)
def test_a_reach_across_a_floor_is_found(path: str, source: str) -> None:
    assert len(reaches(source, path)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("gateway/verdict.py", "from gateway.packet import Packet"),
        ("gateway/adapter.py", "from gateway import errors, packet, verdict\nimport httpx"),
        ("formats/cxml.py", "from gateway.packet import Packet\nfrom formats import units\nfrom lxml import etree"),
        ("formats/__init__.py", "from .cxml import build"),
        ("checklists/check.py", "from gateway.errors import CannotExpress\nfrom .rules import RULES\nimport yaml"),
        ("adapters/__init__.py", "from importlib import import_module\nimport_module(f'adapters.{key}')"),
        ("adapters/coupa/__init__.py", "from adapters.coupa.adapter import Adapter"),
        ("adapters/coupa/adapter.py", "from . import client\nfrom .mapping import STATUS\nfrom formats import cxml"),
        ("adapters/coupa/sandbox/__init__.py", "from .portal import Portal\nfrom lxml import etree"),
        ("adapters/coupa/sandbox/server.py", "from adapters.coupa.sandbox.knobs import KNOBS"),
        ("adapters/coupa/sandbox/site.py", "from gateway.standin.server import Server"),
        ("gateway/standin/server.py", "from .messages import Answer"),
        ("gateway/pipeline.py", "import adapters, checklists, formats\nfrom gateway import store"),
        ("gateway/store.py", "from sqlmodel import Session"),
        ("gateway/store/queue.py", "from sqlalchemy import text"),
        ("gateway/migrations/versions/0001.py", "import sqlalchemy as sa\nfrom alembic import op"),
    ],
)
def test_an_allowed_import_is_left_alone(path: str, source: str) -> None:
    assert reaches(source, path) == []
