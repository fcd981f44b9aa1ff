"""How a tenant is set up: the JSON of `--config` and `POST /_sandbox/buyers`, and the control API's orders.

Names may be written with dashes or underscores. All defaults are plainly made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .knobs import FACTS_DELAYS
from .profiles import COLUMNS, LABELS, PROFILES, Profile
from .records import Order, Shipment, Site, User

KEYS = (
    "profile",
    "labels",
    "columns",
    "users",
    "supplier",
    "organization",
    "sites",
    "tax_rate",
    "knobs",
    "delays",
    "orders",
    "instance_name",
    "seed",
    "totp_secret",
)
ORDER_STATES = ("open", "closed", "finally_closed", "cancelled")
# RFC 4648 base32 of twenty plain bytes: guards nothing.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(slots=True)
class Config:
    """One tenant. `seed` makes volatile ids and delays repeatable; None = different on every start."""

    name: str
    profile: Profile
    users: list[dict[str, Any]] = field(repr=False)
    supplier: str
    taxpayer_id: str
    organization: str
    sites: list[Site]
    tax_rate: Decimal
    knobs: dict[str, object]
    orders: list[dict[str, Any]]
    instance_name: str
    seed: int | None

    def fresh_users(self) -> dict[str, User]:
        """The users as at the start, by name in capitals."""
        return {each["name"].upper(): User(**each) for each in self.users}


def underscored(values: object) -> dict[str, Any]:
    """The same mapping with underscores for dashes in its names. Raises `ValueError` for what is no mapping."""
    if not isinstance(values, Mapping):
        raise ValueError(f"an object is needed, not {str(values)[:60]!r}")
    return {str(name).replace("-", "_"): value for name, value in values.items()}


def config_from(name: str, given: Mapping[str, Any]) -> Config:
    """Read a tenant's configuration. Raises `ValueError` naming what is wrong."""
    values = underscored(given)
    if unknown := set(values) - set(KEYS):
        raise ValueError(f"{name}: no such key: {', '.join(sorted(unknown))}; there are {', '.join(KEYS)}")
    knobs = dict(values.get("knobs") or {})
    if values.get("delays") not in (None, "none", "facts"):
        raise ValueError(f"{name}: delays is none or facts, not {values['delays']!r}")
    if values.get("delays") == "facts":
        knobs = {**FACTS_DELAYS, **knobs}
    supplier = underscored(values.get("supplier") or {})
    return Config(
        name=name,
        profile=_profile(name, values),
        users=_users(values),
        supplier=str(supplier.get("name", "Sandbox Field Services")),
        taxpayer_id=str(supplier.get("taxpayer_id", "00-0000000")),
        organization=str(values.get("organization") or "Operations"),
        sites=_sites(values.get("sites")),
        tax_rate=number(values.get("tax_rate", 0), "tax_rate"),
        knobs=knobs,
        orders=list(values.get("orders") or []),
        instance_name=str(values.get("instance_name") or "PROD"),
        seed=values.get("seed"),
    )


def _profile(name: str, values: Mapping[str, Any]) -> Profile:
    chosen = str(values.get("profile") or (name if name in PROFILES else "plain"))
    if chosen not in PROFILES:
        raise ValueError(f"{name}: there is no profile {chosen!r}; there are {', '.join(PROFILES)}")
    labels, columns = dict(values.get("labels") or {}), dict(values.get("columns") or {})
    check_look(labels, columns)
    base = PROFILES[chosen]
    return replace(
        base,
        labels={**base.labels, **labels},
        columns={**base.columns, **{table: tuple(order) for table, order in columns.items()}},
    )


