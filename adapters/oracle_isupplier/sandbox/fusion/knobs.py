"""One knob for each point that the facts about Fusion's REST leave open or know from memory only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateway.standin.knobs import BOOLEAN, Knob
from gateway.standin.knobs import Knobs as Table

KNOBS: dict[str, Knob] = {
    "action_url": Knob("item", ("item", "collection", "both"), "an action hangs on one invoice or on the list (11)"),
    "nested_lines": Knob(True, BOOLEAN, "lines may come inside the invoice, else one by one to the child (11)"),
    "line_amount_attribute": Knob("LineAmount", ("LineAmount", "Amount"), "its name is not captured (16.7)"),
    "attachment_fields": Knob("type", ("type", "datatype"), "Type and Category, or DatatypeCode and CategoryName"),
    "changes_by_time": Knob(True, BOOLEAN, "LastUpdateDate may stand in q and orderBy"),
    "amount_on_draft": Knob("shown", ("shown", "hidden", "zero"), "InvoiceAmount of a saved invoice"),
    "approval_shown": Knob(True, BOOLEAN, "ApprovalStatus is shown to the supplier"),
    "holds_readable": Knob(True, BOOLEAN, "the supplier's role may read invoiceHolds"),
    "holds_touch_invoice": Knob(True, BOOLEAN, "a hold placed or released moves the invoice's LastUpdateDate"),
    "error_form": Knob("details", ("details", "text"), "o:errorDetails, or plain text with the code in brackets (11)"),
    "error_code_key": Knob("o:errorCode", ("o:errorCode", "code"), "where the code stands in a detail (11)"),
    "errors_joined": Knob(False, BOOLEAN, "several messages in one detail, joined by ' | ' (9.2)"),
    "v4_error_media_type": Knob("406", ("406", "accept"), "asking for it gives 406 without a body (11)"),
    "checks": Knob("save", ("save", "submit"), "whether references and numbers are checked as they are saved"),
    "status_after_submit": Knob("Not Validated", str, "validation status right after submitInvoice (12)"),
    "approval_after_submit": Knob("Required", str, "approval status right after submitInvoice (12)"),
    "tax_at_submit": Knob(False, BOOLEAN, "submitInvoice reckons the tax by itself"),
    "total_check": Knob(True, BOOLEAN, "ControlAmount must equal what the portal reckons"),
    "over_billing": Knob("hold", ("hold", "refuse"), "billing more than ordered: a hold later (7.3) or a refusal"),
    "price_from_order": Knob("hold", ("hold", "refuse", "accept"), "another price than the order's (6.1, 7.3)"),
    "delete_with_order_lines": Knob(False, BOOLEAN, "an invoice with saved order lines can be deleted (12: no)"),
    "quote_doubling": Knob(True, BOOLEAN, "a quote inside a quoted value of q is written twice"),
    "limit_max": Knob(500, int, "the most rows for one GET"),
    "tax_percent": Knob(Decimal(0), Decimal, "what calculateTax adds on lines with a TaxClassification, per cent"),
    "token_seconds": Knob(3600, int, "expires_in of a token"),
}


class Knobs(Table):
    """The knob values of one tenant."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        super().__init__(KNOBS, values)
