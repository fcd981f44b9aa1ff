"""How a buyer is set up: the JSON of `--config` and `POST /_sandbox/buyers`, and orders, sheets and time cards.

Names may be written with dashes or underscores. All defaults are plainly made up; ANIDs are AN and eleven digits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway.standin.reading import decimal, moment

from .deliveries import checked_push_url
from .documents import payload_id, stamp
from .records import Mode, Order, OrderLine, Sheet, SheetLine, Supplier, TimeCard

KEYS = ("buyer_identity", "vendor_number", "supplier", "suppliers", "rules", "rule_set", "knobs", "orders")
SUPPLIER_KEYS = (
    "identity", "name", "shared_secret", "duns", "user_id", "enterprise", "certificate", "subcontractor", "delivery",
    "push_url", "push_secret", "client_id", "client_secret", "api_key",
)  # fmt: skip
DELIVERY = ("pending", "push", "both")
LINE_KINDS = {"quantity": "quantity", "amount": "amount"}


@dataclass(slots=True)
class Config:
    """One buyer: its ANID, its number for the supplier, who may bill it, its rules and knobs."""

    name: str
    buyer_identity: str
    vendor_number: str
    suppliers: list[Supplier]
    rules: dict[str, Any] = field(default_factory=dict)
    knobs: dict[str, Any] = field(default_factory=dict)
    orders: list[Mapping[str, Any]] = field(default_factory=list)


def underscored(values: object) -> dict[str, Any]:
    """The same mapping with underscores for dashes in its names. Raises `ValueError` for what is no mapping."""
    if not isinstance(values, Mapping):
        raise ValueError(f"an object is needed, not {str(values)[:60]!r}")
    return {str(name).replace("-", "_"): value for name, value in values.items()}


def config_from(name: str, given: Mapping[str, Any]) -> Config:
    """Read one buyer's configuration. Raises `ValueError` naming the key that is wrong."""
    values = _known(given, KEYS, f"buyer {name}")
    rules = underscored(values.get("rules") or {})
    if "rule_set" in values:
        rules["rule_set"] = values["rule_set"]
    return Config(
        name=name,
        buyer_identity=str(values.get("buyer_identity") or _anid(name)),
        vendor_number=str(values.get("vendor_number", "0000100234")),
        suppliers=[supplier_from(each) for each in values.get("suppliers") or [values.get("supplier") or {}]],
        rules=rules,
        knobs=underscored(values.get("knobs") or {}),
        orders=list(values.get("orders") or []),
    )


def supplier_from(given: Mapping[str, Any]) -> Supplier:
    """Read a supplier's account. Raises `ValueError`."""
    values = _known(given, SUPPLIER_KEYS, "supplier")
    identity = str(values.get("identity", "AN02000000001")).removesuffix("-T")
    push_url = str(values.get("push_url", ""))
    delivery = str(values.get("delivery", "push" if push_url else "pending"))
    if delivery not in DELIVERY:
        raise ValueError(f"delivery must be one of {', '.join(DELIVERY)}, not {delivery!r}")
    return Supplier(
        identity=identity,
        name=str(values.get("name", "Sandbox Supplier")),
        shared_secret=str(values.get("shared_secret", "sandbox-shared-secret")),
        duns=str(values.get("duns", "")),
        user_id=str(values.get("user_id", "")),
        enterprise=values.get("enterprise", True) is True,
        certificate=values.get("certificate") is True,
        subcontractor=values.get("subcontractor") is True,
        delivery=delivery,  # type: ignore[arg-type]
        push_url=checked_push_url(push_url) if push_url else "",
        push_secret=str(values.get("push_secret", "sandbox-push-secret")),
        client_id=str(values.get("client_id", f"sandbox-client-{identity}")),
        client_secret=str(values.get("client_secret", "sandbox-client-secret")),
        api_key=str(values.get("api_key", "sandbox-application-key")),
    )


def _known(given: Mapping[str, Any], keys: tuple[str, ...], what: str) -> dict[str, Any]:
    values = underscored(given)
    if unknown := set(values) - set(keys):
        raise ValueError(f"{what}: no such key: {', '.join(sorted(unknown))}; there are {', '.join(keys)}")
    return values


def _anid(name: str) -> str:
    """An ANID made from the name, the same every time."""
    return f"AN019{int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**8:08d}"


