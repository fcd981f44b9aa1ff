"""Conditions: CEL over a packet, exact to the last digit, and refused before they can mislead."""

import threading
from datetime import date
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.conditions import (
    DECIMAL_FIELDS,
    FIELDS,
    FUNCTIONS,
    MAX_CHARACTERS,
    Condition,
    ConditionFailed,
    ConditionWrong,
    as_cel,
    condition_from,
)
from tests.checklists.packets import packet

NAMES = ("invoice", "line", "documents")


def condition(source: str) -> Condition:
    return condition_from(source, NAMES)


def holds(source: str, **values: Any) -> bool:
    return condition(source).holds({name: as_cel(value) for name, value in values.items()})


AMOUNTS = st.decimals(min_value=-(10**15), max_value=10**15, places=10, allow_nan=False, allow_infinity=False)


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert holds('equals(plus(decimal("0.1"), decimal("0.2")), decimal("0.3"))')
    assert holds('equals(total([decimal("0.1"), decimal("0.2"), decimal("-0.3")]), 0)')
    assert not holds('equals(times(decimal("1.1"), decimal("1.1")), decimal("1.2100000000000001"))')


EXACT = Context(prec=90)


@settings(deadline=None, max_examples=60)
@given(AMOUNTS, AMOUNTS)
def test_sums_products_and_comparisons_are_those_of_decimals(one: Decimal, other: Decimal) -> None:
    line = {
        "net_amount": one,
        "unit_price": other,
        "tax": one + other,
        "rate": one - other,
        "payable": EXACT.multiply(one, other),
    }
    assert holds("equals(plus(line.net_amount, line.unit_price), line.tax)", line=line)
    assert holds("equals(minus(line.net_amount, line.unit_price), line.rate)", line=line)
    assert holds("equals(times(line.net_amount, line.unit_price), line.payable)", line=line)
    assert holds("less(line.net_amount, line.unit_price)", line=line) is (one < other)
    assert holds("at_least(line.net_amount, line.unit_price)", line=line) is (one >= other)
    assert holds("more(line.net_amount, line.unit_price)", line=line) is (one > other)
    assert holds("at_most(line.net_amount, line.unit_price)", line=line) is (one <= other)


def test_rounding_is_half_up_and_away_from_zero() -> None:
    assert holds('equals(rounded(decimal("0.125"), 2), decimal("0.13"))')
    assert holds('equals(rounded(decimal("-0.125"), 2), decimal("-0.13"))')
    assert holds('equals(rounded(decimal("2.5"), 0), 3)')


def test_spellings_of_one_amount_are_one_amount() -> None:
    assert holds('equals(line.net_amount, decimal("7.50"))', line={"net_amount": Decimal("7.5000")})
    assert holds("line == invoice", line={"quantity": Decimal("40.0")}, invoice={"quantity": Decimal(40)})


