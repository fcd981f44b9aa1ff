"""What only a browser shows: the hidden frame, swallowed clicks, dialogs, windows. Times are waits, never measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from adapters.oracle_isupplier.sandbox import Portal
from gateway.browser import launch
from gateway.errors import SettingWrong

from .visitor import ORDER

PDF = {"name": "timesheet.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 made up"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            program = launch(playwright)
        except SettingWrong as fault:
            pytest.skip(str(fault))
        yield program
        program.close()


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal({"buyers": {"harbor": {"orders": [ORDER]}}}) as running:
        running.orders([ORDER])
        yield running


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """Signed in at `default`, on the supplier portal's home page."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    sign_in(opened, portal)
    opened.get_by_text("iSupplier Portal Full Access", exact=True).click()
    opened.get_by_text("Home Page", exact=True).click()
    opened.locator("#POS_HOME").wait_for()
    yield opened
    context.close()


def sign_in(page: Page, portal: Portal, buyer: str = "default") -> None:
    account = portal.account(buyer)
    page.goto(f"{account['url']}/OA_HTML/AppsLocalLogin.jsp")
    page.locator("#usernameField").fill(account["user"])
    page.locator("#passwordField").fill(account["secrets"]["password"])
    if buyer == "default":
        page.locator("#passwordField").press("Enter")
    else:
        page.locator("#SubmitButton").click()
    page.get_by_text("Logged In As").wait_for()


def listen(page: Page, *, accept: bool = True) -> list[str]:
    """What dialogs say from now on."""
    said: list[str] = []

    def answer(dialog: Dialog) -> None:
        said.append(dialog.message)
        if accept:
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    return said


def at_details(page: Page) -> None:
    page.locator("#POS_ACCOUNT:visible").first.click()
    page.locator("#POS_CREATE_INVOICES").click()
    page.locator("#CreateInvBtn").click()
    page.locator("#PoNumber").fill("450001234")
    page.locator("#customizeSubmitButton").click()
    page.locator("[id='PoFoundTable:selected:0']").check()
    press(page, "Add to Invoice")
    expect(page.locator("#AddedRN td", has_text="450001234")).to_have_count(1)
    press(page, "Next")
    page.locator("[id$=InvoiceNum]").wait_for()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def choose_site(page: Page) -> None:
    """Type a site and leave the field: the address comes with a part of the page."""
    page.locator("[id$=RemitTo]").first.fill("REMIT-WEST")
    page.locator("[id$=InvoiceNum]").focus()
    expect(page.locator("#SupplierRN")).to_contain_text("2 Feeder Street")


def posts(portal: Portal, door: str) -> int:
    return sum(each["door"] == door for each in portal.requests())


