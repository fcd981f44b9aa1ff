"""What the framework does with marks, addresses, ids, lists and tables, whatever page it is."""

import re

import pytest

from adapters.oracle_isupplier.sandbox import Portal

from .visitor import ORDER, Visitor

STALE = "You are trying to access a page that is no longer active."


def at_orders_step(visitor: Visitor) -> Visitor:
    visitor.follow("Finance").follow("Create Invoices").press_create()
    return visitor.press("Go", {visitor.named("PO Number"): "450001234"})


def test_a_post_with_the_marks_of_an_earlier_page_is_refused(visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "40"})
    assert visitor.message[0] == "Confirmation"
    visitor.with_order("450001234").press("Next", visitor.details("INV-2", {0: "1"})).press("Next")
    action, body = visitor.form().get("action"), visitor.body(visitor.handler(visitor.button("Submit")), {})
    visitor.press("Submit")
    assert STALE in visitor.take(visitor.http.post(action, data=body)).text
    assert [held["number"] for held in portal.documents()] == ["INV-1", "INV-2"]


def test_a_partial_page_renews_the_marks_and_the_old_ones_are_stale(visitor: Visitor) -> None:
    at_orders_step(visitor)
    action, params = visitor.form().get("action"), visitor.handler(visitor.button("Add to Invoice"))
    body = visitor.body(params, {visitor.table("PoFoundTable").ticks[0]: "0"})
    before = visitor.hidden()["_FORM"]
    visitor.take(visitor.http.post(action, data=body))
    assert visitor.hidden()["_FORM"] != before
    assert len(visitor.table("PoAddedTable").rows) == 1
    assert STALE in visitor.take(visitor.http.post(action, data=body)).text


def test_a_buttons_token_belongs_to_that_button_and_that_page(visitor: Visitor) -> None:
    at_orders_step(visitor)
    add, go = (visitor.handler(visitor.button(text)) for text in ("Add to Invoice", "Go"))
    assert STALE in visitor.post({**add, "IspAction": go["IspAction"]}, {}).text
    at_orders_step(visitor.home())
    assert STALE in visitor.post({**visitor.handler(visitor.button("Go")), "IspAction": go["IspAction"]}, {}).text


def test_another_window_of_the_same_sign_in_makes_this_one_stale(visitor: Visitor) -> None:
    at_orders_step(visitor)
    seen = visitor.answer
    visitor.get(f"{visitor.base}/OA_HTML/OA.jsp?OAFunc=OAHOMEPAGE")
    assert STALE in visitor.take(seen).press("Next").text


@pytest.mark.parametrize("change", [("oapc=", "oapc=9"), ("InvoiceId=", "InvoiceId=9"), ("oas=", "oas=x")])
def test_a_changed_address_fails_its_security_check(visitor: Visitor, change: tuple[str, str]) -> None:
    visitor.create("INV-1", {0: "40"})
    visitor.find("INV-1")
    (url,) = {*re.findall(r"'(/OA_HTML/OA.jsp\?page=[^']*InvoiceId[^']*)'", visitor.answer.text.replace("&amp;", "&"))}
    assert visitor.get(url).title.startswith("Invoice Details")
    assert "failed a security check" in visitor.get(url.replace(*change)).text


def test_ids_and_classes_change_with_every_start_and_their_ends_stay() -> None:
    seen = []
    for _ in range(2):
        with Portal() as portal:
            portal.orders([ORDER])
            visitor = Visitor(portal).home().with_order("450001234")
            number = visitor.named("Invoice Number")
            cell = next(iter(visitor.table("ItemsTable").inputs[0].values()))
            seen.append((number, cell, visitor.page.xpath("//button")[0].get("class")))
            assert (number[-10:], cell.partition(":")[2]) == ("InvoiceNum", "IspItemsQuantity:0")
            visitor.http.close()
    assert seen[0][0] != seen[1][0]
    assert seen[0] != seen[1]


def test_ids_may_have_no_stable_part_at_all(portal: Portal, visitor: Visitor) -> None:
    portal.knobs(unconfirmed_ids="scrambled", id_prefix="per_page")
    visitor.with_order("450001234")
    assert "InvoiceNum" not in visitor.named("Invoice Number")
    visitor.press("Next", visitor.details("INV-1", {0: "40"})).press("Next").press("Submit")
    assert [held["total"] for held in portal.documents()] == ["3940.00"]


def test_a_patch_and_restart_changes_the_look_and_ends_every_session(visitor: Visitor) -> None:
    before = visitor.with_order("450001234").named("Invoice Number")
    assert visitor.http.post("/_sandbox/look").status_code == 200
    assert visitor.press("Next").title == "Login"
    visitor.home().with_order("450001234")
    assert visitor.named("Invoice Number") != before


def test_buttons_stand_twice_and_the_lower_one_works_as_well(visitor: Visitor) -> None:
    visitor.with_order("450001234")
    upper, lower = [each for each in visitor.page.xpath("//button") if each.text_content() == "Next"]
    assert lower.get("id") == f"{upper.get('id')}_uixr"
    visitor.post(visitor.handler(lower), visitor.details("INV-1", {0: "40"}))
    assert visitor.page.xpath("//h2")[0].text_content() == "Create Invoice: Manage Tax"


