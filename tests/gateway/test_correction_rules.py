"""Each correction from the words of a refusal: the adapter's mapping reads the reason, and the reason finds the rule.

Texts marked "documented" are the portals' own, as the adapters' mappings quote them; the others are invented in their
style, since no public source has them.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.ariba import verdicts as ariba
from adapters.coupa import refusal as coupa
from adapters.oracle_isupplier.ebs import mapping as ebs
from adapters.oracle_isupplier.fusion import mapping as fusion
from adapters.oracle_isupplier.fusion.rows import Said
from checklists.arithmetic import sums
from checklists.codes import CORRECTIONS
from gateway.changes import OUT_OF_REACH, difference, out_of_reach
from gateway.corrections import NUMBER_SUFFIX, RULES, Context, Correction, Proposal, correct, correct_ahead, propose
from gateway.corrections.limits import STATED, beyond_a_machine, charges_stand_as_lines
from gateway.order import LineTerms, Order, OrderLine, OrderState
from gateway.packet import OrderLineKind, Packet, Party
from gateway.verdict import Reason, ReasonCode
from tests.gateway.stage import order
from tests.gateway.test_corrections import checklist
from tests.packets import ORDER, labour, materials, mileage
from tests.packets import packet as small
from tests.strategies import packets

TODAY = date(2026, 3, 10)
TAX = {"category": "S", "rate": "8.25", "code": "OLD"}


def by_coupa(words: str) -> tuple[Reason, ...]:
    return coupa.refused(417, [f"Invalid attributes in document. {words}"]).reasons


def by_ariba(words: str) -> tuple[Reason, ...]:
    return ariba.refused(200, words).reasons


def by_ebs(words: str) -> tuple[Reason, ...]:
    return ebs.refused([words]).reasons


def by_fusion(words: str) -> tuple[Reason, ...]:
    return fusion.refused([Said("", words)]).reasons


class Case(NamedTuple):
    """A refusal of a packet, and what becomes of it: by the machine, or (`needs`) proposed for this cause."""

    said: tuple[Reason, ...]
    packet: Packet
    rules: Mapping[str, Any]
    rule: str
    changes: Mapping[str, Any]
    order: Order | None = None
    needs: str = ""
    before: tuple[Any, ...] = ()


def _order(*lines: OrderLine) -> Order:
    return replace(order(), lines=lines)


def _row(number: int, words: str, **changes: Any) -> OrderLine:
    values = {"kind": OrderLineKind.quantity, "description": words, "unit": "HUR", **changes}
    return OrderLine(number, **values)


def _with_papers(*papers: tuple[str, str]) -> Packet:
    whole = small()
    documents = [
        {"name": name, "kind": kind, "media_type": "application/pdf", "sha256": f"{at:064x}", "size": 10}
        for at, (name, kind) in enumerate(papers)
    ]
    return Packet.model_validate({**whole.model_dump(mode="json"), "documents": documents})


def _taxed(**changes: Any) -> Packet:
    """Hours of 3,940.00 at 8.25 %, named as no client names them."""
    breakdown = {"category": "SALES", "rate": "8.25", "code": "OLD", "taxable_amount": "3940", "tax_amount": "325.05"}
    lines = [labour(tax={**TAX, "category": "SALES"})]
    return small(lines=lines, tax="325.05", tax_breakdown=[breakdown], **changes)


def _charged(*extra: Mapping[str, Any]) -> Packet:
    """Hours of 3,940.00 and freight of 120.00 beside them, with tax."""
    tax = {"category": "S", "rate": "10"}
    freight = {"kind": "charge", "purpose": "shipping", "amount": "120", "reason": "Freight of poles", "tax": tax}
    totals = {"line_net": "3940", "charges": "120", "tax_exclusive": "4060", "tax": "406", "tax_inclusive": "4466"}
    breakdown = {"category": "S", "rate": "10", "taxable_amount": "4060", "tax_amount": "406"}
    return small(
        lines=[labour(tax=tax)],
        adjustments=[freight, *extra],
        totals={**totals, "payable": "4466"},
        tax_breakdown=[breakdown],
    )


LONG = "Lineman straight time at the Harbor substation, second circuit"
FREIGHT = _order(
    _row(1, "Lineman"), _row(2, "Freight and shipping", kind=OrderLineKind.amount, amount=Decimal(5000), unit="")
)
CASES: Mapping[str, Case] = {
    "the order line by its description": Case(
        by_coupa("Could not find order line 9"),  # documented for orders, the line is in its style
        small(lines=[labour(description="lineman,  STRAIGHT time", order={"line": 9, "kind": "quantity"}), mileage()]),
        {},
        "po_line_description",
        {"/invoice/lines/0/order/line": 4},
        _order(_row(4, "Lineman, straight time"), _row(5, "Lineman, overtime"), _row(2, "Mileage", unit="SMI")),
    ),
    "the order line that was not said": Case(
        by_fusion("Enter a valid value for the purchase order line."),  # documented, AP-810667
        small(lines=[labour(order=None)]),
        {},
        "po_line_description",
        {"/invoice/lines/0/order": {"line": 4, "kind": "quantity"}},
        _order(_row(4, "Lineman, straight time")),
    ),
    "goods on a service line": Case(
        by_coupa("[Validation failed: Invoice line 1: PO Line must be the same type as invoice line]"),  # documented
        small(lines=[materials(1, order={"line": 3, "kind": "amount"})]),
        {},
        "line_kind",
        {"/invoice/lines/0/kind": "service"},
        _order(_row(3, "Works", kind=OrderLineKind.amount, terms=LineTerms(is_service=True))),
        needs="what a line bills is another thing",
    ),
    "tax category and code": Case(
        by_coupa("Invoice line 1: Tax code OLD is not set up"),
        _taxed(),
        {"tax": {"mapping": {"SALES": "S"}, "names": [{"category": "S", "rate": "8.25", "code": "TX-825"}]}},
        "tax_names",
        {
            "/invoice/lines/0/tax/category": "S",
            "/invoice/lines/0/tax/code": "TX-825",
            "/invoice/tax_breakdown/0/category": "S",
            "/invoice/tax_breakdown/0/code": "TX-825",
        },
    ),
    "the remit-to code": Case(
        by_ebs("The supplier site entered is not a pay site."),
        small(remit_to={"name": "Example Line Services", "code": "MAIN"}),
        {"ours": {"remit_to_code": "PAY-2"}},
        "remit_to_code",
        {"/invoice/remit_to/code": "PAY-2"},
    ),
    "a remit-to that is not there": Case(
        by_coupa("Remit-to can't be blank"),
        small(),
        {"ours": {"remit_to_code": "PAY-2"}},
        "remit_to_party",
        {"/invoice/remit_to": {"name": "Example Line Services", "code": "PAY-2"}},
        needs="a party is added",
    ),
    "our tax number": Case(
        by_ariba("INV-98: Your Tax ID value is missing."),  # documented
        small(),
        {"ours": {"tax_id": "12-3456789"}},
        "tax_id",
        {"/invoice/seller/tax_id": "12-3456789"},
    ),
    "a description too long": Case(
        by_coupa("Description is too long (maximum is 40 characters)"),
        small(lines=[labour(description=LONG)]),
        {"text": {"description_max_length": 40}, "corrections": {"also": ["text_length"]}},
        "text_length",
        {"/invoice/lines/0/description": "Lineman straight time at the Harbor..."},
    ),
    "a description too long, and nothing agreed": Case(
        by_coupa("Description is too long (maximum is 40 characters)"),
        small(lines=[labour(description=LONG)]),
        {"text": {"description_max_length": 40}},
        "text_length",
        {"/invoice/lines/0/description": "Lineman straight time at the Harbor..."},
        needs="C has not agreed to have it done without asking (text_length)",
    ),
    "a note with strange characters": Case(
        by_coupa("Description is invalid"),
        small(note="<b>week 10</b>"),
        {"text": {"forbidden": "<>"}},
        "text_cleanup",
        {"/invoice/note": "b week 10 /b"},
    ),
    "a paper that an earlier revision had": Case(
        by_coupa("Attachment is required"),
        small(),
        {"documents": [{"kind": "receipt"}]},
        "paper_put_back",
        {"/documents": [{"kind": "receipt", "media_type": "application/pdf", "name": "r.pdf", "sha256": "0" * 64}]},
        needs="why the paper was taken out",
        before=tuple(_with_papers(("r.pdf", "receipt")).documents),
    ),
    "a paper of no kind": Case(
        by_coupa("Image scan must be present"),
        _with_papers(("Receipts week 10.pdf", "other"), ("Photo.pdf", "other")),
        {"documents": [{"kind": "receipt"}]},
        "paper_kind",
        {"/documents/0/kind": "receipt"},
        needs="only somebody who has seen the paper",
    ),
    "a charge on an order line": Case(
        by_coupa("Extra shipping/handling/misc charges are not permitted"),  # documented
        _charged(),
        {"corrections": {"also": ["charges_as_lines"]}},
        "charges_as_lines",
        {"/invoice/totals/line_net": "4060"},
        FREIGHT,
    ),
    "a charge on an order line, and nothing agreed": Case(
        by_coupa("Extra shipping/handling/misc charges are not permitted"),  # documented
        _charged(),
        {},
        "charges_as_lines",
        {"/invoice/totals/line_net": "4060"},
        FREIGHT,
        needs="C has not agreed to have it done without asking",
    ),
    "the invoice date": Case(
        by_ebs("The invoice date is not in an open period."),
        small(issued_on="2026-01-05"),
        {"corrections": {"also": ["invoice_date"]}},
        "invoice_date",
        {"/invoice/issued_on": "2026-03-10"},
    ),
    "the invoice date, and nothing agreed": Case(
        by_ebs("The invoice date is not in an open period."),
        small(issued_on="2026-01-05"),
        {},
        "invoice_date",
        {"/invoice/issued_on": "2026-03-10"},
        needs="C has not agreed to have it done without asking",
    ),
    "decimals that change no amount": Case(
        by_coupa("Invoice line 1: Price has more than 2 decimals"),
        small(lines=[labour(hours="1", rate="98.5004")]),
        {"form": {"price_decimals": 2}},
        "decimals",
        {"/invoice/lines/0/unit_price": "98.5"},
        needs="a price or quantity is another one then",
    ),
}


def _context(case: Case) -> Context:
    return Context(checklist(**case.rules), {ORDER: case.order}, today=TODAY, papers_before=case.before)


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_leads_to_its_correction_or_to_a_proposal(name: str) -> None:
    case = CASES[name]
    done = correct(case.packet, case.said, _context(case))
    assert (done is None) == bool(case.needs)
    found: Correction | Proposal | None = done or propose(case.packet, case.said, _context(case))
    assert found is not None
    assert found.rules == (case.rule,)
    changed = {change["path"]: change.get("value") for change in found.patch}
    for path, value in case.changes.items():
        part = changed[path]
        assert part == value if not isinstance(value, list) else [{**part[0], "size": 0}] == [{**value[0], "size": 0}]
    if isinstance(found, Proposal):
        assert case.needs in found.needs[0]


def test_every_rule_has_a_case_from_the_words_of_a_refusal() -> None:
    elsewhere = {  # tests/gateway/test_corrections.py and tests/scenarios
        *("po_format", "po_reference", "po_line", "po_line_kind"),
        *("unit_mapping", "bill_to", "payment_term_code", "paper_names"),
    }
    assert {case.rule for case in CASES.values()} | elsewhere == {rule.code for rule in RULES}


@pytest.mark.parametrize(
    ("rows", "description"),
    [
        ((_row(4, "Lineman"), _row(5, "lineman ")), "Lineman"),
        ((_row(4, "Lineman", unit="DAY"),), "Lineman"),
        ((_row(4, "Lineman", state=OrderState.closed),), "Lineman"),
        ((_row(4, "Groundman"),), "Lineman"),
        ((_row(9, "Groundman"), _row(4, "Lineman")), "Lineman"),
    ],
    ids=["two alike", "another unit", "closed", "another text", "it stands where it says"],
)
def test_a_line_whose_order_line_is_not_plain_is_left_alone(rows: tuple[OrderLine, ...], description: str) -> None:
    packet = small(lines=[labour(description=description, order={"line": 9, "kind": "quantity"})])
    reasons = [Reason(ReasonCode.po_line_unknown)]
    assert propose(packet, reasons, Context(checklist(), {ORDER: _order(*rows)})) is None


@pytest.mark.parametrize(
    ("packet", "rows"),
    [
        (_charged(), (_row(1, "Lineman"),)),
        (_charged(), (*FREIGHT.lines, _row(3, "Shipping", kind=OrderLineKind.amount))),
        (_charged(), (_row(2, "Shipping", price=Decimal(60)),)),
        (_charged(), (_row(2, "Shipping", kind=OrderLineKind.amount, state=OrderState.closed),)),
        (_charged({"kind": "charge", "purpose": "handling", "amount": "0"}), FREIGHT.lines),
        (_charged({"kind": "allowance", "purpose": "discount", "amount": "0"}), FREIGHT.lines),
    ],
    ids=["no such line", "two lines", "another price", "closed", "one without a line", "an allowance"],
)
def test_charges_that_are_not_plainly_an_order_lines_stay(packet: Packet, rows: tuple[OrderLine, ...]) -> None:
    reasons = [Reason(ReasonCode.charges_not_permitted)]
    assert propose(packet, reasons, Context(checklist(), {ORDER: _order(*rows)})) is None


def test_a_moved_charge_keeps_every_amount_the_tax_and_the_totals() -> None:
    case = CASES["a charge on an order line"]
    found = correct(case.packet, case.said, _context(case))
    assert found is not None
    before, after = case.packet.invoice, found.packet.invoice
    line = after.lines[-1]
    assert (line.net_amount, line.tax, line.order.line if line.order else 0) == (120, before.adjustments[0].tax, 2)
    assert (after.adjustments, after.totals.charges) == ((), 0)
    for name in ("tax_exclusive", "tax", "tax_inclusive", "payable"):
        assert getattr(after.totals, name) == getattr(before.totals, name)
    assert list(sums(after)) == []
    assert charges_stand_as_lines(before, after)


def test_no_amount_may_slip_while_a_charge_is_moved() -> None:
    case = CASES["a charge on an order line"]
    found = correct(case.packet, case.said, _context(case))
    assert found is not None
    context = _context(case)
    good = found.packet.invoice
    extra = good.lines[-1]
    for slipped in (
        {"lines": (*good.lines[:-1], extra.model_copy(update={"net_amount": Decimal(121)}))},
        {"lines": (*good.lines[:-1], extra.model_copy(update={"tax": None}))},
        {"lines": (good.lines[0].model_copy(update={"quantity": Decimal(41)}), extra)},
        {"totals": good.totals.model_copy(update={"payable": Decimal(1)})},
        {"adjustments": case.packet.invoice.adjustments},
        {"tax_breakdown": ()},
        {"seller": Party(name="Somebody else")},
    ):
        wrong = found.packet.model_copy(update={"invoice": good.model_copy(update=slipped)})
        assert beyond_a_machine(case.packet, wrong, context.checklist), slipped
    assert not beyond_a_machine(case.packet, found.packet, context.checklist)
    assert beyond_a_machine(case.packet, found.packet, checklist()), "without the client's word"


def test_what_stands_in_the_right_names_already_is_left_alone() -> None:
    named = checklist(tax={"codes": ["OLD", "TX"], "names": [{"category": "S", "rate": "8.25", "code": "TX"}]})
    packet = small(lines=[labour(tax=TAX)])
    assert propose(packet, [Reason(ReasonCode.tax_mismatch)], Context(named)) is None


def test_two_taxes_are_not_drawn_together_by_a_name() -> None:
    entry = {"rate": "8.25", "taxable_amount": "10", "tax_amount": "0.83"}
    packet = small(tax_breakdown=[{**entry, "category": "SALES"}, {**entry, "category": "S"}])
    named = Context(checklist(tax={"mapping": {"SALES": "S"}}))
    assert propose(packet, [Reason(ReasonCode.tax_mismatch)], named) is None


@pytest.mark.parametrize(
    ("tax", "words"),
    [
        ({"mapping": {"Z": "S"}}, "no spelling"),
        ({"mapping": {"SALES": "S"}, "categories": ["Z"]}, "categories"),
        ({"codes": ["A"], "names": [{"category": "S", "rate": "1", "code": "B"}]}, "codes"),
        ({"names": [{"category": "S", "rate": "1", "code": one} for one in "AB"]}, "two codes"),
    ],
)
def test_tax_names_that_would_change_what_is_owed_are_refused_as_the_file_is_read(tax: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        checklist(tax=tax)


def test_an_invoice_is_not_dated_after_the_day_on_which_it_is_due() -> None:
    packet = small(issued_on="2026-01-05", due_on="2026-03-01")
    reasons = [Reason(ReasonCode.date_out_of_window)]
    assert propose(packet, reasons, Context(checklist(), today=TODAY)) is None


def test_rounding_that_changes_an_amount_is_not_even_proposed() -> None:
    packet = small(lines=[labour(hours="40", rate="98.5055")])
    reasons = [Reason(ReasonCode.price_mismatch)]
    assert propose(packet, reasons, Context(checklist(form={"price_decimals": 2}))) is None


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Lineman overtime", "Lineman..."),
        ("Linemen at work", "Linemen..."),
        ("Abcdefghijklmno", "Abcdefg..."),
        ("Lineman, overtime", "Lineman..."),
        ("Linemen two", "Linemen..."),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_word(text: str, cut: str) -> None:
    rules = checklist(text={"description_max_length": 10})
    found = propose(small(lines=[labour(description=text)]), [Reason(ReasonCode.text_unacceptable)], Context(rules))
    assert found is not None
    assert found.patch[0]["value"] == cut


def test_two_spellings_of_one_order_are_not_drawn_together() -> None:
    form = {"form": {"pattern": r"PO[0-9]{7}", "says": "PO and seven digits", "example": "PO0004511"}}
    rules = checklist(orders={**form, "prefix": "PO", "zero_pad_to": 9})
    named = [labour(order={"number": "4511", "line": 1}), materials(order={"number": "PO 4511", "line": 1})]
    packet = small(orders=[{"number": "4511"}, {"number": "PO 4511"}], lines=named)
    context = Context(rules, {"4511": None, "PO 4511": None}, {"PO0004511": replace(order(), number="PO0004511")})
    assert correct(packet, [Reason(ReasonCode.po_unknown)], context) is None


@pytest.mark.parametrize("place", ["/invoice/lines/*/order/line", "/invoice/lines/*/order"])
def test_what_a_client_never_lets_be_changed_is_not_brought_in_with_what_holds_it(place: str) -> None:
    packet = small(lines=[labour(order=None, description="Freight")], orders=[{"number": ORDER}])
    context = Context(checklist(corrections={"never": [place]}), {ORDER: _order(_row(7, "Freight"))})
    assert correct(packet, [Reason(ReasonCode.po_line_unknown)], context) is None
    assert propose(packet, [Reason(ReasonCode.po_line_unknown)], context) is not None


def test_who_is_paid_in_our_place_stays_the_one_who_is_paid() -> None:
    packet = small(remit_to={"name": "Example Factoring", "code": "FACTOR-9"})
    context = Context(checklist(ours={"remit_to_code": "PAY-2"}))
    assert correct(packet, [Reason(ReasonCode.remit_to_unknown)], context) is None


def test_what_would_be_no_packet_any_more_is_nothing_that_a_rule_knows() -> None:
    """The unit of the order line, in the buyer's own spelling, is none that an invoice can carry."""
    packet = _charged()
    rules = checklist(charges={"permitted": []}, corrections={"also": ["charges_as_lines"]})
    rows = _order(_row(1, "Line crew"), _row(7, "Freight", kind=OrderLineKind.amount, unit="Each!"))
    assert propose(packet, [Reason(ReasonCode.charges_not_permitted)], Context(rules, {ORDER: rows})) is None


