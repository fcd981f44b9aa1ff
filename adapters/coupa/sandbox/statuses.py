"""Invoice statuses and what may follow what.

Tokens: facts 6.1. The graph is inferred (facts 13, "Inferred main path"): Coupa's own page on it is not public, so the
table is data to be corrected, and the control API can force any step.
"""

from __future__ import annotations

STATUSES = (
    "new",
    "ap_hold",
    "draft",
    "on_hold",
    "pending_receipt",
    "rejected",
    "abandoned",
    "disputed",
    "pending_approval",
    "booking_hold",
    "pending_action",
    "approved",
    "voided",
    "processing",
    "invalid",
    "payable_adjustment",
)

# Waiting for the buyer: from any of these an invoice may move to any other, be decided or go back to the supplier.
OPEN = frozenset({"processing", "pending_approval", "pending_action", "pending_receipt", "on_hold", "ap_hold"})
DECIDED = frozenset({"approved", "rejected", "disputed", "abandoned"})

TRANSITIONS: dict[str, frozenset[str]] = {
    "new": OPEN | DECIDED | {"draft", "invalid"},
    "draft": OPEN | {"new", "invalid", "abandoned", "voided", "rejected", "disputed"},
    **{status: (OPEN - {status}) | DECIDED | {"invalid", "booking_hold"} for status in OPEN},
    "pending_receipt": (OPEN - {"pending_receipt"}) | DECIDED | {"invalid", "booking_hold", "voided"},
    "disputed": OPEN | {"rejected", "abandoned", "voided"},
    # AP may edit and resubmit a rejected invoice, or void it; the supplier cannot (facts 6.1).
    "rejected": frozenset({"pending_approval", "voided", "abandoned"}),
    "approved": frozenset({"voided", "booking_hold", "payable_adjustment"}),
    "booking_hold": frozenset({"approved", "voided"}),
    "payable_adjustment": frozenset({"approved", "voided"}),
    "invalid": frozenset({"draft", "abandoned", "voided"}),
    "voided": frozenset(),
    "abandoned": frozenset(),
}

# A supplier cannot change what is submitted (facts 6.2); disputed is where it is asked to.
EDITABLE = frozenset({"draft", "new", "disputed"})
DISPUTABLE = OPEN | {"new", "draft"}

# Statuses whose lines no longer weigh on a purchase order, or do not yet.
NOT_SUBMITTED = frozenset({"draft", "new", "invalid"})
RELEASED = frozenset({"voided", "abandoned", "rejected"})
APPROVED = frozenset({"approved", "booking_hold", "payable_adjustment"})


def may_follow(before: str, after: str) -> bool:
    """Whether the graph knows that step. Steps from or to a token outside the list are always possible."""
    if before not in TRANSITIONS or after not in TRANSITIONS:
        return True
    return after == before or after in TRANSITIONS[before]


# What the Supplier Portal shows for a status (facts 6.1: seven words; where holds appear is inferred).
CSP_STATUSES = {
    "approved": "approved",
    "disputed": "disputed",
    "draft": "draft",
    "new": "processing",
    "invalid": "invalid",
    "voided": "voided",
    "abandoned": "voided",
    "rejected": "voided",
    "pending_approval": "pending_approval",
    "pending_action": "pending_approval",
    "pending_receipt": "pending_approval",
    "on_hold": "processing",
    "ap_hold": "processing",
    "processing": "processing",
    "booking_hold": "approved",
    "payable_adjustment": "approved",
}
