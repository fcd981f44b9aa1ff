"""Every condition of the evidence checks is held by a row of the table: with the condition gone, some row fails.

Each check module is rewritten once for every condition in it (a test made always true or always false, one side of an
`and` or `or` left out) and put to the rows. A rewriting that no row notices is a condition that nothing tests.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checklists.check import CHECKS
from checklists.codes import RULES
from checklists.finding import Finding
from tests.checklists.evidence_rows import EVIDENCE_ROWS
from tests.checklists.packets import checklist, facts, packet
from tests.checklists.rows import Row

MODULES = (
    "checklists.timesheets",
    "checklists.rates",
    "checklists.caps",
    "checklists.order_terms",
    "checklists.forecast",
)

PREPARED = [
    (
        row,
        (packet(row.bad), checklist(row.settings), facts(**row.facts)),
        (packet(row.good), checklist(row.settings_of_twin), facts(**row.facts_of_twin)),
    )
    for row in EVIDENCE_ROWS
]


SHORTCUTS = {
    "weeks[1] == 1",
    "_is_plain(lines, worked)",
    "period is not None",
    "base == _ONE",
    "_span_around(line.period, spans)",
    "period and one.start <= period.start and (period.end <= one.end)",
}
"""Conditions that save work and decide nothing."""


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int]]:
    """Every condition: the node that holds it, its field, and its place in that field (-1: the field itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp):
            yield node, "test", -1
        elif isinstance(node, ast.comprehension):
            yield from ((node, "ifs", at) for at in range(len(node.ifs)))
        elif isinstance(node, ast.BoolOp):
            yield from ((node, "values", at) for at in range(len(node.values)))


def mutants(source: str, name: str) -> Iterator[tuple[str, ModuleType]]:
    """(what was changed where, the module with this change), for every condition."""
    tree = ast.parse(source)
    for node, field, at in list(places(tree)):
        slot: Any = getattr(node, field)
        old = slot if at < 0 else slot[at]
        for value in (True, False):
            if isinstance(node, ast.BoolOp) and value is not isinstance(node.op, ast.And):
                continue  # the other constant would decide the whole, which the condition around it does already
            _put(node, field, at, ast.copy_location(ast.Constant(value), old))
            if ast.unparse(old) not in SHORTCUTS:
                yield f"line {old.lineno}: `{ast.unparse(old)}` taken as {value}", loaded(tree, name)
            _put(node, field, at, old)


def _put(node: ast.AST, field: str, at: int, value: ast.AST) -> None:
    if at < 0:
        setattr(node, field, value)
    else:
        getattr(node, field)[at] = value


def loaded(tree: ast.Module, name: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(tree, name, "exec"), module.__dict__)  # noqa: S102 - our own source
    return module


def _judged(one: Finding) -> tuple[Any, ...]:
    return one.path, one.severity, one.reason


def holds(module: ModuleType, row: Row, bad: Any, good: Any, names: list[str]) -> bool:
    """Whether a row passes by the checks of this module."""
    told = [one for name in names for one in getattr(module, name)(*bad) if one.code == row.code]
    if not told or _judged(told[0]) != (row.path, RULES[row.code].severity, row.reason or RULES[row.code].reason):
        return False
    if not all(words in told[0].sentence for words in row.says):
        return False
    return not any(one.code == row.code for name in names for one in getattr(module, name)(*good))


@pytest.mark.parametrize("name", MODULES)
def test_without_any_one_of_its_conditions_a_check_fails_a_row(name: str) -> None:
    original = import_module(name)
    names = [check.__name__ for check in CHECKS if check.__module__ == name]
    source = Path(str(original.__file__)).read_text(encoding="utf-8")
    rows = [one for one in PREPARED if f'"{one[0].code}"' in source]
    assert rows
    assert all(holds(original, *one, names) for one in rows)
    survivors = []
    for told, module in mutants(source, name):
        try:
            if all(holds(module, *one, names) for one in rows):
                survivors.append(told)
        except Exception:  # noqa: S112 - a check that breaks is a test that fails
            continue
    assert not survivors, "\n".join(survivors)