def test_the_invoice_date_is_moved_only_after_somebody_has_objected() -> None:
    context = Context(checklist(corrections={"also": ["invoice_date"]}), today=TODAY)
    assert correct(small(), [Reason(ReasonCode.date_out_of_window)], context) is not None
    assert correct_ahead(small(), [("invoice_date", ["/invoice/issued_on"])], context) is None


@pytest.mark.parametrize("place", ["/invoice/period", "/invoice/lines/0/period"])
def test_another_invoice_date_is_no_answer_to_days_of_work_that_are_objected_to(place: str) -> None:
    context = Context(checklist(corrections={"also": ["invoice_date"]}), today=TODAY)
    asked = [Reason(ReasonCode.date_out_of_window, path) for path in ("/invoice/issued_on", place)]
    assert correct(small(), asked, context) is None
    assert propose(small(), asked, context) is None
    assert propose(small(), asked[:1], context) is not None


# --- what no rule may do --------------------------------------------------------------------------------------------


def test_no_rule_of_the_machine_is_licensed_for_what_is_out_of_its_reach() -> None:
    for rule in (*RULES, NUMBER_SUFFIX):
        if rule.person or rule.code == "charges_as_lines":
            continue
        for place in rule.licence:
            patch = [{"op": "replace", "path": place.replace("*", "0"), "value": "x", "was": "y"}]
            assert not out_of_reach(patch), f"{rule.code} is licensed for {place}"


