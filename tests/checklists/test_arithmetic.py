"""The invoice's own sums: any right invoice passes, and no amount can move by a cent unnoticed."""

from collections.abc import Iterator
from copy import deepcopy
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.arithmetic import sums
from gateway.packet import Invoice
from tests.checklists.packets import Spoil, all_of, packet, put

PLACES = {"USD": 2, "JPY": 0, "KWD": 3}
TAXES = (("S", "6"), ("S", "8.25"), ("S", "19"), ("E", "0"))
AMOUNTS = frozenset({"net_amount", "amount", "taxable_amount", "tax_amount"})


def rounded(exact: Fraction, places: int) -> Decimal:
    """Half up, away from zero, by whole numbers alone: independent of how the product rounds."""
    scaled = abs(exact) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if exact >= 0 else -whole).scaleb(-places)


def is_tie(exact: Fraction, places: int) -> bool:
    return (exact * 10**places * 2).denominator == 1 and (exact * 10**places).denominator == 2


def text(value: Decimal) -> str:
    return format(value, "f")


@st.composite
def adjustments(draw: st.DrawFn, places: int) -> dict[str, Any]:
    amount = Decimal(draw(st.integers(1, 99_999))).scaleb(-places)
    return {"kind": draw(st.sampled_from(["allowance", "charge"])), "amount": text(amount)}


def net_of(rows: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["amount"]) * (1 if row["kind"] == "charge" else -1) for row in rows), Decimal(0))


@st.composite
def lines(draw: st.DrawFn, number: int, places: int) -> dict[str, Any]:
    quantity = Decimal(draw(st.integers(-50_000, 5_000_000))).scaleb(-draw(st.integers(0, 3)))
    price = Decimal(draw(st.integers(0, 9_999_999))).scaleb(-draw(st.integers(0, 5)))
    base = draw(st.sampled_from(["1", "1", "1", "3", "100", "0.7"]))
    exact = Fraction(quantity) * Fraction(price) / Fraction(base)
    # A tie may be rounded either way, so there an adjustment that moves by a cent can still be right: none on ties.
    extra = [] if is_tie(exact, places) else draw(st.lists(adjustments(places), max_size=2))
    category, rate = draw(st.sampled_from(TAXES))
    return {
        "number": number,
        "kind": "service",
        "description": "Work",
        "quantity": text(quantity),
        "unit": "HUR",
        "unit_price": text(price),
        "price_base_quantity": base,
        "net_amount": text(rounded(exact, places) + net_of(extra)),
        "tax": {"category": category, "rate": rate},
        "adjustments": extra,
    }


def tax_on(amount: str, rate: str, places: int) -> Decimal:
    return rounded(Fraction(amount) * Fraction(rate) / 100, places)


def breakdown(taxed: list[tuple[dict[str, Any], str, int]], places: int, by_line: bool) -> list[dict[str, str]]:
    """Rows by category and rate; tax by line is written into the lines, rounded there, and added up in the rows."""
    rows: dict[tuple[str, str], list[Decimal]] = {}
    for tax, amount, sign in taxed:
        row = rows.setdefault((tax["category"], tax["rate"]), [Decimal(0), Decimal(0)])
        row[0] += sign * Decimal(amount)
        if by_line:
            tax["amount"] = text(tax_on(amount, tax["rate"], places))
            row[1] += sign * Decimal(tax["amount"])
    return [
        {
            "category": category,
            "rate": rate,
            "taxable_amount": text(taxable),
            "tax_amount": text(tax if by_line else tax_on(text(taxable), rate, places)),
        }
        for (category, rate), (taxable, tax) in rows.items()
    ]


