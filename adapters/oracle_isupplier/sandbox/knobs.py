"""One knob for each point the facts leave open, so that an adapter can be tried both ways. README lists them from here.

Numbers in brackets name the section of the facts; "memory" what nobody has confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateway.standin.knobs import BOOLEAN, Knob
from gateway.standin.knobs import Knobs as Table

KNOBS: dict[str, Knob] = {
    # Time. The facts' figures: 1.4 to 3.7 s per partial page, about 4 s per full page (4.4).
    "ppr_delay_from": Knob(Decimal(0), Decimal, "seconds before a partial page is answered, at least (4.4)"),
    "ppr_delay_to": Knob(Decimal(0), Decimal, "the same, at most (4.4)"),
    "page_delay": Knob(Decimal(0), Decimal, "seconds before a full page is answered (4.4)"),
    "visible_after": Knob(Decimal(0), Decimal, "seconds until View Invoices shows a submitted invoice (6.1)"),
    "visibility": Knob("running", ("running", "held"), "new invoices show by time, or when POST /_sandbox/show says"),
    # Mechanics
    "id_prefix": Knob("per_start", ("per_start", "per_page", "none"), "the volatile N<k>: before ids in tables (4.5)"),
    "unconfirmed_ids": Knob(
        "suffixed",
        ("suffixed", "scrambled", "plain"),
        "item ids no source confirms: a volatile head and a stable end, no stable part, or stable (16.1)",
    ),
    "blocking": Knob("div", ("div", "handler"), "while busy, a covering div or a handler swallows clicks (4.2, 4.4)"),
    "ppr_transport": Knob("iframe", ("iframe", "xhr"), "partial pages come in the hidden frame, or without it (16.5)"),
    "table_navigation": Knob("ppr", ("ppr", "full"), "Next 10 and the range poplist post a part or the page (4.8)"),
    "search_posts": Knob("full", ("full", "ppr"), "Go posts the page or a part of it (4.2)"),
    "list_match": Knob(
        "exact",
        ("exact", "prefix"),
        "a value typed whole that begins others too: resolved, or the list opens (4.7)",
    ),
    "finance_tab": Knob(True, BOOLEAN, "the finance tab is there; False as where a role lacks it (15)"),
    "error_page_status": Knob("500", ("500", "200"), "HTTP status of the Error Page (4.10, memory)"),
    "back_to_home_after_mac_error": Knob(True, BOOLEAN, "the page for a changed URL leads home (4.10, wording memory)"),
    "number_format": Knob("1,234.56", ("1,234.56", "1.234,56"), "how amounts are shown and read (4.4)"),
    # Sign-in and session
    "failure_limit": Knob(3, int, "wrong passwords until an account is locked; 0 = never (2.3, memory)"),
    "lock_text": Knob("own", ("own", "as_wrong_password"), "a locked account is told so, or told the same (2.3)"),
    "wrong_password_text": Knob("contact", ("contact", "retry"), "which of the two known sentences (2.3)"),
    "idle_seconds": Knob(1800, int, "a session unused for so long ends; 0 = never (2.3)"),
    "total_seconds": Knob(14400, int, "a session ends after so long; 0 = never (2.3)"),
    "request_limit": Knob(1000, int, "page requests of one session; 0 = no limit (2.3)"),
    "sessions_per_user": Knob("many", ("many", "last"), "a second sign-in leaves or ends the first (open)"),
    # Create Invoice
    "fully_billed": Knob(
        "by_number", ("by_number", "offered", "hidden"), "fully billed shipments in the wizard's search (6.1)"
    ),
    "only_received": Knob(False, BOOLEAN, "only receipted and not yet invoiced quantities are offered (6.1)"),
    "default_quantity": Knob("empty", ("empty", "available"), "Quantity to Invoice as first shown (6.2, open)"),
    "quantity_handler": Knob("none", ("none", "ppr"), "changing a quantity reaches the server at once (4.2, open)"),
    "over_billing": Knob("refused", ("refused", "hold"), "more than ordered: refused, or taken with a hold (6.1, 9.1)"),
    "tax_step": Knob("by_profile", ("by_profile", "shown", "skipped"), "whether Manage Tax is shown (6.2)"),
    "tax_editable": Knob(True, BOOLEAN, "tax amounts may be changed and lines added (6.2)"),
    "duplicate_check": Knob("details", ("details", "submit"), "where a used number is found first (open)"),
    "number_limit": Knob(50, int, "longest invoice number (9.1: column 50, memory)"),
    "draft_number_counts": Knob(True, BOOLEAN, "a saved invoice holds its number (open)"),
    "future_dates": Knob(False, BOOLEAN, "an invoice date after today is taken (9.1: open period)"),
    "drafts_in_view": Knob(False, BOOLEAN, "View Invoices lists saved invoices as Unsubmitted (7.2, memory)"),
    "landing_search": Knob(True, BOOLEAN, "Create Invoices searches saved invoices (6.2, memory)"),
    "submit_question": Knob("none", ("none", "page", "frame"), "a Yes/No question after Submit (4.6)"),
    "confirmation": Knob(
        "number_and_place", ("number_and_place", "number_only", "without_number"), "words after Submit (6.3, memory)"
    ),
    "upload_limit_kb": Knob(0, int, "largest attachment; 0 = no limit (4.9, memory)"),
    "upload_types": Knob("", str, "allowed file name endings, separated by commas; empty = any (16.6)"),
    "return_after_attachment": Knob(True, BOOLEAN, "Apply leads back to the invoice, or a link does (4.9)"),
    # View Invoices
    "criterion_required": Knob(True, BOOLEAN, "a search needs at least one criterion (7.1, memory)"),
    "export_limit": Knob(0, int, "rows in one export at most; 0 = no limit (open)"),
    "export_amounts": Knob("plain", ("plain", "as_shown"), "amounts in the export: 1234.56, or as the page (open)"),
}

FACTS_DELAYS: Mapping[str, object] = {
    "ppr_delay_from": Decimal("1.4"),
    "ppr_delay_to": Decimal("3.7"),
    "page_delay": Decimal(4),
}
"""The delays measured on a real OA Framework page (4.4), for benchmarks: `"delays": "facts"`."""


class Knobs(Table):
    """The knob values of one tenant."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        super().__init__(KNOBS, values)
