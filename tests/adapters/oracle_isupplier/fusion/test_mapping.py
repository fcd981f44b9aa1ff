"""Fusion's words in ours: where an invoice stands, what a hold and what a refusal mean."""

import json

import pytest

from adapters.oracle_isupplier import holds
from adapters.oracle_isupplier.fusion.mapping import found_from, refused, verdict_from
from adapters.oracle_isupplier.fusion.rows import said_in, value_from, written
from gateway.verdict import Actor, ReasonCode, Status


@pytest.mark.parametrize(
    ("validation", "approval", "paid", "status", "who", "word"),
    [
        ("Incomplete", "Required", "Unpaid", Status.received, Actor.us, "Incomplete"),
        ("Not Validated", "Required", "Unpaid", Status.in_process, Actor.client_ap, "Not Validated"),
        ("Never Validated", "Not required", "Unpaid", Status.in_process, Actor.client_ap, "Never Validated"),
        ("Needs Revalidation", "Required", "Unpaid", Status.in_process, Actor.client_ap, "Needs Revalidation"),
        ("Validated", "Required", "Unpaid", Status.in_process, Actor.client_ap, "Required"),
        ("Validated", "Initiated", "Unpaid", Status.in_process, Actor.client_ap, "Initiated"),
        ("Validated", "Workflow approved", "Unpaid", Status.accepted, Actor.nobody, "Workflow approved"),
        ("VALIDATED", "NOT REQUIRED", "Not Paid", Status.accepted, Actor.nobody, "NOT REQUIRED"),
        ("APPROVED", "WFAPPROVED", "N", Status.accepted, Actor.nobody, "WFAPPROVED"),
        ("Validated", "MANUALLY APPROVED", "Partially Paid", Status.accepted, Actor.nobody, "MANUALLY APPROVED"),
        ("Validated", "Workflow approved", "Paid", Status.paid, Actor.nobody, "Paid"),
        ("Not Validated", "Rejected", "Unpaid", Status.rejected, Actor.us, "Rejected"),
        ("Cancelled", "Required", "Unpaid", Status.cancelled, Actor.us, "Cancelled"),
        ("Validated", "", "Unpaid", Status.in_process, Actor.client_ap, "Validated"),  # approval is not shown
        ("Frobnicated", "Workflow approved", "Paid", Status.unknown, Actor.us, "Frobnicated"),
        ("Validated", "Frobnicated", "Unpaid", Status.unknown, Actor.us, "Frobnicated"),
        ("Validated", "Workflow approved", "Frobnicated", Status.unknown, Actor.us, "Frobnicated"),
        ("", "Workflow approved", "Unpaid", Status.unknown, Actor.us, ""),
    ],
)
def test_three_words_tell_where_an_invoice_stands(
    validation: str, approval: str, paid: str, status: Status, who: Actor, word: str
) -> None:
    row = {"ValidationStatus": validation, "ApprovalStatus": approval, "PaidStatus": paid}
    verdict = verdict_from(row)
    assert (verdict.status, verdict.who_acts, verdict.portal_status) == (status, who, word)


def test_a_cancellation_date_counts_whatever_the_words_say() -> None:
    row = {"ValidationStatus": "Validated", "ApprovalStatus": "Workflow approved", "CanceledDate": "2026-03-10"}
    assert verdict_from(row).status is Status.cancelled


def test_every_hold_is_a_reason_and_a_released_one_is_none() -> None:
    row = {"ValidationStatus": "Needs Revalidation", "ApprovalStatus": "Required", "PaidStatus": "Unpaid"}
    placed = [
        {"HoldName": "Price", "HoldReason": "Invoice price exceeds PO price"},
        {"HoldName": "QTY REC", "HoldReason": None},
        {"HoldName": "Qty Ord", "ReleaseName": "Matched"},
    ]
    verdict = verdict_from(row, placed)
    assert verdict.status is Status.under_query
    assert [(reason.code, reason.portal_code, reason.portal_text) for reason in verdict.reasons] == [
        (ReasonCode.price_mismatch, "Price", "Invoice price exceeds PO price"),
        (ReasonCode.not_received, "QTY REC", "QTY REC"),
    ]
    assert verdict.who_acts is Actor.us


def test_a_hold_overrules_validation_and_not_payment() -> None:
    hold = [{"HoldName": "IPM VERIFICATION HOLD"}]
    row = {"ValidationStatus": "Validated", "ApprovalStatus": "Not required", "PaidStatus": "Unpaid"}
    assert verdict_from(row, hold).status is Status.under_query
    assert verdict_from({**row, "PaidStatus": "Paid"}, hold).status is Status.paid