def check_look(labels: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
    """Raises `ValueError` for a label, table or column there is none of."""
    for key in labels:
        if key not in LABELS:
            raise ValueError(f"there is no label {key!r}; GET /_sandbox/profile lists them")
    for table, order in columns.items():
        if table not in COLUMNS:
            raise ValueError(f"there is no table {table!r}; there are {', '.join(COLUMNS)}")
        if unknown := set(order) - set(LABELS):
            raise ValueError(f"table {table} has no column {', '.join(sorted(unknown))}")


def _users(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    totp = str(values.get("totp_secret") or "")
    given = values.get("users") or [{"name": "BILLING@SUPPLIER.EXAMPLE", "password": "sandbox-password"}]
    users = []
    for each in given:
        user = underscored(each)
        if not user.get("name") or not user.get("password"):
            raise ValueError("a user needs name and password")
        secret = str(user.get("totp_secret") or totp)
        users.append(
            {
                "name": str(user["name"]),
                "password": str(user["password"]),
                "totp_secret": TOTP_SECRET if secret == "default" else secret,
                "expired": user.get("expired") is True,
                "locked": user.get("locked") is True,
            }
        )
    return users


def _sites(given: object) -> list[Site]:
    if not isinstance(given, list) or not given:
        return [
            Site("REMIT-MAIN", "1 Meter Road, Springfield"),
            Site("REMIT-WEST", "2 Feeder Street, Springfield"),
            Site("OFFICE", "3 Pole Lane, Springfield", pay_site=False),
        ]
    read = [underscored(each) for each in given]
    return [Site(str(e["name"]), str(e.get("address", "")), e.get("pay_site", True) is True) for e in read]


def number(value: object, what: str) -> Decimal:
    """A number given as text or number. Raises `ValueError` naming `what`."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"{what} must be a number, not {value!r}")
    return found


def order_from(given: Mapping[str, Any], config: Config, today: date) -> Order:
    """Read an order of the control API. Raises `ValueError` naming what is wrong."""
    values = underscored(given)
    if not values.get("number"):
        raise ValueError("an order needs a number")
    lines = values.get("lines")
    if not isinstance(lines, list) or not lines:
        raise ValueError(f"order {values['number']} needs lines")
    state = {"issued": "open", "approved": "open"}.get(str(values.get("status", "open")), values.get("status", "open"))
    if state not in ORDER_STATES:
        raise ValueError(f"an order's status is one of {', '.join(ORDER_STATES)}, not {state!r}")
    release = values.get("release")
    return Order(
        number=str(values["number"]),
        organization=str(values.get("organization") or config.organization),
        currency=str(values.get("currency", "USD")),
        day=_day(values.get("date"), today),
        shipments=[_shipment(index, underscored(each)) for index, each in enumerate(lines, 1)],
        buyer=str(values.get("buyer") or "Lang, Robin"),
        description=str(values.get("description") or ""),
        status=str(state),
        approved=values.get("approved", True) is True,
        release=int(release) if release is not None else None,
    )


def _day(value: object, today: date) -> date:
    if not value:
        return today
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ValueError(f"date must be YYYY-MM-DD, not {value!r}") from None


def _shipment(index: int, values: Mapping[str, Any]) -> Shipment:
    kind = str(values.get("type", "quantity"))
    if kind not in ("quantity", "amount"):
        raise ValueError(f"order line type must be quantity or amount, not {kind!r}")
    needed = ("amount",) if kind == "amount" else ("quantity", "price")
    if missing := [name for name in needed if values.get(name) is None]:
        raise ValueError(f"order line {index} needs {' and '.join(missing)}")
    received = values.get("received")
    return Shipment(
        line=int(values.get("line") or index),
        shipment=int(values.get("shipment") or 1),
        description=str(values.get("description") or f"Line {index}"),
        basis="amount" if kind == "amount" else "quantity",
        ordered=number(values["amount"] if kind == "amount" else values["quantity"], needed[0]),
        price=Decimal(1) if kind == "amount" else number(values["price"], "price"),
        unit="" if kind == "amount" else str(values.get("uom") or values.get("unit") or "EA"),
        item=str(values.get("item") or ""),
        received=None if received is None else number(received, "received"),
        billed=number(values.get("billed", 0), "billed"),
        ship_to=str(values.get("ship_to") or "Main Yard"),
        price_break=values.get("price_break") is True,
        approved=values.get("approved", True) is True,
    )
