"""What one buyer's iSupplier pages call things: data, not code. Buyers rename and reorder freely (facts, 4.5 and 13).

A thing is looked for by the ends of its ids first, then by its label; a column by its header, never by its place. The
account's setting `profile` overrides any entry: `labels: {finance: Billing}`, `ids: {search_number: InvNum}`,
`columns: {status: Standing}`. Marks as in the facts: [C] read in a document, [D] deduced, [M] memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from gateway.errors import SettingWrong

Names = Mapping[str, tuple[str, ...]]

IDS: Names = MappingProxyType(
    {
        # signing in: three generations of ids (2.1, 2.2) [C]
        "user": ("usernameField", "unamebean"),
        "password": ("passwordField", "pwdbean"),
        "sign_in": ("SubmitButton",),
        # tabs are menu functions (3.2) [C]
        "finance": ("POS_ACCOUNT",),
        "view_invoices": ("POS_INVOICES",),
        "orders": ("POS_ORDERS",),
        "purchase_orders": ("POS_PURCHASE_ORDERS",),
        # View Invoices (7.1) [C]
        "search_number": ("SearchInvoiceNum",),
        "search_date_from": ("SearchInvoiceDateFrom",),
        "go": ("customizeSubmitButton",),
        "clear": ("clearButton",),
        "export": ("ExportBtn",),
        # Create Invoices (6.2): ids of one site each
        "create_go": ("CreateInvBtn",),
        "po_search": ("PoNumber",),
        "order_search": ("Value_0",),  # the first criterion of Purchase Orders (5) [C]
        # attachments, page style and inline style (4.9) [C]
        "attachment_title": ("FileName", "attachTitle"),
        "attachment_category": ("AkAttachmentCategory", "categoryList"),
        "attachment_file": ("FileInput_oafileUpload", "FileInput"),
        "attachment_apply": ("Okay",),
    }
)
LABELS: Names = MappingProxyType(
    {
        "responsibility": ("iSupplier Portal Full Access", "iSupplier Portal"),  # [M]; buyers rename (3.1) [C]
        "home_page": ("Home Page",),
        "home": ("Home",),
        "sign_in": ("Log In", "Login"),
        "sign_out": ("Logout", "Log Out"),
        "code": ("Verification Code", "One-Time Password", "Passcode"),  # [M]: the facts know no TOTP page of EBS
        "code_submit": ("Verify", "Submit"),  # [M]
        "finance": ("Finance", "Account"),
        "create_invoices": ("Create Invoices", "Create Invoice"),
        "view_invoices": ("View Invoices",),
        "orders": ("Orders",),
        "purchase_orders": ("Purchase Orders",),
        "go": ("Go",),
        "clear": ("Clear",),
        "export": ("Export",),
        "no_results": (
            "No results found",
            "No results were found",
            "No data exists",
            "No rows found",
        ),  # 4.8 [C], rest [M]
        "no_search": ("No search conducted",),  # 4.8 [C]: nothing was looked for yet
        "create_go": ("Go",),
        "create_kind": ("Create Invoice",),
        "with_po": ("With a PO",),
        "update": ("Update",),
        "search_number": ("Invoice Number",),
        "search_date_from": ("Invoice Date From", "Invoice Date"),
        "saved_number": ("Invoice Number",),
        "po_search": ("PO Number",),
        "order_search": ("PO Number",),
        "order_currency": ("Currency",),
        "add_to_invoice": ("Add to Invoice",),
        "next": ("Next",),
        "invoice_number": ("Invoice Number",),
        "invoice_date": ("Invoice Date",),
        "invoice_type": ("Invoice Type",),
        "standard": ("Standard",),
        "credit_memo": ("Credit Memo",),
        "description": ("Invoice Description", "Description"),
        "remit_to": ("Remit To",),
        "remit_bank": ("Remit To Bank Account",),
        "add_attachment": ("Add Attachment", "Add...", "Add…"),
        "attachment_type": ("Type",),
        "attachment_title": ("Title",),
        "attachment_category": ("Category",),
        "from_supplier": ("From Supplier",),  # what Payables staff see (4.9) [C]
        "attachment_file": ("File",),
        "attachment_apply": ("Apply",),
        "attachment_another": ("Add Another",),  # (4.9) [M]
        "attachment_return": ("Return to Create Invoice", "Return to Invoice", "Return"),  # [M]
        "add_row": ("Add Row", "Add Another Row"),
        "freight": ("Freight",),
        "miscellaneous": ("Miscellaneous",),
        "submit": ("Submit",),
        "currency": ("Currency", "Invoice Currency"),
        "invoice_total": ("Invoice Total", "Total", "Invoice Amount", "Amount"),
        "yes": ("Yes",),
        "holds_tab": ("Hold Reasons", "Holds"),  # (7.2), partly [M]
    }
)
COLUMNS: Names = MappingProxyType(
    {
        "select": ("Select",),
        "po": ("PO Number", "Order"),
        "line": ("Line", "PO Line", "Line Number"),
        "shipment": ("Shipment", "Shipment Number"),
        "organization": ("Organization", "Operating Unit"),
        "description": ("Description", "Item Description"),
        "unit": ("UOM", "Unit"),
        "price": ("Unit Price", "Price"),
        "ordered": ("Ordered", "Quantity Ordered", "Quantity"),
        "received": ("Received", "Quantity Received"),
        "invoiced": ("Invoiced", "Quantity Invoiced"),
        "available": ("Available Quantity", "Quantity Available", "Available"),
        "quantity": ("Quantity to Invoice", "Quantity"),
        "amount": ("Amount", "Amount to Invoice"),
        "currency": ("Currency",),
        "invoice": ("Invoice", "Invoice Number"),
        "invoice_date": ("Invoice Date",),
        "type": ("Type", "Invoice Type"),
        "status": ("Status", "Invoice Status"),
        "payment_status": ("Payment Status",),
        "on_hold": ("On Hold",),
        "hold": ("Hold", "Hold Name", "Hold Reason"),
        "hold_words": ("Hold Reason", "Hold Details", "Reason", "Description"),
        "released": ("Release", "Released", "Release Name", "Release Reason"),
        "charge_type": ("Charge Type", "Type"),
        "order_date": ("Order Date",),
        "billed": ("Amount Billed", "Billed"),
        "update": ("Update",),
        "attachment": ("Title", "File Name", "File"),
    }
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Names of one buyer's pages, the words it has added, and how it writes numbers.

    `statuses`: words of the portal to ours (`in_process`, `accepted`, ...). `holds`: the buyer's own hold names to who
    acts (`us`, `field`, `client_ap`). `decimal_mark`: `.` or `,`.
    """

    ids: Names = field(default_factory=lambda: IDS)
    labels: Names = field(default_factory=lambda: LABELS)
    columns: Names = field(default_factory=lambda: COLUMNS)
    statuses: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: str = "."

    def label(self, thing: str) -> str:
        """How a thing is named to a person."""
        return (self.labels.get(thing) or self.columns.get(thing) or (thing,))[0]


