"""The crash suite's packets: the n-th is always the same, small, and different from every other in number and total.

Two of five go to Hill Power, which takes invoices by REST (draft, papers, submit: several requests each), the others to
River Power, which takes cXML. Every fifth carries a bill-to that River Power refuses and a rule may leave out.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any

from gateway.packet import canonical_json
from tests.packets import ORDER_AT_PORTAL, labour, materials, packet

RIVER, HILL = "river-power", "hill-power"
BILL_TO = "River and Hill Power, Accounts Payable"
# Large enough for any soak: what is tested here is not the balance.
ORDER: dict[str, Any] = {
    **ORDER_AT_PORTAL,
    "lines": [
        {**line, "quantity": "90000000"} if "quantity" in line else {**line, "amount": "9000000000.00"}
        for line in ORDER_AT_PORTAL["lines"]
    ],
}
_SHEET = b"\x89PNG\r\n\x1a\n the crew's sheet, the same for all"


def client_of(n: int) -> str:
    """Who is billed by the n-th packet."""
    return HILL if n % 5 in (1, 3) else RIVER


def hand_over(n: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The n-th packet as JSON values, and its papers by name."""
    lines = [labour(hours=str(8 + n % 40)), materials(2, str(Decimal(100) + Decimal(n) / 100))]
    changes = {"bill_to": {"name": "Somebody Else"}} if n % 5 == 4 else {}
    values: dict[str, Any] = json.loads(canonical_json(packet(f"INV-{n:05d}", lines, **changes)))
    values |= {"source_system": "crash-suite", "source_id": f"hand-over-{n}", "client": client_of(n)}
    files = {"sheet.png": _SHEET, "map.png": _SHEET + b" %d" % (n % 7)}
    names = sorted(files, reverse=bool(n % 2))  # shared papers in either order
    values["documents"] = [
        {
            "kind": "timesheet",
            "name": name,
            "media_type": "image/png",
            "sha256": hashlib.sha256(files[name]).hexdigest(),
            "size": len(files[name]),
        }
        for name in names
    ]
    return values, files
