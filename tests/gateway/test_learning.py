"""Corrections that keep ending well are proposed, a person decides, and what was accepted happens before sending."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from gateway import learning
from gateway.cli import app
from gateway.corrections import RULES, Context, LicenceBroken, correct_ahead
from gateway.errors import NotFound, NotPossible
from gateway.store import proposals
from gateway.store.proposals import Proposal, State
from gateway.verdict import ReasonCode, Stage, Status
from tests.gateway.stage import Scene, open_scene
from tests.gateway.test_corrections import COPY, checklist
from tests.packets import packet as small

_BILL_TO, _UNIT = ReasonCode.bill_to_mismatch, ReasonCode.unit_mismatch


def mended(scene: Scene, number: str, code: ReasonCode = _BILL_TO, **changes: Any) -> str:
    """A packet that the portal refused once, that a rule mended, and that the buyer accepted."""
    scene.portal.next_time(scene.portal.refuses(code, text=f"No: {number}"))
    packet_id = scene.sent(number, **{"bill_to": COPY, **changes})
    scene.says(number, Status.accepted)
    assert scene.stage(packet_id) is Stage.accepted
    return packet_id


def proposed(scene: Scene) -> list[Proposal]:
    with scene.house.database.read() as tx:
        return list(proposals.every(tx))


def taught(scene: Scene) -> tuple[Proposal, list[str]]:
    """The proposal that three mended packets make, and their ids."""
    packets = [mended(scene, f"INV-{n}") for n in range(3)]
    (one,) = proposed(scene)
    return one, packets


def test_the_third_good_end_proposes_the_rule_with_its_evidence(scene: Scene) -> None:
    packets = [mended(scene, f"INV-{n}") for n in range(2)]
    assert proposed(scene) == []
    packets.append(mended(scene, "INV-2"))
    (one,) = proposed(scene)
    assert (one.client, one.rule, one.places, one.state) == (
        "example-power",
        "bill_to",
        ("/invoice/bill_to",),
        State.open,
    )
    with scene.house.database.read() as tx:
        evidence = proposals.lessons(tx, one.client, one.rule, one.places)
    assert {lesson.packet_id for lesson in evidence} == set(packets)
    told = yaml.safe_load(learning.snippet(one, evidence))
    assert told["before_first_transmission"]["correction"] == "bill_to"
    assert sorted(one["in_words"][0] for one in told["learned_from"]) == ["No: INV-0", "No: INV-1", "No: INV-2"]
    assert told["learned_from"][0]["changed"][0]["from"] == COPY
    (made,) = scene.events(f"proposal:{one.id}")
    assert (made.kind, made.who, sorted(made.data["packets"])) == ("correction_proposed", "learning", sorted(packets))


def test_until_a_person_accepts_nothing_is_changed_ahead(lite: Scene) -> None:
    taught(lite)
    packet_id = lite.sent("INV-9", bill_to=COPY)
    assert lite.record(packet_id).revision == 1


def test_what_a_person_accepted_is_carried_out_before_the_first_transmission(scene: Scene) -> None:
    one, _ = taught(scene)
    learning.accept(scene.house, one.id, "Office", "seen three times")
    packet_id = scene.sent("INV-9", bill_to=COPY)
    record = scene.record(packet_id)
    assert (record.revision, record.transmissions, record.tries) == (2, 1, 0)
    told = next(event for event in scene.events(packet_id) if event.kind == "corrected")
    assert (told.who, told.data["ahead"]) == ("rule:bill_to", [f"ahead:{one.id}"])
    assert [change["path"] for change in told.data["diff"]] == ["/invoice/bill_to"]
    assert scene.outcomes(packet_id) == ["receipted"]
    assert scene.kinds(f"proposal:{one.id}") == ["correction_proposed", "proposal_accepted"]
    assert scene.events(f"proposal:{one.id}")[1].who == "Office"


def test_a_packet_that_needs_nothing_is_left_alone(lite: Scene) -> None:
    one, _ = taught(lite)
    learning.accept(lite.house, one.id, "Office")
    assert lite.record(lite.sent("INV-9")).revision == 1


def test_other_clients_are_left_alone(lite: Scene) -> None:
    one, _ = taught(lite)
    learning.accept(lite.house, one.id, "Office")
    packet_id = lite.hand_over("INV-9", client="southern-grid", bill_to=COPY)
    lite.work()
    assert lite.record(packet_id).revision == 1


def test_a_packet_that_was_corrected_ahead_keeps_its_tries(lite: Scene) -> None:
    one, _ = taught(lite)
    learning.accept(lite.house, one.id, "Office")
    lite.portal.next_time(lite.portal.refuses(ReasonCode.payment_term_missing))
    packet_id = lite.sent("INV-9", bill_to=COPY, payment_terms={"net_days": 30})
    record = lite.record(packet_id)
    assert (record.revision, record.tries, lite.outcomes(packet_id)) == (3, 1, ["refused", "receipted"])


def test_what_was_corrected_ahead_teaches_nothing_more(lite: Scene) -> None:
    one, packets = taught(lite)
    learning.accept(lite.house, one.id, "Office")
    lite.sent("INV-9", bill_to=COPY)
    lite.says("INV-9", Status.accepted)
    with lite.house.database.read() as tx:
        assert len(proposals.lessons(tx, one.client, one.rule, one.places)) == len(packets)


def test_what_was_declined_is_neither_done_nor_proposed_again(lite: Scene) -> None:
    one, _ = taught(lite)
    learning.decline(lite.house, one.id, "Office", "the client is about to change it")
    mended(lite, "INV-7")
    assert [(again.id, again.state) for again in proposed(lite)] == [(one.id, State.declined)]
    assert lite.record(lite.sent("INV-9", bill_to=COPY)).revision == 1


def test_an_accepted_rule_can_be_taken_back(lite: Scene) -> None:
    one, _ = taught(lite)
    learning.accept(lite.house, one.id, "Office")
    learning.decline(lite.house, one.id, "Lead")
    assert lite.record(lite.sent("INV-9", bill_to=COPY)).revision == 1
    assert lite.kinds(f"proposal:{one.id}") == ["correction_proposed", "proposal_accepted", "proposal_declined"]


def test_a_decision_needs_a_proposal_a_name_and_a_change(lite: Scene) -> None:
    one, _ = taught(lite)
    with pytest.raises(NotFound, match="no proposal 99"):
        learning.accept(lite.house, 99, "Office")
    with pytest.raises(NotPossible, match="name"):
        learning.accept(lite.house, one.id, " ")
    with pytest.raises(NotPossible, match="at most 200 characters; this one has 201"):
        learning.accept(lite.house, one.id, "A" * 201)
    learning.accept(lite.house, one.id, "Office")
    with pytest.raises(NotPossible, match="accepted already, by Office"):
        learning.accept(lite.house, one.id, "Lead")


def test_one_packet_that_is_accepted_twice_teaches_once(lite: Scene) -> None:
    for n in range(2):
        mended(lite, f"INV-{n}")
    for word in (Status.paid, Status.accepted):
        lite.says("INV-0", word)
    assert proposed(lite) == []


def test_a_refusal_that_was_mended_and_then_rejected_teaches_nothing(lite: Scene) -> None:
    for n in range(3):
        lite.portal.next_time(lite.portal.refuses(_BILL_TO))
        lite.sent(f"INV-{n}", bill_to=COPY)
        lite.says(f"INV-{n}", Status.rejected, ReasonCode.other)
    assert proposed(lite) == []


def test_what_the_checklist_mended_itself_teaches_nothing(lite: Scene) -> None:
    for n in range(3):
        packet_id = lite.sent(f"INV-{n}", payment_terms={"code": "N15"})
        assert lite.record(packet_id).revision == 2
        lite.says(f"INV-{n}", Status.accepted)
    with lite.house.database.read() as tx:
        assert all(one.rule != "payment_term_code" for one in proposals.every(tx))
        assert proposals.lessons(tx, "example-power", "payment_term_code", ("/invoice/payment_terms/code",)) == ()


def test_how_often_is_the_installations_setting(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, learn_after=1) as scene:
        mended(scene, "INV-1")
        assert len(proposed(scene)) == 1


# --- the licence --------------------------------------------------------------------------------------------------


def test_ahead_only_the_places_that_were_learned_are_touched() -> None:
    packet = small("INV-1", bill_to=COPY)
    context = Context(checklist())
    found = correct_ahead(packet, [("bill_to", ["/invoice/bill_to"])], context)
    assert found is not None
    assert (found.packet.invoice.bill_to, found.rules) == (None, ("bill_to",))
    assert correct_ahead(packet, [("bill_to", ["/invoice/lines/*/unit"])], context) is None
    assert correct_ahead(packet, [("no_such_rule", ["/invoice/bill_to"])], context) is None


def test_ahead_the_clients_licence_holds() -> None:
    packet = small("INV-1", bill_to=COPY)
    narrow = Context(checklist(corrections={"never": ["bill_to"]}))
    assert correct_ahead(packet, [("bill_to", ["/invoice/bill_to"])], narrow) is None


def test_ahead_a_rule_that_touches_money_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(one for one in RULES if one.code == "bill_to")

    def greedy(packet: Any, reasons: Any, context: Any) -> Any:
        line = packet.invoice.lines[0].model_copy(update={"quantity": packet.invoice.lines[0].quantity + 1})
        invoice = packet.invoice.model_copy(update={"lines": (line, *packet.invoice.lines[1:])})
        return packet.model_copy(update={"invoice": invoice})

    monkeypatch.setattr("gateway.corrections.engine.RULES", (type(rule)(**{**_fields(rule), "apply": greedy}),))
    with pytest.raises(LicenceBroken, match="quantity"):
        correct_ahead(small("INV-1"), [("bill_to", ["/invoice/lines/*/quantity"])], Context(checklist()))


def _fields(rule: Any) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in rule.__dataclass_fields__}


# --- typed ----------------------------------------------------------------------------------------------------------


def test_a_person_reads_and_decides_at_the_command_line(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path) as scene:
        one, packets = taught(scene)
    config = tmp_path / "clearbill.yaml"
    accounts = {key: {"portal": "coupa"} for key in ("north", "south")}
    config.write_text(yaml.safe_dump({"database": sqlite_url, "checklists": "checklists", "accounts": accounts}))

    def typed(*words: str) -> Result:
        return CliRunner().invoke(app, ["proposals", *words, "--config", str(config)])

    assert "waits for a decision" in " ".join(typed().stdout.split())
    shown = json.loads(typed(str(one.id), "--json").stdout)["proposal"]
    assert (shown["rule"], shown["state"], sorted(shown["packets"])) == ("bill_to", "open", sorted(packets))
    assert "before_first_transmission" in typed(str(one.id)).stdout
    ran = typed("accept", str(one.id), "--who", "Office")
    assert (ran.exit_code, "before they are first sent" in " ".join(ran.stdout.split())) == (0, True)
    assert typed("accept", str(one.id), "--who", "Office").exit_code == 1
    assert typed("decline", str(one.id), "--who", "Lead").exit_code == 0
    assert typed("99").exit_code == 1
    assert typed("accept", str(one.id), "--who", "A" * 201).exit_code == 2
