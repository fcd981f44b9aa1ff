"""The six fictional utilities of the demonstration: names, rates, forms of purchase order numbers, portal set-up.

Every name, number and rate here is invented; addresses use reserved example domains and 555-01xx telephone numbers.
All rates are chosen so that a half hour, a day or a mile of any item comes to whole cents, and five per cent of every
taxed line too: then a portal that adds up unrounded products and we get the same totals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

SELLER: Mapping[str, Any] = {
    "name": "Ridgeline Field Services LLC",
    "code": "SUP-1",
    "tax_id": "00-0000000",
    "address": {
        "lines": ["400 Example Way"],
        "city": "Springdale",
        "subdivision": "OH",
        "post_code": "45999",
        "country": "US",
    },
    "contact_name": "Billing office",
    "phone": "+1 555 0100",
    "email": "billing@ridgeline.example",
}
REMIT_TO: Mapping[str, Any] = {"name": "Ridgeline Field Services LLC", "code": "RT-01", "address": SELLER["address"]}

CLASSIFICATIONS: Mapping[str, Decimal] = {
    "Foreman": Decimal("92.60"),
    "Journeyman Lineman": Decimal("86.20"),
    "Equipment Operator": Decimal("74.40"),
    "Apprentice Lineman": Decimal("62.80"),
    "Groundman": Decimal("51.60"),
}
"""Straight-time rate by labour classification, US dollars an hour, before a client's own supplement."""

PAY_FACTORS: Mapping[str, Decimal] = {"ST": Decimal(1), "OT": Decimal("1.5"), "DT": Decimal(2)}


