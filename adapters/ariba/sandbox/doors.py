"""The doors of the sandbox, as faults name them.

The network has one URL for all requests, so a request's body tells which door it came to: `invoice`
(InvoiceDetailRequest), `poll` (GetPendingRequest), `profile` (ProfileRequest), `document` (any other, or none).
"""

from __future__ import annotations

from gateway.standin.faults import Doors

CXML = frozenset({"invoice", "poll", "profile", "document"})
DOOR_OF = {"InvoiceDetailRequest": "invoice", "GetPendingRequest": "poll", "ProfileRequest": "profile"}


def _wider(group: str, door: str, method: str) -> bool:
    """`cxml` = whatever is posted to the one URL; `submit` = what may create or change an invoice."""
    return (group == "cxml" and door in CXML) or (group == "submit" and door == "invoice")


DOORS = Doors(CXML | {"cxml", "submit", "rest", "token"}, _wider)
