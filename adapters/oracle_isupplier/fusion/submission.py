"""Submitting: a saved invoice, its lines, its papers, a look at its total, then `submitInvoice` (facts 11, 12).

Several writes, so a break in the middle leaves a saved invoice behind. The look-up by number comes first every time:
a saved invoice of ours is finished, never doubled; whatever else holds the number is left alone. Before the last step
the portal's own total is compared with ours, and after it the invoice is read back: only one that is no longer
"Incomplete" counts as handed over, whatever the action's confirmation said.
"""

import base64
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx

from adapters.oracle_isupplier.fusion.changes import unit_condition
from adapters.oracle_isupplier.fusion.client import ACTION, INVOICES, Door, quoted, segment
from adapters.oracle_isupplier.fusion.document import LINES, money
from adapters.oracle_isupplier.fusion.mapping import TRANSIENT, is_draft, is_handed_over, refused, verdict_from
from adapters.oracle_isupplier.fusion.rows import Row, decimal_from, evidence_from, object_from, value_from, written
from gateway.adapter import Document, File, Receipt, already_written, nothing_written_yet
from gateway.errors import MaybeSent, NotSent, PersonNeeded, PortalUnavailable
from gateway.json_answer import id_from, words_from
from gateway.verdict import Actor, Level, Outcome, Reason, ReasonCode, Status, Verdict


def exact_rows(door: Door, number: str, what: str) -> list[Row]:
    """Every invoice of our business unit with exactly this number. Raises PortalUnavailable, SignInRefused."""
    q = f"InvoiceNumber={quoted(number)};{unit_condition(door)}"
    rows, more, _ = door.page(INVOICES, [("q", q), ("limit", "50"), ("onlyData", "true")], what)
    if more:  # one number in more than fifty invoices: the filter was not applied, and nothing follows from that
        raise PortalUnavailable(door.at(what), "gave more than a page for one invoice number")
    found = [row for row in rows if id_from(row.get("InvoiceNumber")) == number]
    if not all(words_from(row.get("ValidationStatus")) and id_from(row.get("InvoiceId")) for row in found):
        raise PortalUnavailable(door.at(what), "does not show InvoiceId and ValidationStatus: saved or sent is unknown")
    return found


