"""A read-only walk over the pages, and a print of what the adapter relies on: whether the portal is as it was.

Nothing is typed and nothing is saved; the wizard's first page is opened and left.
"""

import hashlib
from dataclasses import dataclass

from adapters.oracle_isupplier.ebs.desk import Desk, checked
from adapters.oracle_isupplier.ebs.oaf import Oaf

# Where to go, which fields and buttons must be there, and which columns one table must have.
_STOPS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (("orders", "purchase_orders"), ("order_search",), ("go",), ("po", "status")),
    (("finance", "view_invoices"), ("search_number", "search_date_from"), ("go",), ("invoice", "status", "amount")),
    (("finance", "create_invoices"), (), ("create_go",), ()),
)
_FIRST_STEP = (("po_search",), ("go", "add_to_invoice", "next"), ("select", "po", "line"))


@dataclass(frozen=True, slots=True)
class Walk:
    """What was seen: how many things were looked for, and the print of how they look now."""

    things: int
    print: str

    def told(self) -> str:
        """As a part of a sentence."""
        return f"all {self.things} things it relies on are where they were looked for (print {self.print})."


def walk(desk: Desk, oaf: Oaf) -> Walk:
    """Walks and looks. Raises PortalChanged with what is missing, PortalUnavailable, SignInRefused, PersonNeeded."""
    seen: list[str] = []
    for path, fields, buttons, columns in _STOPS:
        desk.go(oaf, *path)
        seen += _seen(oaf, fields, buttons, columns)
    checked(oaf, oaf.act(oaf.button("create_go")))
    seen += _seen(oaf, *_FIRST_STEP)
    return Walk(len(seen), hashlib.sha256("\n".join(seen).encode()).hexdigest()[:12])


def _seen(oaf: Oaf, fields: tuple[str, ...], buttons: tuple[str, ...], columns: tuple[str, ...]) -> list[str]:
    """Kinds of fields, words of buttons and the headers of the table: what stays the same from one start of the portal
    to the next, as ids and classes do not."""
    found = [f"{thing} {oaf.field(thing).evaluate('e => e.tagName')}" for thing in fields]
    found += [f"{thing} {' '.join(oaf.button(thing).inner_text().split())}" for thing in buttons]
    if columns:
        table = oaf.table(*columns)
        if table is None:
            there = {thing for one in oaf.tables() for thing in one.places(oaf.profile.columns, columns)}
            missing = next((thing for thing in columns if thing not in there), columns[0])
            raise oaf.changed(f"the column {oaf.profile.label(missing)}")
        found += [f"column {header}" for header in sorted(table.headers)]
    return found
