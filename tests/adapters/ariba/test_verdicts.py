"""What status updates, refusals and rows of the look-up mean."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.ariba.mapping import TROUBLES, coded_parts, trouble_of
from adapters.ariba.settings import settings_from
from adapters.ariba.verdicts import found_from, notice_from, refused, row_verdict
from formats.cxml import Unreadable, envelope_from
from gateway.adapter import Notice
from gateway.verdict import Actor, Level, ReasonCode, Status
from tests.adapters.ariba.scripted import BUYER, GIVEN, NETWORK, comment, document, invoice_status, row, update

SETTINGS = settings_from(GIVEN)


def notice(text: str) -> Notice:
    raw = text.encode()
    return notice_from(envelope_from(raw), raw, SETTINGS)


@pytest.mark.parametrize(
    ("type_", "code", "text", "status", "actor"),
    [  # the pairs of code and type that were seen (cXML facts 6); the type decides
        ("processing", 200, "OK", Status.in_process, Actor.client_ap),
        ("reconciled", 200, "OK", Status.accepted, Actor.nobody),
        ("paying", 200, "OK", Status.accepted, Actor.nobody),
        ("paid", 200, "OK", Status.paid, Actor.nobody),
        ("paid", 503, "OK", Status.paid, Actor.nobody),
        ("rejected", 200, "", Status.rejected, Actor.us),
        ("rejected", 200, "OK", Status.rejected, Actor.us),
        ("rejected", 423, "OK", Status.rejected, Actor.us),
        ("canceled", 200, "OK", Status.cancelled, Actor.us),
        ("canceled", 423, "OK", Status.rejected, Actor.us),
        ("reconciled", 423, "OK", Status.accepted, Actor.nobody),
        ("validation_failed", 200, "OK", Status.unknown, Actor.us),
        ("Reconciled", 200, "OK", Status.unknown, Actor.us),
        ("", 200, "OK", Status.unknown, Actor.us),
    ],
)
def test_the_type_decides_and_not_the_code(type_: str, code: int, text: str, status: Status, actor: Actor) -> None:
    verdict = notice(update(invoice_status(type_), code=code, text=text)).verdict
    assert (verdict.status, verdict.who_acts, verdict.portal_status) == (status, actor, type_)
    assert verdict.level is Level.buyer
    assert verdict.at is not None


def test_a_refusal_of_the_network_is_told_from_one_of_the_buyer() -> None:
    said = comment("INV-143: Cannot create a non-PO invoice with pricing details.")
    words = "Network Rejection: validation failed"
    for text in (
        update(invoice_status("rejected"), code=500, text="", words=words),
        update(invoice_status("rejected"), sender=NETWORK),
        update(invoice_status("rejected", said)),
    ):
        assert notice(text).verdict.level is Level.portal
    verdict = notice(update(invoice_status("rejected", comment("Hours do not match.")), code=500, text="")).verdict
    assert (verdict.level, verdict.status) == (Level.buyer, Status.rejected)


def test_each_error_of_the_network_is_a_reason_with_its_own_words() -> None:
    texts = (
        "INV-13: Order reference 7 is an obsolete, duplicate, or replaced order.",
        "INV-98: Your Tax ID value is missing.",
    )
    both = notice(update(invoice_status("rejected", *map(comment, texts)))).verdict.reasons
    assert [(one.code, one.portal_code, one.portal_text) for one in both] == [
        (ReasonCode.po_obsolete, "INV-13", texts[0]),
        (ReasonCode.tax_id_missing, "INV-98", texts[1]),
    ]
    (unknown,) = notice(update(invoice_status("rejected", comment("INV-777: Something new.")))).verdict.reasons
    assert (unknown.code, unknown.portal_code) == (ReasonCode.other, "INV-777")


def test_a_persons_words_are_kept_whole() -> None:
    words = "Comment: [MDC] Credits must be a credit memo; see rule INV 13, PO 4500. Mail ap@buyer.example"
    (reason,) = notice(update(invoice_status("rejected", comment(words, "Reason"), partial="0.00"))).verdict.reasons
    assert (reason.code, reason.portal_code, reason.portal_text) == (ReasonCode.other, "Reason", words)


def test_a_rejection_without_a_comment_shows_what_there_is() -> None:
    (reason,) = notice(update(invoice_status("rejected"), code=423, text="OK", words="blocked")).verdict.reasons
    assert (reason.code, reason.portal_code, reason.portal_text) == (ReasonCode.other, "423", "OK blocked")


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("Provide information", Status.under_query),
        ("Issue new invoice", Status.under_query),
        ("No action required", Status.in_process),
    ],
)
def test_an_invoice_in_work_may_ask_something_of_us(action: str, status: Status) -> None:
    verdict = notice(update(invoice_status("processing", comment("Why?", "Reason"), comment(action, "Action")))).verdict
    assert verdict.status is status
    assert [one.portal_text for one in verdict.reasons] == (["Why?", action] if status is Status.under_query else [])


def test_an_action_never_softens_a_rejection() -> None:
    text = update(invoice_status("rejected", comment("Provide information", "Action")))
    assert notice(text).verdict.status is Status.rejected


def test_a_partial_payment_is_never_called_paid_and_somebody_must_ask() -> None:
    verdict = notice(update(invoice_status("paid", partial="120.50"))).verdict
    assert (verdict.status, verdict.who_acts, verdict.portal_status) == (Status.accepted, Actor.us, "paid in part")
    assert verdict.reasons[0].portal_text == "PartialAmount 120.50 USD"
    whole = notice(update(invoice_status("paid", partial="0.00"))).verdict
    assert (whole.status, whole.reasons) == (Status.paid, ())


@pytest.mark.parametrize(
    ("paid", "status"),
    [("120.50", Status.accepted), ("100.00", Status.accepted), ("200.00", Status.paid), (None, Status.paid)],
)
def test_the_look_up_tells_a_part_from_the_whole(paid: str | None, status: Status) -> None:
    row = {"status": "paid", "amount": "200.00", "paidAmount": paid, "currency": "USD"}
    assert row_verdict(row).status is status


def test_a_gateways_suffix_is_cut_off() -> None:
    told = notice(update(invoice_status("paid"), reference=f"packet-1.1@clearbill.example_CIGSDRID_{BUYER}"))
    assert (told.portal_reference, told.reference) == ("packet-1.1@clearbill.example",) * 2


def test_a_payload_id_that_is_not_ours_names_nothing_and_the_number_does() -> None:
    told = notice(update(invoice_status("paid"), reference="1499761596863-6179080087130315542@10.163.3.213"))
    assert (told.number, told.portal_reference, told.reference) == ("INV-1001", "", "")


def test_an_update_may_name_the_invoice_by_either() -> None:
    assert notice(update(invoice_status("paid"), reference="")).number == "INV-1001"
    by_reference = notice(update(invoice_status("paid", number="")))
    assert (by_reference.number, by_reference.portal_reference) == ("", "packet-1.1@clearbill.example")


def test_another_buyers_update_has_no_number_here() -> None:
    told = notice(update(invoice_status("paid"), sender="AN01777777777"))
    assert (told.number, told.portal_reference) == ("", "packet-1.1@clearbill.example")


def test_the_senders_secret_is_not_kept() -> None:
    told = notice(update(invoice_status("paid")))
    assert b"pushed-s3cret" not in told.raw
    assert b"INV-1001" in told.raw


@pytest.mark.parametrize(
    ("kind", "type_", "status"),
    [
        ("InvoiceDetailRequest", "Rejected", Status.rejected),
        ("InvoiceDetailRequest", "declined", Status.rejected),
        ("InvoiceDetailRequest", "approved", Status.accepted),
        ("InvoiceDetailRequest", "accepted", Status.unknown),
        ("InvoiceDetailRequest", "", Status.unknown),
        ("ServiceEntryRequest", "approved", Status.unknown),
        ("231", "approved", Status.unknown),
    ],
)
def test_a_document_status_counts_only_for_invoices(kind: str, type_: str, status: Status) -> None:
    inner = f'<DocumentStatus type="{type_}"><DocumentInfo documentID="INV-1" documentType="{kind}"/></DocumentStatus>'
    assert notice(update(inner)).verdict.status is status


def test_an_update_with_nothing_but_a_status_is_unknown() -> None:
    verdict = notice(update("", code=200)).verdict
    assert (verdict.status, verdict.who_acts) == (Status.unknown, Actor.us)


def test_another_request_is_no_notice() -> None:
    with pytest.raises(Unreadable):
        notice(document("<OrderRequest/>", "o-1"))


# --- codes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TROUBLES)
def test_every_published_code_is_read(code: str) -> None:
    words = f"{code}: some words, with line 3: of them"
    assert coded_parts(words) == ((code, words),)
    (reason,) = refused(417, words).reasons
    assert (reason.code, reason.portal_code, reason.portal_text) == (TROUBLES[code].reason, code, words)
    assert reason.code is not ReasonCode.other


def test_several_codes_in_one_text_are_told_apart() -> None:
    assert coded_parts("INV-13: one.\nINVOICE_DUPLICATE (1): two; INV-98: three") == (
        ("INV-13", "INV-13: one."),
        ("INVOICE_DUPLICATE", "INVOICE_DUPLICATE (1): two"),
        ("INV-98", "INV-98: three"),
    )


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Reject: wrong PO",
        "see INV-13",
        "inv-13: lower",
        "PO: 4500",
        "INV-1042: your rate is wrong",
        "PO-4500012345: wrong rate",
        "As said in INV-13: the order is gone",
    ],
)
def test_words_without_a_code_have_none(words: str) -> None:
    assert coded_parts(words) == ()


def test_a_person_who_names_our_invoice_is_not_the_network() -> None:
    words = "INV-1042: the hours do not match"
    verdict = notice(update(invoice_status("rejected", comment(words)))).verdict
    assert verdict.level is Level.buyer
    assert [(one.code, one.portal_text) for one in verdict.reasons] == [(ReasonCode.other, words)]


def test_a_network_error_is_the_networks_own_fault() -> None:
    assert trouble_of("ANERR-10000000000000000000000094").reason is ReasonCode.portal_fault


@pytest.mark.parametrize(
    ("code", "reason", "actor"),
    [
        (400, ReasonCode.document_invalid, Actor.us),
        (403, ReasonCode.not_enabled, Actor.portal_admin),
        (406, ReasonCode.document_invalid, Actor.us),
        (409, ReasonCode.other, Actor.us),
        (417, ReasonCode.other, Actor.us),
        (476, ReasonCode.not_enabled, Actor.portal_admin),
    ],
)
def test_a_code_without_words_of_its_own_means_what_the_table_says(code: int, reason: ReasonCode, actor: Actor) -> None:
    verdict = refused(code, "words")
    assert (verdict.reasons[0].code, verdict.reasons[0].portal_text) == (reason, "words")
    assert (verdict.status, verdict.level, verdict.who_acts) == (Status.rejected, Level.portal, actor)


# --- the look-up --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "level"),
    [
        ({"status": "sent"}, Status.received, Level.portal),
        ({"status": "Sent", "routingStatus": "Failed"}, Status.rejected, Level.portal),
        ({"status": "rejected", "routingStatus": "failed"}, Status.rejected, Level.portal),
        ({"status": "failed", "routingStatus": "failed"}, Status.rejected, Level.portal),
        ({"status": "rejected"}, Status.rejected, Level.buyer),
        ({"status": "approved"}, Status.accepted, Level.buyer),
        ({"status": "paid", "routingStatus": "obsoleted"}, Status.paid, Level.buyer),
        ({"status": "rejected", "routingStatus": "obsoleted", "obsoletedBy": "new@x"}, Status.cancelled, Level.portal),
        ({"status": "canceled"}, Status.cancelled, Level.buyer),
        ({"status": "gargling"}, Status.unknown, Level.buyer),
        ({"status": None}, Status.unknown, Level.buyer),
    ],
)
def test_routing_status_and_invoice_status_are_two_things(
    changes: dict[str, Any], status: Status, level: Level
) -> None:
    verdict = row_verdict(row(**changes))
    assert (verdict.status, verdict.level) == (status, level)
    assert verdict.at is not None


def test_a_row_keeps_its_words_and_its_money() -> None:
    told = row(status="rejected", comments=[{"type": "Reason", "text": "Too many hours"}, "INV-98: no tax id"])
    assert [(one.code, one.portal_text) for one in row_verdict(told).reasons] == [
        (ReasonCode.other, "Too many hours"),
        (ReasonCode.tax_id_missing, "INV-98: no tax id"),
    ]
    assert found_from(told).total == Decimal("4020.40")
    assert found_from(row(amount="a lot")).total is None
    assert found_from(row(amount="NaN")).total is None
