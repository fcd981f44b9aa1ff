"""A client's own rules: what they concern, what they ask, and that none passes in silence."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from checklists.check import check
from checklists.checklist import Checklist
from checklists.codes import Severity
from checklists.finding import Finding
from checklists.rules import ClientRule
from gateway.verdict import Actor, ReasonCode
from tests.checklists.folders import CLIENT, faults_in, over
from tests.checklists.packets import Spoil, checklist, facts, packet, put
from tests.checklists.section_rows import RULE, rule


def found(settings: dict[str, Any], *spoils: Spoil, **known: Any) -> list[Finding]:
    return [
        one for one in check(packet(*spoils), checklist(settings), facts(**known)) if not one.code.startswith("CB-")
    ]


MILES = rule(
    each="line",
    when='line.kind == "mileage"',
    require='at_most(line.quantity, 150) && line.unit == "SMI"',
    severity="warn",
    sentence="more than 150 miles a week",
    cure="Attach the dispatcher's note.",
    who_acts="field",
    reason="quantity_mismatch",
)


def test_a_rule_finds_what_breaks_it_and_says_what_the_file_says() -> None:
    (finding,) = found(MILES, put("/invoice/lines/1/quantity", "150.01"))
    assert (finding.code, finding.path) == ("TU-01", "/invoice/lines/1")
    assert finding.sentence == "Line 20: more than 150 miles a week"
    assert (finding.severity, finding.who_acts, finding.cure, finding.reason) == (
        Severity.warn,
        Actor.field,
        "Attach the dispatcher's note.",
        ReasonCode.quantity_mismatch,
    )


def test_a_rule_that_is_kept_finds_nothing() -> None:
    assert found(MILES, put("/invoice/lines/1/quantity", "150.00")) == []


def test_either_part_of_what_is_required_counts() -> None:
    assert len(found(MILES, put("/invoice/lines/1/unit", "KMT"))) == 1


def test_a_line_that_a_rule_does_not_concern_is_not_asked() -> None:
    assert found(MILES, put("/invoice/lines/0/quantity", "151")) == []


def test_several_lines_make_one_finding() -> None:
    (finding,) = found(rule(each="line", require='line.accounting_code != ""', sentence="no cost code"))
    assert finding.sentence == "Lines 10, 20 and 30: no cost code"
    assert finding.path == "/invoice/lines/0"


def test_papers_are_asked_one_by_one() -> None:
    settings = rule(each="document", when='document.kind == "timesheet"', require="document.size < 1000")
    (finding,) = found(settings)
    assert finding.path == "/documents/1"
    assert finding.sentence.startswith("Time sheet TS-0412 (TU-1001_sheet.pdf): ")


def test_the_invoice_as_a_whole_and_the_world_around_it_can_be_asked() -> None:
    for require in (
        "equals(total(invoice.lines.map(l, l.net_amount)), invoice.totals.line_net)",
        'client == "test-utility" && packet.source_system == "billing"',
        "documents.exists(d, d.kind == 'acceptance_form')",
        'today == "2026-03-12"',
    ):
        assert found(rule(require=require)) == []
        (finding,) = found(rule(require=f"!({require})"))
        assert (finding.path, finding.sentence) == ("/invoice", "it is prepaid")


def test_a_rule_that_cannot_be_evaluated_stops_even_where_it_only_warns() -> None:
    settings = rule(each="line", require='line.labour.pay_code == "ST"', severity="warn")
    finding = next(one for one in check(packet(), checklist(settings), facts()) if one.code == "CB-RUL-01")
    assert finding.stops
    assert "TU-01" in finding.sentence


@pytest.mark.parametrize(
    ("made_on", "count"), [("2026-02-28", 0), ("2026-03-01", 1), ("2026-03-31", 1), ("2026-04-01", 0)]
)
def test_a_rule_holds_for_packets_made_on_its_days(made_on: str, count: int) -> None:
    settings = rule(require="false", **{"from": "2026-03-01", "to": "2026-03-31"})
    assert len(found(settings, made_on=date.fromisoformat(made_on))) == count


def test_a_clients_rule_stands_for_its_portals_of_the_same_code(tmp_path: Path) -> None:
    portal = """\
    rules:
      - {code: N-01, require: "true", sentence: a, cure: b, source: c}
      - {code: N-02, require: "true", sentence: a, cure: b, source: c}
    """
    client = 'rules:\n  - {code: N-02, require: "false", sentence: ours, cure: b, source: c}\n'
    assert [(one.code, one.require.source) for one in over(portal, client).rules] == [
        ("N-01", "true"),
        ("N-02", "false"),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"require": "line.unit == 'EA'"}, "", "`line` is not there in a rule for each invoice"),
        ({"each": "line", "require": "document.size > 1"}, "", "`document` is not there in a rule for each line"),
        ({"each": "line", "require": "invoice.lines.size() > 1"}, "", "`invoice.lines` is not there"),
        ({"code": "CB-XX-01"}, "", "looks like one of Clearbill's own"),
        ({"code": "x"}, ".code", "pattern"),
        ({"require": "invoice.totals.payable == 3"}, ".require", "write equals(a, b)"),
        ({"when": "0.5 < 1"}, ".when", 'write decimal("0.5")'),
        ({"severity": "shout"}, ".severity", "stop"),
        ({"reqire": "true"}, ".reqire", "not a setting"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(changes: dict[str, str], field: str, says: str) -> None:
    lines = [f"    {key}: '{value.replace(chr(39), chr(39) * 2)}'" for key, value in {**RULE, **changes}.items()]
    text = CLIENT + "rules:\n  -\n" + "\n".join(lines) + "\n"
    (fault,) = faults_in({"some.yaml": text})
    assert fault.field == f"rules[1]{field}"
    assert says in fault.message
    assert fault.line > 4
    assert fault.cure


def test_a_rule_is_told_as_it_was_written() -> None:
    settings = {"client": "c", "name": "C", "account": "c", **MILES}
    told = Checklist.model_validate(settings).model_dump(mode="json", by_alias=True)["rules"][0]
    assert told["require"] == MILES["rules"][0]["require"]
    assert ClientRule.model_validate(told) == Checklist.model_validate(settings).rules[0]
