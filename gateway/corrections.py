"""Corrections: what a machine may mend by itself, each as a small rule with a licence and a source.

A rule takes a packet and the reasons it was stopped or refused for, and answers a changed packet or None. `correct`
tries the rules that serve the reasons, and answers the new packet only if

* every reason is served by some rule (a half-mended invoice bounces again),
* the difference stays within the licences of the rules used, and the client's own licence permits it,
* nothing out of a machine's reach (money, quantities, rates, hours, parties; `gateway.changes`) is touched.

Otherwise a person decides. A rule changes nothing it cannot derive from the order register or the client's checklist.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from checklists.checklist import Checklist
from gateway.changes import Patch, covered, difference, out_of_reach, places
from gateway.order import Order, OrderState, VersionState
from gateway.packet import LineOrder, OrderLineKind, Packet
from gateway.verdict import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may lean on: the client's checklist and the rows of the order register (None = known not to exist).

    `candidates` are register rows for the order numbers that the checklist thinks may be meant.
    `ended_as`: who refused the invoice that the portal had taken, so that number rules apply: its own checks
    ("failed"; the buyer never saw it) or the buyer ("rejected"); "" where nothing was taken. `numbers_used`: the
    packet's numbers so far, in order.
    """

    checklist: Checklist
    orders: Mapping[str, Order | None] = field(default_factory=dict)
    candidates: Mapping[str, Order] = field(default_factory=dict)
    ended_as: Literal["", "failed", "rejected"] = ""
    numbers_used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A correction. `serves`: the reasons it can mend; `licence`: the only places it may change; `source`: why it
    may."""

    code: str
    serves: frozenset[ReasonCode]
    licence: tuple[str, ...]
    says: str
    source: str
    apply: Callable[[Packet, Sequence[Reason], Context], Packet | None]


@dataclass(frozen=True, slots=True)
class Correction:
    """A licensed change: the new packet, the rules that made it, the difference, and the sentence for the event."""

    packet: Packet
    rules: tuple[str, ...]
    patch: Patch
    says: str


class LicenceBroken(Exception):
    """A rule changed more than it may: a defect of the rule, never sent."""


def correct(packet: Packet, reasons: Sequence[Reason], context: Context) -> Correction | None:
    """The packet mended for all of these reasons, or None where a person must decide. Raises LicenceBroken."""
    unserved = {reason.code for reason in reasons}
    mended, used = packet, []
    for rule in RULES:
        if not rule.serves & unserved:
            continue
        mine = [reason for reason in reasons if reason.code in rule.serves]
        changed = rule.apply(mended, mine, context)
        if changed is None or changed == mended:
            continue
        if not context.checklist.corrections.permits(rule.code, places(difference(mended, changed))):
            continue
        mended = changed
        used.append(rule)
        unserved -= rule.serves
    if not used or unserved:
        return None
    if context.ended_as:
        mended, used = _with_number_for_a_second_try(mended, used, context)
        if not used:
            return None
    return _checked(packet, mended, used)


def correct_ahead(packet: Packet, asked: Sequence[tuple[str, Sequence[str]]], context: Context) -> Correction | None:
    """The packet mended before anybody has refused it, by the rules asked for, each in its places alone; None where
    there is nothing to mend. The licences are those of `correct`. Raises LicenceBroken."""
    mended, used = packet, []
    for code, where in asked:
        rule = next((one for one in RULES if one.code == code), None)
        if rule is None:
            continue  # of another version of the program, whose proposals stay as they are
        changed = rule.apply(mended, (Reason(min(rule.serves), _NOWHERE),), context)
        if changed is None or changed == mended:
            continue
        patch = difference(mended, changed)
        if covered(patch, where) and context.checklist.corrections.permits(rule.code, places(patch)):
            mended = changed
            used.append(rule)
    return _checked(packet, mended, used) if used else None


_NOWHERE = "/"
"""A place that no packet has: nobody has objected to any line yet."""


def _with_number_for_a_second_try(packet: Packet, used: list["Rule"], context: Context) -> tuple[Packet, list["Rule"]]:
    """The packet under the number that the client's reuse rule asks for; no rules left where a person must decide."""
    numbers = context.checklist.number
    rule = numbers.rule_after(context.ended_as)
    if rule == "same":
        return packet, used
    if rule == "person" or not context.checklist.corrections.permits(NUMBER_SUFFIX.code, ["/invoice/number"]):
        return packet, []
    changed = NUMBER_SUFFIX.apply(packet, (), context)
    return (changed, [*used, NUMBER_SUFFIX]) if changed else (packet, [])