def profile_from(given: Any) -> Profile:
    """The profile with an account's overrides. Raises SettingWrong, naming the entry."""
    if not isinstance(given, Mapping):
        raise SettingWrong("profile", f"must hold ids, labels, columns, statuses, holds or decimal_mark, not {given!r}")
    profile = Profile()
    changes: dict[str, Any] = {}
    for part, value in given.items():
        if part in ("ids", "labels", "columns"):
            changes[part] = MappingProxyType({**getattr(profile, part), **_names(part, value, getattr(profile, part))})
        elif part in ("statuses", "holds"):
            changes[part] = _words(part, value)
        elif part == "decimal_mark" and value in (".", ","):
            changes[part] = value
        else:
            raise SettingWrong(f"profile.{part}", "is not known, or not one of its values (decimal_mark: . or ,)")
    return replace(profile, **changes)


def _names(part: str, value: Any, known: Names) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise SettingWrong(f"profile.{part}", "must map names of Clearbill to names on the pages")
    found: dict[str, tuple[str, ...]] = {}
    every = {*known, *LABELS} if part == "ids" else set(known)
    for name, words in value.items():
        if name not in every:
            raise SettingWrong(f"profile.{part}.{name}", f"is not known; the names are {', '.join(sorted(every))}")
        listed = (words,) if isinstance(words, str) else tuple(words) if isinstance(words, list | tuple) else ()
        if not listed or not all(isinstance(word, str) and word.strip() for word in listed):
            raise SettingWrong(f"profile.{part}.{name}", f"must be a name or a list of names, not {words!r}")
        found[name] = listed
    return found


def _words(part: str, value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise SettingWrong(f"profile.{part}", "must map the portal's words to Clearbill's")
    return MappingProxyType({" ".join(word.split()).casefold(): meaning for word, meaning in value.items()})
