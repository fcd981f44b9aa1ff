"""What there is to look at is kept by hash and named by an event; a portal that changed stops its own account only."""

from dataclasses import replace

import pytest

from gateway.adapter import Document, Receipt
from gateway.errors import AccountMustStop, Evidence, MaybeSent, PersonNeeded, PortalChanged
from gateway.health import resume_account
from gateway.secrets import BLOT, remember
from gateway.store import events
from gateway.store.database import blob
from gateway.verdict import Actor, Stage
from tests.gateway.stage import NORTH, SOUTH, Scene

PICTURE = Evidence("review.jpeg", "image/jpeg", b"what the page looked like")
PAGE = Evidence("page.html", "text/html", b"<p>the-password-of-north</p>")


def _kept(scene: Scene, subject: str) -> list[tuple[str, bytes]]:
    with scene.house.database.read() as tx:
        told = [event for event in events.history(tx, subject) if event.kind == "evidence"]
        return [(file["name"], blob(tx, file["sha256"])) for event in told for file in event.data["files"]]


def test_the_pictures_of_a_receipt_are_kept_with_its_packet(scene: Scene) -> None:
    def answer(document: Document, reference: str) -> Receipt:
        return replace(scene.portal.takes(document, reference), evidence=(PICTURE,))

    scene.portal.next_time(answer)
    packet = scene.sent()
    assert _kept(scene, packet) == [("review.jpeg", PICTURE.content)]


def test_what_is_kept_is_scrubbed(lite: Scene) -> None:
    remember("the-password-of-north")

    def answer(document: Document, reference: str) -> Receipt:
        fault = MaybeSent("north", "the answer was lost")
        fault.evidence = (PAGE,)
        raise fault

    lite.portal.next_time(answer)
    packet = lite.hand_over()
    lite.work()
    assert lite.stage(packet) is Stage.sending
    assert _kept(lite, packet) == [("page.html", f"<p>{BLOT}</p>".encode())]


@pytest.mark.parametrize(
    ("fault", "who"),
    [
        (PortalChanged("north", "Create Invoice", "the button Submit"), Actor.us),
        (PersonNeeded("north", "set a new password, the old one has expired"), Actor.portal_admin),
    ],
)
def test_a_portal_that_changed_stops_its_account_and_no_other(lite: Scene, fault: AccountMustStop, who: Actor) -> None:
    fault.in_doubt, fault.evidence = False, (PICTURE,)

    def answer(document: Document, reference: str) -> Receipt:
        raise fault

    lite.portal.next_time(answer)
    packet, other = lite.hand_over(), lite.hand_over("S-1", client="southern-grid")
    lite.work()
    assert (lite.stage(packet), lite.stage(other)) == (Stage.built, Stage.waiting)
    account = lite.account()
    assert account.paused
    assert account.who_acts is who
    assert fault.where in account.action
    assert _kept(lite, packet) == _kept(lite, f"account:{NORTH}") == [("review.jpeg", PICTURE.content)]
    assert not lite.account(SOUTH).paused
    resume_account(lite.house, NORTH, "Ann")
    lite.much_later(2)
    assert lite.stage(packet) is Stage.waiting, "nothing had been sent, so it goes on by itself"


def test_a_page_that_changed_while_statuses_are_read_stops_the_account(lite: Scene) -> None:
    packet = lite.sent()

    def changed(number: str) -> tuple[()]:
        raise PortalChanged("north", "View Invoices", "the column Status")

    def answer(document: Document, reference: str) -> Receipt:
        raise MaybeSent("north", "the answer was lost")

    lite.portal.find_says = changed
    lite.portal.next_time(answer)
    doubtful = lite.hand_over("INV-2")
    lite.work()
    lite.later(61)
    assert lite.account().paused
    assert lite.stage(doubtful) is Stage.sending, "it is asked for when the account is resumed"
    assert lite.stage(packet) is Stage.waiting
