"""The demonstration's client behind a browser: repeatable packets that its pages can carry, beside the others."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.oracle_isupplier.adapter import Adapter
from adapters.oracle_isupplier.ebs.form import form_from
from adapters.oracle_isupplier.sandbox import Portal
from checklists.arithmetic import sums
from gateway.adapter import Account, File, Presentation, Stamp
from gateway.connection import open_connection
from gateway.demo.accounts import account_settings, made_up_secrets, stand_config
from gateway.demo.by_browser import PLAN, with_browser_client
from gateway.demo.clients import COPPER_CREEK
from gateway.demo.packets import DEFAULT_NOW, Scenario, generate
from gateway.driven import AccountBrowser
from gateway.packet import packet_from

KEY = COPPER_CREEK.key


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return with_browser_client(generate(4), 4, DEFAULT_NOW)


def test_the_others_packets_are_the_same_with_and_without_it(scenario: Scenario) -> None:
    alone = generate(4)
    assert scenario.cases[len(PLAN) :] == alone.cases
    assert {key: value for key, value in scenario.orders.items() if key != KEY} == alone.orders
    assert scenario == with_browser_client(generate(4), 4, DEFAULT_NOW)


def test_its_packets_add_up_and_have_their_papers(scenario: Scenario) -> None:
    mine = [case for case in scenario.cases if case.client == KEY]
    assert [case.trouble for case in mine] == [trouble for trouble, _ in PLAN]
    for case in mine:
        packet = packet_from(case.packet_json)
        assert not sums(packet.invoice)
        assert {document.name for document in packet.documents} == set(case.files)
        assert case.told.endswith(".")
        assert (case.buyer == "approves") == (case.expected_end == "accepted")


def test_its_portal_takes_what_the_scenario_asks_of_it(scenario: Scenario) -> None:
    secrets = {KEY: made_up_secrets(KEY)}
    with Portal(stand_config({KEY: scenario.portals[KEY]}, secrets)) as portal:
        portal.orders(scenario.orders[KEY], buyer=KEY)
        account = portal.account(KEY)
    assert account["secrets"] == secrets[KEY]
    steps = [step for case in scenario.cases if case.client == KEY for step in case.portal_script]
    assert {step.verb for step in steps} == {"order", "hold"}


def test_its_pages_can_carry_every_packet_to_the_cent(scenario: Scenario, tmp_path: Path) -> None:
    settings = account_settings(tmp_path, f"http://127.0.0.1:9/{KEY}", KEY)
    account = Account("demo", "oracle_isupplier", settings["settings"], lambda name: "")
    with open_connection(account) as http:
        browser = AccountBrowser(account)
        adapter = Adapter(account, http, browser=browser)
        for case in (case for case in scenario.cases if case.client == KEY):
            packet = packet_from(case.packet_json)
            papers = [File(name, "application/pdf", "receipt", content) for name, content in case.files.items()]
            form = form_from(adapter.render(packet, papers, Presentation(), Stamp("x", DEFAULT_NOW)).body)
            assert abs(Decimal(form.total)) == packet.invoice.totals.payable
            assert sum(Decimal(item.amount) for item in form.items) == Decimal(form.total)
        browser.close()