def test_places_of_parties_are_out_of_reach_or_hold_only_what_is_stated_of_us() -> None:
    for place in (f"/invoice/{party}/{name}" for party in ("seller", "remit_to") for name in Party.model_fields):
        assert place in OUT_OF_REACH or place in STATED, place
    assert {"/invoice/buyer", "/invoice/ship_from", "/invoice/ship_to"} <= set(OUT_OF_REACH)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"seller": {"name": "Example Line Services", "tax_id": "666"}}, "/invoice/seller/tax_id"),
        ({"remit_to": {"name": "R", "code": "666"}}, "/invoice/remit_to/code"),
        ({"issued_on": "2026-03-10"}, "/invoice/issued_on"),
        ({"lines": [labour(unit="DAY"), mileage()]}, "/invoice/lines/0/unit"),
    ],
)
def test_only_what_is_stated_of_us_may_be_filled_in(changes: Any, where: str) -> None:
    seller = {"name": "Example Line Services"}
    before = small(seller=seller, remit_to={"name": "R", "code": "MAIN"})
    after = small(**{"seller": seller, "remit_to": {"name": "R", "code": "MAIN"}, **changes})
    assert beyond_a_machine(before, after, checklist(ours={"tax_id": "12", "remit_to_code": "PAY"})) == (where,)


