"""`clearbill notices`: what would be sent now, and whether a channel works."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.mail_server import MailServer, mail_server
from tests.gateway.office import Office, open_office


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as standing:
        yield standing


@pytest.fixture
def office(tmp_path: Path, server: MailServer) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        mail = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "clearbill@line.example"}
        opened.settings(notices={"mail": mail, "channels": {"office": {"to": "billing@line.example"}}})
        yield opened


def test_a_trial_is_sent_and_says_that_it_is_one(office: Office, server: MailServer) -> None:
    ran = office.run("notices", "test", "office")
    assert (ran.code, server.taken[0]["Subject"]) == (0, "Clearbill: A trial of this channel")
    assert "taken by office" in ran.out
    assert office.run("notices", "test", "office", "--json").json == {"channel": "office", "sent": True, "why": ""}


def test_a_trial_that_does_not_go_says_why(office: Office, server: MailServer) -> None:
    server.refuses = {"RCPT": "550 no such user"}
    ran = office.run("notices", "test", "office")
    assert ran.code == 3
    assert "refused the recipient: 550 no such user" in " ".join(ran.out.split())


def test_what_would_be_sent_is_shown_and_neither_sent_nor_marked_as_told(office: Office, server: MailServer) -> None:
    office.submitted("INV-1", orders=[{"number": "99"}])
    office.works()
    for _ in range(2):
        ran = office.run("notices", "show")
        assert ran.code == 0
        assert "INV-1, Example Power, 4,020.40 USD" in ran.out
    (channel,) = office.run("notices", "show", "office", "--json").json["channels"]
    assert channel["would_send"]["packets"] == 1
    assert server.taken == []


def test_a_channel_that_is_not_there_is_told_with_those_that_are(office: Office) -> None:
    for words in (("test", "nobody"), ("show", "nobody")):
        ran = office.run("notices", *words)
        assert ran.code == 1
        assert "the channels are: office" in ran.err


def test_an_office_without_channels_is_told_so(office: Office) -> None:
    office.settings(notices={})
    assert "no channel is set up" in " ".join(office.run("notices", "show").out.split())
