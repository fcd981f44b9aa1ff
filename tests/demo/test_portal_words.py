"""What the scenario asks of the portal's stand-in, that stand-in understands."""

from itertools import count

from adapters.coupa.sandbox.configuration import DISPUTE_REASONS, config_from, order_from
from adapters.coupa.sandbox.statuses import STATUSES
from adapters.coupa.sandbox.texts import kinds
from gateway.demo.packets import DEFAULT_NOW, Step, generate
from gateway.standin.faults import KINDS

SCENARIO = generate(11)


def steps(verb: str) -> list[Step]:
    found = [step for case in SCENARIO.cases for step in case.portal_script if step.verb == verb]
    assert found
    return found


def test_orders_are_read_as_they_were_meant() -> None:
    ids = count(1)
    changed = [order for step in steps("orders") for order in step.body["orders"]]
    for given in [*(order for orders in SCENARIO.orders.values() for order in orders), *changed]:
        order = order_from(given, "Ridgeline", lambda: next(ids), DEFAULT_NOW)
        assert (order.number, order.status) == (given["number"], given["status"])
        for line, row in zip(order.lines, given["lines"], strict=True):
            assert (line.number, line.kind, line.part_number) == (row["line"], row["type"], row["part_number"])
            assert f"{line.total:.2f}" == row["amount"]
            assert line.uom == (row["uom"] if row["type"] == "quantity" else None)


def test_portal_configurations_are_taken() -> None:
    for client, config in SCENARIO.portals.items():
        assert config_from(client, config).name == client


def test_faults_refusals_and_disputes_are_known() -> None:
    assert {step.body["kind"] for step in steps("fault")} <= KINDS
    assert {step.body["kind"] for step in steps("refuse")} <= set(kinds())
    assert {step.body["code"] for step in steps("dispute")} <= {code for code, _ in DISPUTE_REASONS}
    assert all(step.when == "before_sending" for verb in ("fault", "refuse") for step in steps(verb))


def test_statuses_are_the_portals_own_but_for_the_unknown_word() -> None:
    for case in SCENARIO.cases:
        for step in case.portal_script:
            if step.verb == "status":
                assert (step.body["status"] in STATUSES) != (case.trouble == "unknown_status_word")


def test_cases_that_arm_the_next_answer_are_sent_alone() -> None:
    for case in SCENARIO.cases:
        assert case.alone == any(step.verb in ("fault", "refuse") for step in case.portal_script)
