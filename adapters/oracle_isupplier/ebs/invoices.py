"""View Invoices: one number looked up, or a date window read at once by the page's own export (facts, 4.11 and 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from playwright.sync_api import Error, Locator
from playwright.sync_api import TimeoutError as TooLate

from adapters.oracle_isupplier.ebs.desk import Desk, checked
from adapters.oracle_isupplier.ebs.figures import amount_from, day_written
from adapters.oracle_isupplier.ebs.looks import Cell, Table
from adapters.oracle_isupplier.ebs.mapping import meaning_of, verdict_from
from adapters.oracle_isupplier.ebs.oaf import Oaf
from adapters.oracle_isupplier.ebs.profile import Profile
from gateway.errors import PortalUnavailable
from gateway.verdict import Verdict

MOST_WINDOWS = 400
MOST_BYTES = 20 * 1024 * 1024
_NEEDED = ("invoice", "status", "amount")
_SHOWN = (*_NEEDED, "invoice_date", "type", "payment_status", "currency", "on_hold", "hold", "po")
_NO = frozenset({"", "n", "no"})
_YES = frozenset({"y", "yes", "on hold", "on-hold"})


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice as View Invoices shows it, by thing; `words` is the whole row as text (evidence)."""

    shown: Mapping[str, str]
    holds: tuple[tuple[str, str], ...] = ()
    words: str = ""
    link: Cell | None = field(default=None, repr=False)

    @property
    def number(self) -> str:
        """The invoice's number, to the letter."""
        return self.shown.get("invoice", "")

    def is_held(self, profile: Profile) -> bool:
        """Whether holds are worth reading: the list shows one at most (7.2)."""
        status = meaning_of(self.shown.get("status", ""), profile.statuses)
        return status == "under_query" or self.shown.get("on_hold", "").casefold() not in _NO

    def is_draft(self, profile: Profile) -> bool:
        """Whether it is saved and not submitted."""
        return meaning_of(self.shown.get("status", ""), profile.statuses) == "draft"

    def total(self, profile: Profile) -> Decimal | None:
        """The amount, positive for a credit memo as well."""
        amount = amount_from(self.shown.get("amount", ""), profile.decimal_mark)
        return None if amount is None else abs(amount)

    def verdict(self, profile: Profile) -> Verdict:
        """What the row says."""
        status, payment = self.shown.get("status", ""), self.shown.get("payment_status", "")
        return verdict_from(status, payment, self.holds or self._latest_hold(), profile.statuses, profile.holds)

    def _latest_hold(self) -> tuple[tuple[str, str], ...]:
        """The one hold that the list itself names: some sites write it where others say Yes (7.2)."""
        named = self.shown.get("hold") or self.shown.get("on_hold", "")
        return () if named.casefold() in _NO | _YES else ((named, ""),)


def look_up(desk: Desk, oaf: Oaf, number: str) -> list[Row]:
    """The rows with exactly this number; a wildcard in it finds others too, which are left out."""
    desk.go(oaf, "finance", "view_invoices")
    oaf.enter(oaf.field("search_number"), number)
    _search(oaf)
    found: list[Row] = []
    unread: list[str] = []
    for _ in range(MOST_WINDOWS):
        table = _results(oaf)
        found += _rows(oaf.profile, table)
        unread += table.unread
        following = next_window(oaf, table)
        if following is None:
            rows = [row for row in found if row.number == number]
            return rows or _surely_absent(oaf, table, len(found), unread, number)
        checked(oaf, oaf.act(following))
    raise PortalUnavailable(oaf.where, f"gave more than {MOST_WINDOWS} windows of rows for one number")


def _surely_absent(oaf: Oaf, table: Table, read: int, unread: Sequence[str], number: str) -> list[Row]:
    """No rows, where every row that is there was read and is another's. Raises PortalChanged where a row may have been
    missed: from that nothing is concluded, for what is absent is sent anew."""
    _all_read(oaf, table, read)
    where = unread if read else [*unread, *oaf.page.locator("body").inner_text().splitlines()]
    if any(number in words and not _says(oaf.profile, "no_results", words) for words in where):
        raise oaf.changed(f"a row of the results that can be read for {number}, which the page names")
    return []


def _all_read(oaf: Oaf, table: Table, read: int) -> None:
    """As many rows as the page counts; and none only where it says that there are none (4.8)."""
    if read < (table.length or 0):
        raise oaf.changed(f"{table.length} rows that can be read, as the page counts, and not {read}")
    if read:
        return
    text = " ".join([*table.unread, oaf.page.locator("body").inner_text()])
    if _says(oaf.profile, "no_search", text) or not (table.length == 0 or _says(oaf.profile, "no_results", text)):
        raise oaf.changed(f"rows, or the words {oaf.profile.label('no_results')!r}")


def _says(profile: Profile, thing: str, text: str) -> bool:
    plain = " ".join(text.split()).casefold()
    return any(words.casefold() in plain for words in profile.labels[thing])


