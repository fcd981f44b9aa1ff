"""Coupa's words and ours, by table. Texts marked [D] are quoted from Coupa's pages; [I] are house-style inferences."""

import pytest

from adapters.coupa.mapping import STATUSES, FixClass, token_from
from adapters.coupa.refusal import fix_class, reasons_from, refused
from gateway.verdict import Actor, Reason, Status
from gateway.verdict import ReasonCode as R

KIND = (  # [D] CEH, PO Line must be the same type
    "Invalid attributes in document. [Validation failed: Invoice lines order line must be the same type as invoice"
    " line, Invoice Lines is invalid Invoice header: Invoice lines order line must be the same type as invoice line,"
    " Invoice Lines is invalid Invoice line {n}: PO Line must be the same type as invoice line]"
)
TERM = (  # [D] CEH: no blank before "Invoice header"
    "Invalid attributes in document. [Validation failed: Payment Term Must be present on invoiceInvoice header:"
    " Payment Term Must be present on invoice]"
)
DTD = (  # [D] CEH: a validator's sentence names elements, which must not be taken for troubles of their own
    "Request did not validate successfully with DTD. (Error: Element InvoiceDetailOrder content does not follow the"
    " DTD, expecting (InvoiceDetailOrderInfo , (InvoiceDetailItem | InvoiceDetailServiceItem)+), got"
    " (InvoiceDetailItem ) at :28.) [Error: Element Tax content does not follow the DTD]"
)

REFUSALS = [
    (403, "cXML invoicing not allowed for supplier", R.not_enabled, "", FixClass.config_at_buyer, Actor.portal_admin),
    (406, "Could not parse cXML document.", R.document_invalid, "", FixClass.our_bug, Actor.us),
    (406, DTD, R.document_invalid, "", FixClass.our_bug, Actor.us),
    (450, "cXML version of document is not supported", R.document_invalid, "", FixClass.our_bug, Actor.us),
    (450, "characteristic of request is not supported", R.document_invalid, "", FixClass.our_bug, Actor.us),
    (413, "Request Entity Too Large", R.too_many_lines, "", FixClass.splittable, Actor.us),
    (417, KIND.format(n=3), R.po_line_kind, "/invoice/lines/2", FixClass.deterministic, Actor.us),
    (417, KIND.format(n="XX"), R.po_line_kind, "", FixClass.deterministic, Actor.us),
    (417, TERM, R.payment_term_missing, "", FixClass.config_at_buyer, Actor.client_ap),
    (
        417,
        "Invalid attributes in document. Extra shipping/handling/misc charges are not permitted",
        R.charges_not_permitted,
        "",
        FixClass.policy,
        Actor.us,
    ),
    (
        417,
        "Invalid order/document reference. Order header 4500012345 does not belong to supplier Example",
        R.po_not_ours,
        "",
        FixClass.data,
        Actor.us,
    ),
    (
        417,
        "Invalid order/document reference. Could not find order header 4500012345, ord...",
        R.po_unknown,
        "",
        FixClass.data,
        Actor.us,
    ),
    (417, "Unable to find order with PO Number 45", R.po_unknown, "", FixClass.data, Actor.us),
    (417, "Invalid order/document reference.", R.po_unknown, "", FixClass.data, Actor.us),
    (
        417,
        "Invalid attributes in document. [Validation failed: Invoice number has already been taken]",  # [I]
        R.duplicate_number,
        "",
        FixClass.idempotency,
        Actor.us,
    ),
    (417, "Something Coupa never said before.", R.other, "", FixClass.mixed, Actor.us),
    (400, "Bill to address does not match", R.bill_to_mismatch, "", FixClass.deterministic, Actor.us),  # [I]
    (400, "PO is not open for invoicing", R.po_closed, "", FixClass.data, Actor.client_ap),  # [I]
    (400, "Invoice date can't be blank", R.field_missing, "", FixClass.data, Actor.us),  # [I]
]


@pytest.mark.parametrize(("code", "words", "reason", "path", "fix", "who"), REFUSALS)
def test_a_refusal_becomes_its_reason_with_its_words_unchanged(
    code: int, words: str, reason: R, path: str, fix: FixClass, who: Actor
) -> None:
    verdict = refused(code, [words])
    assert verdict.reasons == (Reason(reason, path, str(code), words),)
    assert (verdict.status, verdict.who_acts) == (Status.rejected, who)
    assert fix_class(verdict.reasons[0]) is fix


def test_several_troubles_in_one_answer_are_several_reasons_each_at_its_line() -> None:
    words = (
        "Invalid attributes in document. [Validation failed: Currency is invalid, Invoice Lines is invalidInvoice"
        " header: Currency is invalid, Frobnication, as of 2026, is off Invoice line 2: Uom must match"
        " the purchase order line, PO Line must be the same type as invoice line"
        " Invoice line 11: PO Line is closed for invoicing]"
    )
    assert [(reason.code, reason.path, reason.portal_text) for reason in reasons_from(417, words)] == [
        (R.currency_mismatch, "", "Currency is invalid"),
        (R.other, "", "Frobnication, as of 2026, is off"),
        (R.unit_mismatch, "/invoice/lines/1", "Uom must match the purchase order line"),
        (R.po_line_kind, "/invoice/lines/1", "PO Line must be the same type as invoice line"),
        (R.po_closed, "/invoice/lines/10", "PO Line is closed for invoicing"),
    ]


def test_a_refusal_by_rest_names_each_message_once() -> None:
    verdict = refused(400, ["Tax code is invalid", "Tax code is invalid", "Currency is invalid"])
    assert [reason.code for reason in verdict.reasons] == [R.tax_mismatch, R.currency_mismatch]


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("draft", Status.received),
        ("new", Status.received),
        ("processing", Status.in_process),
        ("pending_approval", Status.in_process),
        ("pending_action", Status.in_process),
        ("pending_receipt", Status.in_process),
        ("on_hold", Status.in_process),
        ("ap_hold", Status.in_process),
        ("booking_hold", Status.in_process),
        ("disputed", Status.under_query),
        ("rejected", Status.rejected),
        ("invalid", Status.rejected),
        ("approved", Status.accepted),
        ("voided", Status.cancelled),
        ("abandoned", Status.cancelled),
        ("payable_adjustment", Status.unknown),
    ],
)
def test_each_token_of_the_api_has_its_meaning(token: str, status: Status) -> None:
    assert STATUSES[token].status is status


def test_only_approval_is_read_as_acceptance() -> None:
    assert [token for token, meaning in STATUSES.items() if meaning.status is Status.accepted] == ["approved"]


@pytest.mark.parametrize(("word", "token"), [("Pending Approval", "pending_approval"), (" AP-Hold ", "ap_hold")])
def test_a_status_as_a_page_shows_it_is_the_apis_token(word: str, token: str) -> None:
    assert token_from(word) == token
    assert token in STATUSES


def test_a_dispute_in_words_that_no_rule_knows_is_between_people() -> None:
    assert fix_class(Reason(R.other, portal_code="OTHER", portal_text="See my e-mail")) is FixClass.business
