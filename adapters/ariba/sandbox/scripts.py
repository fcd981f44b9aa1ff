"""What a buyer may do with an invoice, step by step (facts 4; cXML facts 6, the pairs seen in real documents).

A step is one StatusUpdateRequest. Decide by `type`; code and text are what real systems put beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .texts import BUYER_REJECTION


@dataclass(frozen=True, slots=True)
class Step:
    """One status update. `partial`: PartialAmount as a share of the invoice ("0.00" in buyers' rejections).

    `comments` are (type, text); type "" = none. `erp_number`: Extrinsic Ariba.ERPInvoiceNumber.
    """

    type: str
    code: str = "200"
    text: str = "OK"
    partial: str = ""
    comments: tuple[tuple[str, str], ...] = ()
    erp_number: str = ""


PROCESSING = Step("processing")
RECONCILED = Step("reconciled", erp_number="51000{id}2026")
PAYING = Step("paying")
PAID = Step("paid")

SCRIPTS: dict[str, tuple[Step, ...]] = {
    "none": (),
    "processing": (PROCESSING,),
    "approve": (PROCESSING, RECONCILED),
    "pay": (PROCESSING, RECONCILED, PAYING, PAID),
    "pay_only": (PAID,),  # a buyer that reports nothing before the payment
    "pay_partly": (PROCESSING, RECONCILED, Step("paid", partial="0.5")),
    # The buyer's application: long free text, PartialAmount 0.00.
    "reject": (PROCESSING, Step("rejected", text="", partial="0.00", comments=(("", BUYER_REJECTION),))),
    "reject_423": (PROCESSING, Step("rejected", code="423", comments=(("", BUYER_REJECTION),))),
    # Typed Comments as in documents that stem from a Peppol invoice response.
    "reject_typed": (
        Step(
            "rejected",
            partial="0.00",
            comments=(
                ("Reason", "Hours billed are more than the hours approved."),
                ("Reason", "Rate differs from the agreement."),
                ("Action", "Issue new invoice"),
            ),
        ),
    ),
    "query": (
        Step("processing", comments=(("Reason", "Which crew worked on 12 March?"), ("Action", "Provide information"))),
    ),
    # The ERP said FAILED, and the gateway makes "canceled" of it: nobody cancelled anything.
    "erp_failed": (PROCESSING, Step("canceled", code="423")),
    # The ERP said CANCELLED, and it arrives as a rejection with a friendly code.
    "erp_cancelled": (PROCESSING, Step("rejected", text="OK")),
    # Inconsistent, seen in a test payload: must not upset anybody.
    "pay_503": (PROCESSING, RECONCILED, Step("paid", code="503")),
}
