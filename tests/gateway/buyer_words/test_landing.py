"""Words that an adapter could not name, on their way: landing, who acts, what is proposed, how it is told."""

from typing import Any

import pytest

from gateway import decisions
from gateway.buyer_words import named, naming
from gateway.buyer_words.reading import Finding
from gateway.commands.telling import event_in_words, reasons_in_words
from gateway.errors import NotPossible
from gateway.metrics import counted
from gateway.reports import rejections
from gateway.store import packets
from gateway.verdict import Actor, Level, Reason, ReasonCode, Stage, Status, Verdict
from tests.gateway.stage import CLIENTS, Scene, open_scene

OTHER = ReasonCode.other
BILL_TO = "The bill-to address does not match our PO."
COPY = {"name": "Example Power", "address": {"country": "US"}}


def reasons_of(scene: Scene, packet_id: str) -> list[tuple[str, str, str]]:
    return [(why["code"], why["path"], why.get("read_by", "")) for why in scene.record(packet_id).why]


def verdict(*reasons: Reason, status: Status = Status.rejected, who: Actor = Actor.us) -> Verdict:
    return Verdict(status, Level.buyer, reasons, who, "rejected")


# --- naming -----------------------------------------------------------------------------------------------------


def test_one_text_becomes_several_reasons_with_the_portals_words_and_code_unchanged() -> None:
    text = "Rate on line 2 is wrong. PO is closed."
    found = named(verdict(Reason(OTHER, "", "Reason", text)))
    assert [(one.code, one.path, one.read_by) for one in found.reasons] == [
        (ReasonCode.po_closed, "/invoice/orders", "CBW-204"),
        (ReasonCode.rate_mismatch, "/invoice/lines/1", "CBW-307"),
    ]
    assert {(one.portal_code, one.portal_text) for one in found.reasons} == {("Reason", text)}


@pytest.mark.parametrize("status", list(Status))
def test_reading_never_changes_what_the_portal_decided(status: Status) -> None:
    before = verdict(Reason(OTHER, "", "", "The PO is closed."), status=status)
    after = named(before)
    assert (after.status, after.level, after.portal_status, after.at) == (
        before.status,
        before.level,
        before.portal_status,
        before.at,
    )
    assert (after == before) == (status in (Status.received, Status.accepted, Status.paid, Status.unknown))


def test_what_the_adapter_named_is_left_alone() -> None:
    known = verdict(Reason(ReasonCode.po_unknown, "", "INV-15", "The PO is closed."))
    assert named(known) is known


def test_what_no_rule_knows_stays_other_with_its_words() -> None:
    unknown = verdict(Reason(OTHER, "", "Reason", "See my e-mail."))
    assert named(unknown) == unknown


def test_a_speaking_code_is_read_where_the_words_say_nothing() -> None:
    (reason,) = named(verdict(Reason(OTHER, "", "TAX_INCORRECT", "See my e-mail."))).reasons
    assert (reason.code, reason.portal_code, reason.read_by) == (ReasonCode.tax_mismatch, "TAX_INCORRECT", "CBW-401")
    assert named(verdict(Reason(OTHER, "", "423", "OK"))).reasons[0].code is OTHER


def test_a_place_that_the_adapter_gave_is_kept() -> None:
    (reason,) = named(verdict(Reason(OTHER, "/invoice/lines/4", "", "Price is wrong on line 2."))).reasons
    assert reason.path == "/invoice/lines/4"


@pytest.mark.parametrize(
    ("texts", "told", "who"),
    [
        (("The PO is closed.",), Actor.us, Actor.client_ap),
        (("Time sheets are missing.", "Receipts are missing."), Actor.us, Actor.field),
        (("The PO is closed.", "Time sheets are missing."), Actor.us, Actor.us),
        (("The PO is closed.", "See my e-mail."), Actor.us, Actor.us),
        (("The PO is closed.",), Actor.portal_admin, Actor.portal_admin),
    ],
)
def test_whoever_all_that_was_read_points_at_acts(texts: tuple[str, ...], told: Actor, who: Actor) -> None:
    assert named(verdict(*(Reason(OTHER, "", "", text) for text in texts), who=told)).who_acts is who


# --- landing ----------------------------------------------------------------------------------------------------


def test_a_dispute_in_free_words_is_held_with_what_was_read_and_who_acts(scene: Scene) -> None:
    packet_id = scene.sent()
    words = "The time sheets are missing, please send them."
    scene.says("INV-1001", Status.under_query, OTHER, who=Actor.us, text=words)
    record = scene.record(packet_id)
    assert (record.stage, record.status, record.who_acts) == (Stage.held, "under_query", Actor.field)
    assert reasons_of(scene, packet_id) == [("timesheet_missing", "/documents", "CBW-503")]
    assert record.why[0]["portal_text"] == words
    with counted(scene.house.database) as tx:
        told = rejections(tx, by="reason")
    assert [row.reason for row in told] == ["timesheet_missing"]


