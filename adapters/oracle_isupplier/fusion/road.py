"""The verbs at Fusion: `payablesInvoicesInSupplierPortal`, the supplier's own REST resource."""

from collections.abc import Container, Iterator, Sequence
from datetime import datetime

import httpx

from adapters.oracle_isupplier.fusion.changes import changes, since_condition, unit_condition
from adapters.oracle_isupplier.fusion.client import HOLDS, INVOICES, Door, quoted, segment
from adapters.oracle_isupplier.fusion.document import render
from adapters.oracle_isupplier.fusion.mapping import found_from, is_standing, may_be_held, refused, verdict_from
from adapters.oracle_isupplier.fusion.rows import Row, evidence_from, object_from
from adapters.oracle_isupplier.fusion.settings import settings_from
from adapters.oracle_isupplier.fusion.submission import Submission, acted, exact_rows
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
    nothing_written_yet,
)
from gateway.errors import SettingWrong
from gateway.http_answer import Clock
from gateway.json_answer import id_from, words_from
from gateway.order import Orders
from gateway.packet import Packet
from gateway.verdict import Actor, Level, Verdict


class Road:
    """One supplier at one business unit of a buyer's Fusion."""

    abilities = frozenset({Ability.find, Ability.poll, Ability.void})

    def __init__(self, account: Account, http: httpx.Client, now: Clock) -> None:
        self._settings = settings_from(account.settings)
        self._door = Door(account, self._settings, http, now)

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """The saved invoice as JSON, its files beside it. Raises CannotExpress."""
        return render(packet, files, presentation, self._settings)

    def submit(self, document: Document, reference: str) -> Receipt:
        """Hands the document over once. Raises NotSent, MaybeSent, SignInRefused, PersonNeeded."""
        return Submission(self._door, document).submit()

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything held under exactly this number. Raises PortalUnavailable, SignInRefused."""
        rows = exact_rows(self._door, number, f"looking up invoice {number}")
        return tuple(found_from(row, self._holds_on(row)) for row in rows)

    def poll(self, cursor: str) -> Notices:
        """One page of changes. Raises PortalUnavailable, SignInRefused."""
        page = changes(self._door, cursor)
        notices = [self._notice(row, self._holds_on(row)) for row in page.rows]
        if self._settings.holds and page.since and not page.more:
            notices += self._newly_held(page.since, {id_from(row.get("InvoiceId")) for row in page.rows})
        return Notices(tuple(notices), page.cursor, page.more)

    def orders(self, cursor: str) -> Orders:
        """Never: no supplier's resource for purchase orders is known."""
        raise SettingWrong("transport", "fusion cannot read purchase orders; keep them in the client's checklist")

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Cancels an invoice; Fusion has no place for the reason. Raises NotSent, MaybeSent, SignInRefused."""
        what, path = f"cancelling invoice {portal_reference}", f"{INVOICES}/{segment(portal_reference)}"
        with nothing_written_yet():
            named = self._door.row(path, what)
        response = acted(self._door, "cancelInvoice", portal_reference, _names(named))
        answer = object_from(response.content)
        said = self._door.said(response)
        done = response.status_code in (200, 201) and answer and words_from(answer.get("result"))
        if not done and (not said or not 400 <= response.status_code < 500 or response.status_code in (403, 408, 429)):
            raise self._door.failure(response, what, "write")
        with already_written():
            standing = verdict_from(self._door.row(path, "looking at what was cancelled"))
        if done:
            return standing
        no = refused(said)
        return Verdict(standing.status, Level.portal, no.reasons, Actor.us, standing.portal_status, standing.at)

    def check(self) -> str:
        """Signs in and reads one row. Raises PortalUnavailable, SignInRefused."""
        query = [("q", unit_condition(self._door)), ("limit", "1"), ("onlyData", "true")]
        rows, _, _ = self._door.page(INVOICES, query, "checking the account")
        seen = "invoices are there" if rows else "none is there yet, so the business unit's name is unproven"
        return f"{self._door.where}: signed in and read invoices of {self._settings.business_unit}; {seen}."

    # --- pieces

    def _newly_held(self, since: datetime, told: Container[str]) -> Iterator[Notice]:
        """Invoices that were held since then: whether a hold moves its invoice's LastUpdateDate is not documented."""
        what = "reading new holds"
        q = f"{unit_condition(self._door)};{since_condition('HoldDate', since)}"
        placed = [hold for hold in self._door.rows(HOLDS, [("q", q), ("onlyData", "true")], what) if is_standing(hold)]
        for number in dict.fromkeys(id_from(hold.get("InvoiceNumber")) for hold in placed):
            for row in exact_rows(self._door, number, what):
                if id_from(row.get("InvoiceId")) not in told:
                    yield self._notice(row, _of_supplier(row, self._holds_by(number)))

    def _notice(self, row: Row, holds: Sequence[Row]) -> Notice:
        number, key = id_from(row.get("InvoiceNumber")), id_from(row.get("InvoiceId"))
        raw = evidence_from({**row, "holds": holds} if holds else row)
        return Notice(number, key, verdict_from(row, holds), raw=raw)

    def _holds_on(self, row: Row) -> Sequence[Row]:
        """The holds on an invoice that validation did not pass, where this account may read them."""
        if not self._settings.holds or not may_be_held(row):
            return ()
        return _of_supplier(row, self._holds_by(id_from(row.get("InvoiceNumber"))))

    def _holds_by(self, number: str) -> Sequence[Row]:
        q = f"InvoiceNumber={quoted(number)};{unit_condition(self._door)}"
        return self._door.rows(HOLDS, [("q", q), ("onlyData", "true")], f"reading the holds on {number}")


def _of_supplier(row: Row, holds: Sequence[Row]) -> Sequence[Row]:
    """Another supplier's invoice may have the same number."""
    ours = words_from(row.get("Supplier"))
    return [hold for hold in holds if words_from(hold.get("Supplier")) in ("", ours)]


def _names(row: Row) -> dict[str, str]:
    return {name: words_from(row.get(name)) for name in ("InvoiceNumber", "BusinessUnit", "Supplier")}