_GENEROUS: Mapping[str, Any] = {
    "number": {"after_failed": "suffix", "after_rejected": "suffix"},
    "orders": {"form": {"pattern": r"[A-Z0-9-]{1,20}", "says": "a number", "example": "A1"}, "prefix": "P"},
    "ours": {"vat_id": "GB1", "tax_id": "12", "remit_to_code": "PAY"},
    "tax": {
        "mapping": {"SALES": "S"},
        "names": [{"category": "S", "rate": rate, "code": f"S{rate}"} for rate in ("7", "20", "8.25")],
    },
    "units": {"mapping": {"HUR": "HR", "EA": "C62"}},
    "text": {"forbidden": "<>&", "description_max_length": 12},
    "payment": {"code": "N30"},
    "form": {"price_decimals": 2, "quantity_decimals": 1},
    "charges": {"permitted": [], "called": {"shipping": "freight", "handling": "freight", "other": "freight"}},
    "documents": [{"kind": "receipt"}, {"kind": "timesheet"}],
    "attachments": {"name_form": {"pattern": "[A-Za-z0-9._-]+", "says": "plain", "example": "a.pdf"}},
    "corrections": {"also": ["text_length", "charges_as_lines", "invoice_date"]},
}


def _registered(packet: Packet) -> dict[str, Order | None]:
    """Every order with a line for freight, and lines that carry some invoice lines' words and parts otherwise."""
    rows = [
        OrderLine(100 + at, OrderLineKind.amount, line.description, line.part_number, line.unit)
        for at, line in enumerate(packet.invoice.lines)
    ]
    freight = OrderLine(99, OrderLineKind.amount, "Freight")
    return {
        one.number: Order(one.number, OrderState.open, packet.invoice.currency, (freight, *rows), payload_id="now")
        for one in packet.invoice.orders
    }


