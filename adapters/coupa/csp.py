"""Statuses from the Supplier Portal's own REST (facts 7): every invoice of every buyer, page by page, no filter.

Each poll walks all pages, one per call. Rows are matched by invoice number and the buyer's instance address, for the
supplier's invoices at all its buyers stand in one list; the ids there are the CSP's own, not those of cXML and Core.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.coupa.client import RestDoor
from adapters.coupa.rows import Row, field, notice_from
from adapters.coupa.settings import Settings
from gateway.adapter import Notice, Notices
from gateway.errors import PortalUnavailable
from gateway.json_answer import id_from

_LIMIT = 100  # the documented default
_MOST_PAGES = 10_000


def poll(door: RestDoor, settings: Settings, cursor: str) -> Notices:
    """One page of this buyer's invoices. Raises PortalUnavailable, SignInRefused."""
    page = _page_from(cursor)
    rows, last = _page(door, page, "polling invoices")
    notices = tuple(_notice(row) for row in rows if _is_of(settings, row) and id_from(field(row, "invoice-number")))
    return Notices(notices, json.dumps({"page": 1 if page >= last else page + 1}), more=page < last)


def exact_rows(door: RestDoor, settings: Settings, number: str, what: str) -> list[Row]:
    """This buyer's rows with exactly this number. Raises PortalUnavailable, SignInRefused."""
    found: list[Row] = []
    page, last = 1, 1
    while page <= last:
        rows, last = _page(door, page, what)
        found += [row for row in rows if id_from(field(row, "invoice-number")) == number and _is_of(settings, row)]
        page += 1
    return found


def count(door: RestDoor) -> int:
    """How many invoices the list holds, over all buyers. Raises PortalUnavailable, SignInRefused."""
    answer = door.value("/invoices", [("page", "1"), ("limit", "1")], "checking the account")
    total = id_from(field(answer, "total")) if isinstance(answer, Mapping) else ""
    if not total.isdecimal():
        raise PortalUnavailable(door.where, "answered a list of invoices without its total")
    return int(total)


def _page(door: RestDoor, page: int, what: str) -> tuple[list[Row], int]:
    """The rows of one page and the number of the last page."""
    query = [("page", str(page)), ("limit", str(_LIMIT)), ("sort_by", "invoice_number:ASC")]
    answer = door.value("/invoices", query, what)
    rows = field(answer, "data") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise PortalUnavailable(f"{door.where}, {what}", "answered something that is not a page of invoices")
    last = id_from(field(answer, "num-pages"))
    if not last.isdecimal() or int(last) > _MOST_PAGES:
        raise PortalUnavailable(f"{door.where}, {what}", "did not say how many pages there are")
    return rows, int(last)


def _notice(row: Row) -> Notice:
    notice = notice_from(row)
    assert notice is not None  # noqa: S101 - the caller passes rows with a number only
    return Notice(notice.number, "", notice.verdict, raw=notice.raw)


def _is_of(settings: Settings, row: Row) -> bool:
    """Whether the row belongs to our buyer's instance; a row that does not say so is nobody's."""
    named: Any = field(row, "enterprise-instance-url")
    wanted = settings.csp_instance_url or settings.url
    return isinstance(named, str) and _instance(named) == _instance(wanted)


def _instance(address: str) -> tuple[str, str]:
    parts = urlsplit(address if "//" in address else f"//{address}")
    return parts.netloc.lower(), parts.path.rstrip("/")


def _page_from(cursor: str) -> int:
    """The page a cursor stands at; an unreadable one starts a new pass, which loses nothing."""
    try:
        page = json.loads(cursor)["page"] if cursor else 1
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1
    return page if isinstance(page, int) and not isinstance(page, bool) and 0 < page <= _MOST_PAGES else 1
