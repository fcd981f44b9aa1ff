"""What the driven browser is measured against: a plain script, as somebody writes it who has one invoice to enter.

It starts a browser, signs in, walks the wizard, signs out. It waits two seconds after whatever it does, as nearly all
public scripts for these pages do (they wait 5 to 15), and twice as long after what redraws a part of the page, which
takes up to 3.7 s. In its favour: it looks for nothing that could go wrong. It neither looks in View Invoices
before it begins nor compares anything before it submits.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from playwright.sync_api import FilePayload, Locator, Page, sync_playwright

from gateway.browser import launch

PAUSE = 2_000
"""Milliseconds after each action."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One invoice to enter: items as order line to quantity, papers as name to bytes."""

    number: str
    day: str
    description: str
    po: str
    items: dict[int, Decimal]
    papers: dict[str, bytes]


def enter(url: str, user: str, password: str, wanted: Wanted) -> None:
    """Signs in, creates the invoice, signs out. Raises AssertionError where the portal does not confirm it."""
    with sync_playwright() as playwright:
        browser = launch(playwright, pictures=True)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        script = _Script(page)
        script.sign_in(url, user, password)
        script.choose_items(wanted)
        script.fill_in(wanted)
        script.attach(wanted.papers)
        script.press("Next")
        script.press("Next")
        script.press("Submit")
        said = page.locator("#FwkErrorBeanId").inner_text()
        assert "Confirmation" in said, said
        assert wanted.number in said, said
        page.goto(f"{url}/OA_HTML/OALogout.jsp?menu=Y")
        script.pause()
        browser.close()


class _Script:
    """The steps, each with its pause."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def pause(self) -> None:
        self._page.wait_for_timeout(PAUSE)

    def click(self, what: Locator) -> None:
        what.click()
        self.pause()

    def press(self, words: str) -> None:
        self.click(self._page.get_by_role("button", name=words, exact=True).first)

    def fill(self, selector: str, value: str) -> None:
        self._page.locator(selector).first.fill(value)
        self.pause()

    def sign_in(self, url: str, user: str, password: str) -> None:
        page = self._page
        page.goto(f"{url}/OA_HTML/AppsLocalLogin.jsp")
        self.pause()
        self.fill("#usernameField", user)
        self.fill("#passwordField", password)
        self.press("Log In")
        self.click(page.get_by_text("iSupplier Portal Full Access", exact=True))
        self.click(page.get_by_text("Home Page", exact=True))
        self.click(page.locator("#POS_ACCOUNT:visible").first)
        self.click(page.locator("#POS_CREATE_INVOICES"))
        self.click(page.locator("#CreateInvBtn"))

    def choose_items(self, wanted: Wanted) -> None:
        """Ticks each line in the visible rows and adds them, until all are there."""
        page, left = self._page, set(wanted.items)
        self.fill("#PoNumber", wanted.po)
        self.click(page.locator("#customizeSubmitButton"))
        while left:
            here = [line for line in sorted(left) if self._row("PoFoundTable", line).count()]
            for line in here:
                self._row("PoFoundTable", line).locator("input[type=checkbox]").check()
                self.pause()
            if here:
                self.press("Add to Invoice")
                self.pause()
                left -= set(here)
            else:
                self._next_rows("FoundRN")
        self.press("Next")

    def fill_in(self, wanted: Wanted) -> None:
        self.fill("[id$=InvoiceNum]", wanted.number)
        self.fill("[id$=InvoiceDate]", wanted.day)
        self.fill("[id$=InvoiceDescription]", wanted.description)
        left = dict(wanted.items)
        while left:
            for line in [line for line in left if self._row("ItemsTable", line).count()]:
                self._row("ItemsTable", line).locator("input[type=text]").fill(str(left.pop(line)))
                self.pause()
            if left:
                self._next_rows("ItemsRN")

    def attach(self, papers: dict[str, bytes]) -> None:
        page = self._page
        for name, content in papers.items():
            self.press("Add...")
            self.fill("#FileName", name)
            page.locator("#AkAttachmentCategory").select_option(label="From Supplier")
            self.pause()
            payload: FilePayload = {"name": name, "mimeType": "application/pdf", "buffer": content}
            page.locator("#FileInput_oafileUpload").set_input_files(payload)
            self.pause()
            self.press("Apply")

    def _next_rows(self, region: str) -> None:
        self.click(self._page.locator(f"#{region} a[title^='Next ']"))
        self.pause()

    def _row(self, table: str, line: int) -> Locator:
        """The table's row of an order line, by what stands in its cell."""
        cell = self._page.locator(f"span[id*='{_LINE_CELLS[table]}:']", has_text=_whole(line))
        return self._page.locator(f"[id$='{table}:Content'] tr").filter(has=cell)


_LINE_CELLS = {"PoFoundTable": "IspFoundLine", "ItemsTable": "IspItemsLine"}


def _whole(line: int) -> re.Pattern[str]:
    return re.compile(rf"^\s*{line}\s*$")
