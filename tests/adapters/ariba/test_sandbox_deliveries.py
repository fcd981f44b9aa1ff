"""How documents reach a supplier: the pending queue, pushes with retries, and everything that goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from lxml import etree

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.validation import dtd_of

from .receiver import BAD, GOOD, Receiver
from .sandbox_papers import SUPPLIER, fetched, pending, post, root_of, status_of, update_of

Bill = Callable[..., bytes]
OFFICIAL = Path(__file__).resolve().parents[4] / "shared" / "references" / "cxml" / "1.2.069" / "cXML.dtd"


def payloads(documents: list[ElementTree.Element]) -> list[str]:
    """Their payloadIDs."""
    return [each.get("payloadID", "") for each in documents]


def parsed(body: bytes) -> ElementTree.Element:
    """A pushed document."""
    return ElementTree.fromstring(body)  # noqa: S314 - written by the sandbox


@pytest.fixture
def three(portal: Portal, client: httpx.Client, bill: Bill) -> list[ElementTree.Element]:
    """Three updates that wait, about one invoice."""
    post(client, bill())
    portal.plays("INV-1", "pay_partly")
    return fetched(client)


# The pending queue


def test_what_was_not_acknowledged_comes_again(client: httpx.Client, three: list[ElementTree.Element]) -> None:
    assert len(three) == 3
    assert payloads(fetched(client)) == payloads(three)
    assert payloads(fetched(client, last=three[0].get("timestamp", ""))) == payloads(three[1:])
    assert payloads(fetched(client)) == payloads(three[1:])
    assert status_of(post(client, pending(last=three[2].get("timestamp", ""))))[0] == "204"


def test_a_page_holds_as_many_as_asked_for(
    portal: Portal, client: httpx.Client, three: list[ElementTree.Element]
) -> None:
    assert payloads(fetched(client, most="2")) == payloads(three[:2])
    assert payloads(fetched(client, most="2", last=three[1].get("timestamp", ""))) == payloads(three[2:])
    portal.knobs(max_pending=1)
    portal.says("INV-1", "processing")
    assert len(fetched(client, most="50")) == 1


def test_timestamps_rise_unless_documents_are_dated_to_the_second(
    portal: Portal, client: httpx.Client, three: list[ElementTree.Element], bill: Bill
) -> None:
    stamps = [each.get("timestamp", "") for each in three]
    assert all(one < other for one, other in pairwise(stamps))
    portal.knobs(timestamp_resolution="second")
    post(client, bill("INV-2"))
    portal.plays("INV-2", "pay")
    later = [each.get("timestamp", "") for each in fetched(client)][3:]
    assert len(set(later)) < len(later)
    assert all("." not in each for each in later)


def test_what_a_timestamp_acknowledges_is_a_knob(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(timestamp_resolution="second")
    post(client, bill())
    portal.plays("INV-1", "pay")
    (first,) = fetched(client, most="1")
    at = first.get("timestamp", "")
    portal.knobs(pending_acknowledged="older")
    assert payloads(fetched(client, most="1", last=at)) == payloads([first])
    portal.knobs(pending_acknowledged="delivered")
    left = fetched(client, last=at)
    assert len(left) == 3
    ties = [each for each in left if each.get("timestamp") == at]
    portal.knobs(pending_acknowledged="through")
    post(client, bill("INV-2"))
    portal.says("INV-2", "processing")
    newest = portal.messages()[-1]["at"]
    assert status_of(post(client, pending(last=newest)))[0] == "204"
    assert ties or at < left[0].get("timestamp", "")


def test_only_the_kinds_asked_for_come(client: httpx.Client, three: list[ElementTree.Element]) -> None:
    orders = root_of(post(client, pending("OrderRequest"))).findall("Response/GetPendingResponse/cXML")
    assert [each.find("Request/OrderRequest") is not None for each in orders] == [True]
    both = root_of(post(client, pending("StatusUpdateRequest OrderRequest")))
    assert len(both.findall("Response/GetPendingResponse/cXML")) == 4
    assert status_of(post(client, pending("PaymentRemittanceRequest")))[0] == "204"


def test_production_and_test_queues_are_apart(client: httpx.Client, three: list[ElementTree.Element]) -> None:
    test = {"supplier": SUPPLIER + "-T", "mode": "test"}
    assert status_of(post(client, pending(**test)))[0] == "204"
    (order,) = root_of(post(client, pending("OrderRequest", **test))).findall("Response/GetPendingResponse/cXML")
    assert order.find("Request").get("deploymentMode") == "test"  # type: ignore[union-attr]


def test_the_queue_is_the_suppliers_across_its_buyers(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.add_buyer("north")
    north = portal.account("north")["buyer_identity"]
    post(client, bill())
    post(client, bill("INV-2", buyer=north, payload="n", blocks=""))
    assert portal.documents(buyer="north")[0]["routing_status"] == "failed"  # the order is the other buyer's
    portal.says("INV-1", "approved")
    assert [update_of(each)["number"] for each in fetched(client)] == ["INV-2", "INV-1"]


# Pushes


def test_a_pushed_update_is_the_one_that_would_have_been_fetched(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    with Receiver() as receiver:
        portal.pushes_to(receiver.url, delivery="both")
        post(client, bill())
        portal.plays("INV-1", "approve")
        portal.waits_until_pushed()
        pushed = [parsed(body) for body in receiver.bodies]
        assert payloads(pushed) == payloads(fetched(client))
        assert [update_of(each) for each in pushed] == [update_of(each) for each in fetched(client)]
        assert pushed[0].findtext("Header/Sender/Credential/SharedSecret") == "sandbox-push-secret"
        assert b"SharedSecret" not in post(client, pending()).content


def test_with_push_alone_nothing_waits(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    with Receiver() as receiver:
        portal.pushes_to(receiver.url)
        post(client, bill())
        portal.says("INV-1", "processing")
        portal.waits_until_pushed()
        assert len(receiver.bodies) == 1
        assert status_of(post(client, pending()))[0] == "204"
        assert portal.account()["abilities"] == ["push", "profile", "rest", "orders"]


@pytest.mark.parametrize(
    "refusal", [(200, BAD), (500, b"broken"), (200, b"<html>"), (0, b""), (200, b'<!DOCTYPE a [<!ENTITY b "c">]><a/>')]
)
def test_a_push_is_tried_again_until_a_cxml_2xx_comes(
    refusal: tuple[int, bytes], portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    with Receiver() as receiver:
        receiver.answers.extend([refusal, refusal])
        portal.knobs(push_retry_delay="0.001")
        portal.pushes_to(receiver.url)
        post(client, bill())
        portal.says("INV-1", "processing")
        receiver.wait_for(3)
        portal.waits_until_pushed()
        assert len(set(receiver.bodies)) == 1
        (message,) = (each for each in portal.messages() if each["kind"] == "StatusUpdateRequest")
        assert (message["pushed"], message["tries"]) == ("acknowledged", 3)


def test_the_cxml_code_counts_and_not_the_http_one(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    with Receiver() as receiver:
        receiver.answers.append((500, GOOD))
        portal.pushes_to(receiver.url)
        post(client, bill())
        portal.says("INV-1", "processing")
        portal.waits_until_pushed()
        assert portal.messages()[-1]["pushed"] == "acknowledged"


def test_retries_wait_longer_each_time_and_end(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    with Receiver() as receiver:
        receiver.answers.extend([(200, BAD)] * 9)
        portal.knobs(clock="stepped", push_tries=3, push_retry_delay=60)
        portal.pushes_to(receiver.url)
        post(client, bill())
        portal.says("INV-1", "processing")
        for seconds, bodies in ((0, 1), (59, 1), (2, 2), (119, 2)):
            portal.steps(seconds)
            portal.waits_until_pushed()
            assert (len(receiver.bodies), portal.messages()[-1]["pushed"]) == (bodies, "retrying")
        portal.steps(2)
        portal.waits_until_pushed()
        assert (len(receiver.bodies), portal.messages()[-1]["pushed"]) == (3, "given up")
        portal.steps(100_000)
        portal.waits_until_pushed()
        assert len(receiver.bodies) == 3


def test_a_push_goes_nowhere_but_to_this_machine(portal: Portal) -> None:
    for url in ("http://supplier.example/cxml", "https://127.0.0.1/cxml", "file:///etc/passwd"):
        with pytest.raises(ValueError, match="on this machine"):
            portal.pushes_to(url)


# Trouble on order


def test_held_documents_go_out_repeated_and_shuffled(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(deliver="held")
    for number in range(20):
        post(client, bill(f"INV-{number}"))
        portal.plays(f"INV-{number}", "approve")
    assert status_of(post(client, pending()))[0] == "204"
    assert portal.delivers(repeat=0.5, shuffle=7) > 40
    assert portal.delivers(shuffle=7) == 0
    came = fetched(client)
    assert len(set(payloads(came))) == 40
    assert len(came) > 40
    stamps = [each.get("timestamp", "") for each in came]
    assert stamps != sorted(stamps)


def test_everything_or_one_invoices_documents_can_be_delivered_again(
    portal: Portal, client: httpx.Client, bill: Bill, three: list[ElementTree.Element]
) -> None:
    post(client, bill("INV-2"))
    portal.says("INV-2", "processing")
    fetched(client, last=fetched(client)[-1].get("timestamp", ""))
    assert portal.delivers(again=True, invoice="INV-2") == 1
    assert portal.delivers(again=True, repeat=1) == 8
    assert len(fetched(client)) == 9


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"invoice": "INV-1", "type": "validation_failed"}, {"type": "validation_failed", "number": "INV-1"}),
        ({"invoice": "INV-1", "type": "paid", "code": "503"}, {"type": "paid", "code": "503"}),
        ({"invoice": "INV-1", "without": ["reference"]}, {"reference": None, "number": "INV-1"}),
        ({"invoice": "INV-1", "without": ["number"]}, {"reference": "INV-1@supplier.example", "number": None}),
        ({"number": "NEVER-SENT", "reference": "nobody@x"}, {"number": "NEVER-SENT", "reference": "nobody@x"}),
        (
            {"invoice": "INV-1", "comments": [{"type": "Reason", "text": "<&>"}, "plain"]},
            {"comments": [("Reason", "<&>"), ("", "plain")]},
        ),
        ({"invoice": "INV-1", "type": "paid", "partial": "1.50"}, {"partial": "1.50"}),
    ],
)  # fmt: skip
def test_an_update_of_any_kind_can_be_ordered_and_changes_nothing(
    values: dict[str, Any], expected: dict[str, Any], portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    before = portal.documents()
    portal.sends_update(**values)
    said = update_of(fetched(client)[-1])
    assert {name: said[name] for name in expected} == expected
    assert portal.documents() == before


def test_a_gateways_suffix_stands_on_the_reference(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.sends_update(invoice="INV-1", suffix=True)
    portal.knobs(gateway_suffix=True, status_names="reference")
    portal.says("INV-1", "processing")
    suffixed = f"INV-1@supplier.example_CIGSDRID_{portal.account()['buyer_identity']}"
    said = [update_of(each) for each in fetched(client)]
    assert [each["reference"] for each in said] == [suffixed, suffixed]
    assert [each["number"] for each in said] == ["INV-1", None]


def test_an_update_may_be_dated_in_the_past(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.sends_update(invoice="INV-1", at="2026-01-01T00:00:00Z")
    assert fetched(client)[-1].get("timestamp") == "2026-01-01T00:00:00+00:00"


def test_a_document_status_tells_of_a_sheet(portal: Portal, client: httpx.Client) -> None:
    portal.sheets([{"id": "SES-1", "order": "450001234", "status": "sent", "lines": [{"quantity": 8}]}])
    assert client.post("/_sandbox/sheets/SES-1/reject").status_code == 200
    (document,) = fetched(client)
    status = document.find("Request/StatusUpdateRequest/DocumentStatus")
    assert status is not None
    assert status.get("type") == "rejected"
    info = status.find("DocumentInfo")
    assert info is not None
    assert (info.get("documentID"), info.get("documentType")) == ("SES-1", "ServiceEntryRequest")


# What the sandbox writes is valid


@pytest.mark.parametrize("dtd", [dtd_of("cXML"), OFFICIAL], ids=["ours", "official"])
def test_everything_written_is_valid(dtd: Path, portal: Portal, client: httpx.Client, bill: Bill) -> None:
    if not dtd.is_file():
        pytest.skip("the official DTDs are not on this machine")
    for count, script in enumerate(("pay_partly", "reject", "reject_typed", "erp_failed", "query")):
        post(client, bill(f"INV-{count}"))
        portal.plays(f"INV-{count}", script)
    portal.rejects("INV-13")
    post(client, bill("FAILED"))
    portal.order("450001234", "replace")
    portal.order("450001234", "cancel")
    portal.sheets([{"id": "SES-1", "status": "sent", "lines": [{"quantity": 8}]}])
    client.post("/_sandbox/sheets/SES-1/approve")
    answers = [
        post(client, pending("StatusUpdateRequest OrderRequest")).content,
        post(client, pending("Nothing")).content,
        post(client, b"<broken").content,
    ]
    judge = etree.DTD(str(dtd))
    for answer in answers:
        root = etree.fromstring(answer)
        assert judge.validate(root), judge.error_log.filter_from_errors()
        for nested in root.iter("cXML"):
            alone = etree.fromstring(etree.tostring(nested))
            assert judge.validate(alone), judge.error_log.filter_from_errors()