def test_the_same_words_are_no_news_after_the_rules_have_changed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    packet_id = scene.sent()
    scene.says("INV-1001", Status.under_query, OTHER, text="The PO is closed.")
    before = scene.kinds(packet_id)
    monkeypatch.setattr(naming, "read", lambda text: (Finding(ReasonCode.po_balance, "", "CBW-206", "po"),))
    scene.poll()
    scene.work()
    assert scene.kinds(packet_id) == before
    with scene.house.database.read() as tx:
        kept = packets.verdicts(tx, packet_id)
    assert [one.reasons[0].code for _, one, _ in kept if one.status is Status.under_query] == [ReasonCode.po_closed]


def test_what_was_read_survives_the_store(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.under_query, OTHER, text="The rate is wrong.")
    with lite.house.database.read() as tx:
        _, kept, _ = packets.verdicts(tx, packet_id)[-1]
    assert kept.reasons == (Reason(ReasonCode.rate_mismatch, "", "", "The rate is wrong.", "CBW-307"),)


# --- corrections ------------------------------------------------------------------------------------------------


def test_a_correction_for_a_reason_read_from_words_is_proposed_and_not_carried_out(scene: Scene) -> None:
    packet_id = scene.sent(bill_to=COPY)
    scene.says("INV-1001", Status.rejected, OTHER, text=BILL_TO)
    record = scene.record(packet_id)
    assert (record.stage, record.revision, record.who_acts) == (Stage.held, 1, Actor.us)
    assert "bill-to party is left out" in record.action
    held = next(event for event in scene.events(packet_id) if event.kind == "held")
    assert [change["path"] for change in held.data["proposed"]] == ["/invoice/bill_to", "/invoice/number"]
    assert "Proposed: bill to:" in event_in_words(held)
    assert len(scene.portal.submissions) == 1


def test_a_person_has_the_proposed_correction_carried_out(scene: Scene) -> None:
    packet_id = scene.sent(bill_to=COPY)
    scene.says("INV-1001", Status.rejected, OTHER, text=BILL_TO)
    changed = decisions.correct(scene.house, packet_id, "billing.office", "they mean the copy")
    assert [change["path"] for change in changed] == ["/invoice/bill_to", "/invoice/number"]
    scene.work()
    record = scene.record(packet_id)
    assert (record.stage, record.revision, record.invoice_number) == (Stage.waiting, 2, "INV-1001-R1")
    assert record.touched
    ordered = next(event for event in scene.events(packet_id) if event.kind == "correction_ordered")
    assert (ordered.who, ordered.data["why"]) == ("billing.office", "they mean the copy")
    assert scene.portal.living == ["INV-1001-R1"]


def test_a_client_may_license_corrections_from_words(sqlite_url: str, tmp_path: Any) -> None:
    clients = {"example-power": {**CLIENTS["example-power"], "corrections": {"from_words": True}}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        packet_id = scene.sent(bill_to=COPY)
        scene.says("INV-1001", Status.rejected, OTHER, text=BILL_TO)
        assert (scene.stage(packet_id), scene.record(packet_id).revision) == (Stage.waiting, 2)


def test_one_guessed_reason_among_named_ones_is_enough_to_ask_a_person(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.refuses(ReasonCode.bill_to_mismatch, OTHER, text=BILL_TO))
    packet_id = lite.hand_over(bill_to=COPY)
    lite.work()
    assert (lite.stage(packet_id), lite.record(packet_id).revision) == (Stage.held, 1)
    decisions.correct(lite.house, packet_id, "billing.office")
    lite.work()
    assert (lite.stage(packet_id), lite.record(packet_id).revision) == (Stage.waiting, 2)


def test_without_a_proposal_there_is_nothing_to_carry_out(lite: Scene) -> None:
    disputed, unknown, in_words = (lite.sent(number, bill_to=COPY) for number in ("INV-1", "INV-2", "INV-3"))
    lite.says("INV-1", Status.under_query, OTHER, text=BILL_TO)
    lite.says("INV-2", Status.rejected, OTHER, text="See my e-mail.")
    lite.says("INV-3", Status.rejected, OTHER, text="The rate is wrong.")
    for packet_id, words in ((disputed, "double"), (unknown, "no correction"), (in_words, "no correction")):
        with pytest.raises(NotPossible, match=words):
            decisions.correct(lite.house, packet_id, "billing.office")
        assert lite.record(packet_id).revision == 1


def test_words_that_say_the_order_is_closed_mend_nothing_and_point_at_the_client(lite: Scene) -> None:
    packet_id = lite.sent()
    lite.says("INV-1001", Status.rejected, OTHER, who=Actor.us, text="PO has expired.")
    record = lite.record(packet_id)
    assert (record.stage, record.revision, record.who_acts) == (Stage.held, 1, Actor.client_ap)
    assert "reopen" in record.action


# --- telling ----------------------------------------------------------------------------------------------------


def test_reasons_from_one_text_are_told_once_with_the_rules_that_read_them() -> None:
    text = "PO closed. Rates on lines 1 and 2 wrong."
    told = [
        {"code": "po_closed", "path": "", "portal_code": "", "portal_text": text, "read_by": "CBW-204"},
        {"code": "rate_mismatch", "path": "/invoice/lines/0", "portal_text": text, "read_by": "CBW-307"},
        {"code": "rate_mismatch", "path": "/invoice/lines/1", "portal_text": text, "read_by": "CBW-307"},
    ]
    assert reasons_in_words(told) == (f'PO closed, rate mismatch (line 1, line 2), read by CBW-204, CBW-307: "{text}"')
