"""How a buyer's instance is set up: the JSON of `--config` and `POST /_sandbox/buyers`, and the control API's orders.

Names may be written with dashes as in Coupa's API or with underscores. All defaults are plainly made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .knobs import Knobs
from .records import DisputeReason, LineKind, Order, OrderLine, Supplier
from .rules import Contract, Setup

SCOPES = (
    "core.invoice.read",
    "core.invoice.write",
    "core.invoice.create",
    "core.invoice.delete",
    "core.purchase_order.read",
    "core.supplier.read",
    "core.common.read",
)
PAYMENT_TERMS = ("Net 10", "Net 15", "Net 30", "Net 45", "Net 60", "Net 90", "None")
DISPUTE_REASONS = (
    ("INCORRECT_QUANTITY", "Incorrect quantity"),
    ("INCORRECT_PRICE", "Incorrect price"),
    ("MISSING_DOCUMENTATION", "Missing documentation"),
    ("OTHER", "Other"),
)
LINE_KINDS: dict[str, LineKind] = {
    "quantity": "quantity",
    "orderquantityline": "quantity",
    "amount": "amount",
    "orderamountline": "amount",
}


@dataclass(slots=True)
class Config:
    """One buyer: who it is, who may bill it, and its set-up. Secrets never show in a repr."""

    name: str
    buyer_domain: str
    buyer_identity: str
    suppliers: list[Supplier]
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    knobs: dict[str, object]
    orders: list[dict[str, Any]]
    contracts: list[Contract]
    payment_terms: set[str]
    tax_codes: set[tuple[str, Decimal]]
    currencies: set[str]
    dispute_reasons: list[DisputeReason]
    bill_to_name: str

    def setup(self) -> Setup:
        """A fresh set-up without orders."""
        return Setup(
            knobs=Knobs(self.knobs),
            contracts={contract.number: contract for contract in self.contracts},
            payment_terms=set(self.payment_terms),
            tax_codes=set(self.tax_codes),
            currencies=set(self.currencies),
            bill_to_name=self.bill_to_name,
        )


def underscored(values: object) -> dict[str, Any]:
    """The same mapping with underscores for dashes in its names. Raises `ValueError` for what is no mapping."""
    if not isinstance(values, Mapping):
        raise ValueError(f"an object is needed, not {str(values)[:60]!r}")
    return {str(name).replace("-", "_"): value for name, value in values.items()}


def config_from(name: str, given: Mapping[str, Any]) -> Config:
    """Read one buyer's configuration. Raises `ValueError` naming the key that is wrong."""
    values = underscored(given)
    known = {
        "buyer_domain", "buyer_identity", "supplier", "suppliers", "client_id", "client_secret", "scopes", "knobs",
        "orders", "contracts", "payment_terms", "tax_codes", "currencies", "dispute_reasons", "bill_to_name",
    }  # fmt: skip
    if unknown := set(values) - known:
        raise ValueError(
            f"buyer {name}: no such key: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )
    suppliers = values.get("suppliers") or [values.get("supplier") or {}]
    config = Config(
        name=name,
        buyer_domain=str(values.get("buyer_domain", "NetworkID")),
        buyer_identity=str(values.get("buyer_identity", f"buyer-{name}")),
        suppliers=[_supplier(index, each) for index, each in enumerate(suppliers, 1)],
        client_id=str(values.get("client_id", f"sandbox-client-{name}")),
        client_secret=str(values.get("client_secret", "sandbox-client-secret")),
        scopes=tuple(values.get("scopes") or SCOPES),
        knobs=dict(values.get("knobs") or {}),
        orders=list(values.get("orders") or []),
        contracts=[_contract(each) for each in values.get("contracts") or []],
        payment_terms=set(values.get("payment_terms") or PAYMENT_TERMS) | {"None"},
        tax_codes={
            (str(code).lower(), number("tax_codes", rate).normalize()) for code, rate in values.get("tax_codes") or []
        },
        currencies=set(values.get("currencies") or []),
        dispute_reasons=_dispute_reasons(values.get("dispute_reasons")),
        bill_to_name=str(values.get("bill_to_name", "")),
    )
    config.setup()  # a wrong knob is an error of the configuration
    return config


def _supplier(index: int, given: Mapping[str, Any]) -> Supplier:
    values = underscored(given)
    name = str(values.get("name", "Sandbox Supplier"))
    return Supplier(
        id=int(values.get("id", 100 + index)),
        name=name,
        number=str(values.get("number", f"SUP-{index}")),
        domain=str(values.get("domain", "DUNS")),
        identity=str(values.get("identity", "sandbox-supplier")),
        shared_secret=str(values.get("shared_secret", "sandbox-shared-secret")),
        allow_cxml_invoicing=bool(values.get("allow_cxml_invoicing", True)),
        payment_term=str(values.get("payment_term", "Net 30")),
        invoice_matching_level=str(values.get("invoice_matching_level", "2-way")),
    )


def _contract(given: Mapping[str, Any] | str) -> Contract:
    if isinstance(given, str):
        return Contract(given)
    values = underscored(given)
    return Contract(str(values["number"]), bool(values.get("supplier_can_invoice_directly", True)))


def _dispute_reasons(given: Iterable[Any] | None) -> list[DisputeReason]:
    pairs = [each if isinstance(each, Mapping) else {"code": each} for each in given or []]
    pairs = pairs or [{"code": code, "description": words} for code, words in DISPUTE_REASONS]
    return [
        DisputeReason(
            index, str(each["code"]), str(each.get("description", each["code"])), bool(each.get("active", True))
        )
        for index, each in enumerate(pairs, 1)
    ]


def number(name: str, value: object) -> Decimal:
    """A finite decimal. Raises `ValueError` naming the key."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"{name} must be a number, not {value!r}")
    return found


def order_from(given: Mapping[str, Any], supplier: str, next_id: Callable[[], int], now: datetime) -> Order:
    """A purchase order as the control API takes it. Raises `ValueError` naming what is missing or wrong."""
    values = underscored(given)
    order_number = str(values.get("number") or values.get("po_number") or "")
    if not order_number:
        raise ValueError("an order needs a number")
    lines = values.get("lines") or values.get("order_lines") or []
    if not lines:
        raise ValueError(f"order {order_number} needs lines")
    return Order(
        id=next_id(),
        number=order_number,
        status=str(values.get("status", "issued")),
        currency=str(values.get("currency", "USD")),
        supplier=str(values.get("supplier") or supplier),
        payment_term=str(values.get("payment_term", "")),
        created_at=now,
        updated_at=now,
        lines=[_order_line(order_number, index, each, next_id) for index, each in enumerate(lines, 1)],
        invoice_stop=bool(values.get("invoice_stop", False)),
    )


def _order_line(order: str, index: int, given: Mapping[str, Any], next_id: Callable[[], int]) -> OrderLine:
    values = underscored(given)
    where = f"order {order} line {index}"
    kind = LINE_KINDS.get(str(values.get("type") or values.get("kind") or "quantity").lower())
    if kind is None:
        raise ValueError(f"{where}: type must be quantity or amount, not {values.get('type') or values.get('kind')!r}")
    goods = kind == "quantity"
    price = values.get("price", values.get("amount", values.get("total")))
    if price is None:
        raise ValueError(f"{where} needs a price (an amount line: its amount)")
    return OrderLine(
        id=next_id(),
        number=int(values.get("number") or values.get("line_num") or index),
        kind=kind,
        description=str(values.get("description", f"Line {index}")),
        quantity=number(f"{where} quantity", values.get("quantity", 1)) if goods else None,
        uom=str(values.get("uom", "EA")) if goods else None,
        price=number(f"{where} price", price),
        status=str(values.get("status", "created")),
        match_type=str(values.get("match_type", "")),
        part_number=str(values.get("part_number") or values.get("source_part_num") or ""),
        invoice_stop=bool(values.get("invoice_stop", False)),
        invoiced=number(f"{where} invoiced", values.get("invoiced", 0)),
        received=number(f"{where} received", values.get("received", 0)),
    )
