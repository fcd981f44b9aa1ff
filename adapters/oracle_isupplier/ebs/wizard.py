"""Create Invoices with a purchase order: the wizard's steps, each entered, looked over and left (facts, section 6).

Nothing is saved on the way: an invoice begins to exist when Submit is pressed, and until then whatever breaks is known
not to have been sent. The portal's no, at whichever step, is `Stopped`: an answer with its words.
"""

from collections.abc import Sequence
from decimal import Decimal

from playwright.sync_api import FilePayload, Locator

from adapters.oracle_isupplier.ebs.desk import Desk, checked
from adapters.oracle_isupplier.ebs.figures import amount_from, day_written, written
from adapters.oracle_isupplier.ebs.form import Charge, Form, Item
from adapters.oracle_isupplier.ebs.invoices import next_window
from adapters.oracle_isupplier.ebs.looks import Cell, Look, Table
from adapters.oracle_isupplier.ebs.mapping import refused
from adapters.oracle_isupplier.ebs.oaf import Oaf, SeveralMatches, lines_of
from gateway.adapter import File
from gateway.errors import PersonNeeded
from gateway.verdict import ReasonCode, Verdict

MOST_WINDOWS = 100
_MOST_STEPS = 4


class Stopped(Exception):
    """The portal said no; `verdict` has its words and `page` the page's text. Nothing was created."""

    def __init__(self, verdict: Verdict, page: str) -> None:
        super().__init__(verdict.portal_status)
        self.verdict = verdict
        self.page = page


def find_saved(desk: Desk, oaf: Oaf, number: str) -> Cell | None:
    """The cell that opens a saved, unsubmitted invoice with exactly this number, on the wizard's first page.

    Sites that show no saved invoices there have none to find (6.2, from memory)."""
    desk.go(oaf, "finance", "create_invoices")
    field = oaf.find("saved_number")
    if field is None:
        return None
    oaf.enter(field, number)
    checked(oaf, oaf.act(oaf.button("go")))
    table = oaf.table("invoice", "update")
    if table is None:
        return None
    places = table.places(oaf.profile.columns, ("invoice", "update"))
    return next((row[places["update"]] for row in table.rows if row[places["invoice"]].text == number), None)