def _time(value: object, what: str) -> datetime | None:
    if value in (None, ""):
        return None
    found = moment(str(value))
    if found is None:
        raise ValueError(f"{what} must be a date or time, not {value!r}")
    return found


def _number(value: object, what: str) -> Decimal:
    try:
        return decimal(str(value))
    except ValueError:
        raise ValueError(f"{what} must be a number, not {value!r}") from None


def order_from(given: Mapping[str, Any], buyer: str, mode: Mode, supplier: Supplier, now: datetime) -> Order:
    """Read an order. Raises `ValueError` naming what is wrong."""
    values = underscored(given)
    number = str(values.get("number") or "")
    if not number:
        raise ValueError("an order needs a number")
    lines = values.get("lines")
    if not isinstance(lines, list) or not lines:
        raise ValueError(f"order {number} needs lines")
    date = _time(values.get("date"), "date") or now.replace(microsecond=0)
    status = str(values.get("status", "issued"))
    return Order(
        number=number,
        buyer=buyer,
        mode=mode,
        supplier=supplier,
        payload_id=str(values.get("payload_id") or payload_id(now)),
        date=date,
        date_text=str(values.get("date") or stamp(date)),
        currency=str(values.get("currency", "USD")),
        lines=tuple(_order_line(index, underscored(each)) for index, each in enumerate(lines, 1)),
        state="closed" if status == "closed" else "obsolete" if status in ("cancelled", "canceled") else "open",
        sent=values.get("sent_through_network", True) is True,
        valid_from=_time(values.get("valid_from"), "valid_from"),
        valid_to=_time(values.get("valid_to"), "valid_to"),
        blanket=values.get("blanket") is True,
    )


def _order_line(index: int, values: Mapping[str, Any]) -> OrderLine:
    kind = str(values.get("type", "quantity"))
    if kind not in LINE_KINDS:
        raise ValueError(f"order line type must be quantity or amount, not {kind!r}")
    quantity = _number(values["quantity"], "quantity") if values.get("quantity") is not None else None
    price = _number(values["price"], "price") if values.get("price") is not None else None
    amount = values.get("amount")
    if amount is None and (quantity is None or price is None):
        raise ValueError(f"order line {index} needs quantity and price, or amount")
    rates = underscored(values.get("rates") or {})
    return OrderLine(
        number=int(values.get("line") or values.get("number") or index),
        kind="amount" if kind == "amount" else "quantity",
        description=str(values.get("description") or f"Line {index}"),
        unit=str(values.get("uom") or values.get("unit") or ""),
        quantity=quantity if kind == "quantity" else None,
        price=price,
        amount=_number(amount, "amount") if amount is not None else (quantity or Decimal(0)) * (price or Decimal(0)),
        part_number=str(values.get("part_number") or ""),
        service=bool(rates) or values.get("service") is True,
        rates={str(code): _number(rate, "rate") for code, rate in (values.get("rates") or {}).items()},
    )


def sheet_from(given: Mapping[str, Any], buyer: str, mode: Mode, supplier: Supplier) -> Sheet:
    """Read a service entry sheet of the control API. Raises `ValueError`, `KeyError`."""
    values = underscored(given)
    lines = tuple(
        SheetLine(
            int(each.get("line", index)),
            each.get("order_line"),
            _number(each["quantity"], "quantity"),
            str(each.get("uom", "HUR")),
            _number(each.get("amount", 0), "amount"),
        )
        for index, each in enumerate(values.get("lines") or [], 1)
    )
    return Sheet(
        id=str(values["id"]),
        order=str(values.get("order", "")),
        buyer=buyer,
        mode=mode,
        supplier=supplier,
        payload_id=str(values.get("payload_id") or payload_id(datetime.now(UTC))),
        lines=lines,
        status=str(values.get("status", "approved")),
    )


def card_from(given: Mapping[str, Any], buyer: str, mode: Mode, supplier: Supplier) -> TimeCard:
    """Read a time card of the control API; `hours` by pay code. Raises `ValueError`, `KeyError`."""
    values = underscored(given)
    return TimeCard(
        id=str(values["id"]),
        order=str(values.get("order", "")),
        buyer=buyer,
        mode=mode,
        supplier=supplier,
        worker=str(values.get("worker", "")),
        hours={str(code): _number(hours, "hours") for code, hours in dict(values["hours"]).items()},
        status=str(values.get("status", "approved")),
    )
