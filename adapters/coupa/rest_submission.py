"""Submitting by Core REST: a draft, its image scan, its attachments, then `submit` (facts 4.2).

Four kinds of write, so a break in the middle leaves a draft behind. The look-up by number comes first every time: a
draft of ours with the same content is finished, never doubled; whatever else holds the number is left alone.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from adapters.coupa.client import Query, RestDoor
from adapters.coupa.mapping import STATUSES
from adapters.coupa.refusal import refused
from adapters.coupa.rows import (
    Row,
    code_from,
    decimal_from,
    errors_from,
    evidence_from,
    field,
    object_from,
    token_from,
    total_from,
    verdict_from,
)
from adapters.coupa.settings import Settings
from gateway.adapter import Document, File, Receipt, already_written, nothing_written_yet
from gateway.errors import PersonNeeded, PortalUnavailable
from gateway.json_answer import id_from, words_from
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Status, Verdict

DRAFTS = frozenset({"draft", "save_as_draft"})
_DRAFT_FIELDS = json.dumps(
    [
        *("id", "invoice-number", "invoice-date", "status", "gross-total", "total-with-taxes", "supplier-note"),
        {"currency": ["code"]},
        {
            "invoice-lines": [
                *("id", "line-num", "type", "description", "price", "quantity"),
                *("order-header-num", "order-line-num", {"uom": ["code"]}),
            ]
        },
    ],
    separators=(",", ":"),
)
_STATUS_FIELDS = '["id","status","updated-at"]'
_FILE_NAMES = ("file-name", "file-file-name", "filename", "name", "file", "file-url")


def exact_rows(door: RestDoor, settings: Settings, number: str, extra: Query, what: str) -> list[Row]:
    """Every row with exactly this number that the account may see. Raises PortalUnavailable, SignInRefused."""
    order = (("order_by", "id"), ("dir", "asc"), ("limit", "50"))
    query = [("invoice-number", number), *settings.supplier_filter, *order, *extra]
    rows, _ = door.rows("/invoices", query, what)
    if len(rows) >= 50:
        # One number in fifty invoices means that the filter was not applied: nothing may be concluded from that.
        raise PortalUnavailable(f"{door.where}, {what}", "gave a full page for one invoice number")
    return [row for row in rows if id_from(field(row, "invoice-number")) == number]


class RestSubmission:
    """One invoice on its way through the steps."""

    def __init__(self, door: RestDoor, settings: Settings, where: str) -> None:
        self._door = door
        self._settings = settings
        self._where = where

    def submit(self, document: Document) -> Receipt:
        """From look-up to `submit`. Raises NotSent, MaybeSent, SignInRefused, PersonNeeded."""
        standing = self._standing(document)
        if standing is None:
            created = self._draft(document)
            if isinstance(created, Receipt):
                return created
            return self._finish(document, created, resumed=False)
        if token_from(words_from(field(standing, "status"))) not in DRAFTS:
            return _taken(standing, document.number)
        refusal = self._brought_up_to_date(standing, document)
        return refusal or self._finish(document, id_from(field(standing, "id")), resumed=True)

    def _standing(self, document: Document) -> Row | None:
        """What holds the number already: something submitted before a draft, else None."""
        with nothing_written_yet():
            extra = [("fields", _DRAFT_FIELDS)]
            rows = exact_rows(self._door, self._settings, document.number, extra, f"looking up {document.number}")
        drafts = [row for row in rows if token_from(words_from(field(row, "status"))) in DRAFTS]
        others = [row for row in rows if row not in drafts]
        if len(drafts) > 1:
            action = f"{len(drafts)} drafts stand under this number; delete those that are not to be sent"
            raise PersonNeeded(self._where, action, url=self._url(drafts[0]))
        return next(iter(others or drafts), None)

    def _brought_up_to_date(self, draft: Row, document: Document) -> Receipt | None:
        """Makes a draft of ours say what this revision says; None when it does, else the portal's refusal.

        A revision never changes amounts, so a draft with another total or other lines is not ours to touch.
        Raises PersonNeeded.
        """
        wanted = json.loads(document.body)
        if not _differs(draft, wanted, document) and not _reads_otherwise(draft, wanted):
            return None
        identified = _with_line_ids(draft, wanted, document)
        if identified is None:
            raise self._someone_elses(draft)
        what = f"correcting the draft of {document.number}"
        path = f"/invoices/{quote(id_from(field(draft, 'id')), safe='')}"
        query = f"?fields={quote(_DRAFT_FIELDS, safe='')}"
        response = self._door.write("PUT", f"{path}{query}", what, json=identified)
        row = object_from(response.content)
        if response.status_code != 200 or not row:
            return self._refusal(response, what, id_from(field(draft, "id")))
        if _differs(row, wanted, document):
            raise self._someone_elses(draft)
        return None

    def _someone_elses(self, draft: Row) -> PersonNeeded:
        action = "a draft with other content stands under this number; delete it, or finish it by hand"
        return PersonNeeded(self._where, action, url=self._url(draft))

    def _draft(self, document: Document) -> str | Receipt:
        """Creates the draft: its id, or the refusal."""
        what = f"creating the draft of {document.number}"
        headers = {"Content-Type": document.content_type}
        response = self._door.write("POST", "/invoices", what, content=document.body, headers=headers)
        row = object_from(response.content)
        created = id_from(field(row, "id")) if row else ""
        if response.status_code in (200, 201) and created:
            return created
        if response.status_code in (404, 405):  # not every tenant can create invoices by REST (facts 1)
            words = "; ".join(errors_from(response.content))
            reason = Reason(ReasonCode.not_enabled, "", str(response.status_code), words)
            verdict = Verdict(Status.rejected, Level.portal, (reason,), Actor.portal_admin, reason.portal_code)
            return Receipt(Outcome.refused, verdict, raw=response.content)
        return self._refusal(response, what, "")

    def _finish(self, document: Document, created: str, *, resumed: bool) -> Receipt:
        path = f"/invoices/{quote(created, safe='')}"
        scan, papers = self._parted(document.files)
        if scan:
            parts = {"file": (scan.name, scan.content, scan.media_type)}
            response = self._door.write("PUT", f"{path}/image_scan", f"adding the image scan {scan.name}", files=parts)
            if not _taken_in(response):
                return self._refusal(response, f"adding the image scan {scan.name}", created)
        held = self._names_held(path) if resumed and papers else frozenset[str]()
        for paper in papers:
            if paper.name not in held:
                response = self._attach(path, paper)
                if not _taken_in(response):
                    return self._refusal(response, f"attaching {paper.name}", created)
        return self._submitted(path, created)

    def _submitted(self, path: str, created: str) -> Receipt:
        response = self._door.write("PUT", f"{path}/submit", "submitting the draft")
        row = object_from(response.content)
        if response.status_code == 200 and row and id_from(field(row, "id")) == created:
            return Receipt(Outcome.receipted, verdict_from(row), created, response.content)
        refusal = self._refusal(response, "submitting the draft", created)
        with already_written():
            row = self._door.value(path, [("fields", _STATUS_FIELDS)], "looking at the draft that was refused")
        if isinstance(row, dict) and token_from(words_from(field(row, "status"))) in STATUSES.keys() - DRAFTS:
            # A tenant that submits on creation: the step was refused because it was done.
            return Receipt(Outcome.receipted, verdict_from(row), created, evidence_from(row))
        return refusal

    def _attach(self, path: str, paper: File) -> httpx.Response:
        fields = {"attachment[type]": "file", "attachment[intent]": "Supplier"}
        parts = {"attachment[file]": (paper.name, paper.content, paper.media_type)}
        return self._door.write("POST", f"{path}/attachments", f"attaching {paper.name}", data=fields, files=parts)

    def _names_held(self, path: str) -> frozenset[str]:
        """File names attached already; how a tenant names the field is not documented, so several are read."""
        with already_written():
            rows, _ = self._door.rows(f"{path}/attachments", (), "reading the draft's attachments")
        return frozenset(
            words_from(field(row, name)).rsplit("/", 1)[-1].partition("?")[0] for row in rows for name in _FILE_NAMES
        )

    def _parted(self, files: Sequence[File]) -> tuple[File | None, list[File]]:
        """The image scan (the invoice's own PDF, where the account wants one) and the other papers."""
        scan = next((file for file in files if file.role == "invoice_pdf"), None) if self._settings.image_scan else None
        return scan, [file for file in files if file is not scan]

    def _refusal(self, response: httpx.Response, what: str, created: str) -> Receipt:
        """A refusal in words is an answer, also where it leaves a draft (`portal_reference`). Raises else."""
        words = errors_from(response.content)
        code = response.status_code
        if not words or not 400 <= code < 500 or code in (401, 403, 408, 429):
            raise self._door.failure(response, what, "write")
        return Receipt(Outcome.refused, refused(code, words), created, response.content)

    def _url(self, row: Row) -> str:
        return f"{self._settings.url}/invoices/{quote(id_from(field(row, 'id')), safe='')}"


def _taken_in(response: httpx.Response) -> bool:
    """Whether a paper was taken: success, and in Coupa's own words (a gateway's page may come with a 200 too)."""
    if response.status_code == 204:
        return True
    return response.status_code in (200, 201) and bool(object_from(response.content))


def _taken(row: Row, number: str) -> Receipt:
    """As a cXML post of a used number is answered, only that we saw it before sending. The sentence is ours."""
    status, held_by = words_from(field(row, "status")), id_from(field(row, "id"))
    text = f"invoice number {number} is already used by invoice {held_by} ({status})"
    reason = Reason(ReasonCode.duplicate_number, "/invoice/number", status, text)
    verdict = Verdict(Status.rejected, Level.portal, (reason,), Actor.us, portal_status=status)
    return Receipt(Outcome.refused, verdict)


def _with_line_ids(draft: Row, wanted: Row, document: Document) -> dict[str, Any] | None:
    """Our draft with the ids of the lines that stand there, which are then changed and not added (facts 4.4).

    None where the draft is not recognisably an earlier revision of ours: same total, currency and line numbers.
    """
    shown = field(draft, "invoice-lines")
    if total_from(draft) != document.total or code_from(field(draft, "currency")) != document.currency:
        return None
    if not isinstance(shown, list) or not all(isinstance(line, Mapping) for line in shown):
        return None
    ids = {id_from(field(line, "line-num")): id_from(field(line, "id")) for line in shown}
    numbers = [str(line["line-num"]) for line in wanted["invoice-lines"]]
    if len(shown) != len(numbers) or set(ids) != set(numbers) or not all(ids.values()):
        return None
    lines = [{"id": ids[str(line["line-num"])], **line} for line in wanted["invoice-lines"]]
    return {**wanted, "invoice-lines": lines}


def _differs(draft: Row, wanted: Mapping[str, Any], document: Document) -> bool:
    """Whether the draft states other facts than we would; what the portal does not show cannot differ."""
    total, day = total_from(draft), words_from(field(draft, "invoice-date"))[:10]
    currency = code_from(field(draft, "currency"))
    shown = field(draft, "invoice-lines")
    return (
        (total is not None and total != document.total)
        or (day != "" and day != wanted["invoice-date"])
        or (currency != "" and currency != document.currency)
        or (isinstance(shown, list) and not _same_lines(shown, wanted["invoice-lines"]))
    )


def _reads_otherwise(draft: Row, wanted: Row) -> bool:
    """Whether words differ: they are worth bringing up to date, though a portal may tidy them up its own way."""
    shown = field(draft, "invoice-lines")
    lines = [line for line in shown if isinstance(line, Mapping)] if isinstance(shown, list) else []
    note_differs = words_from(field(draft, "supplier-note")) != wanted.get("supplier-note", "").strip()
    return note_differs or sorted(map(_line_words, lines)) != sorted(map(_line_words, wanted["invoice-lines"]))


def _line_words(line: Row) -> tuple[str, str, str]:
    return words_from(field(line, "type")), words_from(field(line, "description")), code_from(field(line, "uom"))


def _same_lines(shown: Sequence[Any], wanted: Sequence[Row]) -> bool:
    if len(shown) != len(wanted) or not all(isinstance(line, Mapping) for line in shown):
        return False
    return sorted(map(_line_key, shown)) == sorted(map(_line_key, wanted))


def _line_key(line: Row) -> tuple[str, str, Decimal, Decimal]:
    return (
        id_from(field(line, "order-header-num")),
        id_from(field(line, "order-line-num")),
        decimal_from(field(line, "price")) or Decimal(0),
        decimal_from(field(line, "quantity")) or Decimal(0),
    )