class Wizard:
    """One invoice on its way through the steps."""

    def __init__(self, oaf: Oaf, form: Form, files: Sequence[File], organization: str, category: str) -> None:
        self.oaf = oaf
        self._form = form
        self._files = files
        self._organization = organization
        self._category = category
        self._resumed = False

    # --- steps

    def begin(self) -> None:
        """From the landing page into the first step, with a purchase order."""
        oaf = self.oaf
        kind = oaf.find("create_kind")
        if kind is not None:
            oaf.choose(kind, oaf.profile.label("with_po"))
        self._go(oaf.act(oaf.button("create_go")))

    def resume(self, saved: Cell) -> None:
        """Opens a saved invoice; what is missing of it is entered, nothing is entered twice."""
        self._resumed = True
        control = saved.control("link", "image", "button")
        if control is None:
            raise self.oaf.changed(f"the link {self.oaf.profile.label('update')}")
        self._go(self.oaf.act(self.oaf.control(control)))

    def add_items(self) -> None:
        """The first step: order lines found, ticked and added. A resumed invoice may begin behind it."""
        oaf = self.oaf
        if oaf.find("po_search") is None:
            return
        there = self._added(every=self._resumed)
        for po in dict.fromkeys(item.po for item in self._form.items):
            items = [item for item in self._form.items if item.po == po and (po, item.line) not in there]
            if items:
                self._add(po, items)
        wanted = sorted((item.po, item.line) for item in self._form.items)
        added = self._added(every=self._resumed)
        if len(added) > len(wanted) or not set(added) <= set(wanted) or not added:
            raise self._other_items(f"the order lines {_told(wanted)} among the items added, and no others")
        self._go(oaf.act(oaf.button("next")))

    def _add(self, po: str, items: Sequence[Item]) -> None:
        oaf = self.oaf
        oaf.enter(oaf.field("po_search"), po)
        self._go(oaf.act(oaf.button("go")))
        left = {item.line: item for item in items}
        for _ in range(MOST_WINDOWS):
            table = self._needed_table("select", "po", "line")
            ticked = [line for line in left if self._tick(table, po, left[line])]
            if ticked:
                self._go(oaf.act(oaf.button("add_to_invoice")))
            for line in ticked:
                del left[line]
            if ticked and left:
                continue  # what was added may have gone from the list, and others moved up into this window
            following = next_window(oaf, table) if left else None
            if following is None:
                break
            self._go(oaf.act(following))
        if left:
            raise self._not_offered(po, left)

    def _tick(self, table: Table, po: str, item: Item) -> bool:
        """Ticks the row of an order line. Of several shipments the first that has enough left is taken."""
        oaf, columns = self.oaf, self.oaf.profile.columns
        places = table.places(columns, ("select", "po", "line", "ordered", "invoiced", "organization"))
        rows = [row for row in table.rows if (row[places["po"]].text, row[places["line"]].text) == (po, str(item.line))]
        rows = self._of_organization(rows, places, po)
        if not rows:
            return False
        fitting = [row for row in rows if _has_room(row, places, item, oaf.profile.decimal_mark)]
        control = (fitting or rows)[0][places["select"]].control("checkbox")
        if control is None:
            raise oaf.changed(f"a box to tick for line {item.line} of {po}")
        oaf.control(control).check()
        return True

    def _of_organization(self, rows: list[tuple[Cell, ...]], places: dict[str, int], po: str) -> list[tuple[Cell, ...]]:
        """An order number may stand in several operating units (9.1)."""
        if "organization" not in places:
            return rows
        units = {row[places["organization"]].text for row in rows}
        if self._organization:
            return [row for row in rows if row[places["organization"]].text == self._organization]
        if len(units) > 1:
            action = f"name the operating unit in the account's setting `organization`: {po} stands in several"
            raise PersonNeeded(self.oaf.where, f"{action} ({', '.join(sorted(units))})")
        return rows

    def _not_offered(self, po: str, left: dict[int, Item]) -> Stopped:
        """Only open, approved and not fully billed orders are offered (6.1); which of these it is, is not said."""
        look = self.oaf.look()
        table = self.oaf.table("select", "po", "line")
        place = table.places(self.oaf.profile.columns, ("po",)).get("po", 0) if table else 0
        others = [row for row in table.rows if row[place].text == po] if table else []
        if others:
            words = " | ".join(" ".join(cell.text for cell in row if cell.text) for row in others[:10])
            return Stopped(refused([words], ReasonCode.po_line_unknown), f"{look.text}\n{words}")
        said = next((line for line in look.text.splitlines() if "no results" in line.casefold()), "")
        words = said.strip() or f"{po} is not among the orders offered"
        return Stopped(refused([words], ReasonCode.po_unknown), f"{look.text}\n{words}")

    def _added(self, *, every: bool) -> list[tuple[str, int]]:
        """The order lines that stand on the invoice by now: those in the window that shows, or in `every` window.

        On a new invoice the window is enough, for the next step meets every row of it; on a resumed one nothing that
        is there may be added again."""
        found: list[tuple[str, int]] = []
        for _ in range(MOST_WINDOWS):
            table, rows = self._added_window()
            found += rows
            following = next_window(self.oaf, table) if every and table is not None else None
            if following is None:
                return found
            self._go(self.oaf.act(following))
        raise self.oaf.changed(f"an end of the items added within {MOST_WINDOWS} windows")

    def _added_window(self) -> tuple[Table | None, list[tuple[str, int]]]:
        for table in self.oaf.tables():
            places = table.places(self.oaf.profile.columns, ("po", "line", "select"))
            if {"po", "line"} <= set(places) and "select" not in places:
                return table, [_key(row, places) for row in table.rows if row[places["line"]].text.isdecimal()]
        return None, []

    def enter_details(self) -> None:
        """The second step: header, quantities, charges, papers."""
        self._enter_header()
        self._enter_items()
        self._enter_charges()
        self._attach()
        self._look_over_header()
        self._go(self.oaf.act(self.oaf.button("next")))

    def _enter_header(self) -> None:
        oaf, form = self.oaf, self._form
        if form.remit_to and oaf.value("remit_to").casefold() != form.remit_to.casefold():
            self._enter_remit_to()
        oaf.enter(oaf.field("invoice_number"), form.number)
        oaf.enter(oaf.field("invoice_date"), day_written(form.day))
        kind = oaf.find("invoice_type")
        if kind is not None:
            oaf.choose(kind, oaf.profile.label(form.kind))
        if form.description or (self._resumed and oaf.find("description") is not None):
            oaf.enter(oaf.field("description"), form.description)
        self._check()

    def _enter_remit_to(self) -> None:
        """A list of values or a poplist (6.2)."""
        oaf, site = self.oaf, self._form.remit_to
        field = oaf.field("remit_to")
        if oaf.is_poplist(field):
            offered = oaf.options(field)
            if site not in offered:
                raise Stopped(refused([", ".join(offered)], ReasonCode.remit_to_unknown), ", ".join(offered))
            oaf.choose(field, site)
        else:
            self._enter_listed(field, site)
        look = oaf.look()
        if oaf.objects(look):
            raise Stopped(refused(lines_of(look, oaf.heard), ReasonCode.remit_to_unknown), look.text)
        shown = oaf.value("remit_to")
        if shown.casefold() != site.casefold():
            raise Stopped(refused([shown], ReasonCode.remit_to_unknown), f"{look.text}\n{shown}")

    def _enter_listed(self, field: Locator, site: str) -> None:
        """A site that is not exactly one entry of the list is a person's to choose."""
        try:
            self.oaf.enter(field, site)
        except SeveralMatches as several:
            raise Stopped(refused(several.offered, ReasonCode.remit_to_unknown), "\n".join(several.offered)) from None

    def _look_over_header(self) -> None:
        """Posts of tables and papers carry the header along; that it is still there is seen, not hoped."""
        shown = self.oaf.value("invoice_number")
        if shown != self._form.number:
            raise self.oaf.changed(f"{self._form.number} in the field Invoice Number, and not {shown!r}")

    def _enter_items(self) -> None:
        left = {(item.po, item.line): item for item in self._form.items}
        for _ in range(MOST_WINDOWS):
            table = self._enter_window(left)  # to the last one, for there must be no others
            following = next_window(self.oaf, table)
            if following is None:
                break
            self._go(self.oaf.act(following))
        if left:
            raise self._other_items(f"rows for the items {_told(sorted(left))}")

    def _enter_window(self, left: dict[tuple[str, int], Item]) -> Table:
        """Enters the items in the visible window and takes them from `left`; what is entered may redraw the table."""
        done: set[tuple[str, int]] = set()
        while True:
            table = self._needed_table("po", "line", "quantity")
            places = table.places(self.oaf.profile.columns, ("po", "line", "quantity", "amount"))
            for row in table.rows:
                if not row[places["line"]].text.isdecimal() or _key(row, places) in done:
                    continue
                key = _key(row, places)
                if key not in left:
                    words = " ".join(cell.text for cell in row if cell.text)
                    raise self._other_items(f"the items of this invoice alone, and not {words}")
                self._enter_item(row, places, left.pop(key))
                done.add(key)
                if self.oaf.moved:
                    break
            else:
                return table

    def _enter_item(self, row: tuple[Cell, ...], places: dict[str, int], item: Item) -> None:
        oaf = self.oaf
        column, value = ("amount", item.amount) if item.by == "amount" else ("quantity", item.quantity)
        control = row[places[column]].control("text", "number") if column in places else None
        if control is None and item.by == "amount":  # some sites take the amount of a services line as its quantity
            control, value = row[places["quantity"]].control("text", "number"), item.amount
        if control is None:
            raise oaf.changed(f"a field for the {column} of line {item.line} of {item.po}")
        oaf.enter(oaf.control(control), written(value, oaf.profile.decimal_mark))
        self._check()

    def _enter_charges(self) -> None:
        for place, charge in enumerate(self._form.charges):
            if place >= len(self._charge_rows()):
                self._go(self.oaf.act(self.oaf.button("add_row")))
            self._enter_charge(place, charge)

    def _charge_rows(self) -> list[tuple[Cell, ...]]:
        table = self._needed_table("charge_type", "amount")
        place = table.places(self.oaf.profile.columns, ("amount",))["amount"]
        return [row for row in table.rows if row[place].control("text", "number")]

    def _enter_charge(self, row: int, charge: Charge) -> None:
        """Each value by a fresh look: choosing a type may redraw the table."""
        oaf = self.oaf
        entries = (
            ("charge_type", oaf.profile.label(charge.kind)),
            ("amount", written(charge.amount, oaf.profile.decimal_mark)),
            ("description", charge.description),
        )
        for column, value in entries:
            table = self._needed_table("charge_type", "amount")
            places = table.places(oaf.profile.columns, ("charge_type", "amount", "description"))
            rows = self._charge_rows()
            control = rows[row][places[column]].control("select", "text", "number") if column in places else None
            if control is None:
                if not value or column == "description":
                    continue
                raise oaf.changed(f"a field for the {column} of a charge")
            if control.kind == "select":
                oaf.choose(oaf.control(control), value)
            else:
                oaf.enter(oaf.control(control), value)

    def _attach(self) -> None:
        there = self._attached()
        if self._resumed and there:  # a name does not tell whether they are of this invoice
            words = f"A saved invoice {self._form.number} is there already and has papers: {', '.join(sorted(there))}."
            raise Stopped(refused([words], ReasonCode.other), f"{self.oaf.look().text}\n{words}")
        left = [file for file in self._files if file.name not in there]
        while left:
            if self.oaf.find("attachment_file") is None:
                self._go(self.oaf.act(self.oaf.button("add_attachment")))
            self._attach_one(left.pop(0), more=bool(left))
        missing = [file.name for file in self._files if file.name not in self._attached()]
        if missing:
            raise self.oaf.changed(f"{missing[0]} among the attachments")

    def _attached(self) -> set[str]:
        table = self.oaf.table("attachment")
        if table is None:
            return set()
        place = table.places(self.oaf.profile.columns, ("attachment",))["attachment"]
        return {row[place].text for row in table.rows}

    def _attach_one(self, file: File, *, more: bool) -> None:
        """By the page of its own or the layer on this one, whichever has opened (4.9). Where `more` follow and there
        is a button to add another, the page stays: one page fewer for each."""
        oaf = self.oaf
        oaf.field("attachment_title").fill(file.name)
        category = oaf.find("attachment_category")
        if category is not None:
            oaf.choose(category, self._category or oaf.profile.label("from_supplier"))
        payload: FilePayload = {"name": file.name, "mimeType": file.media_type, "buffer": file.content}
        oaf.field("attachment_file").set_input_files(payload)
        another = oaf.find_button("attachment_another") if more else None
        look = checked(oaf, oaf.act(another or oaf.button("attachment_apply")))
        if oaf.objects(look):
            raise Stopped(refused(lines_of(look, oaf.heard), ReasonCode.attachment_unacceptable), look.text)
        back = oaf.find_button("attachment_return") if another is None else None
        if back is not None and oaf.find("attachment_file") is not None:
            self._go(oaf.act(back))

    def to_review(self) -> None:
        """Past the tax step, which buyers may leave out, to the page that has Submit."""
        oaf = self.oaf
        for _ in range(_MOST_STEPS):
            if oaf.find_button("submit") is not None:
                return
            self._go(oaf.act(oaf.button("next")))
        raise oaf.changed(f"the button {oaf.profile.label('submit')}")

    def look_over(self) -> None:
        """The review page says what we mean: number, currency and total to the cent. Raises Stopped otherwise."""
        oaf, form = self.oaf, self._form
        text = oaf.value("invoice_total")
        shown = amount_from(text, oaf.profile.decimal_mark)
        if shown is None:
            raise oaf.changed(f"an amount beside {oaf.profile.label('invoice_total')}, and not {text!r}")
        number = oaf.value("invoice_number")
        if number and number != form.number:
            raise oaf.changed(f"invoice {form.number} on the review page, and not {number!r}")
        currency = oaf.value("currency")
        if currency and currency != form.currency:
            raise Stopped(refused([currency], ReasonCode.currency_mismatch), oaf.look().text)
        if shown != Decimal(form.total):
            raise Stopped(refused([text], ReasonCode.sum_mismatch), f"{oaf.look().text}\n{text}")

    def submit(self, seconds: float) -> Look:
        """Presses Submit, once. From here on only the portal's own words count."""
        button = self.oaf.button("submit")
        self.oaf.at.leaving()
        return self.oaf.act(button, seconds=seconds)

    # --- pieces

    def _other_items(self, looked_for: str) -> Exception:
        """A saved invoice with other lines is another's work: a person decides. On a new one the page has changed."""
        if not self._resumed:
            return self.oaf.changed(looked_for)
        words = f"A saved invoice {self._form.number} is there already and does not have {looked_for}."
        return Stopped(refused([words], ReasonCode.other), f"{self.oaf.look().text}\n{words}")

    def _go(self, look: Look) -> None:
        """A page of the wizard that does not complain."""
        checked(self.oaf, look)
        self._check(look)

    def _check(self, look: Look | None = None) -> None:
        look = look or self.oaf.look()
        if self.oaf.objects(look):
            raise Stopped(refused(lines_of(look, self.oaf.heard)), "\n".join([*self.oaf.heard, look.text]))

    def _needed_table(self, *things: str) -> Table:
        table = self.oaf.table(*things)
        if table is not None:
            return table
        seen = {thing for one in self.oaf.tables() for thing in one.places(self.oaf.profile.columns, things)}
        missing = next((thing for thing in things if thing not in seen), things[-1])
        raise self.oaf.changed(f"the column {self.oaf.profile.label(missing)}")


def _key(row: Sequence[Cell], places: dict[str, int]) -> tuple[str, int]:
    return row[places["po"]].text, int(row[places["line"]].text)


def _told(keys: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{po} line {line}" for po, line in keys)


def _has_room(row: Sequence[Cell], places: dict[str, int], item: Item, decimal_mark: str) -> bool:
    ordered, invoiced = (
        amount_from(row[places[thing]].text, decimal_mark) if thing in places else None
        for thing in ("ordered", "invoiced")
    )
    if ordered is None or item.by == "amount":
        return True
    return ordered - (invoiced or Decimal(0)) >= Decimal(item.quantity)