def holds_of(oaf: Oaf, row: Row) -> tuple[tuple[str, str], ...]:
    """Every hold of an invoice, from its details; the list shows the latest only (7.2). Leaves the list."""
    link = row.link.control("link") if row.link else None
    if link is None:
        return ()
    checked(oaf, oaf.act(oaf.control(link)))
    tab = oaf.find_button("holds_tab")
    if tab is not None and oaf.table("hold") is None:
        checked(oaf, oaf.act(tab))
    table = oaf.table("hold")
    if table is None:
        return ()
    places = table.places(oaf.profile.columns, ("hold", "hold_words", "released"))
    rows = [row for row in table.rows if not _text(row, places.get("released"))]
    holds = ((_text(row, places["hold"]), _text(row, places.get("hold_words"))) for row in rows)
    return tuple((name, words) for name, words in holds if name)


def since(desk: Desk, oaf: Oaf, first_day: date) -> list[Row]:
    """Every invoice dated on or after this day, in one request: the page exports what it found. Where the export holds
    fewer than the page found (some sites limit it), the page itself is read, window by window."""
    desk.go(oaf, "finance", "view_invoices")
    oaf.enter(oaf.field("search_date_from"), day_written(first_day))
    _search(oaf)
    table = _results(oaf)
    if not _rows(oaf.profile, table) and not table.length:
        _all_read(oaf, table, 0)
        return []
    rows = _exported_rows(oaf, _export(oaf, oaf.button("export")))
    there = max(table.length or 0, len(_rows(oaf.profile, table)))
    return rows if len(rows) >= there else _shown_rows(oaf, there)


def _shown_rows(oaf: Oaf, there: int) -> list[Row]:
    """All windows of the results. Raises PortalUnavailable where they hold fewer rows than the page says."""
    found: list[Row] = []
    for _ in range(MOST_WINDOWS):
        table = _results(oaf)
        found += _rows(oaf.profile, table)
        following = next_window(oaf, table)
        if following is None:
            break
        checked(oaf, oaf.act(following))
    if len(found) < there:
        raise PortalUnavailable(oaf.where, f"shows {len(found)} of the {there} invoices that it says there are")
    return found


def _search(oaf: Oaf) -> None:
    look = checked(oaf, oaf.act(oaf.button("go")))
    if oaf.objects(look):
        raise oaf.changed("the results of a search, and not a complaint about it")


def _results(oaf: Oaf) -> Table:
    """The result table, read by its headers."""
    table = oaf.table(*_NEEDED)
    if table is None:
        headers = [set(one.places(oaf.profile.columns, _NEEDED)) for one in oaf.tables()]
        seen = max(headers, key=len, default=set())
        missing = next(thing for thing in _NEEDED if thing not in seen)
        raise oaf.changed(f"the column {oaf.profile.label(missing)}")
    return table


def _rows(profile: Profile, table: Table) -> list[Row]:
    places = table.places(profile.columns, _SHOWN)
    found = []
    for cells in table.rows:
        shown = {thing: _text(cells, place) for thing, place in places.items()}
        if shown.get("invoice"):
            words = "\t".join(cell.text for cell in cells)
            found.append(Row(shown, words=words, link=cells[places["invoice"]]))
    return found


def _text(cells: Sequence[Cell], place: int | None) -> str:
    return cells[place].text if place is not None else ""


def next_window(oaf: Oaf, table: Table) -> Locator | None:
    """The link to the table's next window of rows (4.8), where there is one more."""
    return oaf.control(table.following) if table.following is not None else None


def _export(oaf: Oaf, button: Locator) -> str:
    """The tab-separated text that the page's export yields, as a download or as a page of its own (4.11)."""
    try:
        with oaf.page.expect_download(timeout=oaf.seconds * 1000) as waiting:
            button.click(no_wait_after=True)
        path = waiting.value.path()
    except TooLate:
        look = oaf.settle()
        checked(oaf, look)
        raise oaf.changed("the export as a file") from None
    except Error as fault:
        raise PortalUnavailable(oaf.where, f"the export broke off ({fault.message.splitlines()[0]})") from None
    if path.stat().st_size > MOST_BYTES:
        raise PortalUnavailable(oaf.where, f"the export is larger than {MOST_BYTES} bytes")
    content = path.read_bytes()
    waiting.value.delete()
    return content.decode("utf-8-sig", "replace")


def _exported_rows(oaf: Oaf, text: str) -> list[Row]:
    """Rows of an export, whose first line has the headers."""
    lines = text.splitlines()
    headers = tuple(_unquoted(part) for part in lines[0].split("\t")) if lines else ()
    places = Table(headers, ()).places(oaf.profile.columns, _SHOWN)
    missing = [thing for thing in _NEEDED if thing not in places]
    if missing:
        raise oaf.changed(f"the column {oaf.profile.label(missing[0])} in the export")
    found = []
    for line in lines[1:]:
        parts = [_unquoted(part) for part in line.split("\t")]
        if not line.strip():
            continue
        if len(parts) < len(headers):
            raise PortalUnavailable(oaf.where, "the export ends in the middle of a row")
        shown = {thing: parts[place] for thing, place in places.items()}
        found.append(Row(shown, words=line))
    return found


def _unquoted(part: str) -> str:
    text = part.strip()
    return text[1:-1].replace('""', '"') if len(text) >= 2 and text[0] == text[-1] == '"' else text
