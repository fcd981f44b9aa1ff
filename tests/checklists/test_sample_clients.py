"""The sample clients: they load, differ as meant, and name nobody who could exist."""

import re
from pathlib import Path

import pytest

import checklists
from checklists.check import check
from checklists.checklist import Checklist
from checklists.facts import Facts
from checklists.library import load_folder
from gateway.demo.by_browser import with_browser_client
from gateway.demo.packets import DEFAULT_NOW, generate
from gateway.packet import packet_from
from gateway.verdict import Actor
from tests.demo.test_client_rules import order_from

CLIENTS = load_folder(Path(checklists.__file__).parent / "clients").on(DEFAULT_NOW.date())


def test_the_samples_send_by_accounts_of_their_own() -> None:
    assert {key: client.account for key, client in CLIENTS.items()} == {
        "northlight-power": "northlight-coupa",
        "cedar-valley-electric": "cedar-valley-coupa",
        "harbor-grid": "harbor-grid-coupa",
        "summit-ridge-electric": "summit-ridge-ariba",
        "blue-mesa-power": "blue-mesa-ariba",
        "copper-creek-electric": "copper-creek-isupplier",
    }


def test_the_samples_differ_where_clients_do() -> None:
    north, cedar, harbor = (CLIENTS[key] for key in ("northlight-power", "cedar-valley-electric", "harbor-grid"))
    assert [client.presentation.tax_level for client in (north, cedar, harbor)] == ["header", "line", "header"]
    assert [client.payment.net_days for client in (north, cedar, harbor)] == [45, 30, 30]
    assert (cedar.form.bill_to, cedar.number.next_number("CV-20311")) == ("omit", "CV-20311-R1")
    assert (cedar.form.price_decimals, cedar.form.quantity_decimals) == (3, 2)
    assert (harbor.orders.contract_allowed, harbor.orders.rate_differs) == (True, "stop")
    summit, mesa = CLIENTS["summit-ridge-electric"], CLIENTS["blue-mesa-power"]
    assert (sorted(summit.labour.pay_codes), sorted(mesa.labour.pay_codes)) == (["DT", "OT", "ST"], ["OT", "ST"])
    assert any(rule.for_lump_sums for rule in summit.documents)
    assert (north.charges.permitted, north.orders.candidates("12345")) == (frozenset(), ("4500012345",))


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_second_number_still_has_the_clients_form(client: Checklist) -> None:
    form = client.number.form
    assert form is not None
    if client.number.after_rejected == "suffix":
        assert form.fits(client.number.next_number(form.example))


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_every_side_that_may_have_to_act_can_be_written_to(client: Checklist) -> None:
    for actor in (Actor.us, Actor.field, Actor.client_ap, Actor.portal_admin):
        contact = client.contact_for(actor)
        assert contact is not None
        assert re.fullmatch(r"[a-z-]+@[a-z-]+\.example", contact.email)
    assert {step.role for step in client.escalation} <= {contact.role for contact in client.contacts}


def test_the_demonstrations_clean_weeks_pass_the_samples() -> None:
    scenario = with_browser_client(generate(seed=7), 7, DEFAULT_NOW)
    clean = [packet_from(case.packet_json) for case in scenario.cases if not case.trouble]
    assert {packet.client for packet in clean} == set(CLIENTS)
    orders = {key: {row["number"]: order_from(row) for row in rows} for key, rows in scenario.orders.items()}
    found = [
        check(packet, CLIENTS[packet.client], Facts(today=DEFAULT_NOW.date(), orders=orders[packet.client]))
        for packet in clean
    ]
    assert found == [()] * len(clean)
