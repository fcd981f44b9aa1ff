"""Checks of hours by themselves: the time card they were approved on, and how they are paid."""

from collections.abc import Iterator

from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.wording import line_path, lines_label, listed
from gateway.packet import Labour, Packet, PayCode


def time_cards(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Every labour line names its time card, in the client's form. Only the crew's office knows which card it is."""
    rules, lines = checklist.labour, packet.invoice.lines
    without = [at for at, one in _labour(packet) if not one.timesheet_id]
    if rules.time_card_required and without:
        yield found(
            "CB-LAB-01",
            line_path(without[0], "labour/timesheet_id"),
            f"{lines_label([lines[at] for at in without])}: no time card is named; {checklist.name} approves hours by "
            "time card.",
            "Get the number of the approved time card from the crew and add it to the line.",
        )
    form, strange = rules.time_card_form, dict[str, list[int]]()
    for at, one in _labour(packet):
        if form and one.timesheet_id and not form.fits(one.timesheet_id):
            strange.setdefault(one.timesheet_id, []).append(at)
    for name, positions in strange.items():
        yield found(
            "CB-LAB-02",
            line_path(positions[0], "labour/timesheet_id"),
            f"{lines_label([lines[at] for at in positions])}: time card {name} has not the form {checklist.name} uses: "
            f"{form.says if form else ''}.",
            f"Compare the number with the crew's time card and write it like {form.example if form else ''}.",
        )


def pay_codes(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """Hours are paid in a way that is agreed with the client."""
    agreed = checklist.labour.pay_codes
    strange: dict[PayCode, list[int]] = {}
    for at, one in _labour(packet):
        if agreed and one.pay_code not in agreed:
            strange.setdefault(one.pay_code, []).append(at)
    for code, positions in strange.items():
        yield found(
            "CB-LAB-03",
            line_path(positions[0], "labour/pay_code"),
            f"{lines_label([packet.invoice.lines[at] for at in positions])}: {code} hours are billed; with "
            f"{checklist.name} {listed(sorted(agreed))} {'is' if len(agreed) == 1 else 'are'} agreed.",
            f"Have a rate for {code} agreed and ordered before this is sent, or bill the hours as agreed.",
        )


def _labour(packet: Packet) -> Iterator[tuple[int, Labour]]:
    """Position from 0 and labour of every line that bills hours."""
    return ((at, line.labour) for at, line in enumerate(packet.invoice.lines) if line.labour is not None)
