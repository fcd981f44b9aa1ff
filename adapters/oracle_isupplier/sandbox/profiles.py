"""Tenants as data: how one buyer's portal is dressed. Nothing but `Profile` decides about labels, columns and looks.

Default labels are the facts' (sections 3, 5, 6, 7); what a tenant says otherwise is invented, as buyers personalise
freely. The names of tenants are fictional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Login = Literal["static", "oaf_bean", "oaf_field"]
Navigator = Literal["classic", "expand", "hamburger"]

LABELS: dict[str, str] = {
    # Tabs
    "tab_home": "Home",
    "tab_orders": "Orders",
    "tab_shipments": "Shipments",
    "tab_finance": "Finance",
    "tab_admin": "Admin",
    "sub_create": "Create Invoices",
    "sub_view": "View Invoices",
    "sub_payments": "View Payments",
    "sub_orders": "Purchase Orders",
    # Fields
    "invoice_number": "Invoice Number",
    "invoice_date": "Invoice Date",
    "invoice_type": "Invoice Type",
    "currency": "Currency",
    "description": "Invoice Description",
    "attachment": "Attachment",
    "supplier": "Supplier",
    "taxpayer_id": "Taxpayer ID",
    "remit_to": "Remit To",
    "address": "Address",
    "bank_account": "Remit To Bank Account",
    "customer_taxpayer_id": "Customer Taxpayer ID",
    "customer_name": "Customer Name",
    "po_number": "PO Number",
    "po_date": "PO Date",
    "buyer": "Buyer",
    "organization": "Organization",
    "release_number": "Release Number",
    "payment_number": "Payment Number",
    "payment_date": "Payment Date",
    "invoice_status": "Invoice Status",
    "payment_status": "Payment Status",
    "amount_from": "Invoice Amount From",
    "amount_to": "Invoice Amount To",
    "date_from": "Invoice Date From",
    "date_to": "Invoice Date To",
    "due_from": "Due Date From",
    "due_to": "Due Date To",
    "due_amount_from": "Due Amount From",
    "due_amount_to": "Due Amount To",
    # Columns
    "line": "Line",
    "shipment": "Shipment",
    "item": "Item",
    "item_description": "Item Description",
    "ordered": "Ordered",
    "received": "Received",
    "invoiced": "Invoiced",
    "available": "Available Quantity",
    "quantity": "Quantity to Invoice",
    "quantity_invoiced": "Quantity",
    "unit": "UOM",
    "price": "Unit Price",
    "amount": "Amount",
    "ship_to": "Ship-To",
    "charge_type": "Charge Type",
    "charge_amount": "Amount",
    "charge_description": "Description",
    "tax_regime": "Tax Regime",
    "tax": "Tax",
    "tax_jurisdiction": "Tax Jurisdiction",
    "tax_status": "Tax Status",
    "tax_rate": "Rate",
    "tax_amount": "Tax Amount",
    "invoice": "Invoice",
    "type": "Type",
    "status": "Status",
    "on_hold": "On Hold",
    "due_date": "Due Date",
    "payment": "Payment",
    "receipt": "Receipt",
    "discount_date": "Discount Date",
    "available_discount": "Available Discount",
    "hold": "Hold",
    "hold_date": "Hold Date",
    "hold_reason": "Hold Reason",
    "release_reason": "Release",
    "revision": "Rev",
    "order_date": "Order Date",
    "document_type": "Document Type",
    "order_description": "Description",
    "order_amount": "Amount",
    "amount_billed": "Amount Billed",
    "update": "Update",
    "delete": "Delete",
    "title": "Title",
    "category": "Category",
    "file": "File",
    "line_type": "Type",
    "gross": "Gross Amount",
    "remaining": "Amount Remaining",
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "view": (
        "invoice",
        "invoice_date",
        "type",
        "amount",
        "status",
        "payment_status",
        "due_date",
        "payment",
        "po_number",
        "receipt",
        "discount_date",
        "available_discount",
    ),
    "found": (
        "po_number",
        "line",
        "shipment",
        "item",
        "item_description",
        "ordered",
        "received",
        "invoiced",
        "unit",
        "price",
        "currency",
        "ship_to",
        "organization",
    ),
    "added": ("po_number", "line", "shipment", "item_description", "unit", "price", "currency", "organization"),
    "items": (
        "po_number",
        "line",
        "shipment",
        "item_description",
        "available",
        "quantity",
        "unit",
        "price",
        "amount",
    ),
    "charges": ("charge_type", "charge_amount", "charge_description"),
    "taxes": ("tax_regime", "tax", "tax_jurisdiction", "tax_status", "tax_rate", "tax_amount"),
    "drafts": ("invoice", "invoice_date", "type", "currency", "amount", "status", "update", "delete"),
    "lines": ("line", "line_type", "item_description", "po_number", "quantity_invoiced", "unit", "price", "amount"),
    "holds": ("hold", "hold_reason", "hold_date", "release_reason"),
    "schedule": ("due_date", "gross", "remaining", "payment_status"),
    "attachments": ("title", "file", "category"),
    "orders": (
        "po_number",
        "revision",
        "organization",
        "document_type",
        "order_description",
        "order_date",
        "buyer",
        "currency",
        "order_amount",
        "amount_billed",
        "status",
    ),
    "order_lines": (
        "line",
        "shipment",
        "item",
        "item_description",
        "unit",
        "ordered",
        "received",
        "invoiced",
        "price",
        "amount",
        "status",
    ),
    "payments": ("payment", "payment_date", "currency", "amount", "invoice"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One tenant. `labels` and `columns` replace the defaults of the same keys; `rows` is the window of a table.

    `login`: the page generation. `navigator`: how one gets from the home page to the supplier's pages.
    `attachments`: style of the dialogue. `branding`: what stands in the page title.
    """

    name: str
    branding: str
    login: Login = "static"
    navigator: Navigator = "classic"
    responsibility: str = "iSupplier Portal Full Access"
    attachments: Literal["page", "inline"] = "page"
    rows: int = 10
    tax_step: bool = True
    remit_to: Literal["lov", "poplist"] = "lov"
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def label(self, key: str) -> str:
        """What a field, column or tab is called here."""
        return self.labels.get(key) or LABELS[key]

    def order_of(self, table: str) -> tuple[str, ...]:
        """A table's columns from left to right."""
        return self.columns.get(table) or COLUMNS[table]


