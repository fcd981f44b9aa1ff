"""One knob for each point the facts leave open, so that an adapter can be tried both ways.

A knob is data: name, default, allowed values, and the open point it stands for. README lists them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateway.standin.knobs import Knob
from gateway.standin.knobs import Knobs as Table

BOOLEAN = (True, False)

KNOBS: dict[str, Knob] = {
    # The cXML door
    "http_status": Knob(
        "mirror", ("mirror", "always_200"), "HTTP status of a cXML answer: its code, or always 200 (18.2)"
    ),
    "check_order": Knob(
        "document_first", ("document_first", "credentials_first"), "DTD before credentials or after (15, 18.2)"
    ),
    # Coupa's samples repeat the supplier there; one public sample has other values.
    "sender_must_be_supplier": Knob(True, BOOLEAN, "Sender's credential must equal From's, else 401 (2.1)"),
    "payload_id": Knob(
        "as_documented",
        ("as_documented", "always", "never"),
        "answer payloadID: empty on success only, always set, never set (2.4)",
    ),
    "doctype_on_line_2": Knob(True, BOOLEAN, "DOCTYPE must stand on line 2, else 406 (2.2)"),
    "dtd_message_blank": Knob(True, BOOLEAN, "`got (A )` as in Coupa's page, or libxml2 2.14's `got (A)` (2.4)"),
    "lf_only_multipart": Knob("500", ("500", "accept"), "multipart whose lines end in LF alone (2.3)"),
    "unresolved_cid": Knob("500", ("500", "417", "ignore"), "a cid: reference without its part (2.3, 18.2)"),
    "max_lines": Knob(0, int, "more lines than this: 413; 0 = no limit (2.4, 18.6)"),
    "max_attachments": Knob(0, int, "more attachments than this: 417; 0 = no limit (2.3: 10 is documented for files)"),
    "max_attachment_bytes": Knob(
        0, int, "attachments together, bytes; 0 = no limit (2.3: 8 MB is documented for files)"
    ),
    # Model rules
    "unknown_order_text": Knob("order_header", ("order_header", "po_number"), "which of the two known sentences (2.4)"),
    "uom_mismatch": Knob("417", ("417", "500", "accept"), "a unit that differs from the PO line's (2.2, 2.4)"),
    "charges_permitted": Knob(True, BOOLEAN, "header shipping, handling and misc charges (2.4)"),
    "unbacked_permitted": Knob(False, BOOLEAN, "lines without PO and contract (2.2)"),
    "unbacked_status": Knob("draft", ("draft", "pending_approval"), "what a permitted unbacked invoice becomes (2.5)"),
    "part_number_required": Knob(False, BOOLEAN, "PO-backed lines need the supplier part number (2.2)"),
    "image_scan_required": Knob(False, BOOLEAN, "an image scan is mandatory (8, 5)"),
    "tax_code_must_match": Knob(
        False, BOOLEAN, "an unknown tax category and rate: refused, or only not picked up (2.2)"
    ),
    "credit_memo": Knob("accepted", ("accepted", "unsupported"), "purpose creditMemo/lineLevelCreditMemo (12, 18.4)"),
    "credit_original": Knob(
        "must_exist", ("must_exist", "must_be_named", "optional"), "original of a credit memo, else 500 (12)"
    ),
    "number_reuse": Knob(
        "never",
        ("never", "after_void", "calendar_year"),
        "when a used invoice number may return (6.3); deleting always frees it",
    ),
    "line_arithmetic": Knob("ignore", ("ignore", "417"), "line subtotal against quantity times price (nothing known)"),
    "total_check": Knob(
        "ignore", ("ignore", "417", "on_hold"), "supplier's control total against the computed one (5)"
    ),
    "tolerance_percent": Knob(Decimal(0), Decimal, "above PO price, quantity or amount by more: on_hold (13)"),
    "order_invoiced_counts": Knob("submitted", ("submitted", "approved"), "when a PO line's `invoiced` grows (13)"),
    "status_after_submit": Knob(
        "by_rules",
        (
            "by_rules",
            "pending_approval",
            "processing",
            "pending_receipt",
            "on_hold",
            "ap_hold",
            "approved",
            "draft",
            "new",
        ),
        "status right after a 200 or a submit (18.3)",
    ),
    # REST
    "rest_error_key": Knob("invoice_header", str, "object name under `errors` (5, 18.1)"),
    "rest_create": Knob(True, BOOLEAN, "POST /api/invoices exists on this tenant (1)"),
    "rest_enforce_validations": Knob(True, BOOLEAN, "model rules on REST update and submit (4.6)"),
    "rest_role": Knob("buyer", ("buyer", "supplier"), "whose rights the REST client has when voiding (6.1, 18.7)"),
    "void_buyer": Knob("draft,pending_receipt,approved", str, "statuses a buyer may void from (6.1)"),
    "void_supplier": Knob(
        "pending_receipt,approved", str, "statuses a supplier may void from (6.1; one guide: disputed only)"
    ),
    "edit_disputed": Knob(True, BOOLEAN, "a disputed invoice may be corrected and resubmitted (6.2, 18.7)"),
    "unstable_sort": Knob(True, BOOLEAN, "rows that tie in order_by come in any order, differently each time (3)"),
    "time_resolution": Knob("second", ("second", "microsecond"), "resolution of created-at and updated-at (memory)"),
    "throttle": Knob(True, BOOLEAN, "answer 429 above the rate (3)"),
    "throttle_rate": Knob(25, int, "requests per second (3)"),
    "throttle_burst": Knob(20, int, "burst (3)"),
    "retry_after": Knob(False, BOOLEAN, "429 carries Retry-After (18.6: what follows 429 is not documented)"),
    "csp_statuses": Knob("reduced", ("reduced", "core"), "CSP REST shows its seven words, or Core's tokens (18.5)"),
    # Tokens
    "token_seconds": Knob(86399, int, "expires_in of a token (3)"),
    "token_activation_ms": Knob(0, int, "a token is refused until it is this old; documented advice: 5000 (3)"),
}


class Knobs(Table):
    """The knob values of one buyer."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        super().__init__(KNOBS, values)
