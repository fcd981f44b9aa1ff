"""What a machine may not change and a rule still knows is proposed with the stop; one order of a person accepts it."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway import decisions
from gateway.changes import ProposedChange, applied, difference
from gateway.cli import app
from gateway.commands.telling import event_in_words
from gateway.corrections import Context, Rule, propose
from gateway.errors import NotPossible
from gateway.packet import Packet
from gateway.store import packets
from gateway.verdict import Reason, ReasonCode, Stage, Status
from gateway.views import packet_summary
from tests.gateway.stage import CLIENTS, Scene, handed, open_scene
from tests.gateway.test_corrections import COPY, checklist
from tests.packets import labour, mileage
from tests.packets import packet as small

_BILL_TO = ReasonCode.bill_to_mismatch
_NEVER = {"example-power": {**CLIENTS["example-power"], "corrections": {"never": ["bill_to"]}}}


@pytest.fixture
def strict(sqlite_url: str, tmp_path: Path) -> Iterator[Scene]:
    """A client that lets no bill-to be left out without asking."""
    with open_scene(sqlite_url, tmp_path, clients=_NEVER) as scene:
        yield scene
        scene.look_over()


def refused(scene: Scene, number: str = "INV-1001", *codes: ReasonCode, **changes: Any) -> str:
    scene.portal.next_time(scene.portal.refuses(*(codes or (_BILL_TO,))))
    packet_id = scene.hand_over(number, **{"bill_to": COPY, **changes})
    scene.work()
    assert scene.stage(packet_id) is Stage.held
    return packet_id


def proposed(scene: Scene, packet_id: str) -> ProposedChange:
    found = scene.record(packet_id).proposed
    assert found is not None
    return found


def test_what_a_licence_forbids_is_proposed_with_the_reason_why(strict: Scene) -> None:
    packet_id = refused(strict)
    found = proposed(strict, packet_id)
    assert (found.revision, found.rules) == (1, ("bill_to",))
    assert [(one["path"], one["was"]) for one in found.patch] == [("/invoice/bill_to", COPY)]
    assert "does not let it be done without asking (bill_to)" in found.needs[0]
    record = strict.record(packet_id)
    assert found.says in record.action
    assert record.action.endswith("Accept it, or decide otherwise."), (
        "read at the desk too, where nobody types a command"
    )
    assert packet_summary(record)["proposed"]["key"] == found.key
    held = next(event for event in strict.events(packet_id) if event.kind == "held")
    assert "Proposed: bill to:" in event_in_words(held)


def test_one_order_has_it_carried_out_under_the_persons_name(strict: Scene) -> None:
    packet_id = refused(strict)
    shown = proposed(strict, packet_id)
    assert decisions.correct(strict.house, packet_id, "Ann", "looked", seen=shown.key) == tuple(shown.patch)
    strict.work()
    record = strict.record(packet_id)
    assert (record.stage, record.revision, record.proposed, record.tries) == (Stage.waiting, 2, None, 0)
    with strict.house.database.read() as tx:
        made = packets.revisions(tx, packet_id)[-1]
    assert (made.author, made.rule, json.loads(made.diff)) == ("Ann", "bill_to", shown.patch)
    corrected = next(event for event in strict.events(packet_id) if event.kind == "corrected")
    assert corrected.who == "Ann"


def test_a_proposal_of_an_earlier_revision_is_not_accepted(strict: Scene) -> None:
    packet_id = refused(strict)
    shown = proposed(strict, packet_id)
    amended = handed(bill_to={"name": "Example Power, Plant Two"})
    strict.portal.next_time(strict.portal.refuses(_BILL_TO))
    decisions.amend(strict.house, packet_id, amended, {}, "Ann", "the plant's own address")
    strict.work()
    assert proposed(strict, packet_id).key != shown.key
    with pytest.raises(NotPossible, match="another change is proposed now"):
        decisions.correct(strict.house, packet_id, "Bob", seen=shown.key)
    assert strict.record(packet_id).revision == 2


def test_of_two_people_at_once_one_decides_and_the_other_is_told(scene: Scene) -> None:
    packet_id = scene.sent(bill_to=COPY)
    scene.says("INV-1001", Status.rejected, ReasonCode.other, text="The bill-to address does not match our PO.")
    key = proposed(scene, packet_id).key

    def accept(who: str) -> str:
        try:
            decisions.correct(scene.house, packet_id, who, seen=key)
        except NotPossible as fault:
            return str(fault)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(accept, ("Ann", "Bob")))
    assert told[0] == "done"
    assert "not held: nobody needs to decide on it now" in told[1]
    assert scene.record(packet_id).revision == 2


def test_a_word_of_the_portal_takes_the_proposal_back(strict: Scene) -> None:
    packet_id = strict.sent(bill_to=COPY)
    strict.says("INV-1001", Status.rejected, _BILL_TO)
    assert strict.record(packet_id).proposed is not None
    strict.clock.passes(60)
    strict.says("INV-1001", Status.in_process)
    assert strict.record(packet_id).proposed is None
    with pytest.raises(NotPossible, match="not held"):
        decisions.correct(strict.house, packet_id, "Ann")


def test_after_a_rejection_the_proposal_carries_the_next_number(strict: Scene) -> None:
    packet_id = strict.sent(bill_to=COPY)
    strict.says("INV-1001", Status.rejected, _BILL_TO)
    assert proposed(strict, packet_id).rules == ("bill_to", "number_suffix")
    decisions.correct(strict.house, packet_id, "Ann")
    strict.work()
    assert (strict.record(packet_id).invoice_number, strict.portal.living) == ("INV-1001-R1", ["INV-1001-R1"])


def test_what_was_mended_before_for_the_same_reason_is_proposed_and_not_done(lite: Scene) -> None:
    line = {"path": "/invoice/lines/0"}
    lite.portal.next_time(*[lite.portal.refuses(ReasonCode.po_line_kind, **line) for _ in range(2)])
    packet_id = lite.hand_over()
    lite.work()
    assert (lite.stage(packet_id), lite.record(packet_id).revision) == (Stage.held, 2)
    found = proposed(lite, packet_id)
    assert (found.revision, found.rules) == (2, ("po_line_kind",))
    assert found.needs == ("it was corrected before for the same trouble (po line kind)",)


def test_a_stop_of_the_checklist_carries_its_proposal_too(sqlite_url: str, tmp_path: Path) -> None:
    rules = {**CLIENTS["example-power"], "corrections": {"never": ["/invoice/payment_terms"]}}
    with open_scene(sqlite_url, tmp_path, clients={"example-power": rules}) as scene:
        packet_id = scene.hand_over(payment_terms={"code": "N15"})
        scene.work()
        assert proposed(scene, packet_id).rules == ("payment_term_code",)
        decisions.correct(scene.house, packet_id, "Ann")
        scene.work()
        assert (scene.stage(packet_id), scene.outcomes(packet_id)) == (Stage.waiting, ["receipted"])
        scene.look_over()


def test_nothing_is_proposed_where_no_rule_knows_anything(lite: Scene) -> None:
    lite.portal.next_time(lite.portal.refuses(ReasonCode.rate_mismatch))
    packet_id = lite.hand_over()
    lite.work()
    assert lite.record(packet_id).proposed is None
    with pytest.raises(NotPossible, match="no correction is proposed"):
        decisions.correct(lite.house, packet_id, "Ann")


# --- which changes, and why a person --------------------------------------------------------------------------------


def _rounding(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet:
    line = packet.invoice.lines[0].model_copy(update={"unit_price": packet.invoice.lines[0].unit_price.quantize(1)})
    invoice = packet.invoice.model_copy(update={"lines": (line, *packet.invoice.lines[1:])})
    return packet.model_copy(update={"invoice": invoice})


def _rule(**changes: Any) -> Rule:
    values = {"code": "decimals", "serves": frozenset({ReasonCode.price_mismatch}), "says": "Rounded.", "source": "x"}
    licence = ("/invoice/lines/*/unit_price",)
    return Rule(**{**values, "licence": licence, "apply": _rounding, **changes})  # type: ignore[arg-type]


def test_a_rule_for_people_is_never_used_by_the_machine_whatever_the_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.corrections import correct

    monkeypatch.setattr("gateway.corrections.engine.RULES", (_rule(person="a price is rounded"),))
    context = Context(checklist(corrections={"also": ["decimals"], "allowed": ["decimals"]}))
    reasons = [Reason(ReasonCode.price_mismatch)]
    assert correct(small(), reasons, context) is None
    found = propose(small(), reasons, context)
    assert found is not None
    assert (found.needs, found.patch[0]["path"]) == (("a price is rounded",), "/invoice/lines/0/unit_price")


def test_a_rule_that_needs_the_clients_word_is_proposed_without_it() -> None:
    from gateway.corrections import correct

    rule = _rule(by_word=True, apply=_noted, licence=("/invoice/note",))
    reasons = [Reason(ReasonCode.price_mismatch)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.corrections.engine.RULES", (rule,))
        assert correct(small(), reasons, Context(checklist())) is None
        found = propose(small(), reasons, Context(checklist()))
        assert found is not None
        assert found.needs == ("C has not agreed to have it done without asking (decimals)",)
        for licence in ({"also": ["decimals"]}, {"allowed": ["decimals"]}):
            assert correct(small(), reasons, Context(checklist(corrections=licence))) is not None
        narrow = {"also": ["decimals"], "never": ["/invoice/note"]}
        assert correct(small(), reasons, Context(checklist(corrections=narrow))) is None


def _noted(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet:
    return packet.model_copy(update={"invoice": packet.invoice.model_copy(update={"note": "seen"})})


def test_a_proposal_says_what_it_does_not_settle() -> None:
    reasons = [Reason(_BILL_TO), Reason(ReasonCode.rate_mismatch)]
    found = propose(small(bill_to=COPY), reasons, Context(checklist()))
    assert found is not None
    assert found.needs == ("it does not settle everything (rate mismatch is left to you)",)


def test_a_patch_is_applied_only_to_what_it_was_made_for() -> None:
    before = small(bill_to=COPY)
    after = small(lines=[labour(description="else"), mileage(), mileage(3)], note="new")
    assert applied(difference(before, after), before) == after
    assert applied(difference(after, before), after) == before
    with pytest.raises(ValueError, match="/invoice/bill_to"):
        applied(difference(before, after), small())


# --- by when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "by"),
    [
        ({}, "2026-03-12T12:00:00+00:00"),
        (
            {"escalation": [{"after_days": 5, "role": "Lead"}, {"after_days": 1, "role": "AP"}]},
            "2026-03-11T12:00+00:00",
        ),
        (
            {"escalation": [{"after_days": 3, "role": "AP"}], "calendar": {"holidays": ["2026-03-12"]}},
            "2026-03-16T12:00:00+00:00",  # Tuesday, then Wednesday, Friday and Monday
        ),
        (
            {
                "escalation": [{"after_days": 1, "role": "AP"}],
                "cut_off": {"weekday": "thursday", "hour": "17:00", "time_zone": "America/Chicago"},
            },
            "2026-03-12T22:00:00+00:00",
        ),
    ],
)
def test_by_when_is_the_cut_off_else_the_first_escalation_else_two_days(
    sqlite_url: str, tmp_path: Path, settings: dict[str, Any], by: str
) -> None:
    clients = {"example-power": {**CLIENTS["example-power"], **settings}}
    with open_scene(sqlite_url, tmp_path, clients=clients) as scene:
        packet_id = refused(scene, "INV-1001", ReasonCode.rate_mismatch)
        assert scene.record(packet_id).act_by == datetime.fromisoformat(by)


# --- typed ----------------------------------------------------------------------------------------------------------


def test_a_person_sees_and_accepts_it_at_the_command_line(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, clients=_NEVER) as scene:
        packet_id = refused(scene)
        key = proposed(scene, packet_id).key
    config = tmp_path / "clearbill.yaml"
    accounts = {key: {"portal": "coupa"} for key in ("north", "south")}
    config.write_text(yaml.safe_dump({"database": sqlite_url, "checklists": "checklists", "accounts": accounts}))

    def typed(*words: str) -> Any:
        return CliRunner().invoke(app, [*words, "--config", str(config)])

    assert f"Proposed change {key}" in typed("status", packet_id).stdout
    assert typed("decide", packet_id, "--correct", "--seen", "000000000000", "--who", "Ann").exit_code == 1
    assert typed("decide", packet_id, "--stop", "--seen", key, "--who", "Ann").exit_code == 2
    ran = typed("decide", packet_id, "--correct", "--seen", key, "--who", "Ann")
    assert (ran.exit_code, "bill to:" in ran.stdout) == (0, True)