class Submission:
    """One invoice on its way through the steps."""

    def __init__(self, door: Door, document: Document) -> None:
        self._door = door
        self._document = document
        self._where = f"{door.where}, invoice {document.number}"
        body = value_from(document.body)
        if not isinstance(body, dict) or not isinstance(body.get(LINES), list):
            raise NotSent(self._where, "the document is not one of this portal's; render it again")
        self._lines: list[Row] = body.pop(LINES)
        self._header: Row = body

    def submit(self) -> Receipt:
        """From look-up to confirmation. Raises NotSent, MaybeSent, SignInRefused, PersonNeeded."""
        with nothing_written_yet():
            standing = self._standing()
        return self._newly_saved() if standing is None else self._resumed(standing)

    def _newly_saved(self) -> Receipt:
        created = self._created()
        if not isinstance(created, Receipt):
            return self._finished(created, resumed=False)
        if not any(reason.code is ReasonCode.duplicate_number for reason in created.verdict.reasons):
            return created
        with already_written():  # the number is there although it was not a moment ago: perhaps a late write of ours
            standing = self._standing()
        return created if standing is None else self._resumed(standing)

    def _resumed(self, standing: Row) -> Receipt:
        if not is_draft(standing):
            return _taken(standing, self._document.number)
        key = id_from(standing.get("InvoiceId"))
        return self._header_brought_up_to_date(standing, key) or self._finished(key, resumed=True)

    # --- the saved invoice

    def _standing(self) -> Row | None:
        """What holds the number already: something handed over before a saved one, else None."""
        rows = exact_rows(self._door, self._document.number, f"looking up {self._document.number}")
        drafts = [row for row in rows if is_draft(row)]
        others = [row for row in rows if not is_draft(row)]
        if len(drafts) > 1:
            raise self._person(f"{len(drafts)} saved invoices stand under this number; delete those not to be sent")
        return next(iter(others or drafts), None)

    def _created(self) -> str | Receipt:
        """Saves the invoice: its InvoiceId, or the refusal."""
        what = f"saving {self._document.number}"
        nested = self._door.settings.lines == "nested"
        body = self._document.body if nested else written(self._header)
        response = self._door.write("POST", INVOICES, what, body)
        row = object_from(response.content)
        key = id_from(row.get("InvoiceId")) if row else ""
        if response.status_code in (200, 201) and key:
            return key
        if response.status_code in (404, 405):  # a release or a role without the supplier's resource
            words = "; ".join(one.words for one in self._door.said(response))
            reason = Reason(ReasonCode.not_enabled, "", str(response.status_code), words)
            verdict = Verdict(Status.rejected, Level.portal, (reason,), Actor.portal_admin, reason.portal_code)
            return Receipt(Outcome.refused, verdict, raw=response.content)
        return self._refusal(response, what, "")

    def _header_brought_up_to_date(self, draft: Row, key: str) -> Receipt | None:
        """Makes a saved invoice of ours say what this revision says; None when it does, else the refusal.

        A revision never changes amounts, so one with another amount or currency is not ours to touch.
        """
        amount, currency = self._named("ControlAmount"), self._named("InvoiceCurrency")
        if _differ(draft, self._header, (amount, currency)):
            raise self._someone_elses()
        changed = _changed(draft, self._header)
        if not changed:
            return None
        what = f"correcting the saved {self._document.number}"
        response = self._door.write("PATCH", f"{INVOICES}/{segment(key)}", what, written(changed))
        return None if _taken_in(response) else self._refusal(response, what, key)

    # --- lines, papers, tax

    def _finished(self, key: str, *, resumed: bool) -> Receipt:
        path = f"{INVOICES}/{segment(key)}"
        refusal: Receipt | None = None
        if resumed or self._door.settings.lines == "one_by_one":
            refusal = self._lines_brought_up_to_date(path, key, resumed=resumed)
        refusal = refusal or self._papers_added(path, key, resumed=resumed)
        if not refusal and self._is_taxed():
            refusal = self._taxed(key)
        if not refusal and self._door.settings.compare_totals:
            refusal = self._total_refused(path, key)
        return refusal or self._handed_over(path, key)

    def _lines_brought_up_to_date(self, path: str, key: str, *, resumed: bool) -> Receipt | None:
        """Adds the lines that are missing and corrects the words of those that stand there. Raises PersonNeeded."""
        standing: dict[str, Row] = {}
        if resumed:
            with already_written():
                rows = self._door.rows(f"{path}/child/{LINES}", (), "reading the saved lines")
            standing = {id_from(row.get(self._named("LineNumber"))): row for row in rows}
            wanted = {str(line[self._named("LineNumber")]) for line in self._lines}
            if len(standing) != len(rows) or not standing.keys() <= wanted:
                raise self._someone_elses()
        for line in self._lines:
            there = standing.get(str(line[self._named("LineNumber")]))
            refusal = self._line_corrected(path, key, there, line) if there else self._line_added(path, key, line)
            if refusal:
                return refusal
        return None

    def _line_added(self, path: str, key: str, line: Row) -> Receipt | None:
        what = f"adding line {line[self._named('LineNumber')]}"
        response = self._door.write("POST", f"{path}/child/{LINES}", what, written(line))
        return None if _taken_in(response) else self._refusal(response, what, key)

    def _line_corrected(self, path: str, key: str, there: Row, line: Row) -> Receipt | None:
        figures = tuple(self._named(name) for name in ("LineAmount", "Quantity", "UnitPrice"))
        left = (self._named(name) for name in ("PurchaseOrderNumber", "PurchaseOrderLineNumber", "TaxClassification"))
        if _differ(there, line, figures) or any(there.get(name) and name not in line for name in left):
            raise self._someone_elses()
        changed = _changed(there, line)
        if not changed:
            return None
        own = _key_of(there)
        if not own:
            raise self._someone_elses()
        what = f"correcting line {line[self._named('LineNumber')]}"
        response = self._door.write("PATCH", f"{path}/child/{LINES}/{segment(own)}", what, written(changed))
        return None if _taken_in(response) else self._refusal(response, what, key)

    def _papers_added(self, path: str, key: str, *, resumed: bool) -> Receipt | None:
        held = self._sizes_held(path) if resumed and self._document.files else {}
        for paper in self._document.files:
            if held.get(paper.name, set()) & {None, len(paper.content)}:
                continue
            what = f"attaching {paper.name}"
            response = self._door.write("POST", f"{path}/child/attachments", what, written(self._attachment(paper)))
            if not _taken_in(response):
                return self._refusal(response, what, key)
        return None

    def _attachment(self, paper: File) -> Mapping[str, str]:
        """Attribute names are memory; both forms that Oracle's resources use can be set."""
        kind = {"Type": "File", "Category": self._door.settings.attachment_category}
        if self._door.settings.attachments == "datatype":
            kind = {"DatatypeCode": "FILE", "CategoryName": self._door.settings.attachment_category}
        content = base64.b64encode(paper.content).decode()
        return {**kind, "FileName": paper.name, "Title": paper.name, "FileContents": content}

    def _sizes_held(self, path: str) -> dict[str, set[int | None]]:
        """File names attached already, with their sizes where the portal tells them."""
        with already_written():
            query = [("onlyData", "true")]
            rows = self._door.rows(f"{path}/child/attachments", query, "reading the saved papers")
        held: dict[str, set[int | None]] = {}
        for row in rows:
            size = decimal_from(row.get("UploadedFileLength"))
            held.setdefault(words_from(row.get("FileName")), set()).add(None if size is None else int(size))
        return held

    def _is_taxed(self) -> bool:
        """Whether the portal must reckon tax before the totals can agree."""
        amounts = [decimal_from(line.get(self._named("LineAmount"))) or Decimal(0) for line in self._lines]
        coded = any(self._named("TaxClassification") in line for line in self._lines)
        return coded or sum(amounts, Decimal(0)) != decimal_from(self._header.get(self._named("ControlAmount")))

    def _taxed(self, key: str) -> Receipt | None:
        response = self.act("calculateTax", key, self._header)
        return None if _confirmation_in(response) else self._refusal(response, "calculating the tax", key)

    # --- the last step

    def _total_refused(self, path: str, key: str) -> Receipt | None:
        """A refusal of our own where the portal reckons another total than the invoice states: that is not sent."""
        with already_written():
            row = self._door.row(path, "comparing the total")
        total = decimal_from(row.get("InvoiceAmount"))
        if total is None or not is_draft(row) or abs(total) == abs(self._document.total):
            return None
        currency = self._document.currency
        ours = money(self._document.total)
        text = f"the portal reckons {money(total):f} {currency} and the invoice says {ours:f}; it was not submitted"
        code = ReasonCode.tax_mismatch if self._is_taxed() else ReasonCode.sum_mismatch
        reason = Reason(code, "/invoice/totals", "InvoiceAmount", text)
        verdict = Verdict(Status.rejected, Level.portal, (reason,), Actor.us, words_from(row.get("ValidationStatus")))
        return Receipt(Outcome.refused, verdict, key, evidence_from(row))

    def _handed_over(self, path: str, key: str) -> Receipt:
        """`submitInvoice`, then what the invoice itself says of it. Raises MaybeSent, NotSent."""
        what = "submitting the saved invoice"
        response = self.act("submitInvoice", key, self._header)
        refusal = None if _confirmation_in(response) else self._refusal(response, what, key)
        with already_written():
            row = self._door.row(path, "looking at what was submitted")
        if is_handed_over(row):  # where the step was refused, it was refused because it was done
            raw = evidence_from(row) if refusal else response.content
            return Receipt(Outcome.receipted, verdict_from(row), key, raw)
        if refusal and is_draft(row):
            return refusal
        word = words_from(row.get("ValidationStatus")) or "no status"
        message = f"answered submitInvoice, and the invoice stands there as {word}"
        raise MaybeSent(self._where, message, said=_confirmation_in(response))

    def act(self, action: str, key: str, header: Row) -> httpx.Response:
        """One custom action; where it hangs is a setting."""
        named = {name: header.get(self._named(name), "") for name in ("InvoiceNumber", "BusinessUnit", "Supplier")}
        return acted(self._door, action, key, named)

    # --- pieces

    def _refusal(self, response: httpx.Response, what: str, key: str) -> Receipt:
        """A refusal in words is an answer, also where it leaves a saved invoice (`portal_reference`). Raises else."""
        said = self._door.said(response)
        status = response.status_code
        if any(one.code in TRANSIENT for one in said):
            words = "; ".join(one.words for one in said)
            raise MaybeSent(self._door.at(what), "found that somebody else wrote at the same time", said=words)
        if not said or not 400 <= status < 500 or status in (401, 403, 408, 429):
            raise self._door.failure(response, what, "write")
        return Receipt(Outcome.refused, refused(said), key, response.content)

    def _named(self, name: str) -> str:
        return self._door.settings.called(name)

    def _someone_elses(self) -> PersonNeeded:
        return self._person(
            "a saved invoice with other content stands under this number; delete it or finish it by hand"
        )

    def _person(self, action: str) -> PersonNeeded:
        return PersonNeeded(self._where, action, url=self._door.settings.url)