def test_an_invoice_is_created_with_a_mouse_and_a_keyboard(page: Page, portal: Portal, tmp_path: Path) -> None:
    at_details(page)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    page.locator("[id$='ItemsQuantity:0']").fill("40")
    press(page, "Add...")
    page.locator("#FileInput_oafileUpload").set_input_files([PDF])
    page.locator("#AkAttachmentCategory").select_option(label="From Supplier")
    page.locator("#Okay_uixr").click()
    expect(page.locator("#FwkErrorBeanId")).to_contain_text("Confirmation")
    press(page, "Next")
    expect(page.get_by_role("heading", name="Create Invoice: Manage Tax")).to_be_visible()
    press(page, "Next")
    press(page, "Submit")
    expect(page.locator("#FwkErrorBeanId")).to_contain_text("Invoice INV-1 has been submitted")
    page.locator("#POS_INVOICES").click()
    page.locator("#SearchInvoiceNum").fill("INV-1")
    page.locator("#customizeSubmitButton").click()
    expect(page.get_by_role("link", name="INV-1")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#ExportBtn").click()
    download.value.save_as(tmp_path / "export.tsv")
    assert "INV-1\t" in (tmp_path / "export.tsv").read_text("utf-8")
    (held,) = portal.documents()
    assert (held["total"], held["attachments"][0]["category"]) == ("3940.00", "From Supplier")


def test_required_fields_are_asked_for_by_an_alert_before_any_post(page: Page, portal: Portal) -> None:
    at_details(page)
    said = listen(page)
    before = posts(portal, "post")
    press(page, "Next")
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    page.locator("[id$=InvoiceDate]").fill("2026-11-22")
    press(page, "Next")
    assert said[0] == "Invoice Number: A value must be entered."
    assert said[1].startswith("Invoice Date: 2026-11-22 is not a date.")
    assert posts(portal, "post") == before


def test_a_part_is_answered_with_the_whole_page_in_the_hidden_frame(page: Page) -> None:
    at_details(page)
    whole: list[str] = []
    page.on("response", lambda answer: whole.append(answer.text()) if answer.frame.name == "_pprIFrame" else None)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    press(page, "Add Row")
    expect(page.locator("#ChargesRN select")).to_have_count(1)
    assert page.locator("[id$=InvoiceNum]").input_value() == "INV-1"
    assert whole[0].count('id="_fwkHidden"') == 1
    assert 'id="ItemsRN"' in whole[0]


@pytest.mark.parametrize("blocking", ["div", "handler"])
def test_clicks_while_a_part_is_on_its_way_are_lost(page: Page, portal: Portal, blocking: str) -> None:
    portal.knobs(blocking=blocking)
    at_details(page)
    before = posts(portal, "ppr")
    page.evaluate(
        """() => {
            const rows = [...document.querySelectorAll('button')].find((each) => each.title === 'Add Row');
            for (let n = 0; n < 16; n += 1) { rows.click(); }
        }"""
    )
    expect(page.locator("#ChargesRN select")).to_have_count(1)
    assert posts(portal, "ppr") == before + 1


def test_the_same_post_within_a_moment_is_sent_once(page: Page, portal: Portal) -> None:
    at_details(page)
    before = posts(portal, "post")
    with page.expect_navigation():
        page.evaluate(
            """() => {
                const back = [...document.querySelectorAll('button')].find((each) => each.title === 'Back');
                back.click(); back.click();
            }"""
        )
    assert posts(portal, "post") == before + 1
    expect(page.get_by_role("heading", name="Create Invoice: Purchase Orders")).to_be_visible()


def test_leaving_a_changed_page_asks_first(page: Page, portal: Portal) -> None:
    at_details(page)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    said = listen(page, accept=False)
    page.locator("#POS_ORDERS").click()
    assert said == ["You have unsaved changes on this page. Do you want to leave it?"]
    assert page.locator("[id$=InvoiceNum]").input_value() == "INV-1"


def test_leaving_a_changed_page_all_the_same_is_a_post_that_navigates(page: Page, portal: Portal) -> None:
    at_details(page)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    listen(page)
    before = posts(portal, "post")
    page.locator("#POS_ORDERS").click()
    expect(page.locator("[id='ResultRN.PosVpoPoList:Content']")).to_be_visible()
    assert posts(portal, "post") == before + 1
    assert portal.documents() == []


def test_leaving_an_unchanged_page_does_not_ask(page: Page) -> None:
    said = listen(page)
    page.locator("#POS_ORDERS").click()
    expect(page.locator("[id='ResultRN.PosVpoPoList:Content']")).to_be_visible()
    assert said == []


def test_a_session_that_ended_is_told_by_an_alert_and_the_sign_in_page(page: Page, portal: Portal) -> None:
    at_details(page)
    said = listen(page)
    portal.ends_sessions()
    press(page, "Add Row")
    page.locator("#usernameField").wait_for()
    assert said == ["Your session has expired. Please log in again."]


def test_a_list_opens_a_window_with_frames_and_quick_select_fills_the_field(page: Page) -> None:
    at_details(page)
    with page.expect_popup() as opened:
        page.get_by_alt_text("Search: Remit To").click()
    window = opened.value
    content = window.frame_locator("frame[title=Content]")
    content.get_by_title("Search Term").fill("REMIT-W")
    content.get_by_title("Go").click()
    expect(content.locator("input[type=radio]")).to_have_count(1)
    with window.expect_event("close"):
        content.get_by_alt_text("Quick Select").click()
    expect(page.locator("[id$=RemitTo]").first).to_have_value("REMIT-WEST")
    expect(page.locator("#SupplierRN")).to_contain_text("2 Feeder Street")


def test_a_value_that_is_not_clear_opens_the_window_by_itself(page: Page) -> None:
    at_details(page)
    with page.expect_popup() as opened:
        page.locator("[id$=RemitTo]").first.fill("REMIT")
        page.locator("[id$=InvoiceNum]").focus()
    content = opened.value.frame_locator("frame[title=Content]")
    content.locator("input[type=radio][value='REMIT-MAIN']").check()
    content.get_by_title("Select", exact=True).click()
    expect(page.locator("[id$=RemitTo]").first).to_have_value("REMIT-MAIN")


def test_a_question_may_stand_in_a_frame_above_the_page(page: Page, portal: Portal) -> None:
    portal.knobs(submit_question="frame", tax_step="skipped")
    at_details(page)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    page.locator("[id$='ItemsQuantity:0']").fill("40")
    press(page, "Next")
    press(page, "Submit")
    page.frame_locator("iframe#iframedefaultDialogPopup").locator("button[title='Yes']").click()
    expect(page.locator("#FwkErrorBeanId")).to_contain_text("Confirmation")
    assert len(portal.documents()) == 1


def test_a_layer_attaches_a_file_through_the_hidden_frame(browser: Browser, portal: Portal) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, portal, "harbor")
    page.locator("a.OraUniversalNavigator").click()
    page.locator("a.entryLink[title='Harbor iSupplier Portal']").click()
    page.locator("a.entryLink[title='Home Page']").click()
    at_details(page)
    press(page, "Add...")
    page.locator("#FileInput").set_input_files([PDF])
    page.locator("#attachTitle").fill("Time sheet")
    press(page, "Apply")
    expect(page.locator("#AttachRN td", has_text="timesheet.pdf")).to_have_count(1)
    expect(page.locator("#FwkErrorBeanId")).to_contain_text("Confirmation")
    assert posts(portal, "ppr") == 0
    assert sum(each["door"] == "ppr" for each in portal.requests(buyer="harbor")) == 3
    context.close()