@st.composite
def right_invoices(draw: st.DrawFn) -> dict[str, Any]:
    """JSON values of an invoice that adds up, made without the code under test."""
    currency = draw(st.sampled_from(sorted(PLACES)))
    places = PLACES[currency]
    rows = [draw(lines(number, places)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    extra = draw(st.lists(adjustments(places), max_size=2))
    for one in extra:
        category, rate = draw(st.sampled_from(TAXES))
        one["tax"] = {"category": category, "rate": rate}
    taxed = [(row["tax"], row["net_amount"], 1) for row in rows]
    taxed += [(one["tax"], one["amount"], 1 if one["kind"] == "charge" else -1) for one in extra]
    tax_rows = breakdown(taxed, places, draw(st.booleans()))
    net = sum((Decimal(row["net_amount"]) for row in rows), Decimal(0))
    tax = sum((Decimal(row["tax_amount"]) for row in tax_rows), Decimal(0))
    paid = Decimal(draw(st.integers(0, 10_000))).scaleb(-places)
    before_tax = net + net_of(extra)
    totals = {
        "line_net": net,
        "allowances": -net_of([one for one in extra if one["kind"] == "allowance"]),
        "charges": net_of([one for one in extra if one["kind"] == "charge"]),
        "tax_exclusive": before_tax,
        "tax": tax,
        "tax_inclusive": before_tax + tax,
        "paid": paid,
        "rounding": Decimal(0),
        "payable": before_tax + tax - paid,
    }
    return {
        "number": "INV-1",
        "issued_on": "2026-03-11",
        "currency": currency,
        "seller": {"name": "Seller"},
        "buyer": {"name": "Buyer"},
        "lines": rows,
        "adjustments": extra,
        "tax_breakdown": tax_rows,
        "totals": {name: text(value) for name, value in totals.items()},
    }


def amounts_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every amount of money stands, found by its name and not by the code under test."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in AMOUNTS or path[-1:] == ("totals",):
                yield (*path, key)
            else:
                yield from amounts_in(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from amounts_in(inner, (*path, position))


@settings(max_examples=150, deadline=None)
@given(right_invoices())
def test_any_right_invoice_adds_up(values: dict[str, Any]) -> None:
    assert sums(Invoice.model_validate(values)) == ()


@settings(max_examples=300, deadline=None)
@given(right_invoices(), st.data())
def test_an_invoice_with_one_amount_a_cent_off_is_refused(values: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(amounts_in(values))))
    spoiled = deepcopy(values)
    place = spoiled
    for step in path[:-1]:
        place = place[step]
    smallest = Decimal(1).scaleb(-PLACES[values["currency"]])
    place[path[-1]] = text(Decimal(place[path[-1]]) + data.draw(st.sampled_from([smallest, -smallest])))
    if Decimal(place[path[-1]]) < 0 and path[-1] in ("amount", "allowances", "charges"):
        place[path[-1]] = text(smallest)
    found = sums(Invoice.model_validate(spoiled))
    assert found
    assert all(finding.stops and finding.path.startswith("/invoice/") for finding in found)


def codes(*spoils: Spoil) -> list[str]:
    return [finding.code for finding in sums(packet(*spoils).invoice)]


@pytest.mark.parametrize("rounding", [ROUND_HALF_UP, ROUND_HALF_EVEN])
def test_an_exact_tie_may_be_rounded_up_or_to_even(rounding: str) -> None:
    net = Decimal("0.125").quantize(Decimal("0.01"), rounding)
    line = all_of(
        put("/invoice/lines", [packet_line("0.25", "0.5", text(net))]),
        put("/invoice/tax_breakdown", []),
        put(
            "/invoice/totals",
            dict.fromkeys(("line_net", "tax_exclusive", "tax_inclusive", "payable"), text(net)),
        ),
    )
    assert codes(line) == []


def packet_line(quantity: str, price: str, net: str) -> dict[str, Any]:
    return {
        "number": 1,
        "kind": "service",
        "description": "Work",
        "quantity": quantity,
        "unit": "HUR",
        "unit_price": price,
        "net_amount": net,
    }


def test_off_a_tie_there_is_one_right_answer() -> None:
    assert "CB-SUM-03" in codes(put("/invoice/lines", [packet_line("0.25", "0.5004", "0.12")]))


def test_a_price_finer_than_a_cent_is_no_wrong_amount() -> None:
    third = all_of(put("/invoice/lines/1/unit_price", "2.10"), put("/invoice/lines/1/price_base_quantity", "3"))
    assert codes(third) == []


def test_numbers_of_full_length_are_multiplied_without_loss() -> None:
    quantity, price = "999999999999999.9999999999", "0.0000000001"
    assert "CB-SUM-03" not in codes(put("/invoice/lines", [packet_line(quantity, price, "100000")]))
    assert "CB-SUM-03" in codes(put("/invoice/lines", [packet_line(quantity, price, "99999.99")]))


def test_header_tax_without_taxes_on_lines_may_not_tax_more_than_there_is() -> None:
    def bare(values: dict[str, Any]) -> None:
        for line in values["invoice"]["lines"]:
            del line["tax"]

    part = all_of(
        bare,
        put("/invoice/tax_breakdown/0/taxable_amount", "84.00"),
        put("/invoice/tax_breakdown/0/tax_amount", "5.04"),
        put("/invoice/totals/tax", "5.04"),
        put("/invoice/totals/tax_inclusive", "3944.29"),
        put("/invoice/totals/payable", "3944.29"),
    )
    assert codes(part) == []
    assert "CB-SUM-12" in codes(bare, put("/invoice/tax_breakdown/0/taxable_amount", "3939.26"))


@pytest.mark.parametrize(
    ("taxes", "total", "found"),
    [
        (("3.32", "3.32"), "6.64", []),  # 55.25 x 6% = 3.315, rounded up on each line
        (("3.32", "3.31"), "6.63", []),  # 110.50 x 6% = 6.63, spread over the lines
        (("3.32", "3.30"), "6.62", ["CB-SUM-11", "CB-SUM-15"]),
        (("3.32", "3.32"), "6.63", ["CB-SUM-14"]),
    ],
)
def test_tax_by_line_may_be_rounded_by_line_or_on_the_whole(
    taxes: tuple[str, str], total: str, found: list[str]
) -> None:
    tax = {"category": "S", "rate": "6"}
    rows = [
        packet_line("1", "55.25", "55.25") | {"number": number, "tax": tax | {"amount": amount}}
        for number, amount in enumerate(taxes, 1)
    ]
    due = text(Decimal("110.50") + Decimal(total))
    sums_of = {"line_net": "110.50", "tax_exclusive": "110.50", "tax": total, "tax_inclusive": due, "payable": due}
    by_line = all_of(
        put("/invoice/lines", rows),
        put("/invoice/tax_breakdown", [tax | {"taxable_amount": "110.50", "tax_amount": total}]),
        put("/invoice/totals", sums_of),
    )
    assert codes(by_line) == found


def test_two_rows_of_one_rate_are_told_apart_by_the_clients_code() -> None:
    two = all_of(
        put("/invoice/lines/0/tax/code", "OH"),
        put("/invoice/lines/1/tax/code", "KY"),
        put("/invoice/lines/2/tax/code", "KY"),
        put(
            "/invoice/tax_breakdown",
            [
                {"category": "S", "rate": "6", "code": "OH", "taxable_amount": "3800", "tax_amount": "228"},
                {"category": "S", "rate": "6", "code": "KY", "taxable_amount": "139.25", "tax_amount": "8.36"},
            ],
        ),
    )
    assert codes(two) == []
    assert "CB-SUM-12" in codes(two, put("/invoice/lines/1/tax/code", "OH"))
    assert "CB-SUM-13" in codes(two, put("/invoice/lines/1/tax/code", "IN"))


def test_every_wrong_sum_is_told_at_once() -> None:
    found = codes(put("/invoice/lines/0/net_amount", "3700"), put("/invoice/totals/payable", "1"))
    assert found == ["CB-SUM-03", "CB-SUM-04", "CB-SUM-10", "CB-SUM-12"]


def test_a_product_of_thirty_digits_is_no_false_tie() -> None:
    # The exact product ends in ...0.00499999999999999999: cut to 28 digits it would look like a tie and pass as a cent.
    price = 10**13 + 1
    quantity = 499_999_999_999_999_999 * pow(price, -1, 10**20) % 10**20
    exact = Decimal(quantity * price // 10**20)
    decimals = [text(Decimal(each).scaleb(-10)) for each in (quantity, price)]
    assert "CB-SUM-03" not in codes(put("/invoice/lines", [packet_line(*decimals, text(exact))]))
    assert "CB-SUM-03" in codes(put("/invoice/lines", [packet_line(*decimals, text(exact + Decimal("0.01")))]))


def test_tax_on_some_lines_only_is_told_even_where_the_total_fits() -> None:
    tax = {"category": "S", "rate": "6"}
    rows = [
        packet_line("1", "100", "100") | {"number": 1, "tax": tax | {"amount": "6"}},
        packet_line("1", "0.05", "0.05") | {"number": 2, "tax": tax},
    ]
    partly = all_of(
        put("/invoice/lines", rows),
        put("/invoice/tax_breakdown", [tax | {"taxable_amount": "100.05", "tax_amount": "6"}]),
        put(
            "/invoice/totals",
            {
                "line_net": "100.05",
                "tax_exclusive": "100.05",
                "tax": "6",
                "tax_inclusive": "106.05",
                "payable": "106.05",
            },
        ),
    )
    assert codes(partly) == ["CB-SUM-14"]
