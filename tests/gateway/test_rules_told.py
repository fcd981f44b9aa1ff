"""A checklist in words: what it rules about hours, lump sums, validity and credits is told, and nothing else."""

from typing import Any

from checklists.checklist import Checklist
from gateway.commands.rules import rules_in_words

BARE = {"client": "river", "name": "River Utility", "account": "river-ariba"}


def told(**settings: Any) -> dict[str, tuple[str, ...]]:
    return dict(rules_in_words(Checklist.model_validate({**BARE, **settings})))


def test_hours_are_told_where_the_client_rules_them() -> None:
    assert "Hours" not in told()
    form = {"pattern": r"TC-\d+", "says": "TC- and digits", "example": "TC-1"}
    hours = {
        "time_card_required": True,
        "time_card_form": form,
        "pay_codes": ["ST", "OT"],
        "pay_code_words": {"ST": "Normal"},
    }
    assert told(labour=hours)["Hours"] == (
        "Hours name the time card they were approved on.",
        "Time card number: TC- and digits, such as TC-1.",
        "Kinds of hour agreed: OT and ST.",
        "Their orders call ST Normal.",
    )


def test_papers_for_lump_sums_are_told_apart_from_papers_for_everything() -> None:
    receipt = {"kind": "receipt", "for_lump_sums": True}
    goods = {"kind": "receipt", "for_lines": ["goods"], "for_lump_sums": True, "over": "100"}
    assert told(documents=[receipt, goods, {"kind": "receipt"}])["Papers"] == (
        "Receipt for lump sums.",
        "Receipt for goods as a lump sum over 100.",
        "Receipt with every invoice.",
    )


def test_validity_of_orders_and_originals_of_credits_are_told() -> None:
    assert (
        "Work outside an order's days of validity stops the invoice."
        in told(orders={"outside_validity": "stop"})["Purchase orders"]
    )
    soon = told(orders={"runs_out_within_weeks": 4, "expired": "stop", "site_differs": "ignore"})["Purchase orders"]
    assert soon[-3:] == (
        "An order whose last day has passed stops the invoice.",
        "A site other than the order's is not looked at.",
        "An order that will be used up within 4 weeks is warned of.",
    )
    words = "A credit note credits an invoice that the client has from us."
    assert words in told(credit_notes={"original_required": True})["Tax, terms and charges"]
    refused = {"allowed": False, "original_required": True}
    assert words not in told(credit_notes=refused)["Tax, terms and charges"]


def test_time_sheets_are_told_where_they_are_opened() -> None:
    assert "Time sheets" not in told()
    rules = {"read": True, "signature": "shown", "max_hours_a_day": 16}
    assert told(timesheets=rules)["Time sheets"] == (
        "Time sheets are opened, and what stands in them counts.",
        "A sheet that could not be read in full is warned of.",
        "A signature counts only where the sheet itself shows it.",
        "A worker has at most 16 hours a day.",
    )
    assert len(told(timesheets={"read": True})["Time sheets"]) == 3


def test_rates_and_limits_are_told_where_a_card_lists_them() -> None:
    assert "Rates and limits" not in told()
    truck = {"kind": "equipment", "item": "Truck", "unit": "DAY", "rate": "400", "max_per_week": "5"}
    per_diem = {"kind": "per_diem", "unit": "DAY", "rate": "165", "per_worker_day": "1"}
    card = {
        "labour": [{"classification": "Lineman", "ST": "95"}],
        "items": [truck, per_diem],
        "escalations": [{"day": "2026-07-01", "percent": "3"}],
        "weekly_caps": [{"hours": "60"}, {"pay_codes": ["ST"], "hours": "40"}],
        "unlisted": "warn",
    }
    assert told(rate_card=card)["Rates and limits"] == (
        "Rates of equipment, labour and per diem are those of the rate card; another one stops the invoice.",
        "What the card does not list is warned of.",
        "From 2026-07-01 rates of labour rise by 3 per cent.",
        "A worker has at most 60 hours a week.",
        "A worker has at most 40 ST hours a week.",
        "At most 5 DAY of equipment Truck a week.",
        "At most 1 DAY of per diem for each worker and day worked.",
    )
    assert "Rates" not in " ".join(told(rate_card={**card, "differs": "ignore"})["Rates and limits"]).split(" are ")[0]
