"""Rendering without sending: the bytes that would go out, with nothing of the installation but its settings."""

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store import packets
from tests.gateway.office import ACCOUNT, CLIENT, Office, open_office

MARK = "@@clearbill-secret:shared_secret@@"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def rendered(office: Office, *words: object) -> bytes:
    path = office.folder / "made"
    ran = office.run("render", office.write(), *words, "--out", path)
    assert ran.code == 0, ran.err
    return path.read_bytes()


def test_nothing_is_asked_opened_or_stored(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("rendering opened a connection")

    path = office.write()
    for file in (office.folder / "secrets").iterdir():
        file.unlink()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert office.run("render", path).code == 0
    assert not (office.folder / "clearbill.db").exists()


def test_the_same_packet_gives_the_same_bytes_on_standard_output_and_in_a_file(office: Office) -> None:
    made = rendered(office)
    typed = ["render", str(office.folder / "INV-1001.json"), "--config", str(office.config)]
    ran = CliRunner().invoke(app, typed)
    assert ran.stdout_bytes == made
    values = office.run("render", office.folder / "INV-1001.json", "--json").json
    assert base64.b64decode(values["document_base64"]) == made
    assert values["bytes"] == len(made)


def test_the_secret_stays_a_place_holder_and_that_is_said(office: Office) -> None:
    ran = office.run("render", office.write(), "--out", office.folder / "made")
    assert MARK.encode() in (office.folder / "made").read_bytes()
    assert MARK in ran.err


def test_it_is_what_is_sent_but_for_reference_and_times(office: Office) -> None:
    office.works("orders")
    packet_id = office.submitted()
    office.works()
    with office.house() as house, house.database.read() as tx:
        sent = packets.built_document(tx, packet_id, 1)
    made = rendered(office, "--client", CLIENT)
    assert len(made.splitlines()) == len(sent.content.splitlines())
    differ = [
        (mine, theirs)
        for mine, theirs in zip(made.splitlines(), sent.content.splitlines(), strict=True)
        if mine != theirs
    ]
    assert all(b"preview-" in mine or b"timestamp" in mine or b"Date" in mine for mine, _ in differ), differ


def test_another_format_of_the_portal_can_be_asked_for(office: Office) -> None:
    assert rendered(office, "--format", "cxml").startswith(b"<?xml")
    assert rendered(office, "--format", "coupa-json").startswith(b"{")
    ran = office.run("render", office.write(), "--format", "ubl")
    assert ran.code == 1
    assert "cxml, coupa-json" in ran.err


def test_a_packet_that_intake_would_refuse_is_not_rendered(office: Office) -> None:
    path = office.write(spoil=lambda values: values["invoice"]["totals"].update(payable="1.00"))
    ran = office.run("render", path)
    assert ran.code == 1
    assert ran.out == ""
    assert "/invoice/totals/payable" in ran.err


def test_unknown_clients_and_accounts_are_told(office: Office) -> None:
    assert office.run("render", office.write(), "--client", "nobody").code == 1
    office.settings(accounts={})
    ran = office.run("render", office.write())
    assert ran.code == 3
    assert f"accounts.{ACCOUNT}" in ran.err
