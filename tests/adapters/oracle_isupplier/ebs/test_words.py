"""iSupplier's words, figures and settings, without a browser: by table."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters.oracle_isupplier.ebs.figures import amount_from, day_from, day_written, written
from adapters.oracle_isupplier.ebs.invoices import Row
from adapters.oracle_isupplier.ebs.looks import Cell, Table
from adapters.oracle_isupplier.ebs.mapping import STATUSES, refused, trouble_of, verdict_from
from adapters.oracle_isupplier.ebs.position import after, position_from, print_of
from adapters.oracle_isupplier.ebs.profile import Profile, profile_from
from adapters.oracle_isupplier.ebs.purchase_orders import state_from
from adapters.oracle_isupplier.ebs.road import _least_settling, _names
from adapters.oracle_isupplier.ebs.settings import settings_from
from gateway.errors import SettingWrong
from gateway.verdict import Actor, ReasonCode, Status, Verdict

GIVEN = {"url": "https://ebs.buyer.example:4443", "user": "BILLING"}


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("4,020.40", ".", "4020.40"),
        ("4.020,40", ",", "4020.40"),
        ("1 508 792,5", ",", "1508792.5"),
        ("-4,020.40", ".", "-4020.40"),
        ("<4,020.40>", ".", "-4020.40"),
        ("(4,020.40)", ".", "-4020.40"),
        ("4,020.40 USD", ".", "4020.40"),
        ("0.00", ".", "0.00"),
        ("Multiple", ".", None),
        ("", ".", None),
        ("1.2.3", ".", None),
        ("NaN", ".", None),
        ("9" * 30, ".", None),
    ],
)
def test_amounts_are_read_as_the_page_writes_them_or_not_at_all(text: str, mark: str, amount: str | None) -> None:
    assert amount_from(text, mark) == (Decimal(amount) if amount is not None else None)


def test_days_are_read_and_written_in_the_pages_own_form() -> None:
    assert day_from("09-Mar-2026") == day_from("9-MAR-2026") == date(2026, 3, 9)
    assert day_from("31-FEB-2026") is day_from("2026-03-09") is day_from("09-XYZ-2026") is None
    assert day_written(date(2026, 3, 9)) == "09-MAR-2026"
    assert written("1234.5", ",") == "1234,5"


def _verdict(word: str, payment: str = "Not Paid", holds: tuple[tuple[str, str], ...] = (), **own: Any) -> Verdict:
    return verdict_from(word, payment, holds, own.get("statuses", {}), own.get("holds", {}))


@pytest.mark.parametrize(
    ("word", "payment", "status", "who"),
    [
        ("In-Process", "Not Paid", Status.in_process, Actor.client_ap),
        ("Approved", "Not Paid", Status.accepted, Actor.nobody),
        ("APPROVED", "Paid", Status.paid, Actor.nobody),
        ("Approved", "Partially Paid", Status.accepted, Actor.nobody),
        ("Validated", "Not Paid", Status.in_process, Actor.client_ap),
        ("Cancelled", "Not Paid", Status.cancelled, Actor.us),
        ("Rejected", "", Status.rejected, Actor.us),
        ("Unsubmitted", "", Status.received, Actor.us),
        ("gargling", "Paid", Status.unknown, Actor.us),
        ("", "", Status.unknown, Actor.us),
    ],
)
def test_a_status_is_ours_only_where_it_is_known(word: str, payment: str, status: Status, who: Actor) -> None:
    verdict = _verdict(word, payment)
    assert (verdict.status, verdict.who_acts) == (status, who)


def test_no_word_but_approval_is_acceptance() -> None:
    accepted = {word for word in STATUSES if _verdict(word).status in (Status.accepted, Status.paid)}
    assert accepted == {"approved", "paid"}


def test_a_held_invoice_is_under_query_with_every_hold_and_who_must_act() -> None:
    verdict = _verdict("On-Hold", holds=(("Qty Rec", ""), ("Price", "Price 99 against 98.50")))
    assert verdict.status is Status.under_query
    assert verdict.who_acts is Actor.us, "a price hold needs us"
    assert [(one.code, one.portal_code, one.portal_text) for one in verdict.reasons] == [
        (ReasonCode.not_received, "Qty Rec", "Qty Rec"),
        (ReasonCode.price_mismatch, "Price", "Price 99 against 98.50"),
    ]
    assert _verdict("On-Hold", holds=(("Qty Rec", ""),)).who_acts is Actor.client_ap
    assert _verdict("Approved", "Paid", holds=(("Price", ""),)).status is Status.paid, "what is paid is paid"


def test_a_buyers_own_words_and_holds_are_data() -> None:
    profile = profile_from({"statuses": {"Cleared": "accepted"}, "holds": {"IPM Verification Hold": "client_ap"}})
    assert _verdict("cleared", statuses=profile.statuses).status is Status.accepted
    held = (("IPM VERIFICATION HOLD", ""),)
    assert _verdict("On-Hold", holds=held).who_acts is Actor.us, "nobody has said whose it is"
    assert _verdict("On-Hold", holds=held, holds_of=None).status is Status.under_query
    assert verdict_from("On-Hold", "", held, {}, profile.holds).who_acts is Actor.client_ap


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Invoice number INV-1 already exists for this supplier.", ReasonCode.duplicate_number),
        (
            "Re-enter the invoice no. Invoice No Duplication with EVS Invoice.",
            ReasonCode.duplicate_number,
        ),
        ("Quantity invoiced cannot exceed the quantity available. (4500 1-1)", ReasonCode.quantity_mismatch),
        ("The invoice exceeds what the purchase order allows.", ReasonCode.po_balance),
        ("Purchase order 4500012345 is not open for invoicing.", ReasonCode.po_closed),
        ("Invoice date 09-MAR-2027 is not in an open period.", ReasonCode.date_out_of_window),
        ("Remit To: X is not in the list of values.", ReasonCode.remit_to_unknown),
        ("Requester: A value must be entered.", ReasonCode.field_missing),
        ("The file exceeds the limit of 100 KB.", ReasonCode.attachment_unacceptable),
        ("Complete the tax step before you submit the invoice.", ReasonCode.tax_mismatch),
        ("All purchase orders on an invoice must have the same currency.", ReasonCode.currency_mismatch),
        ("Something nobody has seen yet.", ReasonCode.other),
    ],
)
def test_a_message_keeps_its_words_whatever_it_means(words: str, code: ReasonCode) -> None:
    assert trouble_of(words) is code
    (reason,) = refused([words, words]).reasons
    assert (reason.code, reason.portal_text) == (code, words)


def test_orders_are_open_only_in_words_we_know() -> None:
    assert [state_from(word).value for word in ("Open", "finally  closed", "On Hold", "Curious")] == [
        "open",
        "closed",
        "stopped",
        "unknown",
    ]


def test_a_confirmation_must_name_exactly_this_invoice() -> None:
    assert _names("Invoice INV-1 has been submitted to Operations.", "INV-1")
    assert _names("Invoice INV-1.", "INV-1")
    assert not _names("Invoice INV-10 has been submitted.", "INV-1")
    assert not _names("Invoice XINV-1 has been submitted.", "INV-1")
    assert not _names("Invoice INV-1-R1 has been submitted.", "INV-1")


def test_columns_are_found_by_their_headers_wherever_they_stand() -> None:
    table = Table(("Standing", " Amount ", "*Invoice"), ((Cell("On-Hold", ()), Cell("1", ()), Cell("A", ())),))
    profile = profile_from({"columns": {"status": "Standing"}})
    assert table.places(profile.columns, ("invoice", "status", "amount")) == {"invoice": 2, "status": 0, "amount": 1}
    assert table.places(Profile().columns, ("invoice", "status")) == {"invoice": 2}


def test_a_row_is_held_by_its_status_or_by_its_column() -> None:
    profile = Profile()
    assert Row({"invoice": "A", "status": "On-Hold"}).is_held(profile)
    named = Row({"invoice": "A", "status": "In-Process", "on_hold": "Price"})
    assert named.is_held(profile)
    assert named.verdict(profile).reasons[0].code is ReasonCode.price_mismatch
    assert not Row({"invoice": "A", "status": "In-Process", "on_hold": "No"}).is_held(profile)


def test_a_cursor_that_cannot_be_read_starts_over() -> None:
    for cursor in ("", "nonsense", "{}", "[1]", "null"):
        assert position_from(cursor).seen == frozenset()
    cursor = after(["a row", "another"]).cursor()
    assert position_from(cursor).seen == {print_of("a row"), print_of("another")}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://user:secret@x"}, "url"),
        ({"user": None}, "user"),
        ({"page_seconds": 0}, "page_seconds"),
        ({"page_seconds": True}, "page_seconds"),
        ({"second_factor": "sms"}, "second_factor"),
        ({"colour": "red"}, "colour"),
        ({"profile": ["x"]}, "profile"),
        ({"profile": {"labels": {"finence": "X"}}}, "profile.labels.finence"),
        ({"profile": {"labels": {"finance": ""}}}, "profile.labels.finance"),
        ({"profile": {"statuses": {"Cleared": "yes"}}}, "profile.statuses.cleared"),
        ({"profile": {"holds": {"Own": "somebody"}}}, "profile.holds.own"),
        ({"profile": {"decimal_mark": ";"}}, "profile.decimal_mark"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        settings_from({**GIVEN, **change})
    assert wrong.value.setting == named


def test_a_responsibility_of_the_buyers_own_is_one_setting() -> None:
    settings = settings_from({**GIVEN, "responsibility": "Northgrid Suppliers"})
    assert settings.profile.labels["responsibility"] == ("Northgrid Suppliers",)
    assert settings.host == "ebs.buyer.example:4443"


def test_what_is_in_doubt_is_asked_for_only_when_neither_submit_nor_its_yes_can_still_be_pressed() -> None:
    assert _least_settling(settings_from(GIVEN)) == 150 + 2 * (60 + 120) + 600
