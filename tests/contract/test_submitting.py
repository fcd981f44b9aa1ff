"""What every adapter must do with an invoice it hands over."""

import pytest

from gateway.adapter import Ability, Adapter, Document
from gateway.errors import CannotExpress, MaybeSent, NotSent, PortalError, SignInRefused
from gateway.verdict import Outcome, Status
from tests.contract.desk import NUMBER, Desk
from tests.packets import STAMP, labour


def test_it_is_an_adapter(desk: Desk) -> None:
    assert isinstance(desk.adapter, Adapter)
    assert desk.adapter.abilities <= set(Ability)


def test_rendering_is_repeatable_and_carries_a_mark_instead_of_secrets(desk: Desk) -> None:
    first, second = desk.document(), desk.document()
    assert first == second
    assert (first.number, first.currency) == (NUMBER, "USD")
    assert not any(value.encode() in first.body for value in desk.secrets.values())


def test_an_accepted_invoice_has_the_portals_reference_and_stands_there_once(desk: Desk) -> None:
    document = desk.document()
    receipt = desk.adapter.submit(document, STAMP.reference)
    (held,) = desk.portal.documents()
    assert receipt.outcome is Outcome.receipted
    assert receipt.portal_reference == str(held[desk.variant.reference])
    assert receipt.verdict.status in (Status.received, Status.in_process)
    assert receipt.raw
    assert (held["number"], held["total"], held["submitted"]) == (NUMBER, str(document.total), True)
    assert {part["name"] for part in held["attachments"]} == {"timesheet.pdf", "invoice.pdf"}


def test_a_mark_in_the_text_of_an_invoice_never_becomes_a_secret(desk: Desk) -> None:
    """Whoever writes invoices must not be able to have our secrets written into one."""
    marks = " ".join(f"@@clearbill-secret:{name}@@" for name in desk.secrets)
    try:
        desk.submit(lines=[labour(description=marks)])
    except (CannotExpress, NotSent):
        assert desk.portal.documents() == []
        return
    sent = [request for request in desk.portal.requests() if request["method"] != "GET"]
    assert sent
    assert not any(value in str(desk.portal.documents()) for value in desk.secrets.values())


def test_each_refusal_is_an_answer_that_keeps_the_portals_words(desk: Desk) -> None:
    for count, (kind, code) in enumerate(desk.variant.refusals.items()):
        desk.portal.rejects(kind)
        receipt = desk.submit(f"REF-{count}")
        desk.portal.accepts()
        assert receipt.outcome is Outcome.refused, kind
        assert receipt.verdict.status is Status.rejected, kind
        assert [reason.code for reason in receipt.verdict.reasons] == [code], kind
        words = receipt.raw.decode().replace("&#39;", "'").replace("&apos;", "'")
        assert all(reason.portal_text and reason.portal_text in words for reason in receipt.verdict.reasons), kind
    assert desk.portal.documents() == []


def test_twice_sent_is_once_there(desk: Desk) -> None:
    desk.submit()
    second = desk.another_adapter().submit(desk.document(), STAMP.reference)
    assert second.outcome is Outcome.refused
    assert len(desk.adapter.find(NUMBER)) == len(desk.there()) == 1


def test_a_number_is_found_only_to_the_letter(desk: Desk) -> None:
    desk.submit("INV-10")
    assert desk.adapter.find("INV-1") == ()
    assert desk.adapter.find("inv-10") == ()
    assert desk.adapter.find("INV-100") == ()
    (found,) = desk.adapter.find("INV-10")
    assert (found.number, found.total, found.currency) == ("INV-10", desk.document("INV-10").total, "USD")
    assert found.complete


@pytest.mark.parametrize("number", ["A&B=C#?", "x' or '1'='1", "50%25", "ÄÖ/ß 7", "[in]", "a+b", "%"])
def test_odd_numbers_are_asked_for_as_they_are(desk: Desk, number: str) -> None:
    desk.submit("PLAIN-1")
    assert desk.adapter.find(number) == ()
    desk.submit(number)
    assert [found.number for found in desk.adapter.find(number)] == [number]