@settings(max_examples=60, deadline=None)
@given(packets(), st.sets(st.sampled_from(list(ReasonCode)), min_size=1, max_size=4), st.sampled_from(["", "rejected"]))
def test_no_correction_touches_money_quantities_rates_or_parties(
    packet: Packet, codes: set[ReasonCode], ended: Any
) -> None:
    """Asked of what a packet is worth, not of places: by other words than the limits' own."""
    rules = checklist(**_GENEROUS)
    context = Context(rules, _registered(packet), ended_as=ended, numbers_used=(packet.invoice.number,), today=TODAY)
    for code in sorted(codes):
        found = correct(packet, [Reason(code)], context)
        if found is None:
            continue
        assert beyond_a_machine(packet, found.packet, rules) == ()
        assert found.patch == difference(packet, found.packet)
        assert _worth(found.packet) == _worth(packet)
        assert Packet.model_validate_json(found.packet.model_dump_json()) == found.packet


def _worth(packet: Packet) -> tuple[Any, ...]:
    """Money, quantities, rates and parties of a packet, a charge and a line of its amount being alike."""
    invoice, totals = packet.invoice, packet.invoice.totals
    of_lines = [
        (line.net_amount, line.quantity, line.unit_price, line.tax.rate if line.tax else None, line.labour)
        for line in invoice.lines
    ]
    charges = [
        (one.amount, Decimal(1), one.amount, one.tax.rate if one.tax else None, None)
        for one in invoice.adjustments
        if one.kind == "charge"
    ]
    allowances = [
        (one.amount, one.tax.rate if one.tax else None) for one in invoice.adjustments if one.kind != "charge"
    ]
    taxes = [(one.rate, one.taxable_amount, one.tax_amount) for one in invoice.tax_breakdown]
    ours = {"vat_id": "", "tax_id": ""}
    return (
        sorted(map(repr, (*of_lines, *charges))),
        allowances,
        taxes,
        (totals.tax_exclusive, totals.tax, totals.tax_inclusive, totals.payable, totals.line_net + totals.charges),
        invoice.seller.model_copy(update=ours),
        invoice.buyer,
        invoice.remit_to.model_copy(update={"code": ""}) if invoice.remit_to else None,
        (invoice.currency, invoice.type, invoice.due_on),
    )