@pytest.mark.parametrize(
    ("names", "who"),
    [
        (["Qty Rec"], Actor.client_ap),
        (["Qty Rec", "Insufficient Funds"], Actor.client_ap),
        (["Qty Rec", "Price"], Actor.us),
        (["AWAIT_PAY_APP"], Actor.client_ap),
        (["MISCELLANEOUS HOLD (AP)"], Actor.us),  # a buyer's own: a person reads its note
        (["Can’t Close PO"], Actor.client_ap),
    ],
)
def test_holds_name_who_acts(names: list[str], who: Actor) -> None:
    assert holds.who_acts(names) is who


def test_every_hold_code_of_the_facts_is_known() -> None:
    codes = (
        "QTY ORD, QTY REC, AMT ORD, AMT REC, QUALITY, PRICE, TAX DIFFERENCE, CURRENCY DIFFERENCE, REC EXCEPTION, "
        "TAX VARIANCE, PO NOT APPROVED, PO REQUIRED, MAX SHIP AMOUNT, MAX RATE AMOUNT, MAX TOTAL AMOUNT, "
        "TAX AMOUNT RANGE, MAX QTY ORD, MAX QTY REC, MAX AMT ORD, MAX AMT REC, CANT CLOSE PO, CANT TRY PO CLOSE, "
        "LINE VARIANCE"
    )
    assert [code for code in codes.split(", ") if holds.token_from(code) not in holds.HOLDS] == []


def _error(*details: dict[str, object], **top: object) -> bytes:
    return json.dumps({"title": "Bad Request", "status": "400", **top, "o:errorDetails": list(details)}).encode()


DUPLICATE = "This invoice number already exists. You must provide a unique invoice number."


@pytest.mark.parametrize(
    ("body", "kind", "reasons"),
    [
        (
            _error({"detail": DUPLICATE, "o:errorCode": "AP-810776"}),
            "application/json",
            [(ReasonCode.duplicate_number, "", "AP-810776")],
        ),
        (
            _error({"detail": "x", "o:errorDetails": [{"detail": DUPLICATE, "code": "AP-810776"}]}),
            "application/json",
            [(ReasonCode.duplicate_number, "", "AP-810776")],
        ),
        (
            _error({"detail": "You must provide a value for the Amount attribute for line 3.", "code": "AP-810879"}),
            "application/json",
            [(ReasonCode.field_missing, "/invoice/lines/2", "AP-810879")],
        ),
        (
            f"You must enter a value. | {DUPLICATE} (AP-810776)".encode(),
            "text/plain; charset=utf-8",
            [(ReasonCode.duplicate_number, "", "AP-810776"), (ReasonCode.field_missing, "", "")],
        ),
        (
            _error({"detail": "HUR is not in the list of values.", "o:errorPath": "/ispInvoiceRestLines[1]/UOM"}),
            "application/json",
            [(ReasonCode.unit_mismatch, "", "")],
        ),
        (b'{"title":"Something new","status":"400"}', "application/json", [(ReasonCode.other, "", "")]),
    ],
)
def test_refusals_are_taken_apart(body: bytes, kind: str, reasons: list[tuple[ReasonCode, str, str]]) -> None:
    verdict = refused(said_in(body, kind))
    assert verdict.status is Status.rejected
    assert [(reason.code, reason.path, reason.portal_code) for reason in verdict.reasons] == reasons
    assert all(reason.portal_text in body.decode() for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"<html>502</html>", "text/html"),
        (b"<html>502</html>", "text/plain"),
        (b"[1]", "application/json"),
        (b"{}", "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_what_is_no_refusal_in_words_says_nothing(body: bytes, kind: str) -> None:
    assert said_in(body, kind) == ()


def test_numbers_are_read_and_written_to_the_last_digit() -> None:
    text = b'{"a":123456789012.123456789,"b":[0.10,-3,null,true,"x"]}'
    assert written(value_from(text)) == text


def test_a_number_that_would_fill_the_memory_stays_text() -> None:
    assert value_from(b"[1.0e999999999]") == ["1.0e999999999"]
    row = {"InvoiceAmount": "9e999999999", "InvoiceNumber": "A", "ValidationStatus": "Validated"}
    assert found_from(row).total is None