def test_the_finance_tab_has_its_id_twice_and_the_first_is_hidden(visitor: Visitor) -> None:
    first, second = visitor.page.xpath("//a[@id='POS_ACCOUNT']")
    assert "display:none" in first.getparent().get("style")
    assert second.getparent().get("style") is None


def test_one_message_stands_in_a_div_and_several_in_a_list(visitor: Visitor) -> None:
    visitor.with_order("450001234").press("Next")
    assert visitor.message == (
        "Error",
        ["Invoice Number: A value must be entered.", "Enter a quantity to invoice for at least one item."],
    )
    visitor.press("Next", visitor.details("INV-1", {}))
    assert visitor.message == ("Error", ["Enter a quantity to invoice for at least one item."])
    assert not visitor.page.xpath("//*[@id='FwkErrorBeanId']//li")


def test_a_list_of_values_takes_what_is_meant_and_opens_where_it_is_not_clear(visitor: Visitor) -> None:
    visitor.with_order("450001234")
    field = visitor.named("Remit To")

    def leave(text: str) -> Visitor:
        params = visitor.handler(visitor.page.xpath(f"//*[@name='{field}']")[0])
        targets = {"event": "lovValidate", "source": field, "partialTargets": "SupplierRN"}
        return visitor.post({**params, **targets}, {field: text})

    leave("remit-w")
    assert visitor.typed()[field] == "REMIT-WEST"
    assert visitor.shown("Address") == "2 Feeder Street, Springfield"
    leave("REMIT")
    assert "_LovWindow" in visitor.page.xpath("//script[@id='_pprScripts']")[0].text_content()
    assert leave("NOWHERE").message == ("Error", ["Remit To: NOWHERE is not in the list of values."])


def test_the_window_of_a_list_searches_and_shows_its_values(visitor: Visitor) -> None:
    visitor.with_order("450001234")
    opening = visitor.page.xpath("//td[contains(@id, '__xc_0')]/a")[0].get("onclick")
    visitor.get(re.findall(r"'([^']*a\.jsp[^']*)'", opening)[0])
    assert visitor.title == "Search and Select List of Values"
    visitor.get(visitor.page.xpath("//frame[@title='Content']")[0].get("src"))
    form = visitor.page.xpath("//form[@id='_LOVResFrm']")[0]
    answer = visitor.http.post(form.get("action"), data={"searchText": "REMIT-W%", "event": "lovFilter"})
    listed = visitor.take(answer).page.xpath("//input[@type='radio']/@value")
    assert listed == ["REMIT-WEST"]


def test_values_typed_in_one_window_of_a_table_are_there_when_the_window_moves_on() -> None:
    lines = [{"type": "quantity", "quantity": "10", "price": "2", "uom": "EA"} for _ in range(12)]
    with Portal({"buyers": {"harbor": {}}}) as portal:
        portal.orders([{"number": "77", "lines": lines}], buyer="harbor")
        visitor = Visitor(portal, "harbor").home()
        visitor.follow("Account").follow("Create Invoices").press_create()
        visitor.press("Go", {visitor.named("Order Number"): "77"})
        assert len(visitor.table("PoFoundTable").rows) == 5
        for _ in range(3):
            visitor.press("Add to Invoice", dict.fromkeys(visitor.table("PoFoundTable").ticks, "0"))
        visitor.press("Next", {})
        for start, quantity in ((1, "1"), (6, "2"), (11, "3")):
            table = visitor.table("ItemsTable")
            assert [row["Line"] for row in table.rows] == [str(start + n) for n in range(len(table.rows))]
            typed = {name: quantity for row in table.inputs for name in row.values()}
            params = {"event": "goto", "source": "ItemsTable", "value": str(start + 5), "size": "5"}
            link = visitor.page.xpath("//a[starts-with(@title, 'Next ')]")
            if link:
                visitor.post({**visitor.handler(link[0]), **params, "partialTargets": "ItemsRN"}, typed)
        visitor.press("Next", {**typed, visitor.named("Supplier Invoice No."): "INV-1"})
        visitor.press("Next").press("Submit")
        (held,) = portal.documents(buyer="harbor")
        assert [line["quantity"] for line in held["lines"]] == ["1"] * 5 + ["2"] * 5 + ["3"] * 2
        visitor.http.close()


def test_the_poplist_of_a_table_names_its_ranges(visitor: Visitor, portal: Portal) -> None:
    portal.seed(23)
    assert len(visitor.find("SEED-%")) == 10
    choice = visitor.page.xpath("//select[@name='ViewTable:choice']/option")
    assert [each.get("value") for each in choice] == ["1,10", "11,10", "21,10"]
    assert [each.text for each in choice] == ["1-10 of 23", "11-20 of 23", "21-23 of 23"]
    assert visitor.page.xpath("//input[@name='ViewTable:length']/@value") == ["23"]


def test_what_stands_in_a_page_is_text_and_never_markup(visitor: Visitor, portal: Portal) -> None:
    number = "<b>&\"'\\x"
    visitor.create(number, {0: "40"}, description="</script><script>alert(1)</script>")
    assert visitor.message[1][0].startswith(f"Invoice {number} has been submitted")
    (row,) = visitor.find(number)
    assert row["Invoice"] == number
    assert not visitor.page.xpath("//b")
    assert "<script>alert(1)" not in visitor.follow(number).answer.text
