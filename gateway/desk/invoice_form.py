"""An invoice filled in by hand: the form's fields, and the packet that they make.

A field is named by its place in the packet (a JSON pointer), so that whatever is objected to stands at the field it
concerns. What is left empty is reckoned where it follows from the rest (amounts of lines, tax, totals), and shown; what
was typed stands, and is refused where it does not add up.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, Literal

from gateway.currency import minor_units
from gateway.packet import LineKind, Packet, canonical_json, json_from, plain_decimal

MOST_LINES = 40
"""Longer invoices come as a file: a page with more fields is no help to anybody."""

Fields = Mapping[str, str]
"""What was typed, by JSON pointer; `/client` among it."""


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the form. `choices`: (value, name) of each that can be chosen; `widget`: how it is shown."""

    pointer: str
    name: str
    widget: Literal["text", "date", "long", "number", "choice"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    def on_line(self, n: int) -> str:
        """The pointer of this field on line `n`, counted from 0."""
        return f"/invoice/lines/{n}{self.pointer}"


HEAD = (
    Box("/invoice/type", "What it is", "choice", (("380", "Invoice"), ("381", "Credit note"))),
    Box("/invoice/number", "Invoice number"),
    Box("/invoice/issued_on", "Invoice date", "date"),
    Box("/invoice/due_on", "Due date (if stated)", "date"),
    Box("/invoice/currency", "Currency", hint="such as USD"),
    Box("/invoice/orders/0/number", "Purchase order"),
    Box("/invoice/contract_number", "Contract (if any)"),
    Box("/invoice/buyer_reference", "Client’s reference (if any)"),
    Box("/invoice/period/start", "Period from", "date"),
    Box("/invoice/period/end", "Period to", "date"),
    Box("/invoice/payment_terms/net_days", "Payable within days", "number"),
    Box("/invoice/preceding/number", "Credit note: of invoice number"),
    Box("/invoice/credit_reason", "Credit note: why"),
    Box("/invoice/note", "Note on the invoice", "long"),
)
_PARTY = (
    Box("/name", "Name"),
    Box("/code", "Client’s code for it"),
    Box("/vat_id", "VAT number"),
    Box("/tax_id", "Tax number"),
    Box("/address/lines/0", "Street"),
    Box("/address/city", "City"),
    Box("/address/subdivision", "State or province"),
    Box("/address/post_code", "Post code"),
    Box("/address/country", "Country", hint="two letters, such as US"),
)
PARTIES = {"seller": "Who bills", "buyer": "Who is billed", "remit_to": "Where it is paid to (if it differs)"}
_KINDS = tuple((kind.value, kind.value.replace("_", " ")) for kind in LineKind)
LINE = (
    Box("/kind", "Kind", "choice", _KINDS),
    Box("/description", "What was done or supplied", "long"),
    Box("/quantity", "Quantity", "number"),
    Box("/unit", "Unit", hint="UN/ECE code: HUR hours, EA each, SMI miles, DAY days"),
    Box("/unit_price", "Price of one", "number"),
    Box("/net_amount", "Amount without tax", "number", hint="left empty, it is reckoned"),
    Box("/order/line", "Line of the purchase order", "number"),
    Box("/part_number", "Part number"),
    Box("/period/start", "From", "date"),
    Box("/period/end", "To", "date"),
    Box("/tax/category", "Tax category", hint="S standard, Z zero, E exempt, AE reverse charge"),
    Box("/tax/rate", "Tax rate in per cent", "number"),
)
LABOUR = (
    Box("/labour/worker_id", "Worker’s number"),
    Box("/labour/worker_name", "Worker’s name"),
    Box("/labour/classification", "Classification"),
    Box(
        "/labour/pay_code",
        "Pay code",
        "choice",
        (("", ""), ("ST", "straight time"), ("OT", "overtime"), ("DT", "double time")),
    ),
    Box("/labour/timesheet_id", "Time sheet"),
)
PAYABLE = Box("/invoice/totals/payable", "Amount due, to compare", "number", hint="left empty, it is reckoned")

_WHOLE_NUMBERS = re.compile(r"/invoice/(?:payment_terms/net_days|lines/\d+/order/line)")
_LINE = re.compile(r"/invoice/lines/(\d{1,4})(/.+)")
_PARTY_FIELD = re.compile(r"/invoice/(?:seller|buyer|remit_to)/[a-z_]{1,20}(?:/[a-z_]{1,20}(?:/[0-3])?)?")
_KNOWN = frozenset({"/client", PAYABLE.pointer, *(box.pointer for box in HEAD)})
_ON_A_LINE = frozenset(box.pointer for box in (*LINE, *LABOUR))


def typed(posted: Fields) -> dict[str, str]:
    """Of what was posted, the fields that the form has."""
    return {name: text for name, text in posted.items() if _is_ours(name)}


def _is_ours(name: str) -> bool:
    on_line = _LINE.fullmatch(name)
    if on_line is not None:
        return int(on_line[1]) < MOST_LINES and on_line[2] in _ON_A_LINE
    return name in _KNOWN or _PARTY_FIELD.fullmatch(name) is not None


def party_boxes(party: str, fields: Fields) -> tuple[Box, ...]:
    """The fields of one party: the usual ones, and whatever else is known of it."""
    usual = tuple(Box(f"/invoice/{party}{box.pointer}", box.name, box.widget, box.choices, box.hint) for box in _PARTY)
    known = {box.pointer for box in usual}
    more = sorted(name for name in fields if name.startswith(f"/invoice/{party}/") and name not in known)
    return (*usual, *(Box(name, name.rpartition("/")[2].replace("_", " ").capitalize()) for name in more))


def lines_in(fields: Fields) -> int:
    """How many lines the form shows: at least one."""
    return max((int(found[1]) + 1 for name in fields if (found := _LINE.fullmatch(name))), default=1)


def with_another_line(fields: Fields) -> dict[str, str]:
    """The form with one more line, of the kind and tax of the last one."""
    count = lines_in(fields)
    if count >= MOST_LINES:
        return dict(fields)
    last, next_ = f"/invoice/lines/{count - 1}", f"/invoice/lines/{count}"
    taken = {name: fields.get(f"{last}{name}", "") for name in _GIVEN}
    return {**fields, **{f"{next_}{name}": text for name, text in taken.items()}}


def without_line(fields: Fields, gone: int) -> dict[str, str]:
    """The form without one line; those after it move up."""
    left: dict[str, str] = {}
    for name, text in fields.items():
        found = _LINE.fullmatch(name)
        n = int(found[1]) if found else -1
        if found is None or n < gone:
            left[name] = text
        elif n > gone:
            left[f"/invoice/lines/{n - 1}{found[2]}"] = text
    return left


def with_parties_of(fields: Fields, packet: Packet) -> dict[str, str]:
    """The form with seller, buyer, remit-to and currency of an earlier invoice where nothing was typed yet."""
    invoice: Any = json_from(canonical_json(packet))["invoice"]  # type: ignore[index]
    found = {"/invoice/currency": str(invoice["currency"])}
    for party in PARTIES:
        if not any(text for name, text in fields.items() if name.startswith(f"/invoice/{party}/")):
            found |= dict(_leaves(f"/invoice/{party}", invoice.get(party, {})))
    return {**fields, **{name: text for name, text in found.items() if not fields.get(name) and _is_ours(name)}}


def _leaves(pointer: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(f"{pointer}/{name}", inner)]
    if isinstance(value, list):
        return [leaf for n, inner in enumerate(value) for leaf in _leaves(f"{pointer}/{n}", inner)]
    return [(pointer, str(value))]


# --- the packet that the fields make ------------------------------------------------------------------------------


def handed_from(fields: Fields) -> dict[str, Any]:
    """Client and invoice as a hand-over has them, what is left empty reckoned as far as it follows."""
    whole: dict[str, Any] = {}
    blank = _blank_lines(fields)
    for name, text in fields.items():
        on_line = _LINE.fullmatch(name)
        if text and not (on_line and int(on_line[1]) in blank):
            _put(whole, name, int(text) if _WHOLE_NUMBERS.fullmatch(name) and _is_count(text) else text)
    invoice = whole.setdefault("invoice", {})
    invoice["lines"] = [line for line in invoice.get("lines", []) if line]
    for n, line in enumerate(invoice["lines"], 1):
        line["number"] = n
    _reckon(invoice)
    return whole


_GIVEN = frozenset({"/kind", "/unit", "/tax/category", "/tax/rate"})
"""What a new line has from the one before it."""


def _blank_lines(fields: Fields) -> frozenset[int]:
    """The lines on which nobody has typed anything."""
    found = [(one, text) for name, text in fields.items() if (one := _LINE.fullmatch(name))]
    typed_on = {int(one[1]) for one, text in found if text and one[2] not in _GIVEN}
    return frozenset(int(one[1]) for one, _ in found) - typed_on


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _put(whole: Any, pointer: str, value: object) -> None:
    steps = pointer.split("/")[1:]
    for at, step in enumerate(steps[:-1]):
        empty: Any = [] if steps[at + 1].isdecimal() else {}
        if isinstance(whole, list):
            while len(whole) <= int(step):
                whole.append({})
            whole = whole[int(step)]
        else:
            whole = whole.setdefault(step, empty)
    if isinstance(whole, list):
        whole.append(value)
    else:
        whole[steps[-1]] = value


_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
_EXACT = Context(prec=90)


def _number(text: object) -> Decimal | None:
    return Decimal(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def _reckon(invoice: dict[str, Any]) -> None:
    """Fills in amounts of lines, tax and totals where nothing was typed and everything they follow from is there."""
    places = minor_units(str(invoice.get("currency", "")))
    cent = Decimal(1).scaleb(-(2 if places is None else places))
    with localcontext(_EXACT):
        for line in invoice["lines"]:
            quantity, price = _number(line.get("quantity")), _number(line.get("unit_price"))
            if "net_amount" not in line and quantity is not None and price is not None:
                line["net_amount"] = plain_decimal((quantity * price).quantize(cent, ROUND_HALF_UP))
        nets = [_number(line.get("net_amount")) for line in invoice["lines"]]
        if not nets or any(net is None for net in nets):
            return
        invoice["tax_breakdown"] = _breakdown(invoice["lines"], cent)
        net = sum((one for one in nets if one is not None), Decimal(0))
        tax = sum((Decimal(row["tax_amount"]) for row in invoice["tax_breakdown"]), Decimal(0))
        reckoned = {"line_net": net, "tax_exclusive": net, "tax": tax, "tax_inclusive": net + tax, "payable": net + tax}
        stated = invoice.get("totals", {})
        invoice["totals"] = {name: plain_decimal(value) for name, value in reckoned.items()} | stated


def _breakdown(lines: Sequence[Mapping[str, Any]], cent: Decimal) -> list[dict[str, str]]:
    """Tax by category and rate (BG-23), rounded once for each."""
    taxable: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        tax = line.get("tax", {})
        rate, net = _number(tax.get("rate", "0")), _number(line["net_amount"])
        if tax.get("category") and rate is not None and net is not None:
            key = (str(tax["category"]), rate)
            taxable[key] = taxable.get(key, Decimal(0)) + net
    return [
        {
            "category": category,
            "rate": plain_decimal(rate),
            "taxable_amount": plain_decimal(amount),
            "tax_amount": plain_decimal((amount * rate / 100).quantize(cent, ROUND_HALF_UP)),
        }
        for (category, rate), amount in taxable.items()
    ]
