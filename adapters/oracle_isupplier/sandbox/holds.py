"""Holds as Payables names them (facts 7.3): lookup code to the name a supplier sees.

The codes are tokens read in a Payables package; the display names of MAX AMT ... are memory.
"""

from __future__ import annotations

HOLDS: dict[str, str] = {
    "QTY ORD": "Qty Ord",
    "QTY REC": "Qty Rec",
    "MAX QTY ORD": "Max Qty Ord",
    "MAX QTY REC": "Max Qty Rec",
    "AMT ORD": "Amt Ord",
    "AMT REC": "Amt Rec",
    "MAX AMT ORD": "Max Amt Ord",
    "MAX AMT REC": "Max Amt Rec",
    "PRICE": "Price",
    "QUALITY": "Quality",
    "CURRENCY DIFFERENCE": "Currency Difference",
    "TAX DIFFERENCE": "Tax Difference",
    "TAX VARIANCE": "Tax Variance",
    "TAX AMOUNT RANGE": "Tax Amount Range",
    "REC EXCEPTION": "Rec Exception",
    "PO NOT APPROVED": "PO Not Approved",
    "PO REQUIRED": "PO Required",
    "MAX SHIP AMOUNT": "Max Ship Amount",
    "MAX RATE AMOUNT": "Max Rate Amount",
    "MAX TOTAL AMOUNT": "Max Total Amount",
    "CANT CLOSE PO": "Can't Close PO",
    "CANT TRY PO CLOSE": "Can't Try PO Close",
    "FINAL MATCHING": "Final Matching",
    "MATCHING REQUIRED": "Matching Required",
    "LINE VARIANCE": "Line Variance",
    "DIST VARIANCE": "Dist Variance",
    "DIST ACCT INVALID": "Dist Acct Invalid",
    "ERV ACCT INVALID": "ERV Acct Invalid",
    "FUNDS CHECK": "Funds Check",
    "INSUFFICIENT FUNDS": "Insufficient Funds",
    "AMOUNT": "Amount",
    "INVALID PO": "Invalid PO",
    "AWT ERROR": "Withholding Tax",
    "AWAIT_PAY_APP": "Awaiting Payment Approval",
    "AWAIT_SEC_APP": "Awaiting Second Approval",
    "NO RATE": "No Rate",
    "VENDOR": "Vendor",
    "PREPAID AMOUNT": "Prepaid Amount",
    "NATURAL ACCOUNT TAX": "Natural Account Tax",
    # Buyer-defined examples
    "IPM VERIFICATION HOLD": "IPM VERIFICATION HOLD",
    "MISCELLANEOUS HOLD": "MISCELLANEOUS HOLD (AP)",
}

RELEASES = ("Matched", "Match Override", "Invoice Quick Released", "Holds Quick Release")
