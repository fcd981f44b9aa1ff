"""The Supplier Portal's read-only REST (facts 7): one list over all buyers, UUID ids, underscores, numbered pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from gateway.standin.messages import Answer, Request
from gateway.standin.tokens import Tokens

from .instance import Instance
from .records import Invoice, InvoiceLine
from .rendering import iso, to_json
from .statuses import CSP_STATUSES
from .texts import REST_TEXTS

SCOPE = "csp.invoices.read"
CSP_CLIENT = ("sandbox-csp-client", "sandbox-csp-secret", (SCOPE,))
NAMESPACE = uuid.UUID("7d9f1f0e-6a0c-5b57-9b9e-5b1c6c0f5a11")
DEFAULT_LIMIT = 100


class CspDoor:
    """`/api/v1/invoices` and `/api/v1/invoice/{uuid}`."""

    def answer(self, request: Request, path: str, instances: Sequence[Instance], tokens: Tokens) -> Answer:
        """A page, one invoice, or an error."""
        grant = tokens.grant_of(request)
        if grant is None or SCOPE not in grant.scopes:
            return _error(401, REST_TEXTS["unauthorized"][0])
        if request.method != "GET":
            return _error(405, "read only")
        if path == "/api/v1/invoices":
            return _page(request, instances)
        if path.startswith("/api/v1/invoice/"):
            return _one(path.removeprefix("/api/v1/invoice/"), instances)
        return _error(404, REST_TEXTS["not_found"][0])


def _error(status: int, words: str) -> Answer:
    return Answer(status, to_json({"error": words}))


def _page(request: Request, instances: Sequence[Instance]) -> Answer:
    options = dict(request.query)
    page, limit = options.get("page", "1"), options.get("limit", str(DEFAULT_LIMIT))
    if not (page.isdecimal() and limit.isdecimal() and 0 < int(page) < 10**9 and 0 < int(limit) <= 1000):
        return _error(400, "page and limit must be whole numbers of 1 or more")
    rows = [pair for pair in _all(instances) if options.get("status") in (None, _status(*pair))]
    if sort := options.get("sort_by"):
        name, _, direction = sort.partition(":")
        if name not in SORTS or direction.upper() not in ("ASC", "DESC", ""):
            return _error(400, f"sort_by takes {', '.join(sorted(SORTS))} with :ASC or :DESC")
        rows.sort(key=lambda pair: SORTS[name](pair[0]), reverse=direction.upper() == "DESC")
    start = (int(page) - 1) * int(limit)
    data = [_tree(invoice, instance) for invoice, instance in rows[start : start + int(limit)]]
    pages = -(-len(rows) // int(limit))
    return Answer(
        200, to_json({"data": data, "total": len(rows), "limit": int(limit), "current": int(page), "num_pages": pages})
    )


SORTS = {
    "invoice_number": lambda invoice: invoice.content.number,
    "created_at": lambda invoice: invoice.created_at,
    "updated_at": lambda invoice: invoice.updated_at,
}


def _all(instances: Sequence[Instance]) -> list[tuple[Invoice, Instance]]:
    found: list[tuple[Invoice, Instance]] = []
    for instance in instances:
        with instance.lock:
            found += [(invoice, instance) for invoice in instance.invoices]
    return found


def _one(wanted: str, instances: Sequence[Instance]) -> Answer:
    for invoice, instance in _all(instances):
        if _uuid(invoice, instance) == wanted:
            return Answer(200, to_json(_tree(invoice, instance)))
    return _error(404, REST_TEXTS["not_found"][0])


def _uuid(invoice: Invoice, instance: Instance) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{instance.name}/{invoice.id}"))


def _status(invoice: Invoice, instance: Instance) -> str:
    reduced = instance.knobs.text("csp_statuses") == "reduced"
    return CSP_STATUSES.get(invoice.status, invoice.status) if reduced else invoice.status


def _tree(invoice: Invoice, instance: Instance) -> dict[str, object]:
    content = invoice.content
    return {
        "id": _uuid(invoice, instance),
        "invoice_number": content.number,
        "original_invoice_number": content.original_number or None,
        "total_with_taxes": content.total,
        "status": _status(invoice, instance),
        "invoice_date": iso(content.invoice_date) if content.invoice_date else None,
        "original_invoice_date": iso(content.original_date) if content.original_date else None,
        "line_level_taxation": content.line_level_taxation,
        "paid": invoice.paid,
        "document_type": "Credit Note" if content.document_kind == "credit_note" else "Invoice",
        # A host of the reserved top-level domain: the real one is the buyer's instance.
        "enterprise_instance_url": f"https://{instance.name}.coupa.invalid",
        "created_at": iso(invoice.created_at),
        "updated_at": iso(invoice.updated_at),
        "tax_amount": content.tax_total,
        "currency": content.currency,
        "discount_due_date": None,
        "net_due_date": None,
        "dispute_reason": invoice.dispute_reasons[0].description if invoice.dispute_reasons else None,
        "invoice_lines": [_line(line, instance) for line in content.lines],
    }


def _line(line: InvoiceLine, instance: Instance) -> dict[str, object]:
    missing = bool(line.order_number) and line.order_number not in instance.setup.orders
    return {
        "id": line.number,
        "description": line.description,
        "line_num": line.number,
        "price": line.price,
        "total": line.total,
        "uom": line.uom,
        "status": "missing_po" if missing else None,
        "quantity": line.quantity if line.quantity is not None else Decimal(1),
        "tax_amount": line.tax_amount,
    }