def test_the_generous_client_lets_every_rule_of_the_machine_act() -> None:
    """Else the property above would hold of nothing."""
    acted = set()
    for case in CASES.values():
        rules = checklist(**{**_GENEROUS, **{k: v for k, v in case.rules.items() if k != "corrections"}})
        context = Context(rules, {ORDER: case.order}, today=TODAY)
        found = correct(case.packet, case.said, context)
        acted |= set(found.rules) if found else set()
    assert acted >= {"charges_as_lines", "tax_names", "tax_id", "remit_to_code", "invoice_date", "text_length"}


# --- told -----------------------------------------------------------------------------------------------------------


def test_every_rule_stands_in_the_readers_table_and_may_be_named_in_a_licence() -> None:
    text = (Path(__file__).parents[2] / "checklists" / "README.md").read_text(encoding="utf-8")
    told = re.findall(
        r"^\| ([a-z_]+) \| (.+?) \| (yes|no: .+?|where the client has agreed .+?) \| (.+?) \|$", text, re.M
    )
    rules = (*RULES, NUMBER_SUFFIX)
    assert [(code, says, source) for code, says, _, source in told] == [(r.code, r.says, r.source) for r in rules]
    for rule, (_, _, unasked, _) in zip(rules, told, strict=True):
        assert unasked.split(":")[0].split(" ")[0] == ("no" if rule.person else "where" if rule.by_word else "yes")
    assert tuple(rule.code for rule in rules) == CORRECTIONS


@pytest.mark.parametrize("name", ["allowed", "also", "never"])
def test_a_licence_that_names_no_rule_is_refused_as_the_file_is_read(name: str) -> None:
    with pytest.raises(ValidationError, match="no correction rule; there are: bill_to"):
        checklist(corrections={name: ["bil_to"]})
