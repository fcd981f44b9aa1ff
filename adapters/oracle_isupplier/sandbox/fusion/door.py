"""`/fscmRestApi/resources/<version>/…`: supplier portal invoices with lines, attachments and actions; holds."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from gateway.standin.messages import Answer, Request
from gateway.standin.reading import moment
from gateway.standin.tokens import Tokens

from .answers import ACTION, COLLECTION, ITEM, RESULT, refusal, written
from .configuration import VERSION
from .query import Query, page, query_from
from .records import Invoice
from .rendering import attachment_row, hold_row, invoice_row, line_row, new_line, plain, set_header, set_line
from .tenant import Tenant
from .texts import Refused, text

ROOT = f"/fscmRestApi/resources/{VERSION}"
INVOICES = "payablesInvoicesInSupplierPortal"
LINES = "ispInvoiceRestLines"
HOLDS = "invoiceHolds"
ACTIONS: dict[str, Callable[[Tenant, Invoice], str]] = {
    "submitInvoice": Tenant.submit,
    "cancelInvoice": Tenant.cancel,
    "calculateTax": Tenant.calculate_tax,
}

Row = Mapping[str, Any]


class RestDoor:
    """Answers REST requests of one tenant; the tenant's lock is held for each."""

    def __init__(self, tenant: Tenant, tokens: Tokens) -> None:
        self._tenant = tenant
        self._tokens = tokens

    def answer(self, request: Request) -> Answer:
        """JSON by Oracle's media types; refusals as facts 11 show them."""
        tenant = self._tenant
        try:
            if not self._signed_in(request):
                raise Refused(text("unauthorized"))
            segments = [unquote(piece) for piece in request.raw_path.removeprefix(ROOT).strip("/").split("/")]
            with tenant.lock:
                return self._route(request, segments)
        except Refused as no:
            return refusal(request, no.said, tenant.knobs)

    def _signed_in(self, request: Request) -> bool:
        scheme, _, encoded = request.header("authorization").partition(" ")
        if scheme.lower() == "bearer":
            return self._tokens.grant_of(request) is not None
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        config = self._tenant.config
        same = hmac.compare_digest(user.encode(), config.user.encode())
        return hmac.compare_digest(password.encode(), config.password.encode()) and same

    def _route(self, request: Request, segments: list[str]) -> Answer:
        resource, rest, method = segments[0], segments[1:], request.method
        if resource == HOLDS and method == "GET" and not rest:
            return self._holds(request)
        if resource != INVOICES:
            raise Refused(text("not_found"))
        if not rest:
            return self._create(request) if method == "POST" else self._list(request)
        if rest[0] == "action" and len(rest) == 2 and method == "POST":
            return self._act_on_named(request, rest[1])
        invoice = self._invoice(rest[0])
        if len(rest) == 1:
            return self._one(request, invoice)
        if rest[1] == "action" and len(rest) == 3 and method == "POST":
            if self._tenant.knobs.text("action_url") == "collection":
                raise Refused(text("not_found"))
            return self._act(request, invoice, rest[2])
        if rest[1] == "child" and len(rest) >= 3:
            return self._child(request, invoice, rest[2], rest[3:])
        raise Refused(text("not_found"))

    # --- the list and one invoice

    def _list(self, request: Request) -> Answer:
        if request.method != "GET":
            raise Refused(text("not_found"))
        tenant = self._tenant
        names = invoice_row(_blank(tenant), tenant.knobs)
        if not tenant.knobs.flag("changes_by_time"):
            names.pop("LastUpdateDate")
        query = self._query(request, names)
        rows = [invoice_row(invoice, tenant.knobs) for invoice in _candidates(tenant, query)]
        return self._collection(query, rows, "InvoiceId", INVOICES)

    def _one(self, request: Request, invoice: Invoice) -> Answer:
        tenant = self._tenant
        if request.method in ("PATCH", "DELETE"):
            asked = request.header("if-match")
            if asked and asked != _etag(invoice):
                raise Refused(text("changed_by_another", row=invoice.id))
        if request.method == "DELETE":
            tenant.delete(invoice)
            return Answer(204)
        if request.method == "PATCH":
            given = _body(request, ITEM)
            tenant.change(invoice, lambda changed: set_header(changed, given))
        elif request.method != "GET":
            raise Refused(text("not_found"))
        return self._shown(200, invoice)

    def _shown(self, status: int, invoice: Invoice) -> Answer:
        row = plain(invoice_row(invoice, self._tenant.knobs)) | {"links": _links(f"{INVOICES}/{invoice.id}")}
        return written(status, row, ITEM, (("ETag", _etag(invoice)),))

    def _create(self, request: Request) -> Answer:
        tenant, given = self._tenant, _body(request, ITEM)
        lines = given.pop(LINES, [])
        if lines and not tenant.knobs.flag("nested_lines"):
            raise Refused(text("unknown_attribute", name=LINES))
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Refused(text("bad_body", reason=f"{LINES} is not a list of lines"))
        invoice = _blank(tenant)
        set_header(invoice, given)
        for line in lines:
            self._add_line(invoice, line)
        return self._shown(201, tenant.create(invoice))

    # --- children

    def _child(self, request: Request, invoice: Invoice, child: str, rest: list[str]) -> Answer:
        if child == LINES:
            return self._lines(request, invoice, rest)
        if child == "attachments" and not rest:
            return self._attachments(request, invoice)
        raise Refused(text("not_found"))

    def _lines(self, request: Request, invoice: Invoice, rest: list[str]) -> Answer:
        tenant = self._tenant
        path = f"{INVOICES}/{invoice.id}/child/{LINES}"
        if not rest and request.method == "GET":
            rows = [line_row(line, tenant.knobs) | {"key": line.id} for line in invoice.lines]
            query = self._query(request, rows[0] if rows else {"LineNumber": 1})
            return self._collection(query, rows, "key", path)
        given = _body(request, ITEM)
        if not rest and request.method == "POST":
            tenant.change(invoice, lambda changed: self._add_line(changed, given))
            return written(201, plain(line_row(invoice.lines[-1], tenant.knobs)), ITEM)
        index = next((at for at, line in enumerate(invoice.lines) if rest == [str(line.id)]), None)
        if index is None or request.method not in ("PATCH", "DELETE"):
            raise Refused(text("not_found"))
        if request.method == "DELETE":
            tenant.change(invoice, lambda changed: changed.lines.__delitem__(index))
            return Answer(204)
        tenant.change(invoice, lambda changed: set_line(changed.lines[index], given, tenant.knobs))
        return written(200, plain(line_row(invoice.lines[index], tenant.knobs)), ITEM)

    def _add_line(self, invoice: Invoice, given: Mapping[str, Any]) -> None:
        number = given.get("LineNumber", len(invoice.lines) + 1)
        if not isinstance(number, int) or any(line.number == number for line in invoice.lines):
            raise Refused(text("record_exists"))
        line = new_line(self._tenant.next_id(), number)
        set_line(line, given, self._tenant.knobs)
        invoice.lines.append(line)

    def _attachments(self, request: Request, invoice: Invoice) -> Answer:
        tenant = self._tenant
        if request.method == "GET":
            rows = [attachment_row(paper, tenant.knobs) for paper in invoice.attachments]
            query = self._query(request, rows[0] if rows else {"FileName": ""})
            path = f"{INVOICES}/{invoice.id}/child/attachments"
            return self._collection(query, rows, "AttachedDocumentId", path)
        if request.method != "POST":
            raise Refused(text("not_found"))
        given = _body(request, ITEM)
        by_type = tenant.knobs.text("attachment_fields") == "type"
        kind, category = ("Type", "Category") if by_type else ("DatatypeCode", "CategoryName")
        known = {kind, category, "FileName", "Title", "Description", "FileContents", "UploadedFileContentType"}
        for name in given:
            if name not in known:
                raise Refused(text("unknown_attribute", name=name))
        words = {name: str(given.get(name) or "") for name in known}
        paper = tenant.attach(invoice, words["FileName"], words["Title"], words[category], words["FileContents"])
        return written(201, plain(attachment_row(paper, tenant.knobs)), ITEM)

    # --- actions and holds

    def _act_on_named(self, request: Request, action: str) -> Answer:
        """An action of the list names its invoice by number, business unit and supplier (facts 11, S-DAAK)."""
        if self._tenant.knobs.text("action_url") == "item":
            raise Refused(text("not_found"))
        given = _body(request, ACTION)
        for invoice in self._tenant.invoices.numbered(str(given.get("InvoiceNumber", ""))):
            if (invoice.business_unit, invoice.supplier) == (given.get("BusinessUnit"), given.get("Supplier")):
                return self._act(request, invoice, action)
        raise Refused(text("not_found"))

    def _act(self, request: Request, invoice: Invoice, action: str) -> Answer:
        _body(request, ACTION)
        if action not in ACTIONS:
            raise Refused(text("not_found"))
        return written(200, {"result": ACTIONS[action](self._tenant, invoice)}, RESULT)

    def _holds(self, request: Request) -> Answer:
        tenant = self._tenant
        if not tenant.knobs.flag("holds_readable"):
            raise Refused(text("forbidden"))
        names = ("HoldId", "InvoiceNumber", "BusinessUnit", "Supplier", "HoldName", "HoldReason", "HoldDate", "HeldBy")
        query = self._query(request, dict.fromkeys((*names, "PurchaseOrderNumber", "ReleaseName")))
        number = query.equal_to("InvoiceNumber")
        invoices = tenant.invoices if number is None else tenant.invoices.numbered(number)
        rows = [hold_row(hold, invoice) for invoice in invoices for hold in invoice.holds]
        return self._collection(query, rows, "HoldId", HOLDS)

    # --- pieces

    def _invoice(self, key: str) -> Invoice:
        found = self._tenant.invoices.get(int(key)) if key.isdecimal() and len(key) < 18 else None
        if found is None:
            raise Refused(text("not_found"))
        return found

    def _query(self, request: Request, template: Row) -> Query:
        knobs = self._tenant.knobs
        most, doubling = knobs.number("limit_max"), knobs.flag("quote_doubling")
        return query_from(request.query, template, most=most, doubling=doubling)

    def _collection(self, query: Query, rows: Sequence[Row], key: str, path: str) -> Answer:
        kept, more = page([row for row in rows if all(each.holds(row) for each in query.conditions)], query)
        items = []
        for row in kept:
            shown = plain(row)
            identifier = shown[key]
            shown.pop("key", None)
            if query.fields:
                shown = {name: shown[name] for name in query.fields}
            if not query.only_data:
                shown["links"] = _links(f"{path}/{identifier}")
            items.append(shown)
        answer = {"items": items, "count": len(items), "hasMore": more, "limit": query.limit, "offset": query.offset}
        return written(200, answer | {"links": _links(path)}, COLLECTION)