def test_a_surprise_opens_beside_the_page(page: Page, portal: Portal) -> None:
    portal.fault("extra_popup")
    with page.expect_popup() as opened:
        page.locator("#POS_ORDERS").click()
    expect(opened.value.get_by_text("published a new notice")).to_be_visible()


def test_pages_need_nothing_from_elsewhere(page: Page, portal: Portal) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    at_details(page)
    assert asked
    assert [url for url in asked if not url.startswith((portal.url, "data:", "about:"))] == []


def test_partial_pages_may_come_without_the_frame(page: Page, portal: Portal) -> None:
    portal.knobs(ppr_transport="xhr")
    at_details(page)
    frames: list[str] = []
    page.on("framenavigated", lambda frame: frames.append(frame.name))
    choose_site(page)
    said = listen(page)
    portal.ends_sessions()
    press(page, "Add Row")
    page.locator("#usernameField").wait_for()
    assert said == ["Your session has expired. Please log in again."]
    assert "_pprIFrame" not in frames


def test_a_part_that_never_comes_leaves_the_page_as_it_was(page: Page, portal: Portal) -> None:
    at_details(page)
    page.locator("[id$=InvoiceNum]").fill("INV-1")
    portal.fault("cut", door="ppr")
    press(page, "Add Row")
    page.wait_for_function("_pprRequestCount === 0 && !_pprBlocking")
    assert page.locator("[id$=InvoiceNum]").input_value() == "INV-1"
    choose_site(page)  # the same press again at once would be taken for the same submit