Product = Literal["coupa", "ariba", "oracle_isupplier"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a rate card, and so of every purchase order written from it; `price` in US dollars per `unit`.

    `line` is the purchase order line. `lump` items are ordered by amount: their price is whatever is agreed.
    """

    line: int
    part_number: str
    description: str
    kind: str
    unit: str
    price: Decimal
    classification: str = ""
    pay_code: str = ""
    lump: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """One utility. `order_form` turns a running number into the utility's way of writing purchase order numbers.

    `taxed` names the line kinds that bear tax at `tax_rate` per cent; where it is empty everything is exempt for
    `exemption`. `pay_codes`: the kinds of hour that are agreed. `portal` is its set-up at the stand-in of `product`, as
    `POST /_sandbox/buyers` takes it, without names and secrets. On a network of many buyers it is `buyer_id`, and knows
    us as `supplier_id`; `statuses` says where its verdicts come from.
    """

    key: str
    name: str
    city: str
    prefix: str
    order_form: str
    supplement: Decimal
    mileage_rate: Decimal
    net_days: int
    tax_level: Literal["header", "line"]
    tax_rate: Decimal
    taxed: frozenset[str]
    exemption: str
    lump_items: bool
    acceptance_form: bool
    portal: Mapping[str, Any]
    contract: str = ""
    pay_codes: tuple[str, ...] = ("ST", "OT", "DT")
    product: Product = "coupa"
    buyer_id: str = ""
    supplier_id: str = ""
    statuses: str = "core_rest"

    def order_number(self, running: int) -> str:
        """The purchase order number as this client writes it."""
        return self.order_form.format(running)

    @property
    def buyer(self) -> dict[str, Any]:
        """The buyer party (BG-7)."""
        address = {"lines": ["1 Grid Plaza"], "city": self.city, "subdivision": "OH", "post_code": "45998"}
        return {
            "name": self.name,
            "code": self.prefix,
            "address": address | {"country": "US"},
            "email": f"ap@{self.key}.example",
        }


ALL_KINDS = frozenset({"goods", "service", "labour", "equipment", "expense", "mileage", "per_diem"})

NORTHLIGHT = Client(
    key="northlight-power",
    name="Northlight Power Company",
    city="Northlight",
    prefix="NP",
    order_form="45{:08d}",
    supplement=Decimal("2.40"),
    mileage_rate=Decimal("0.70"),
    net_days=45,
    tax_level="header",
    tax_rate=Decimal(0),
    taxed=frozenset(),
    exemption="Direct pay permit: the buyer assesses the tax itself",
    lump_items=False,
    acceptance_form=False,
    portal={
        "bill_to_name": "Northlight Power Company",
        "knobs": {"charges_permitted": False, "max_lines": 60},
    },
)

CEDAR_VALLEY = Client(
    key="cedar-valley-electric",
    name="Cedar Valley Electric Cooperative",
    city="Cedar Valley",
    prefix="CV",
    order_form="{:010d}",
    supplement=Decimal("0.00"),
    mileage_rate=Decimal("0.725"),
    net_days=30,
    tax_level="line",
    tax_rate=Decimal(5),
    taxed=frozenset({"goods", "equipment"}),
    exemption="Labour and reimbursed cost are not taxable",
    lump_items=True,
    acceptance_form=True,
    portal={},
)

HARBOR_GRID = Client(
    key="harbor-grid",
    name="Harbor Grid Utilities",
    city="Harbor City",
    prefix="HG",
    order_form="HG-{:06d}",
    supplement=Decimal("5.20"),
    mileage_rate=Decimal("0.68"),
    net_days=30,
    tax_level="header",
    tax_rate=Decimal("6.25"),
    taxed=ALL_KINDS,
    exemption="",
    lump_items=False,
    acceptance_form=True,
    portal={"contracts": ["HG-MSA-2026-03"]},
    contract="HG-MSA-2026-03",
)

SUMMIT_RIDGE = Client(
    key="summit-ridge-electric",
    name="Summit Ridge Electric",
    city="Summit Ridge",
    prefix="SR",
    order_form="45{:07d}",
    supplement=Decimal("3.60"),
    mileage_rate=Decimal("0.70"),
    net_days=45,
    tax_level="header",
    tax_rate=Decimal(0),
    taxed=frozenset(),
    exemption="Direct pay permit: the buyer assesses the tax itself",
    lump_items=True,
    acceptance_form=False,
    portal={"rule_set": "utility", "knobs": {"script": "processing"}},
    product="ariba",
    buyer_id="AN01900000101",
    supplier_id="AN02000000101",
    statuses="pending",
)

BLUE_MESA = Client(
    key="blue-mesa-power",
    name="Blue Mesa Power",
    city="Blue Mesa",
    prefix="BM",
    order_form="70{:07d}",
    supplement=Decimal("4.40"),
    mileage_rate=Decimal("0.655"),
    net_days=30,
    tax_level="header",
    tax_rate=Decimal(5),
    taxed=ALL_KINDS,
    exemption="",
    lump_items=False,
    acceptance_form=True,
    portal={
        "rule_set": "utility",
        "rules": {"require_remit_to": True, "require_supplier_tax_id": True},
        "knobs": {"script": "processing"},
    },
    pay_codes=("ST", "OT"),
    product="ariba",
    buyer_id="AN01900000102",
    supplier_id="AN02000000102",
    statuses="push",
)

COPPER_CREEK = Client(
    key="copper-creek-electric",
    name="Copper Creek Electric",
    city="Copper Creek",
    prefix="CC",
    order_form="{:010d}",
    supplement=Decimal("1.20"),
    mileage_rate=Decimal("0.70"),
    net_days=30,
    tax_level="header",
    tax_rate=Decimal(0),
    taxed=frozenset(),
    exemption="Direct pay permit: the buyer assesses the tax itself",
    lump_items=False,
    acceptance_form=False,
    portal={"profile": "prairie"},
    product="oracle_isupplier",
)

CLIENTS: Mapping[str, Client] = {
    client.key: client for client in (NORTHLIGHT, CEDAR_VALLEY, HARBOR_GRID, SUMMIT_RIDGE, BLUE_MESA)
}
"""The five whose portals are reached over HTTP."""

EVERY_CLIENT: Mapping[str, Client] = {**CLIENTS, COPPER_CREEK.key: COPPER_CREEK}
"""And the one whose portal is a browser's: it is there where a browser is."""


def rate_card(client: Client) -> tuple[Item, ...]:
    """Everything the client's master agreement prices, in purchase order line order (1, 2, 3, ...)."""
    rows = [*_labour_rows(client), *_other_rows(client)]
    return tuple(
        Item(line, part, words, kind, unit, price, *labour)
        for line, (part, words, kind, unit, price, *labour) in enumerate(rows, 1)
    ) + _cost_items(client, len(rows) + 1)


def hourly(client: Client, classification: str, pay_code: str) -> Decimal:
    """What an hour costs that client, US dollars, to the cent."""
    return ((CLASSIFICATIONS[classification] + client.supplement) * PAY_FACTORS[pay_code]).quantize(Decimal("0.01"))


def _labour_rows(client: Client) -> list[tuple[Any, ...]]:
    return [
        (f"LAB-{_short(name)}-{pay}", f"{name}, {pay}", "labour", "HUR", hourly(client, name, pay), name, pay)
        for name in CLASSIFICATIONS
        for pay in client.pay_codes
    ]


def _other_rows(client: Client) -> list[tuple[Any, ...]]:
    return [
        ("PD-01", "Per diem", "per_diem", "DAY", Decimal("125.00")),
        ("MI-01", "Mileage, crew vehicle", "mileage", "SMI", client.mileage_rate),
        ("EQ-BUCKET", "Bucket truck, 55 ft", "equipment", "HUR", Decimal("48.00")),
        ("EQ-DIGGER", "Digger derrick", "equipment", "HUR", Decimal("64.00")),
        ("EQ-TEST", "Test gear: insulation and relay test set", "equipment", "DAY", Decimal("185.00")),
    ]


def _cost_items(client: Client, line: int) -> tuple[Item, ...]:
    """Reimbursed cost: ordered by amount, or as pieces of one dollar where the client orders by quantity only."""
    lump = client.lump_items
    found = [Item(line, "EX-01", "Reimbursable expenses at cost", "expense", "EA", Decimal("1.00"), lump=lump)]
    if lump:
        found.append(Item(line + 1, "MAT-01", "Line materials, lump sum", "goods", "EA", Decimal("1.00"), lump=True))
    return tuple(found)


def _short(classification: str) -> str:
    return "".join(word[:3] for word in classification.upper().split())[:6]
