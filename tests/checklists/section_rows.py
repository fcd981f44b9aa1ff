"""Rows of the table of findings for a client's own rules and for the settings that files may carry beside them."""

from typing import Any

from tests.checklists.packets import put
from tests.checklists.rows import Row

RULE: dict[str, Any] = {
    "code": "TU-01",
    "require": "more(invoice.totals.payable, 1)",
    "sentence": "it is prepaid",
    "cure": "Look.",
    "source": "annex",
}


def rule(**changes: Any) -> dict[str, Any]:
    """Settings with one rule."""
    return {"rules": [{**RULE, **changes}]}


SECTION_ROWS: tuple[Row, ...] = (
    Row(
        "CB-RUL-01",
        "/invoice",
        ("TU-01", "could not be evaluated"),
        put("/invoice/note", "no remit-to"),
        put("/invoice/remit_to", {"name": "Field Services LLC", "code": "R1"}),
        settings=rule(require='invoice.remit_to.code != ""'),
    ),
)