def _blank(tenant: Tenant) -> Invoice:
    now, config = tenant.now(), tenant.config
    return Invoice(
        tenant.next_id(), "", "", config.supplier, config.supplier_site, "Standard", None, "", "", None, now, now
    )


def _candidates(tenant: Tenant, query: Query) -> list[Invoice]:
    """The rows that could match, latest change first where nothing else is asked for; never all if it can be helped."""
    invoices = tenant.invoices
    number, since = query.equal_to("InvoiceNumber"), _since(query)
    if number is not None:
        return invoices.numbered(number)
    ids = invoices.changed(since, inclusive=True) if since else invoices.ids()
    found = [invoice for each in ids if (invoice := invoices.get(each)) is not None]
    return sorted(found, key=lambda invoice: invoice.updated_at, reverse=True)


def _since(query: Query) -> datetime | None:
    """The earliest LastUpdateDate that can match."""
    words = next(
        (each.value for each in query.conditions if each.name == "LastUpdateDate" and ">" in each.operator), ""
    )
    return moment(words) if words else None


def _body(request: Request, kind: str) -> dict[str, Any]:
    """The JSON object that was sent as that media type. Raises `Refused`."""
    if request.header("content-type").partition(";")[0].strip() != kind:
        raise Refused(text("bad_body", reason=f"Content-Type must be {kind}"))
    try:
        value = json.loads(request.body or b"{}", parse_float=str)
    except (ValueError, RecursionError):
        raise Refused(text("bad_body", reason="it is not JSON")) from None
    if not isinstance(value, dict):
        raise Refused(text("bad_body", reason="it is not an object"))
    return value


def _links(path: str) -> list[dict[str, str]]:
    name = path.split("/")[-2] if "/" in path else path
    return [{"rel": "self", "href": f"https://fusion.invalid{ROOT}/{quote(path)}", "name": name, "kind": "item"}]


def _etag(invoice: Invoice) -> str:
    return f'"{invoice.version:08X}"'