PROFILES: dict[str, Profile] = {
    "plain": Profile("plain", "Northgrid"),
    # 12.2 with the newer navigator, five rows a window, inline attachments; renamed and moved.
    "harbor": Profile(
        "harbor",
        "Harbor Electric",
        login="oaf_field",
        navigator="hamburger",
        responsibility="Harbor iSupplier Portal",
        attachments="inline",
        rows=5,
        labels={
            "tab_finance": "Account",
            "sub_view": "View Invoice",
            "invoice_number": "Supplier Invoice No.",
            "invoice": "Invoice No.",
            "invoice_date": "Date of Invoice",
            "quantity": "Qty to Bill",
            "po_number": "Order Number",
            "remit_to": "Pay Site",
            "status": "Invoice Status",
        },
        columns={
            "view": (
                "status",
                "invoice",
                "type",
                "currency",
                "amount",
                "on_hold",
                "po_number",
                "invoice_date",
                "due_date",
                "payment_status",
                "payment",
            ),
            "items": (
                "quantity",
                "available",
                "po_number",
                "line",
                "shipment",
                "unit",
                "price",
                "amount",
                "item_description",
            ),
            "found": (
                "organization",
                "po_number",
                "line",
                "shipment",
                "item_description",
                "unit",
                "ordered",
                "invoiced",
                "price",
                "currency",
            ),
        },
    ),
    # 12.1: the old sign-in page, no tax step, 25 rows, a folded responsibility tree.
    "prairie": Profile(
        "prairie",
        "Prairie Transmission",
        login="oaf_bean",
        navigator="expand",
        responsibility="PT Supplier Portal",
        rows=25,
        tax_step=False,
        remit_to="poplist",
        labels={
            "sub_create": "Create Invoice",
            "description": "Comments",
            "charge_type": "Type",
            "organization": "Operating Unit",
            "item_description": "Description",
        },
        columns={
            "view": (
                "invoice",
                "po_number",
                "invoice_date",
                "amount",
                "currency",
                "status",
                "on_hold",
                "payment_status",
                "due_date",
                "payment",
                "type",
            ),
            "found": (
                "po_number",
                "organization",
                "item_description",
                "line",
                "shipment",
                "ordered",
                "received",
                "invoiced",
                "price",
                "unit",
                "currency",
                "ship_to",
            ),
        },
    ),
}