def acted(door: Door, action: str, key: str, named: Mapping[str, Any]) -> httpx.Response:
    """One custom action on an invoice: on its own address, or on the list's with the invoice's names (facts 11)."""
    if door.settings.actions == "item":
        return door.write("POST", f"{INVOICES}/{segment(key)}/action/{action}", action, b"{}", ACTION)
    return door.write("POST", f"{INVOICES}/action/{action}", action, written(named), ACTION)


def _confirmation_in(response: httpx.Response) -> str:
    """The words of an action's `result`; "" where it gave none."""
    answer = object_from(response.content) if response.status_code in (200, 201) else None
    return words_from(answer.get("result")) if answer else ""


def _taken_in(response: httpx.Response) -> bool:
    """Success, and in Fusion's own words (a gateway's page may come with a 200 too)."""
    return response.status_code in (200, 201) and bool(object_from(response.content))


def _taken(row: Row, number: str) -> Receipt:
    """As the portal would answer a used number, only that we saw it before sending. The sentence is ours."""
    word, held_by = words_from(row.get("ValidationStatus")), id_from(row.get("InvoiceId"))
    text = f"invoice number {number} is already used by invoice {held_by} ({word})"
    reason = Reason(ReasonCode.duplicate_number, "/invoice/number", word, text)
    verdict = Verdict(Status.rejected, Level.portal, (reason,), Actor.us, portal_status=word)
    return Receipt(Outcome.refused, verdict)


def _key_of(row: Row) -> str:
    """A child's own key: the end of its `self` link."""
    links = row.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "self":
            return id_from(words_from(link.get("href")).rstrip("/").rpartition("/")[2])
    return ""


def _differ(shown: Row, wanted: Row, names: Sequence[str] | Row) -> bool:
    """Whether a row states other facts than we would; what one of the two does not state cannot differ."""
    stated = [name for name in names if shown.get(name) is not None and wanted.get(name) is not None]
    return any(not _same(shown[name], wanted[name]) for name in stated)


def _changed(shown: Row, wanted: Row) -> dict[str, Any]:
    """What must be written for the row to say what we say; a site need not take again what it shows already."""
    return {name: value for name, value in wanted.items() if name in shown and not _same(shown[name], value)}


def _same(shown: Any, wanted: Any) -> bool:
    numbers = decimal_from(shown), decimal_from(wanted)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return words_from(shown).casefold() == words_from(wanted).casefold()
