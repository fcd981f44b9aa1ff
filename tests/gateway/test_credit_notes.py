"""Credit notes handed over: what they credit is named as the portal knows it, from our own books."""

from typing import Any

from gateway.packet import json_from
from gateway.store import packets
from gateway.verdict import ReasonCode, Status
from tests.gateway.stage import Scene
from tests.packets import labour


def named_in(scene: Scene, number: str, **preceding: Any) -> dict[str, Any]:
    """Hands a credit note for INV-1001 over and answers how the document that was sent names that invoice."""
    named = {"number": "INV-1001", **preceding}
    packet_id = scene.hand_over(number, lines=[labour(hours="4")], type="381", preceding=named)
    scene.work()
    with scene.house.database.read() as tx:
        content = packets.built_document(tx, packet_id, 1).content
        kept = packets.body(tx, packet_id, 1).invoice.preceding
    assert kept is not None
    assert kept.reference == preceding.get("reference", "")
    written: Any = json_from(content.partition(b"\n")[2])
    return dict(written["invoice"]["preceding"])


def test_a_credit_note_is_written_with_the_portals_own_id_of_what_it_credits(lite: Scene) -> None:
    packet_id = lite.sent(lines=[labour(hours="40")])
    reference = lite.attempts(packet_id)[-1].portal_reference
    assert named_in(lite, "CN-1") == {"number": "INV-1001", "reference": reference}
    assert named_in(lite, "CN-2", reference="by hand") == {"number": "INV-1001", "reference": "by hand"}


def test_nothing_is_said_of_an_invoice_that_was_never_sent_or_is_gone(lite: Scene) -> None:
    assert named_in(lite, "CN-1") == {"number": "INV-1001"}
    lite.sent(lines=[labour(hours="40")])
    lite.says("INV-1001", Status.rejected, ReasonCode.rate_mismatch)
    assert named_in(lite, "CN-2") == {"number": "INV-1001"}
