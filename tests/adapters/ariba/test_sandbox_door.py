"""The network's one cXML URL: who may pass, what is a document, what is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.texts import kinds

from .sandbox_papers import (
    NETWORK,
    PATH,
    SUPPLIER,
    block,
    invoice,
    labour,
    order_reference,
    pending,
    post,
    post_multipart,
    root_of,
    status_of,
    wrapped,
)

OFFICIAL = Path(__file__).resolve().parents[4] / "shared" / "references" / "cxml"
Bill = Callable[..., bytes]


def test_a_good_invoice_is_accepted_at_once_and_says_nothing_of_its_fate(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    answer = post(client, bill())
    assert (answer.status_code, status_of(answer)) == (200, ("201", "Accepted", ""))
    (held,) = portal.documents()
    assert (held["number"], held["status"], held["routing_status"]) == ("INV-1", "sent", "acknowledged")
    assert (held["total"], held["currency"], held["orders"]) == ("760.00", "USD", ["450001234"])
    assert held["reference"] == held["id"] == "INV-1@supplier.example"
    assert b"xml:lang" not in answer.content


def test_the_code_of_the_answer_may_stand_on_the_http_line(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(http_status="mirror", accepted_code="200")
    assert post(client, bill()).status_code == 200
    assert post(client, bill(secret="wrong")).status_code == 401
    assert post(client, b"<nothing").status_code == 406
    portal.knobs(accepted_code="201")
    assert post(client, bill("INV-2")).status_code == 201


@pytest.mark.parametrize(
    "stranger",
    [
        {"secret": "wrong"},
        {"secret": ""},
        {"supplier": "AN02000000099"},
        {"sender": "AN02000000099"},
        {"domain": "DUNS"},
        {"supplier": "AN02000000099", "sender": SUPPLIER},
    ],
)
def test_a_sender_that_is_not_recognised_is_unauthorised(
    stranger: dict[str, str], portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    assert status_of(post(client, bill(**stranger)))[0] == "401"
    assert portal.documents() == []


def test_a_supplier_may_name_itself_by_duns_or_user(client: httpx.Client, portal: Portal) -> None:
    supplier = {"identity": "AN02000000007", "duns": "123456789", "user_id": "billing@supplier.example"}
    portal.add_buyer("north", {"supplier": supplier})
    for domain, name in (("DUNS", "123456789"), ("AribaNetworkUserId", "billing@supplier.example")):
        document = wrapped("<ProfileRequest/>", doctype="", supplier=name, domain=domain)
        assert status_of(post(client, document))[0] == "200"


def test_a_certificate_opens_its_own_door_only(client: httpx.Client, portal: Portal) -> None:
    portal.add_buyer("north", {"supplier": {"identity": "AN02000000007", "certificate": True}})
    signed = wrapped("<ProfileRequest/>", doctype="", supplier="AN02000000007", secret="")
    assert status_of(post(client, signed, "/certservice" + PATH))[0] == "200"
    assert status_of(post(client, signed))[0] == "401"
    by_secret = wrapped("<ProfileRequest/>", doctype="")
    assert status_of(post(client, by_secret, "/certservice" + PATH))[0] == "401"


def test_a_standard_account_may_not_send_cxml(client: httpx.Client, portal: Portal) -> None:
    portal.add_buyer("north", {"supplier": {"identity": "AN02000000007", "enterprise": False}})
    document = wrapped("<ProfileRequest/>", doctype="", supplier="AN02000000007")
    assert status_of(post(client, document))[0] == "403"


def test_without_a_trading_relationship_an_invoice_is_forbidden(client: httpx.Client, portal: Portal) -> None:
    portal.add_buyer("north", {"supplier": {"identity": "AN02000000007"}})
    north = portal.account("north")["buyer_identity"]
    assert status_of(post(client, invoice(buyer=north)))[0] == "403"
    assert status_of(post(client, invoice(buyer="AN01999999999")))[0] == "403"
    assert portal.documents(buyer="north") == []


def test_test_and_production_accounts_never_mix(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    buyer = portal.account()["buyer_identity"]
    assert status_of(post(client, bill(mode="test")))[0] == "403"
    assert status_of(post(client, bill(supplier=SUPPLIER + "-T")))[0] == "403"
    test = {"supplier": SUPPLIER + "-T", "mode": "test"}
    assert status_of(post(client, bill(**test)))[0] == "403"  # a test account, a production buyer
    assert status_of(post(client, bill(buyer=buyer + "-T", **test)))[0] == "201"
    assert status_of(post(client, bill(payload="another")))[0] == "201"
    assert [(each["mode"], each["routing_status"]) for each in portal.documents()] == [
        ("test", "acknowledged"),
        ("production", "acknowledged"),
    ]
    portal.knobs(mixed_modes="417")
    assert status_of(post(client, bill("INV-9", mode="test")))[0] == "417"
    portal.knobs(mixed_modes="accept")
    assert status_of(post(client, bill("INV-9", mode="test")))[0] == "201"


def test_the_profile_gives_one_url_for_every_request(portal: Portal, client: httpx.Client) -> None:
    answer = root_of(post(client, wrapped("<ProfileRequest/>", doctype="")))
    profile = answer.find("Response/ProfileResponse")
    assert profile is not None
    names = {each.get("requestName") for each in profile.findall("Transaction")}
    assert {"InvoiceDetailRequest", "GetPendingRequest", "StatusUpdateRequest"} <= names
    assert {each.findtext("URL") for each in profile.findall("Transaction")} == {portal.account()["url"]}


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"not xml",
        b"<cXML/>",
        b'<!DOCTYPE cXML [<!ENTITY a "b">]><cXML payloadID="&a;"/>',
        b'<!DOCTYPE cXML [<!ENTITY a SYSTEM "file:///etc/passwd">]><cXML payloadID="x">&a;</cXML>',
        b'<cXML payloadID="x" timestamp="y"><Header/><Request/></cXML>',
    ],
)
def test_what_is_no_request_is_refused_with_a_cxml_status(
    nonsense: bytes, portal: Portal, client: httpx.Client
) -> None:
    assert status_of(post(client, nonsense))[0] in ("400", "406")
    assert b"root:" not in post(client, nonsense).content
    assert portal.documents() == []


def test_a_document_that_breaks_its_dtd_is_not_acceptable(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    broken = bill().replace(b"<InvoiceDetailLineIndicator />", b"")
    code, text, words = status_of(post(client, broken))
    assert (code, text) == ("406", "Not Acceptable")
    assert "InvoiceDetailRequestHeader" in words
    assert portal.documents() == []


def test_whitespace_in_an_empty_element_passes_unless_the_knob_says_no(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    spaced = bill().replace(
        b"<InvoiceDetailLineIndicator />", b"<InvoiceDetailLineIndicator>\n</InvoiceDetailLineIndicator>"
    )
    assert status_of(post(client, spaced))[0] == "201"
    portal.knobs(whitespace_in_empty="refuse")
    assert status_of(post(client, spaced))[0] == "406"


def test_the_doctype_names_the_version_and_may_be_required(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    at = "http://xml.cxml.org/schemas/cXML/{}.dtd"
    old = '<!DOCTYPE cXML SYSTEM "' + at.format("1.2.020/InvoiceDetail") + '">\n'
    assert status_of(post(client, bill(doctype=old)))[0] == "201"
    new = old.replace("1.2.020", "1.2.999")
    assert status_of(post(client, bill("INV-2", doctype=new)))[0] == "450"
    other = old.replace("InvoiceDetail", "Fulfill")
    assert status_of(post(client, bill("INV-2", doctype=other)))[0] == "406"
    assert status_of(post(client, bill("INV-2", doctype="")))[0] == "201"
    portal.knobs(doctype="required")
    assert status_of(post(client, bill("INV-3", doctype="")))[0] == "406"


def test_an_older_version_forbids_what_came_later(client: httpx.Client, bill: Bill) -> None:
    old = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.020/InvoiceDetail.dtd">\n'
    sheet = '<ServiceEntryItemIDInfo serviceLineNumber="1" serviceEntryID="SES-1"/>'
    document = bill(blocks=block(labour(sheet=sheet)), doctype=old)
    assert status_of(post(client, document))[0] == "406"
    assert status_of(post(client, document.replace(b"1.2.020", b"1.2.069")))[0] == "201"


def test_credentials_are_checked_before_the_document_unless_the_knob_says_otherwise(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    both_wrong = bill(secret="wrong").replace(b"<InvoiceDetailLineIndicator />", b"")
    assert status_of(post(client, both_wrong))[0] == "401"
    portal.knobs(check_order="document_first")
    assert status_of(post(client, both_wrong))[0] == "406"


def test_an_unknown_request_is_not_implemented(client: httpx.Client) -> None:
    assert status_of(post(client, wrapped("<CopyRequest/>", doctype="")))[0] == "450"
    assert status_of(post(client, wrapped("<Anything/>", doctype="")))[0] == "450"


def test_only_post_is_allowed_and_too_much_is_refused(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    assert client.get(PATH).status_code == 405
    portal.knobs(max_message_bytes=100)
    assert post(client, bill()).status_code == 413


def test_attachments_are_read_by_their_names(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    named = "".join(f"<Attachment><URL>cid:{each}@x</URL></Attachment>" for each in ("one", "gone"))
    comments = f"<Comments>See{named}</Comments>"
    document = bill(header=comments)
    papers = ("one@x", "sheet.pdf", b"%PDF-1"), ("stray@x", "stray.pdf", b"%PDF-2")
    assert status_of(post_multipart(client, document, *papers))[0] == "201"
    (held,) = portal.documents()
    assert [(each["name"], each["size"]) for each in held["attachments"]] == [("sheet.pdf", 6)]
    for how in ("406", "417"):
        portal.knobs(unresolved_cid=how)
        assert status_of(post_multipart(client, document, *papers))[0] == "201"  # the same payloadID
        assert status_of(post_multipart(client, bill(f"INV-{how}", header=comments), *papers))[0] == how


def test_a_body_that_is_not_the_multipart_it_says_is_refused(client: httpx.Client) -> None:
    answer = client.post(PATH, content=b"no parts", headers={"Content-Type": "multipart/related; boundary=b"})
    assert status_of(answer)[0] == "400"


def test_a_repeated_payload_id_gets_the_same_answer_and_creates_nothing(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    assert status_of(post(client, bill()))[0] == "201"
    portal.knobs(accepted_code="200")
    assert status_of(post(client, bill()))[0] == "201"
    assert status_of(post(client, bill("INV-2", payload="INV-1@supplier.example")))[0] == "201"
    assert len(portal.documents()) == 1


def test_what_a_repeated_payload_id_does_is_a_knob(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(payload_repeated="same_answer_same_invoice")
    post(client, bill())
    post(client, bill())
    post(client, bill("INV-2", payload="INV-1@supplier.example"))
    assert [each["number"] for each in portal.documents()] == ["INV-1", "INV-2"]
    portal.knobs(payload_repeated="process")
    post(client, bill())
    assert [each["routing_status"] for each in portal.documents()] == ["acknowledged", "acknowledged", "failed"]


def test_broken_rules_may_be_refused_at_once(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(rule_failures="at_once")
    document = bill(blocks=block(order=order_reference("999", "nobody@x")))
    code, _, words = status_of(post(client, document))
    assert code == "417"
    assert "INV-15: This customer does not accept invoices for orders sent outside of Ariba SN." in words
    assert portal.documents() == []
    assert status_of(post(client, bill()))[0] == "201"


@pytest.mark.parametrize("code", [kind for kind in kinds() if kind.isdecimal()])
def test_a_scripted_code_is_answered_once(code: str, portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rejects(code)
    assert status_of(post(client, bill()))[0] == code
    assert portal.documents() == []
    assert status_of(post(client, bill()))[0] == "201"


def test_nothing_pending_is_204_or_200(portal: Portal, client: httpx.Client) -> None:
    assert status_of(post(client, pending(buyer=NETWORK)))[0] == "204"
    portal.knobs(pending_empty="200")
    answer = post(client, pending())
    assert status_of(answer)[0] == "200"
    assert root_of(answer).find("Response/GetPendingResponse") is None


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official DTDs are not on this machine")
def test_the_official_dtds_take_and_refuse_the_same() -> None:
    with Portal(dtd_directory=OFFICIAL) as portal, httpx.Client(base_url=portal.url) as client:
        portal.knobs(orders_delivered=False)
        buyer = portal.account()["buyer_identity"]
        assert status_of(post(client, invoice(buyer=buyer)))[0] == "201"
        broken = invoice(buyer=buyer).replace(b"<InvoiceDetailLineIndicator />", b"")
        assert status_of(post(client, broken))[0] == "406"
        assert status_of(post(client, pending()))[0] == "204" or portal.messages()
