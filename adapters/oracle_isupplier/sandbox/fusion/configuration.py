"""How a tenant is set up: who may sign in, which business unit, which orders. All defaults are plainly made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .records import Order, OrderLine

VERSION = "11.13.18.05"
_KEYS = (
    *("business_units", "supplier", "supplier_site", "user", "password", "client_id", "client_secret"),
    *("knobs", "orders"),
)


@dataclass(slots=True)
class Config:
    """One tenant. Secrets never show in a repr."""

    business_units: tuple[str, ...] = ("Example Power BU",)
    supplier: str = "Sandbox Supplier"
    supplier_site: str = "MAIN"
    user: str = "supplier.user@example.invalid"
    password: str = field(default="sandbox-fusion-password", repr=False)
    client_id: str = "sandbox-fusion-client"
    client_secret: str = field(default="sandbox-fusion-client-secret", repr=False)
    knobs: dict[str, object] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)


def config_from(given: Mapping[str, Any]) -> Config:
    """Read a tenant's configuration. Raises `ValueError` naming the key that is wrong."""
    if unknown := set(given) - set(_KEYS):
        raise ValueError(f"no such key: {', '.join(sorted(unknown))}; there are {', '.join(_KEYS)}")
    values = dict(given)
    units = values.pop("business_units", None)
    config = Config(**values)
    if units:
        config.business_units = tuple(str(unit) for unit in units)
    return config


def order_from(given: Mapping[str, Any]) -> Order:
    """A purchase order as the control API takes it. Raises `ValueError` naming what is missing or wrong."""
    number = str(given.get("number") or "")
    lines = given.get("lines") or []
    if not number or not lines:
        raise ValueError("an order needs a number and lines")
    return Order(
        number=number,
        status=str(given.get("status", "issued")),
        currency=str(given.get("currency", "USD")),
        lines=[_line(f"order {number} line {index}", index, each) for index, each in enumerate(lines, 1)],
    )


def _line(where: str, index: int, given: Mapping[str, Any]) -> OrderLine:
    by_amount = str(given.get("type", "quantity")).lower() == "amount"
    price = given.get("price", given.get("amount"))
    if price is None:
        raise ValueError(f"{where} needs a price (an amount line: its amount)")
    received = given.get("received")
    return OrderLine(
        number=int(given.get("line") or given.get("number") or index),
        description=str(given.get("description", f"Line {index}")),
        quantity=None if by_amount else number_of(f"{where} quantity", given.get("quantity", 1)),
        uom="" if by_amount else str(given.get("uom", "EA")),
        price=number_of(f"{where} price", price),
        received=None if received is None else number_of(f"{where} received", received),
    )


def number_of(name: str, value: object) -> Decimal:
    """A finite decimal. Raises `ValueError` naming the key."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"{name} must be a number, not {value!r}")
    return found
