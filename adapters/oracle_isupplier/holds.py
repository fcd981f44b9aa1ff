"""Holds of Oracle Payables in our words: the same at E-Business Suite and Fusion. Data and one reader, no I/O.

Source: the project's notes on Oracle, section 7.3, read 2026. A supplier sees a hold's display name; Fusion's REST and
some sites show the lookup code instead, so both are keys. Names that buyers define themselves are not in the table.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gateway.verdict import Actor, Reason, ReasonCode

_R, _US, _AP = ReasonCode, Actor.us, Actor.client_ap

# "Supplier can fix by" decides who acts: a credit memo, a corrected or a new invoice is ours; a receipt, an approval,
# an amended order set-up or a budget is the buyer's.
HOLDS: Mapping[str, tuple[ReasonCode, Actor]] = MappingProxyType(
    {
        "qty ord": (_R.quantity_mismatch, _US),  # more billed than ordered: credit the excess
        "max qty ord": (_R.quantity_mismatch, _US),
        "amt ord": (_R.po_balance, _US),
        "max amt ord": (_R.po_balance, _US),
        "qty rec": (_R.not_received, _AP),  # more billed than received: wait for the receipt, or credit
        "max qty rec": (_R.not_received, _AP),
        "amt rec": (_R.not_received, _AP),
        "max amt rec": (_R.not_received, _AP),
        "quality": (_R.not_received, _AP),  # more billed than accepted
        "rec exception": (_R.not_received, _AP),
        "price": (_R.price_mismatch, _US),  # ask for an amended order, or credit and bill again
        "max ship amount": (_R.other, _AP),
        "max rate amount": (_R.other, _AP),
        "max total amount": (_R.other, _AP),
        "currency difference": (_R.currency_mismatch, _US),  # cancel and bill again
        "tax difference": (_R.tax_mismatch, _US),
        "tax variance": (_R.tax_mismatch, _US),  # memory
        "tax amount range": (_R.tax_mismatch, _US),  # memory
        "po not approved": (_R.other, _AP),  # the order changed after matching and awaits approval
        "po required": (_R.po_missing, _US),  # bill again with an order
        "matching required": (_R.po_missing, _US),
        "invalid po": (_R.po_unknown, _US),
        "final matching": (_R.po_closed, _AP),
        "can't close po": (_R.po_closed, _AP),
        "cant close po": (_R.po_closed, _AP),
        "can't try po close": (_R.po_closed, _AP),
        "cant try po close": (_R.po_closed, _AP),
        "line variance": (_R.sum_mismatch, _US),  # header and lines differ
        "dist variance": (_R.other, _AP),
        "dist acct invalid": (_R.other, _AP),
        "erv acct invalid": (_R.other, _AP),
        "funds check": (_R.other, _AP),
        "insufficient funds": (_R.other, _AP),
        "amount": (_R.other, _AP),  # above the site's invoice limit, which the buyer raises
        "withholding tax": (_R.other, _AP),
        "awt error": (_R.other, _AP),
        "await pay app": (_R.other, _AP),
        "await sec app": (_R.other, _AP),
        "no rate": (_R.other, _AP),  # memory, as the next three
        "vendor": (_R.other, _AP),
        "natural account tax": (_R.other, _AP),
        "prepaid amount": (_R.other, _AP),
    }
)


def token_from(name: str) -> str:
    """A hold's name or code as the key above: `AWAIT_PAY_APP`, `Qty Ord`, `QTY  ORD`."""
    return " ".join(name.replace("_", " ").replace("’", "'").split()).casefold()


def reasons_from(holds: Iterable[tuple[str, str]]) -> tuple[Reason, ...]:
    """One reason for each hold, given as its name and the portal's words for it (may be empty)."""
    return tuple(
        Reason(HOLDS.get(token_from(name), (_R.other, _US))[0], portal_code=name, portal_text=words or name)
        for name, words in holds
    )


def who_acts(names: Iterable[str]) -> Actor:
    """Who must act on all of these holds: us as soon as one is ours or is a buyer's own, whose note a person reads."""
    actors = {HOLDS.get(token_from(name), (_R.other, _US))[1] for name in names}
    return _AP if actors == {_AP} else _US