def _checked(before: Packet, after: Packet, used: Sequence["Rule"]) -> Correction:
    patch = difference(before, after)
    codes = tuple(rule.code for rule in used)
    if forbidden := out_of_reach(patch):
        raise LicenceBroken(f"{', '.join(codes)} touched {', '.join(forbidden)}")
    if not covered(patch, [place for rule in used for place in rule.licence]):
        raise LicenceBroken(f"{', '.join(codes)} changed places beyond their licence: {', '.join(places(patch))}")
    return Correction(after, codes, patch, " ".join(rule.says for rule in used))


# --- the rules ----------------------------------------------------------------------------------------------------


def _restored_order_number(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """An order number that lost its prefix or zeros, where the register knows exactly one order it can be."""
    renamed: dict[str, str] = {}
    for order in packet.invoice.orders:
        if context.orders.get(order.number) is not None:
            continue
        found = [
            number
            for number in context.checklist.orders.candidates(order.number)
            if number in context.candidates and context.candidates[number].state is OrderState.open
        ]
        if len(found) == 1:
            renamed[order.number] = found[0]
    if not renamed or len({*renamed.values(), *(order.number for order in packet.invoice.orders)}) < len(renamed):
        return None
    orders = tuple(
        order.model_copy(update={"number": renamed.get(order.number, order.number)}) for order in packet.invoice.orders
    )
    lines = tuple(
        line.model_copy(update={"order": line.order.model_copy(update={"number": renamed[line.order.number]})})
        if line.order and line.order.number in renamed
        else line
        for line in packet.invoice.lines
    )
    return _with_invoice(packet, orders=orders, lines=lines)


def _order_line_kind(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Lines billed the way their order line counts: as the register says, else the other way where the portal named
    the line."""
    named = {reason.path for reason in reasons} - {""}
    lines = []
    for index, line in enumerate(packet.invoice.lines):
        kind = _kind_in_register(packet, index, context)
        present = line.order.kind if line.order else None
        if f"/invoice/lines/{index}" not in named and named and present is None:
            kind = None  # it says nothing of its own, and nobody objects: it is written as the register says
        elif kind is None and f"/invoice/lines/{index}" in named:
            kind = OrderLineKind.quantity if present is OrderLineKind.amount else OrderLineKind.amount
        if kind is None or line.order is None or line.order.kind is kind:
            lines.append(line)
        else:
            lines.append(line.model_copy(update={"order": line.order.model_copy(update={"kind": kind})}))
    return _with_invoice(packet, lines=tuple(lines))


def _kind_in_register(packet: Packet, index: int, context: Context) -> OrderLineKind | None:
    line = packet.invoice.lines[index]
    order = context.orders.get(packet.invoice.order_number_of(line))
    wanted: LineOrder | None = line.order
    if order is None or wanted is None or wanted.line is None:
        return None
    return next((one.kind for one in order.lines if one.number == wanted.line), None)


def _order_line_by_part(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Lines whose order line is gone (a change order renumbered it), where exactly one line has the same part
    number."""
    lines = []
    for line in packet.invoice.lines:
        order = context.orders.get(packet.invoice.order_number_of(line))
        if order is None or line.order is None or not line.part_number:
            lines.append(line)
            continue
        present = next((one for one in order.lines if one.number == line.order.line), None)
        same = [one for one in order.lines if one.part_number == line.part_number and one.state is OrderState.open]
        stands = present is not None and present.state is OrderState.open and present.part_number == line.part_number
        if stands or len(same) != 1:
            lines.append(line)
        else:
            changed = line.order.model_copy(update={"line": same[0].number, "kind": same[0].kind})
            lines.append(line.model_copy(update={"order": changed}))
    return _with_invoice(packet, lines=tuple(lines))


def _present_order_version(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Orders named by the present version of the register: the document's own id and its date to the letter.

    Only where every order that the reasons name is open and was named otherwise: what was refused under its present
    version is the buyer's to mend."""
    changed = {
        reference.number: reference.model_copy(
            update={"payload_id": order.payload_id, "stated_date": order.stated_date, "ordered_on": order.ordered_on}
        )
        for reference in packet.invoice.orders
        if (order := context.orders.get(reference.number)) is not None
        and order.is_versioned
        and order.state is OrderState.open
        and order.version_state(reference.payload_id, reference.stated_date) is not VersionState.current
    }
    if not changed or _orders_named(packet, reasons) - changed.keys():
        return None
    orders = tuple(changed.get(reference.number, reference) for reference in packet.invoice.orders)
    return _with_invoice(packet, orders=orders)


def _orders_named(packet: Packet, reasons: Sequence[Reason]) -> set[str]:
    """The packet's orders that the portal's words, or a reason's place, name."""
    words = " ".join(reason.portal_text for reason in reasons)
    paths = [reason.path + "/" for reason in reasons]
    return {
        order.number
        for position, order in enumerate(packet.invoice.orders)
        if re.search(rf"(?<!\w){re.escape(order.number)}(?!\w)", words)
        or any(path.startswith(f"/invoice/orders/{position}/") for path in paths)
    }


def _mapped_units(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Units in the client's spelling of the same unit (HR for the hour becomes HUR)."""
    mapping = context.checklist.units.mapping
    lines = tuple(
        line.model_copy(update={"unit": mapping[line.unit]}) if line.unit in mapping else line
        for line in packet.invoice.lines
    )
    return _with_invoice(packet, lines=lines)


def _without_bill_to(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The optional bill-to copy left out: the portal takes it from the order."""
    return _with_invoice(packet, bill_to=None) if packet.invoice.bill_to else None


def _payment_term_code(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The client's own code for the agreed term, where the invoice names the term without it."""
    code, terms = context.checklist.payment.code, packet.invoice.payment_terms
    if not code or terms is None or terms.code == code:
        return None
    return _with_invoice(packet, payment_terms=terms.model_copy(update={"code": code}))


def _cleaned_text(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """Descriptions without the characters the client's system stumbles over, white space folded."""
    forbidden = context.checklist.text.forbidden
    if not forbidden:
        return None
    pattern = re.compile("[" + re.escape(forbidden) + "]")
    lines = tuple(
        line.model_copy(update={"description": cleaned})
        if (cleaned := " ".join(pattern.sub(" ", line.description).split())) and pattern.search(line.description)
        else line
        for line in packet.invoice.lines
    )
    return _with_invoice(packet, lines=lines)


def _renamed_papers(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """File names with the characters replaced that the client's rule does not take; bytes stay as they are."""
    form = context.checklist.attachments.name_form
    if form is None:
        return None
    documents = []
    for document in packet.documents:
        name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9._-]", "_", document.name))
        fits = form.fits(document.name) or not form.fits(name)
        documents.append(document if fits else document.model_copy(update={"name": name}))
    if len({document.name.casefold() for document in documents}) != len(documents):
        return None
    return packet.model_copy(update={"documents": tuple(documents)})


def _suffixed_number(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The next number in the client's suffix series: the portal keeps the refused invoice under the old one."""
    try:
        number = context.checklist.number.next_number(packet.invoice.number, context.numbers_used)
    except ValueError:
        return None
    return _with_invoice(packet, number=number)


def _with_invoice(packet: Packet, **changes: Any) -> Packet:
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update=changes)})


NUMBER_SUFFIX = Rule(
    code="number_suffix",
    serves=frozenset(),
    licence=("/invoice/number",),
    says="Sent under the next number of the client's suffix series, since the refused invoice keeps its own.",
    source="client's checklist, number.after_failed and number.after_rejected; Ariba, section 6 (KB 134103)",
    apply=_suffixed_number,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="po_format",
        serves=frozenset({ReasonCode.po_unknown, ReasonCode.po_not_ours, ReasonCode.po_missing}),
        licence=("/invoice/orders/*/number", "/invoice/lines/*/order/number"),
        says="The purchase order number got its lost prefix or zeros back, as the order register has it.",
        source="Coupa refusals 417 'order header not found'; client's checklist, orders.form",
        apply=_restored_order_number,
    ),
    Rule(
        code="po_reference",
        serves=frozenset({ReasonCode.po_obsolete, ReasonCode.po_unknown}),
        licence=("/invoice/orders/*/payload_id", "/invoice/orders/*/stated_date", "/invoice/orders/*/ordered_on"),
        says="Purchase orders are named by their present version, as the order register has it.",
        source="Ariba INV-13 and INV-15 (KB0392737): payloadID, or orderDate copied to the letter; order register",
        apply=_present_order_version,
    ),
    Rule(
        code="po_line",
        serves=frozenset({ReasonCode.po_line_unknown, ReasonCode.po_obsolete}),
        licence=("/invoice/lines/*/order/line", "/invoice/lines/*/order/kind"),
        says="Lines point at the order line that now carries their part number.",
        source="Coupa 417 'Invalid order/document reference' (line absent); order register",
        apply=_order_line_by_part,
    ),
    Rule(
        code="po_line_kind",
        serves=frozenset({ReasonCode.po_line_kind}),
        licence=("/invoice/lines/*/order/kind",),
        says="Lines are billed the way their purchase order lines count (by quantity, or by amount).",
        source="Coupa 'PO Line must be the same type as invoice line'",
        apply=_order_line_kind,
    ),
    Rule(
        code="unit_mapping",
        serves=frozenset({ReasonCode.unit_mismatch}),
        licence=("/invoice/lines/*/unit",),
        says="The unit of measure is written as the client writes it.",
        source="client's checklist, units.mapping; UN/ECE Recommendation 20",
        apply=_mapped_units,
    ),
    Rule(
        code="bill_to",
        serves=frozenset({ReasonCode.bill_to_mismatch}),
        licence=("/invoice/bill_to",),
        says="The bill-to party is left out; the portal takes it from the purchase order.",
        source="Coupa, compliant invoicing, bill-to: leave it out unless it matches exactly",
        apply=_without_bill_to,
    ),
    Rule(
        code="payment_term_code",
        serves=frozenset({ReasonCode.payment_term_missing}),
        licence=("/invoice/payment_terms/code",),
        says="The agreed payment term is named by the client's own code.",
        source="Coupa, payment terms: header extrinsic PaymentTermCode",
        apply=_payment_term_code,
    ),
    Rule(
        code="text_cleanup",
        serves=frozenset({ReasonCode.text_unacceptable}),
        licence=("/invoice/lines/*/description",),
        says="Characters that the client's system cannot take were removed from descriptions.",
        source="client's checklist, text.forbidden",
        apply=_cleaned_text,
    ),
    Rule(
        code="paper_names",
        serves=frozenset({ReasonCode.attachment_unacceptable}),
        licence=("/documents/*/name",),
        says="Papers were renamed to file names that the client takes; their contents are unchanged.",
        source="client's checklist, attachments.name_form",
        apply=_renamed_papers,
    ),
)
