"""Checks that what a client requires beyond the common model is filled in."""

from collections.abc import Iterator

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.sections import RequiredCustomField, RequiredField
from checklists.terms import empty_places, has_empty_place
from checklists.wording import lines_label, title
from gateway.packet import CustomField, Packet


def required(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Fields by business term or pointer; one finding for each, naming the lines where it is empty."""
    for rule in checklist.required_fields:
        empty = _empty(packet, rule)
        if empty:
            why = f" {title(rule.why.rstrip('.'))}." if rule.why else ""
            yield found(
                "CB-FLD-01",
                empty[0],
                f"{_where(packet, empty)}{rule.called} is empty; {checklist.name} requires it.{why}",
                f"Fill in {rule.called} in the invoicing system and hand the packet over again.",
                who_acts=rule.who_acts,
            )


def _empty(packet: Packet, rule: RequiredField) -> list[str]:
    steps = rule.steps
    if not rule.kinds:
        return list(empty_places(packet, steps)) if has_empty_place(packet, steps) else []
    return [
        place
        for position, line in enumerate(packet.invoice.lines)
        if line.kind in rule.kinds and has_empty_place(line, steps[3:])
        for place in empty_places(line, steps[3:], f"/invoice/lines/{position}")
    ]


def _where(packet: Packet, paths: list[str]) -> str:
    """`Lines 2 and 5: ` for pointers into lines, else nothing."""
    parts = [path.split("/") for path in paths]
    positions = dict.fromkeys(int(part[3]) for part in parts if part[2] == "lines" and len(part) > 3)
    return f"{lines_label([packet.invoice.lines[position] for position in positions])}: " if positions else ""


def custom(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Custom fields; one that the checklist itself adds to every invoice counts as there."""
    for rule in checklist.required_custom_fields:
        if rule.on == "invoice":
            if rule.name in checklist.form.custom_fields:
                continue
            fault = _fault(rule, packet.invoice.custom_fields)
            if fault:
                yield _custom_finding(rule, checklist, "/invoice/custom_fields", f"The invoice: {fault}")
            continue
        for fault, positions in _line_faults(rule, packet).items():
            lines = [packet.invoice.lines[position] for position in positions]
            path = f"/invoice/lines/{positions[0]}/custom_fields"
            yield _custom_finding(rule, checklist, path, f"{lines_label(lines)}: {fault}")


def _line_faults(rule: RequiredCustomField, packet: Packet) -> dict[str, list[int]]:
    faults: dict[str, list[int]] = {}
    for position, line in enumerate(packet.invoice.lines):
        fault = _fault(rule, line.custom_fields)
        if fault:
            faults.setdefault(fault, []).append(position)
    return faults


def _fault(rule: RequiredCustomField, fields: tuple[CustomField, ...]) -> str:
    value = next((field.value for field in fields if field.name == rule.name), "")
    if not value.strip():
        return f"the field {rule.name} is empty"
    if rule.form and not rule.form.fits(value):
        return f"the field {rule.name} says {value!r}, which has not the form asked for: {rule.form.says}"
    return ""


def _custom_finding(rule: RequiredCustomField, checklist: Checklist, path: str, sentence: str) -> Finding:
    like = f", like {rule.form.example}" if rule.form else ""
    return found(
        "CB-FLD-01",
        path,
        f"{sentence}; {checklist.name} requires it.",
        f"Fill in {rule.name}{like}, and hand the packet over again.",
    )