def test_a_whole_packet_can_be_spoken_of() -> None:
    invoice = packet().invoice
    assert holds("equals(total(invoice.lines.map(l, l.net_amount)), invoice.totals.line_net)", invoice=invoice)
    assert holds('invoice.lines.filter(l, l.kind == "labour").all(l, l.labour.pay_code == "ST")', invoice=invoice)
    assert holds('invoice.issued_on > "2026-03-10" && invoice.period.start == "2026-03-02"', invoice=invoice)
    assert holds("days_between(invoice.period.end, invoice.issued_on) == 3", invoice=invoice)
    assert holds("invoice.remit_to == null && invoice.lines[1].labour == null", invoice=invoice)
    assert holds('invoice.orders[0].number.matches("^45[0-9]{8}$")', invoice=invoice)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("line.quantity == 8", "write equals(a, b)"),
        ("8 != line.quantity", "write !equals(a, b)"),
        ("(line.quantity) == 8", "write equals(a, b)"),
        ("8 == (line.quantity)", "write equals(a, b)"),
        ("plus(line.quantity, 1) == 9", "write equals(a, b)"),
        ("9 == times(3, 3)", "write equals(a, b)"),
        ("invoice.lines[0].net_amount != 1", "write !equals(a, b)"),
        ("invoice.lines.map(l, l.net_amount).exists(v, v == 3)", "write equals(a, b)"),
        ("1 == invoice.lines[0].net_amount", "write equals(a, b)"),
        ("0.1 < 0.2", 'write decimal("0.1")'),
        ("1e3 > 5", 'write decimal("1e3")'),
        ("line.quantty == null", "'quantty' is no field of a packet"),
        ("lines.all(l, true)", "'lines' is no name here; there are documents, invoice, line"),
        ("double(line.quantity) > 1", "'double' is no function"),
        ("roundd(line.quantity, 2)", "'roundd' is no function"),
        ('line["quantity"] == 8', "write .field"),
        ('["quantity"].exists(k, line[k] == 8)', "write .field"),
        ('{"a": line.quantity}["a"] == 8', "write .field"),
        ("has(line.period)", "write x != null"),
        ("has(line.quantity) && more(line.quantity, 8)", "write x != null"),
        ("int(line.number) == 8", "'int' is no function"),
        ("string(line.number) == '8'", "'string' is no function"),
        ("!(line.quantity in [5, 6])", "write list.exists(x, equals(x, a))"),
        ("(line.quantity) in [5]", "write list.exists(x, equals(x, a))"),
        ('line.unit_price in [decimal("0")]', "write list.exists(x, equals(x, a))"),
        ("plus(line.quantity, 1) in [6]", "write list.exists(x, equals(x, a))"),
        ("5 in [line.quantity]", "write list.exists(x, equals(x, a))"),
        ("5 in invoice.lines.map(l, l.quantity)", "write list.exists(x, equals(x, a))"),
        ("[line.quantity].exists(q, q in [5])", "write list.exists(x, equals(x, a))"),
        ("[line.quantity].contains(5)", "write equals(a, b)"),
        ("size(line.quantity) > 5", "write more(a, b)"),
        ("size((line.quantity)) > 5", "write more(a, b)"),
        ("size(plus(line.quantity, 1)) > 5", "write more(a, b)"),
        ("line.quantity.size() > 5", "write equals(a, b)"),
        ("line.quantity.exists(k, k == '5')", "write equals(a, b)"),
        ("!([line.unit_price] == [decimal('0')])", "write equals(a, b)"),
        ("[line.unit_price] != [0]", "write !equals(a, b)"),
        ("[0] != [line.unit_price]", "write !equals(a, b)"),
        ("[0] == [decimal('0')]", "write equals(a, b)"),
        ("{'a': line.unit_price} != {'a': decimal('0')}", "write !equals(a, b)"),
        ("invoice.lines.map(l, l.quantity) != [5]", "write !equals(a, b)"),
        ("[5] == invoice.lines.map(l, l.quantity)", "write equals(a, b)"),
        ("invoice.lines.map(l, l.quantity)[0] == 5", "write equals(a, b)"),
        ("invoice.lines.map(l, l.quantity).filter(q, q != null) == [5]", "write equals(a, b)"),
        ("[[line.quantity]].all(q, q[0] != 5)", "write !equals(a, b)"),
        ("[5, 6].all(z, [line.quantity].all(q, z != q))", "write !equals(a, b)"),
        ("line.number ==", "is not CEL"),
        ("line.number = 3", "which CEL does not know"),
        ("(" * 400 + "true" + ")" * 400, "is not CEL"),
        ("", "must be an expression"),
        ("true " * 400, f"longer than {MAX_CHARACTERS}"),
        (
            "invoice.lines.all(a, invoice.lines.all(b, invoice.lines.all(c, true)))",
            "more than 2 deep",
        ),
    ],
)
def test_what_would_mislead_is_refused_as_it_is_read(source: str, says: str) -> None:
    with pytest.raises(ConditionWrong) as told:
        condition(source)
    assert says in str(told.value)


@pytest.mark.parametrize(
    "source",
    [
        'line.kind == "quantity"',
        "line.tax != null",
        "line.quantity != null",
        "line.tax.category == 'S'",
        "line.kind in ['labour'] && more(line.quantity, 1)",
        "more(line.quantity, 1) && line.kind in ['labour']",
        "size([line.quantity]) == 1 && size(invoice.lines.map(l, l.quantity)) == 3",
        "invoice.lines.filter(l, more(l.quantity, 1)).all(l, l.number in [10, 20])",
        "invoice.lines.map(l, more(l.quantity, 1)) == [true]",
        "[5, 6].exists(x, equals(x, line.quantity))",
        "invoice.lines[0] == invoice.lines[1]",
    ],
)
def test_what_only_looks_like_an_amount_is_taken(source: str) -> None:
    assert condition(source).source == source


