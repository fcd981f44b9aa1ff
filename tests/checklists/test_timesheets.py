"""What was read in a time sheet stands for what the packet states of it, in every check of papers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from checklists.check import check
from checklists.finding import Finding
from checklists.readings import SheetReading
from gateway.packet import Period
from tests.checklists.evidence_rows import PAPER, READ, SIGNED, UNREAD, shifts, signed
from tests.checklists.packets import Spoil, checklist, facts, packet, put


def found(reading: SheetReading, *spoils: Spoil, settings: Mapping[str, Any] | None = None) -> tuple[Finding, ...]:
    return check(packet(*spoils), checklist(settings or READ), facts(sheets={PAPER: reading}))


def codes(reading: SheetReading, *spoils: Spoil, settings: Mapping[str, Any] | None = None) -> list[str]:
    return [one.code for one in found(reading, *spoils, settings=settings)]


def test_a_right_sheet_as_read_has_no_findings() -> None:
    assert codes(SIGNED) == []


def test_hours_as_read_count_and_not_those_the_packet_states() -> None:
    (finding,) = found(signed(shifts=shifts("7.5")))
    assert (finding.code, finding.path) == ("CB-DOC-06", "/invoice/lines/0/quantity")
    assert "40 hours are billed, time sheet TS-0412 (TU-1001_sheet.pdf) shows 37.5" in finding.sentence
    assert codes(SIGNED, put("/documents/1/hours/0/hours", "38")) == []


def test_a_sheet_that_shows_no_signer_is_unsigned_whatever_the_packet_states() -> None:
    (finding,) = found(signed(signature="unsigned", signed_by="", signed_on=None))
    assert (finding.code, finding.path) == ("CB-DOC-03", "/documents/1/signed_by")


def test_a_signature_that_cannot_be_read_is_taken_on_the_packets_word_or_not_as_the_client_says() -> None:
    unseen = signed(signature="unseen", signed_by="", signed_on=None)
    shown = {"timesheets": {"read": True, "signature": "shown"}}
    assert codes(unseen) == []
    assert codes(unseen, settings=shown) == ["CB-DOC-03"]
    assert codes(SIGNED, settings=shown) == []


def test_a_sheet_signed_by_field_needs_no_word_of_the_packet() -> None:
    unstated = put("/documents/1/signed_by", "")
    assert codes(SIGNED, unstated) == []
    assert codes(signed(signed_by=""), unstated) == []
    assert codes(signed(signature="unseen"), unstated) == ["CB-DOC-03"]


def test_days_as_read_count_and_not_those_the_packet_states() -> None:
    short = signed(period=Period(start=date(2026, 3, 2), end=date(2026, 3, 6)))
    (finding,) = found(short)
    assert finding.code == "CB-DOC-05"
    assert "2026-03-07 is not covered by time sheet TS-0412" in finding.sentence


def test_a_sheet_that_gives_its_own_number_need_not_have_it_from_the_packet() -> None:
    assert codes(SIGNED, put("/documents/1/timesheet_id", "")) == []
    other = signed(number="TS-0499")
    assert codes(other, put("/documents/1/timesheet_id", "")) == ["CB-DOC-02", "CB-DOC-07"]


def test_where_hours_could_not_be_read_the_packets_own_are_all_there_is() -> None:
    (unread,) = UNREAD["sheets"].values()
    assert codes(unread) == ["CB-TS-01"]
    assert codes(unread, put("/documents/1/hours/0/hours", "38")) == ["CB-DOC-06", "CB-TS-01"]


def test_broken_data_is_told_alone_and_nothing_of_it_is_used() -> None:
    assert codes(SheetReading(faults=("is not JSON",))) == ["CB-TS-02"]


def test_two_workers_of_one_name_are_not_taken_for_each_other() -> None:
    by_name = signed(shifts=shifts(worker="Worker 014"))
    assert codes(by_name) == []

    def namesake(values: dict[str, Any]) -> None:
        lines = values["invoice"]["lines"]
        labour = {**lines[0]["labour"], "worker_id": "W-099"}
        lines.append(lines[0] | {"number": 40, "labour": labour, "quantity": "0", "net_amount": "0"})

    assert "CB-DOC-06" in codes(by_name, namesake)


def test_hours_are_added_up_exactly() -> None:
    tenths = signed(shifts=shifts("0.1") * 8 + shifts("7.2"))
    assert sum(one.hours for one in tenths.shifts) == Decimal(40)
    assert codes(tenths) == []
