"""What becomes of an invoice: validation, routing, the buyer's scripts, cancelling, resubmitting, the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.ariba.sandbox import Portal
from adapters.ariba.sandbox.scripts import SCRIPTS

from .sandbox_papers import block, fetched, order_reference, post, status_of, update_of

Bill = Callable[..., bytes]
UNKNOWN_ORDER = block(order=order_reference("999", "nobody@x"))


def told(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    """The status updates that wait."""
    return [update_of(each) for each in fetched(client, **query)]


def test_the_networks_own_rejection_has_its_form(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    assert status_of(post(client, bill(blocks=UNKNOWN_ORDER)))[0] == "201"
    (held,) = portal.documents()
    assert (held["status"], held["routing_status"]) == ("rejected", "failed")
    (document,) = fetched(client)
    assert update_of(document) == {
        "code": "500",
        "text": "",
        "words": "Network Rejection: validation failed",
        "type": "rejected",
        "reference": "INV-1@supplier.example",
        "number": "INV-1",
        "partial": None,
        "comments": [("", "INV-15: This customer does not accept invoices for orders sent outside of Ariba SN.")],
    }
    assert document.findtext("Header/Sender/UserAgent") == "PropogationDispatcher"
    assert document.findtext("Header/From/Credential/Identity") == "AN01000000001"
    assert document.find("Header/Sender/Credential/SharedSecret") is None


def test_a_failed_invoice_may_be_shown_as_failed_and_its_rejection_come_from_the_buyer(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.knobs(failed_status="failed", network_rejection_from="buyer")
    post(client, bill(blocks=UNKNOWN_ORDER))
    assert portal.documents()[0]["status"] == "failed"
    (document,) = fetched(client)
    assert document.findtext("Header/From/Credential/Identity") == portal.account()["buyer_identity"]
    assert update_of(document)["type"] == "rejected"


def test_every_error_is_a_comment_of_its_own(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rules(require_remit_to=True, require_supplier_tax_id=True)
    post(client, bill(blocks=UNKNOWN_ORDER))
    codes = [text.split(":")[0] for _, text in told(client)[0]["comments"]]
    assert codes == ["INV-98", "SANDBOX-PARTNER", "INV-15"]


@pytest.mark.parametrize(
    ("script", "pairs", "status"),
    [
        ("approve", [("200", "processing"), ("200", "reconciled")], "approved"),
        ("pay", [("200", "processing"), ("200", "reconciled"), ("200", "paying"), ("200", "paid")], "paid"),
        ("pay_only", [("200", "paid")], "paid"),
        ("pay_partly", [("200", "processing"), ("200", "reconciled"), ("200", "paid")], "paid"),
        ("reject", [("200", "processing"), ("200", "rejected")], "rejected"),
        ("reject_423", [("200", "processing"), ("423", "rejected")], "rejected"),
        ("reject_typed", [("200", "rejected")], "rejected"),
        ("query", [("200", "processing")], "processing"),
        ("erp_failed", [("200", "processing"), ("423", "canceled")], "canceled"),
        ("erp_cancelled", [("200", "processing"), ("200", "rejected")], "rejected"),
        ("pay_503", [("200", "processing"), ("200", "reconciled"), ("503", "paid")], "paid"),
        ("none", [], "sent"),
        ("processing", [("200", "processing")], "processing"),
    ],
)
def test_a_buyer_acts_by_its_script(
    script: str, pairs: list[tuple[str, str]], status: str, portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    portal.knobs(script=script)
    post(client, bill())
    assert [(each["code"], each["type"]) for each in told(client)] == pairs
    assert portal.documents()[0]["status"] == status


def test_every_script_was_tried_above() -> None:
    tried = test_a_buyer_acts_by_its_script.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {each[0] for each in tried} == set(SCRIPTS)


def test_a_buyers_rejection_has_no_text_and_nothing_paid(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.plays("INV-1", "reject")
    last = told(client)[-1]
    assert (last["code"], last["text"], last["partial"]) == ("200", "", "0.00")
    assert last["comments"][0][1].startswith("Comment: [MDC] ")
    portal.says("INV-1", "rejected", comment="Wrong rate")
    last = told(client)[-1]
    assert (last["text"], last["partial"], last["comments"]) == ("", "0.00", [("", "Wrong rate")])


def test_typed_comments_keep_their_types(client: httpx.Client, portal: Portal, bill: Bill) -> None:
    post(client, bill())
    portal.plays("INV-1", "reject_typed")
    assert [kind for kind, _ in told(client)[-1]["comments"]] == ["Reason", "Reason", "Action"]


def test_part_of_an_invoice_may_be_paid(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.plays("INV-1", "pay_partly")
    assert told(client)[-1]["partial"] == "380.00"
    assert portal.documents()[0]["paid_amount"] == "380.00"


def test_a_query_is_still_processing_and_asks_for_information(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.disputes("INV-1", "INCORRECT_QUANTITY", "Please bill 32 units.")
    (said,) = told(client)
    assert said["type"] == "processing"
    assert said["comments"] == [
        ("Reason", "INCORRECT_QUANTITY"),
        ("Reason", "Please bill 32 units."),
        ("Action", "Provide information"),
    ]
    assert portal.documents()[0]["dispute_reason"] == "INCORRECT_QUANTITY"


def test_a_word_nobody_knows_is_passed_on(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.says("INV-1", "validation_failed")
    assert told(client)[-1]["type"] == "validation_failed"
    assert portal.documents()[0]["status"] == "validation_failed"


# Numbers


def cancel(bill: Bill, number: str = "INV-1", original: str = "INV-1@supplier.example") -> bytes:
    return bill(
        number,
        payload=f"cancel-{number}-{original}",
        attributes='operation="delete"',
        header=f'<DocumentReference payloadID="{original}"/>',
    )


def test_a_number_is_used_once(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    post(client, bill(payload="second"))
    assert [each["routing_status"] for each in portal.documents()] == ["acknowledged", "failed"]
    assert told(client)[-1]["comments"][0][1].startswith("INVOICE_DUPLICATE: ")
    post(client, bill(payload="third"))
    assert portal.documents()[2]["routing_status"] == "failed"


def test_another_buyer_may_have_the_same_number(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.add_buyer("north", {"knobs": {"orders_delivered": False}, "orders": []})
    post(client, bill())
    north = bill(
        buyer=portal.account("north")["buyer_identity"],
        payload="second",
        blocks=block(order="<OrderIDInfo orderID=''/>"),
    )
    post(client, north)
    assert portal.documents(buyer="north")[0]["routing_status"] == "acknowledged"


@pytest.mark.parametrize(
    ("ending", "rule", "default"),
    [
        ("failed", "reuse_number_after_failed", True),
        ("rejected", "reuse_number_after_rejected", False),
        ("canceled", "reuse_number_after_canceled", False),
    ],
)
def test_when_a_number_may_return_is_the_buyers_rule(
    ending: str, rule: str, default: bool, portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    for number, allowed in (("A", default), ("B", True), ("C", False)):
        if number != "A":
            portal.rules(**{rule: allowed})
        post(client, bill(number, payload=f"{number}-1", blocks=UNKNOWN_ORDER if ending == "failed" else ""))
        if ending != "failed":
            portal.says(number, ending)
        post(client, bill(number, payload=f"{number}-2"))
        latest = portal.documents()[-1]
        assert latest["routing_status"] == ("acknowledged" if allowed else "failed"), number


def test_a_resubmission_makes_its_original_obsolete(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill(blocks=UNKNOWN_ORDER))
    post(client, bill(payload="second"))
    first, second = portal.documents()
    assert (first["routing_status"], first["obsoleted_by"]) == ("obsoleted", "second")
    assert second["routing_status"] == "acknowledged"
    post(client, bill("INV-2", blocks=UNKNOWN_ORDER))
    post(client, bill("INV-2A", header='<DocumentReference payloadID="INV-2@supplier.example"/>'))
    assert portal.documents()[2]["obsoleted_by"] == "INV-2A@supplier.example"


def test_a_person_edits_and_resubmits_in_the_portal(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.rejects("INV-13")
    post(client, bill())
    portal.resubmits("INV-1", "INV-1-R1")
    first, second = portal.documents()
    assert (first["routing_status"], second["number"], second["channel"]) == ("obsoleted", "INV-1-R1", "Online")
    assert second["routing_status"] == "acknowledged"


# Cancelling


def test_an_undecided_invoice_can_be_cancelled_where_the_buyer_allows_it(
    portal: Portal, client: httpx.Client, bill: Bill
) -> None:
    post(client, bill())
    assert status_of(post(client, cancel(bill)))[0] == "201"
    (held,) = portal.documents()
    assert held["status"] == "canceled"
    (said,) = told(client)
    assert (said["type"], said["code"], said["reference"]) == ("canceled", "200", "INV-1@supplier.example")


def test_a_cancellation_may_stay_without_an_answer(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(cancel_answer="silent")
    post(client, bill())
    post(client, cancel(bill))
    assert portal.documents()[0]["status"] == "canceled"
    assert told(client) == []


def test_what_is_decided_or_unknown_cannot_be_cancelled(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    post(client, bill())
    portal.says("INV-1", "approved")
    for document, code in (
        (cancel(bill), "SANDBOX-CANCEL"),
        (cancel(bill, "INV-9", "nobody@x"), "SANDBOX-CANCEL-UNKNOWN"),
    ):
        post(client, document)
        said = told(client)[-1]
        assert (said["type"], said["words"]) == ("rejected", "Network Rejection: validation failed")
        assert said["reference"].startswith("cancel-")
        assert said["comments"][0][1].startswith(code + ": ")
    assert portal.documents()[0]["status"] == "approved"
    portal.rules(allow_cancel=False)
    post(client, bill("INV-2"))
    post(client, cancel(bill, "INV-2", "INV-2@supplier.example"))
    assert portal.documents()[1]["status"] == "sent"


def test_an_information_only_copy_is_taken_and_ignored(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    assert status_of(post(client, bill(attributes='isInformationOnly="yes"')))[0] == "201"
    assert portal.documents() == []


# Time


def test_the_clock_can_be_stepped_through_every_state(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(clock="stepped", validation_delay=60, routing_delay=60, buyer_delay=3600, script="pay")
    post(client, bill())
    seen = []
    for seconds in (0, 60, 60, 60, 3600, 3600, 3600, 3600):
        portal.steps(seconds)
        (held,) = portal.documents()
        seen.append((held["routing_status"], held["status"]))
    assert seen == [
        ("validating", "sent"),
        ("queued", "sent"),
        ("sent", "sent"),
        ("acknowledged", "sent"),
        ("acknowledged", "processing"),
        ("acknowledged", "approved"),
        ("acknowledged", "paying"),
        ("acknowledged", "paid"),
    ]


def test_one_long_step_does_everything_in_its_order(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(clock="stepped", validation_delay=60, routing_delay=60, buyer_delay=3600, script="pay")
    post(client, bill())
    post(client, bill("INV-2"))
    portal.steps(24 * 3600)
    said = told(client)
    assert [each["type"] for each in said if each["number"] == "INV-1"] == [
        "processing",
        "reconciled",
        "paying",
        "paid",
    ]
    assert [each["status"] for each in portal.documents()] == ["paid", "paid"]


def test_time_passes_by_itself_where_it_is_not_stepped(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(validation_delay="0.01", buyer_delay="0.01", script="approve")
    post(client, bill())
    while portal.documents()[0]["status"] != "approved":
        client.get("/_sandbox/clock")
    assert [each["type"] for each in told(client)] == ["processing", "reconciled"]


def test_a_cancelled_invoice_stops_its_script(portal: Portal, client: httpx.Client, bill: Bill) -> None:
    portal.knobs(clock="stepped", buyer_delay=60, script="pay")
    post(client, bill())
    portal.steps(60)
    post(client, cancel(bill))
    portal.steps(600)
    assert portal.documents()[0]["status"] == "canceled"
    assert [each["type"] for each in told(client)] == ["processing", "canceled"]