@pytest.mark.parametrize(
    "source",
    [
        "line.quantity > 8",
        "line.quantity + line.quantity > line.quantity",
        "size([-line.quantity]) == 1",
        "more(line.unit, 8)",
        "more(line.quantity, line.price_base_quantity)",
        "line.note.size() > 3",
        "line.worker_id == 'a'",
        "rounded(line.quantity, 99) != null",
        "decimal('1e9') != null",
        "line.quantity",
        "size(line.unit)",
        "1 / 0 == 1",
        "days_between(line.unit, line.unit) > 1",
        'line.unit.matches("(")',
    ],
)
def test_what_cannot_be_said_fails_and_is_neither_yes_nor_no(source: str) -> None:
    line = {"quantity": Decimal(9), "unit": "HUR", "price_base_quantity": None, "note": None, "labour": None}
    with pytest.raises(ConditionFailed):
        condition(source).holds({"line": as_cel(line)})


def test_every_function_that_a_refusal_lists_is_one_that_there_is() -> None:
    uses = {
        "all": "[1].all(x, x > 0)",
        "exists": "[1].exists(x, x > 0)",
        "exists_one": "[1, 0].exists_one(x, x > 0)",
        "map": "[1].map(x, x + 1) == [2]",
        "filter": "[1, 0].filter(x, x > 0) == [1]",
        "size": "size([1]) == 1",
        "contains": "'abc'.contains('b')",
        "startsWith": "'abc'.startsWith('a')",
        "endsWith": "'abc'.endsWith('c')",
        "matches": "'abc'.matches('^a.c$')",
    }
    with pytest.raises(ConditionWrong) as told:
        condition("nothing(1)")
    listed = set(str(told.value).partition("there are ")[2].split(", "))
    assert listed - set(FUNCTIONS) == set(uses)
    assert [source for source in uses.values() if not holds(source)] == []


@pytest.mark.parametrize(
    ("source", "fields", "whole"),
    [
        ("line.labour.pay_code == 'ST'", {"labour", "pay_code"}, {"pay_code"}),
        ("invoice.lines.all(l, l.period != null)", {"lines", "period"}, {"period"}),
        ("invoice.orders[0].number == line.order.number", {"orders", "number", "order"}, {"number"}),
        ("size(documents) > 1", None, None),
        ("invoice.lines.exists(l, l in [l])", None, None),
    ],
)
def test_a_condition_is_shown_what_it_names_and_no_more(
    source: str, fields: set[str] | None, whole: set[str] | None
) -> None:
    told = condition(source).mentioned
    assert (told and set(told.fields)) == fields
    assert (told and set(told.whole)) == whole


def test_what_a_path_ends_with_is_shown_whole() -> None:
    invoice = packet().invoice
    told = condition("invoice.seller != invoice.buyer").mentioned
    assert as_cel(invoice, (), told) == {"seller": as_cel(invoice.seller), "buyer": as_cel(invoice.buyer)}


def test_values_that_no_condition_may_see_are_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        as_cel(0.1)
    assert as_cel(date(2026, 3, 2)) == "2026-03-02"


def test_a_condition_serves_many_threads() -> None:
    shared, answers = condition("more(line.quantity, 8)"), []

    def ask(quantity: int) -> None:
        answers.extend([shared.holds({"line": as_cel({"quantity": Decimal(quantity)})}) is (quantity > 8)] * 50)

    threads = [threading.Thread(target=ask, args=(quantity,)) for quantity in range(6, 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 300


def test_a_long_list_within_a_long_list_comes_to_an_end() -> None:
    lines = [{"number": number} for number in range(300)]
    assert holds("invoice.lines.all(a, invoice.lines.exists(b, b.number == a.number))", invoice={"lines": lines})


def test_the_fields_are_those_of_a_packet() -> None:
    assert {"net_amount", "pay_code", "signed_by", "payload_id", "generated_at"} <= FIELDS
    assert {"net_amount", "quantity", "rate", "payable", "hours"} <= DECIMAL_FIELDS
    assert not DECIMAL_FIELDS & {"number", "kind", "size", "net_days"}
