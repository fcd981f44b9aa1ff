"""How findings say amounts, lines and lists."""

from decimal import Decimal

import pytest

from checklists.wording import counted, line_label, lines_label, listed, megabytes, money
from tests.checklists.packets import packet, put


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1234.5", "USD", "1,234.50 USD"),
        ("0.125", "USD", "0.125 USD"),
        ("-0.5", "USD", "-0.50 USD"),
        ("1000000", "JPY", "1,000,000 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("100.000", "USD", "100.00 USD"),
    ],
)
def test_money_is_said_to_its_smallest_unit(amount: str, currency: str, words: str) -> None:
    assert money(Decimal(amount), currency) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([7], "Line 7"),
        ([1, 2], "Lines 1 and 2"),
        ([1, 2, 3, 7], "Lines 1 to 3 and 7"),
        ([1, 3, 5], "Lines 1, 3 and 5"),
        (list(range(1, 40, 2)), "Lines 1, 3, 5, 7, 9, 11, 13, 15 and 12 more"),
    ],
)
def test_lines_are_named_as_printed(numbers: list[int], words: str) -> None:
    line = packet().invoice.lines[1]
    assert lines_label([line.model_copy(update={"number": number}) for number in numbers]) == words


def test_a_labour_line_says_whose_hours_it_bills() -> None:
    assert line_label(packet().invoice.lines[0]) == "Line 10 (Worker 014, Lineman ST, time sheet TS-0412)"
    nameless = packet(put("/invoice/lines/0/labour/worker_name", ""), put("/invoice/lines/0/labour/timesheet_id", ""))
    assert line_label(nameless.invoice.lines[0]) == "Line 10 (W-014, Lineman ST)"


def test_small_words_read_as_words() -> None:
    assert counted(Decimal("38.50"), "HUR") == "38.5 HUR"
    assert listed([]) == ""
    assert megabytes(2_449_999) == "2.4 MB"
    assert megabytes(25_000_000) == "25 MB"
