"""The verbs at Coupa. Submitting is by cXML or Core REST; statuses come by Core REST, by the CSP's REST, or not at all.

What Coupa says is read in `refusal` and `rows`, how it is asked in `client`, what words mean in `mapping`.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from urllib.parse import quote

import httpx

from adapters.coupa import csp
from adapters.coupa.client import CxmlDoor, RestDoor
from adapters.coupa.keyset import keyset_from, step
from adapters.coupa.refusal import refused
from adapters.coupa.rest_document import render_draft
from adapters.coupa.rest_submission import DRAFTS, RestSubmission, exact_rows
from adapters.coupa.rows import (
    Row,
    errors_from,
    field,
    found_from,
    is_explained,
    notice_from,
    object_from,
    order_from,
    verdict_from,
)
from adapters.coupa.settings import READ_INVOICES, READ_ORDERS, WRITE_INVOICES, settings_from
from adapters.coupa.tokens import Tokens, Wait
from formats.cxml import COUPA, Credential, Identity, render_invoice, response_from
from gateway.adapter import (
    Ability,
    Account,
    Document,
    File,
    Found,
    Notice,
    Notices,
    Presentation,
    Receipt,
    Stamp,
    already_written,
    failure_from,
)
from gateway.errors import MaybeSent, NotSent, PortalUnavailable, SettingWrong, SignInRefused
from gateway.http_answer import Clock, retry_at_from, words_of_page
from gateway.json_answer import id_from, words_from
from gateway.order import Order, Orders
from gateway.packet import Packet
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Status, Verdict

_CREATED = re.compile(r"invoice id:\s*(?P<id>[A-Za-z0-9-]{1,64})", re.IGNORECASE)
_INVOICE_FIELDS = json.dumps(
    [
        "id",
        "invoice-number",
        "status",
        "paid",
        "updated-at",
        "gross-total",
        "total-with-taxes",
        "tolerance-failures",
        "abandon-reason",
        {"currency": ["code"]},
        {"dispute-reasons": ["code", "description"]},
    ],
    separators=(",", ":"),
)
_ORDER_FIELDS = json.dumps(
    [
        "id",
        "po-number",
        "status",
        "invoice-stop",
        "updated-at",
        {"currency": ["code"]},
        {
            "order-lines": [
                *("line-num", "type", "description", "source-part-num", "status", "invoice-stop"),
                *("quantity", "price", "total", "invoiced"),
                {"uom": ["code"]},
                {"currency": ["code"]},
            ]
        },
    ],
    separators=(",", ":"),
)


class Adapter:
    """One supplier at one buyer's Coupa."""

    def __init__(
        self, account: Account, http: httpx.Client, *, now: Clock | None = None, wait: Wait | None = None
    ) -> None:
        self._settings = settings = settings_from(account.settings)
        self._now: Clock = now or _utc_now
        self._where = f"Coupa {settings.host}"
        tokens = Tokens(account, settings, http, self._now, wait or Event().wait)
        self._cxml = CxmlDoor(account, settings, http)
        core = f"{settings.url}{settings.api_path}"
        self._core = RestDoor(core, self._where, settings, http, tokens, self._now)
        self._csp = RestDoor(f"{settings.csp_url}/api/v1", f"{self._where} via CSP", settings, http, tokens, self._now)
        self.abilities = _abilities(settings.status_source, settings.scopes, settings.transport)

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """The exact document: cXML, or the draft as JSON with its files beside it. Raises CannotExpress."""
        if self._settings.transport == "rest":
            return render_draft(packet, files, presentation, self._settings)
        return render_invoice(packet, files, presentation, stamp, dialect=COUPA, identity=self._identity())

    def submit(self, document: Document, reference: str) -> Receipt:
        """Hands the document over once. Raises NotSent, MaybeSent, SignInRefused, PersonNeeded."""
        where = f"{self._where}, invoice {document.number}"
        if document.format == "coupa-json":
            return RestSubmission(self._core, self._settings, where).submit(document)
        response, body = self._cxml.post(document)
        return self._receipt_from(where, response, body)

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything held under exactly this number. Raises PortalUnavailable, SignInRefused."""
        what = f"looking up invoice {number}"
        if self._settings.status_source == "csp_rest":
            return tuple(found_from(row) for row in csp.exact_rows(self._csp, self._settings, number, what))
        self._needs(Ability.find)
        rows = exact_rows(self._core, self._settings, number, [("fields", _INVOICE_FIELDS)], what)
        ours = DRAFTS if self._settings.transport == "rest" else frozenset[str]()
        return tuple(found_from(row, ours_to_finish=ours) for row in rows)

    def poll(self, cursor: str) -> Notices:
        """One page of changes. Raises PortalUnavailable, SignInRefused."""
        if self._settings.status_source == "csp_rest":
            return csp.poll(self._csp, self._settings, cursor)
        self._needs(Ability.poll)
        rows, cursor, more = self._changes("/invoices", _INVOICE_FIELDS, cursor, "polling invoices")
        return Notices(tuple(self._notice(row) for row in rows), cursor, more)

    def orders(self, cursor: str) -> Orders:
        """One page of changed purchase orders, lines included. Raises PortalUnavailable, SignInRefused."""
        self._needs(Ability.orders)
        rows, cursor, more = self._changes("/purchase_orders", _ORDER_FIELDS, cursor, "polling purchase orders")
        return Orders(tuple(self._order(row) for row in rows), cursor, more)

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Voids an invoice, leaving the reason as a comment first. Raises NotSent, MaybeSent, SignInRefused."""
        self._needs(Ability.void)
        what = f"voiding invoice {portal_reference}"
        path = f"/invoices/{_segment(portal_reference)}"
        comment = self._core.write("POST", f"{path}/comments", what, json={"comments": why})
        if comment.status_code >= 500 or comment.status_code in (403, 429):
            raise self._core.failure(comment, what, "write")
        response = self._core.write("PUT", f"{path}/void", what)
        row = object_from(response.content)
        if response.status_code == 200 and row and field(row, "status"):
            return verdict_from(row)
        words = errors_from(response.content)
        if words and 400 <= response.status_code < 500 and response.status_code not in (403, 408, 429):
            return self._not_voided(path, what, response.status_code, words)
        raise self._core.failure(response, what, "write")

    def check(self) -> str:
        """Signs in and reads one row. Raises PortalUnavailable, SignInRefused."""
        source = self._settings.status_source
        if source == "csp_rest":
            count = csp.count(self._csp)
            return f"{self._where}: signed in to the Supplier Portal's REST; it lists {count} invoices."
        if source == "none" and self._settings.transport == "cxml":
            return (
                f"{self._where}: nothing can be checked without sending an invoice, for Coupa offers no such request "
                "by cXML; set status_source to core_rest or csp_rest to have statuses and a check."
            )
        query = [*self._settings.supplier_filter, ("limit", "1"), ("order_by", "id"), ("fields", '["id"]')]
        self._core.rows("/invoices", query, "checking the account")
        whose = "ours" if self._settings.supplier_filter else "whatever the client may see (no supplier_id is set)"
        sends = "; the cXML credentials show only when an invoice is sent" if self._settings.transport == "cxml" else ""
        return f"{self._where}: signed in by REST and read invoices, {whose}{sends}."

    # --- pieces

    def _identity(self) -> Identity:
        settings = self._settings
        return Identity(
            supplier=Credential(settings.supplier_domain, settings.supplier_identity),
            buyer=Credential(settings.buyer_domain, settings.buyer_identity),
            deployment_mode=settings.deployment_mode,
        )

    def _receipt_from(self, where: str, response: httpx.Response, body: bytes) -> Receipt:
        """Coupa's Response, whatever the HTTP status (facts 2.4). Only an invoice id is a receipt."""
        answer = response_from(body)
        if answer is None and response.status_code == 413:  # a web server may say it before Coupa does
            answer_words = words_of_page(body) or "Request Entity Too Large"
            return Receipt(Outcome.refused, refused(413, [answer_words]), raw=body)
        retry_at = retry_at_from(response, self._now())
        if answer is None:
            said = words_of_page(body)
            raise failure_from(where, "write", response.status_code, said=said, retry_at=retry_at)
        said = words_from(answer.detail or answer.text)
        created = _CREATED.search(answer.detail)
        if answer.code == 200 and created:
            # No time: the clock of this answer and that of later rows need not agree, and rows must win.
            verdict = Verdict(Status.received, Level.portal, portal_status=answer.text)
            return Receipt(Outcome.receipted, verdict, created["id"], body)
        if answer.code == 401:
            message = "refused the cXML credentials. Check supplier and buyer domain and identity and the shared secret"
            raise SignInRefused(where, message, said=said)
        if answer.code == 429:
            raise NotSent(where, "is throttling us", said=said, retry_at=retry_at)
        if 400 <= answer.code < 500 and answer.code != 408:
            return Receipt(Outcome.refused, refused(answer.code, [said]), raw=body)
        message = f"answered cXML {answer.code} without an invoice id, so it may hold the invoice"
        raise MaybeSent(where, message, said=said, retry_at=retry_at)

    def _changes(self, path: str, fields: str, cursor: str, what: str) -> tuple[list[Row], str, bool]:
        keyset = keyset_from(cursor, self._settings.poll_from)
        query = [*keyset.query(), *self._settings.supplier_filter, ("fields", fields)]
        started = self._now()
        rows, response = self._core.rows(path, query, what)
        overlap = timedelta(seconds=self._settings.poll_overlap_seconds)
        after, more = step(keyset, rows, response, started, overlap, f"{self._where}, {what}")
        return rows, after.cursor(), more

    def _notice(self, row: Row) -> Notice:
        comments = self._comments(row) if self._settings.dispute_comments and is_explained(row) else ()
        notice = notice_from(row, comments)
        if notice is None:
            raise PortalUnavailable(f"{self._where}, polling invoices", "gave a row with neither id nor invoice number")
        return notice

    def _comments(self, row: Row) -> Sequence[Row]:
        """What people wrote to a disputed or rejected invoice; explanations arrive there (facts 4.5)."""
        portal_reference = id_from(field(row, "id"))
        if not portal_reference:
            return ()
        what = f"reading the comments on invoice {portal_reference}"
        response = self._core.get(f"/invoices/{_segment(portal_reference)}/comments", (), what)
        if response.status_code == 404:  # deleted since, or a tenant without comments: the dispute itself still counts
            return ()
        return self._core.rows_of(response, what)

    def _order(self, row: Row) -> Order:
        order = order_from(row)
        if order is None:
            raise PortalUnavailable(f"{self._where}, polling purchase orders", "gave an order without a po-number")
        return order

    def _not_voided(self, path: str, what: str, code: int, words: Sequence[str]) -> Verdict:
        """The invoice as it stands, with the portal's reasons for leaving it so."""
        with already_written():
            row = self._core.value(path, [("fields", _INVOICE_FIELDS)], what)
        standing = verdict_from(row if isinstance(row, dict) else {})
        reasons = tuple(Reason(ReasonCode.other, portal_code=str(code), portal_text=text) for text in words)
        return Verdict(standing.status, Level.portal, reasons, Actor.us, standing.portal_status, standing.at)

    def _needs(self, ability: Ability) -> None:
        if ability not in self.abilities:
            raise SettingWrong(
                "status_source", f"this account cannot {ability.value} at Coupa: set core_rest and grant the scopes"
            )


def _abilities(source: str, scopes: Sequence[str], transport: str) -> frozenset[Ability]:
    if source == "csp_rest":
        return frozenset({Ability.find, Ability.poll})
    if source == "none" and transport == "cxml":
        return frozenset()
    granted = {
        Ability.find: READ_INVOICES,
        Ability.poll: READ_INVOICES,
        Ability.orders: READ_ORDERS,
        Ability.void: WRITE_INVOICES,
    }
    able = {ability for ability, scope in granted.items() if scope in scopes}
    return frozenset(able if source == "core_rest" else able - {Ability.poll})


def _segment(portal_reference: str) -> str:
    """An id as a path segment; ids are ours to repeat, never to interpret."""
    return quote(portal_reference, safe="")


def _utc_now() -> datetime:
    return datetime.now(UTC)