def test_a_silent_portal_is_maybe_sent_and_can_be_found(desk: Desk) -> None:
    desk.portal.goes_silent_after_receipt()
    with pytest.raises(MaybeSent):
        desk.submit()
    assert desk.adapter.find(NUMBER)
    assert len(desk.there()) == 1


def test_a_portal_that_is_down_is_not_sent(desk: Desk) -> None:
    desk.portal.is_down()
    with pytest.raises(NotSent):
        desk.submit()
    desk.portal.is_up()
    assert desk.there() == []
    assert desk.submit().outcome is Outcome.receipted


def test_a_connection_cut_before_receipt_leaves_nothing(desk: Desk) -> None:
    desk.portal.cuts_before_receipt()
    with pytest.raises((MaybeSent, NotSent)):
        desk.submit()
    assert desk.adapter.find(NUMBER) == ()


@pytest.mark.parametrize("nonsense", ["garbage", "hostile_xml", "huge"])
def test_an_answer_that_cannot_be_read_is_maybe_sent(desk: Desk, nonsense: str) -> None:
    desk.portal.fault(nonsense, door="submit")
    with pytest.raises(MaybeSent):
        desk.submit()


def test_a_throttled_write_is_not_sent_and_says_when_to_come_back(desk: Desk) -> None:
    desk.portal.throttles(times=0)
    with pytest.raises(NotSent) as refused:
        desk.submit()
    assert refused.value.retry_at is not None
    desk.portal.accepts()
    assert desk.there() == []


def test_refused_credentials_are_tried_once(desk: Desk) -> None:
    desk.portal.refuses_the_password()
    with pytest.raises(SignInRefused):
        desk.submit()
    assert desk.sign_ins() == 1
    assert desk.there() == []


KINDS = (
    *("lost_answer", "cut", "cut_mid_answer", "http_500", "http_502", "http_503", "http_429"),
    *("garbage", "garbage_after_commit", "huge", "hostile_xml", "refuse_password"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_breaks_at_whichever_request_the_invoice_ends_there_exactly_once(desk: Desk, kind: str) -> None:
    """The road a pipeline takes: send; where in doubt, look; send again only what is not there or not finished."""
    if desk.variant.kinds and kind not in desk.variant.kinds:
        pytest.skip("tried page by page where the road's own tests are")
    for place, (door, after) in enumerate(desk.variant.breaks or [("any", n) for n in range(desk.variant.requests)]):
        number = f"INV-{place}"
        sender = desk.another_adapter()
        document = desk.document(number)
        desk.portal.fault(kind, door=door, after=after)
        said = _outcome_of(sender, document)
        desk.portal.accepts()
        if said is NotSent:
            assert desk.submitted(number) == [], "NotSent was said of an invoice that is there"
        found = desk.adapter.find(number)
        assert len(found) == len(desk.there(number))
        if not found or not found[0].complete:
            assert desk.another_adapter().submit(document, STAMP.reference).outcome is Outcome.receipted
        (held,) = desk.there(number)
        assert held["submitted"]
        assert sorted(part["name"] for part in held["attachments"]) == ["invoice.pdf", "timesheet.pdf"]


def test_the_number_of_requests_tried_above_is_the_number_there_is(desk: Desk) -> None:
    if desk.variant.breaks:
        pytest.skip("a browser asks for scripts and icons as well")
    desk.submit()
    assert len(desk.portal.requests()) == desk.variant.requests


def _outcome_of(sender: Adapter, document: Document) -> type[PortalError] | Outcome:
    try:
        return sender.submit(document, STAMP.reference).outcome
    except (NotSent, MaybeSent, SignInRefused) as fault:
        return type(fault)
