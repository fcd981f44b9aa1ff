"""The check by a client's own rules (`checklists.rules`)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from checklists.checklist import Checklist
from checklists.conditions import ConditionFailed, as_cel, surroundings
from checklists.facts import Facts
from checklists.finding import Finding, found
from checklists.rules import ClientRule
from checklists.wording import line_label, line_path, lines_label, listed, paper_name, title
from gateway.packet import Packet


def rules(packet: Packet, checklist: Checklist, facts: Facts) -> Iterator[Finding]:
    """What the client's own rules, as far as they are in force on the packet's day, find; one finding a rule."""
    day = facts.day_made
    for rule in checklist.rules:
        if rule.is_in_force_on(day):
            yield from _found_by(rule, packet, _Values(packet, facts.today, rule))


def breaks(rule: ClientRule, packet: Packet, today: date) -> bool:
    """Whether a packet would have been found by a rule, whatever days the rule is in force. Raises ConditionFailed."""
    values = _Values(packet, today, rule)
    if rule.each == "invoice":
        return rule.is_broken_in(surroundings(values.around()))
    return bool(_entries_breaking(rule, values))


class _Values:
    """The parts of a packet as one rule's conditions see them, each made when it is asked for."""

    def __init__(self, packet: Packet, today: date, rule: ClientRule) -> None:
        self._packet = packet
        self._today = today
        self._rule = rule
        self._made: dict[str, Any] = {}

    def around(self) -> dict[str, Any]:
        """What the rule speaks of, without the line or paper that it is asked of."""
        rule = self._rule
        wanted = rule.names - {"line", "document"}
        if "invoice" in wanted and rule.each != "invoice":
            return {**{name: self[name] for name in wanted - {"invoice"}}, "invoice": self["header"]}
        return {name: self[name] for name in wanted}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Any:
        match name:
            case "invoice":
                return {**self["header"], "lines": self["lines"]} if self._speaks_of_lines() else self["header"]
            case "header":
                return as_cel(self._packet.invoice, ("lines",), self._rule.mentioned)
            case "lines":
                return as_cel(self._packet.invoice.lines, (), self._rule.mentioned)
            case "documents":
                return as_cel(self._packet.documents, (), self._rule.mentioned)
            case "packet":
                return as_cel(self._packet, ("invoice", "documents"), self._rule.mentioned)
            case "client":
                return self._packet.client
            case "today":
                return self._today.isoformat()
        raise KeyError(name)

    def _speaks_of_lines(self) -> bool:
        return self._rule.mentioned is None or "lines" in self._rule.mentioned.fields


def _found_by(rule: ClientRule, packet: Packet, values: _Values) -> Iterator[Finding]:
    try:
        if rule.each == "invoice":
            if rule.is_broken_in(surroundings(values.around())):
                yield _finding(rule, "/invoice", rule.sentence)
            return
        broken = _entries_breaking(rule, values)
    except ConditionFailed as fault:
        yield found(
            "CB-RUL-01",
            "/invoice",
            f"Rule {rule.code} of the checklist could not be evaluated: {fault}.",
            "Nothing is sent on a rule that says neither yes nor no: mend the rule (ask `!= null` first for what "
            "may be absent), then check again.",
        )
        return
    if broken and rule.each == "line":
        lines = [packet.invoice.lines[position] for position in broken]
        label = line_label(lines[0]) if len(lines) == 1 else lines_label(lines)
        yield _finding(rule, line_path(broken[0]), f"{label}: {rule.sentence}")
    elif broken:
        papers = listed(paper_name(packet.documents[position]) for position in broken)
        yield _finding(rule, f"/documents/{broken[0]}", f"{title(papers)}: {rule.sentence}")


def _entries_breaking(rule: ClientRule, values: _Values) -> list[int]:
    """The positions of the lines or papers that break a rule. Raises ConditionFailed."""
    around = surroundings(values.around())
    broken = []
    for position, entry in enumerate(values["lines" if rule.each == "line" else "documents"]):
        around.add_variable(rule.each, entry)
        if rule.is_broken_in(around):
            broken.append(position)
    return broken


def _finding(rule: ClientRule, path: str, sentence: str) -> Finding:
    return Finding(rule.code, path, sentence, rule.severity, rule.who_acts, rule.cure, rule.reason)
