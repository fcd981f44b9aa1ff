"""What the scenario asks of the portals' stand-ins, those stand-ins understand."""

from itertools import count

from adapters.ariba.mapping import INVOICE_STATUSES
from adapters.ariba.sandbox import Portal as Network
from adapters.ariba.sandbox.texts import NETWORK
from adapters.coupa.sandbox.configuration import DISPUTE_REASONS, config_from, order_from
from adapters.coupa.sandbox.statuses import STATUSES
from adapters.coupa.sandbox.texts import kinds
from gateway.demo.accounts import made_up_secrets, stand_config
from gateway.demo.clients import CLIENTS, Product
from gateway.demo.packets import DEFAULT_NOW, Case, Step, generate
from gateway.standin.faults import KINDS

SCENARIO = generate(11)


def cases(product: Product) -> list[Case]:
    return [case for case in SCENARIO.cases if CLIENTS[case.client].product == product]


def steps(verb: str, product: Product = "coupa") -> list[Step]:
    found = [step for case in cases(product) for step in case.portal_script if step.verb == verb]
    assert found
    return found


def test_orders_are_read_as_they_were_meant() -> None:
    ids = count(1)
    changed = [order for step in steps("orders") for order in step.body["orders"]]
    there = [order for key, orders in SCENARIO.orders.items() if CLIENTS[key].product == "coupa" for order in orders]
    for given in [*there, *changed]:
        order = order_from(given, "Ridgeline", lambda: next(ids), DEFAULT_NOW)
        assert (order.number, order.status) == (given["number"], given["status"])
        for line, row in zip(order.lines, given["lines"], strict=True):
            assert (line.number, line.kind, line.part_number) == (row["line"], row["type"], row["part_number"])
            assert f"{line.total:.2f}" == row["amount"]
            assert line.uom == (row["uom"] if row["type"] == "quantity" else None)


def test_the_network_takes_its_buyers_with_their_orders_and_time_cards() -> None:
    networked = {key: set_up for key, set_up in SCENARIO.portals.items() if CLIENTS[key].product == "ariba"}
    with Network(stand_config(networked, {key: made_up_secrets(key) for key in networked})) as network:
        for key in networked:
            network.orders(SCENARIO.orders[key], buyer=key)
            network.time_cards(SCENARIO.time_cards[key], buyer=key)
            account = network.account(key)
            client = CLIENTS[key]
            assert (account["buyer_identity"], account["supplier_identity"]) == (client.buyer_id, client.supplier_id)


def test_portal_configurations_are_taken() -> None:
    for client, config in SCENARIO.portals.items():
        if CLIENTS[client].product == "coupa":
            assert config_from(client, config).name == client


def test_faults_refusals_and_disputes_are_known() -> None:
    assert {step.body["kind"] for product in ("coupa", "ariba") for step in steps("fault", product)} <= KINDS
    assert {step.body["kind"] for step in steps("refuse")} <= set(kinds())
    assert {step.body["kind"] for step in steps("refuse", "ariba")} <= {text.code for text in NETWORK.values()}
    assert {step.body["code"] for step in steps("dispute")} <= {code for code, _ in DISPUTE_REASONS}
    assert all(step.when == "before_sending" for verb in ("fault", "refuse") for step in steps(verb))


def test_statuses_are_the_portals_own_but_for_the_unknown_word() -> None:
    for product, words in (("coupa", STATUSES), ("ariba", INVOICE_STATUSES)):
        for case in cases(product):
            for step in case.portal_script:
                if step.verb == "status":
                    assert (step.body["status"] in words) != (case.trouble == "unknown_status_word")


def test_cases_that_arm_the_next_answer_are_sent_alone() -> None:
    for case in SCENARIO.cases:
        assert case.alone == any(step.verb in ("fault", "refuse") for step in case.portal_script)
