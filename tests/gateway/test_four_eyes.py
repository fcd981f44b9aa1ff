"""Two persons decide about an invoice above an amount: by no road does one person's order take effect alone."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway import asking, decisions
from gateway.commands.terminal import REFUSED
from gateway.doctor import Health, examine
from gateway.errors import NotPossible
from gateway.four_eyes import Second, SecondPersonNeeded, needs_two
from gateway.settings import DeskSettings
from gateway.store import asked_orders, packets, people
from gateway.store.asked_orders import AskedOrder, AskedState
from gateway.store.people import Role
from gateway.verdict import Stage
from tests.gateway import hostile_papers as papers
from tests.gateway.office import Office, open_office
from tests.gateway.stage import Scene, handed, open_scene
from tests.gateway.test_decisions import held_alive, held_by_checklist, held_in_doubt, held_refused
from tests.packets import labour

ABOVE = {"USD": "100"}
Give = Callable[[Scene, str, Second | None], object]


def _amend(scene: Scene, packet_id: str, second: Second | None = None, **changes: Any) -> object:
    whole = handed(note="amended", **changes)
    whole["documents"] = [{"kind": "timesheet", "name": "sheet.pdf", "media_type": "application/pdf"}]
    files = {"sheet.pdf": papers.pdf()}
    return decisions.amend(scene.house, packet_id, whole, files, "ann", "as agreed", second=second)


ORDERS: dict[str, tuple[Callable[[Scene], str], Give]] = {
    "correct": (held_by_checklist, lambda s, p, two: decisions.correct(s.house, p, "ann", "why not", second=two)),
    "amend": (held_refused, _amend),
    "sent_as": (held_in_doubt, lambda s, p, two: decisions.sent_as(s.house, p, "P-7", "ann", second=two)),
    "not_sent": (held_in_doubt, lambda s, p, two: decisions.not_sent(s.house, p, "ann", second=two)),
    "void": (held_alive, lambda s, p, two: decisions.void(s.house, p, "ann", "wrong client", second=two)),
    "credit": (held_alive, lambda s, p, two: decisions.credit(s.house, p, "CN-1", "ann", "not done", second=two)),
}
EFFECTS = {
    "correct": "corrected",
    "amend": "amended",
    "sent_as": "recorded_as_sent",
    "not_sent": "recorded_as_not_sent",
    "void": "void_ordered",
    "credit": "credit_ordered",
}


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    yield from _staffed(database_url, tmp_path)


@pytest.fixture
def lite_two(sqlite_url: str, tmp_path: Path) -> Iterator[Scene]:
    yield from _staffed(sqlite_url, tmp_path)


def _staffed(url: str, folder: Path) -> Iterator[Scene]:
    with open_scene(url, folder, desk={"four_eyes_above": ABOVE}) as scene:
        with scene.house.database.write() as tx:
            for name, role in (
                ("ann", Role.approver),
                ("robin", Role.approver),
                ("kim", Role.admin),
                ("lee", Role.coordinator),
            ):
                people.insert(tx, name, role, "no password fits", scene.clock.now)
        yield scene
        scene.look_over()


def asked(scene: Scene, name: str) -> tuple[str, AskedOrder]:
    """A packet about which ann has ordered something that waits for a second person."""
    situation, give = ORDERS[name]
    packet_id = situation(scene)
    assert asking.ordered(scene.house, lambda: give(scene, packet_id, None)) is False
    with scene.house.database.read() as tx:
        found = asked_orders.open_of(tx, packet_id)
    assert found
    return packet_id, found


def state(scene: Scene, packet_id: str, no: int) -> AskedState:
    with scene.house.database.read() as tx:
        found = asked_orders.load(tx, packet_id, no)
    assert found
    return found.state


@pytest.mark.parametrize("name", ORDERS)
def test_one_persons_order_does_nothing_until_another_agrees(two: Scene, name: str) -> None:
    packet_id, order = asked(two, name)
    if name == "not_sent":
        two.portal.ledger.clear()
    before, sent = two.record(packet_id), len(two.portal.submissions)
    two.much_later(3)
    assert (two.record(packet_id), len(two.portal.submissions)) == (before, sent)
    assert EFFECTS[name] not in two.kinds(packet_id)
    assert asking.agree(two.house, packet_id, order.no, "robin").asked_by == "ann"
    kinds, events = two.kinds(packet_id), two.events(packet_id)
    assert kinds.count(EFFECTS[name]) == 1
    assert kinds.index("second_asked") < kinds.index("second_agreed") < kinds.index(EFFECTS[name])
    by_both = [event for event in events if event.data.get("agreed_by") == "robin"]
    assert [event.who for event in by_both] == ["ann"]
    assert state(two, packet_id, order.no) is AskedState.agreed
    with pytest.raises(NotPossible):
        asking.agree(two.house, packet_id, order.no, "kim")
    two.much_later(3)
    assert two.kinds(packet_id).count(EFFECTS[name]) == 1


@pytest.mark.parametrize("who", ["ann", "lee", "nobody-here", "Robin", "robin "])
def test_nobody_agrees_but_another_approver(lite_two: Scene, who: str) -> None:
    packet_id, order = asked(lite_two, "correct")
    before = lite_two.counts()
    with pytest.raises(NotPossible):
        asking.agree(lite_two.house, packet_id, order.no, who)
    if who != "ann":
        with pytest.raises(NotPossible):
            asking.decline(lite_two.house, packet_id, order.no, who, "no")
    assert lite_two.counts() == before
    assert state(lite_two, packet_id, order.no) is AskedState.open


@pytest.mark.parametrize("who", ["ann", "robin"])
def test_whoever_may_sign_in_no_more_neither_asks_nor_agrees(lite_two: Scene, who: str) -> None:
    packet_id, order = asked(lite_two, "correct")
    with lite_two.house.database.write() as tx:
        people.change(tx, who, disabled=True)
    with pytest.raises(NotPossible, match="may do this"):
        asking.agree(lite_two.house, packet_id, order.no, "robin")
    assert lite_two.record(packet_id).revision == 1


def test_a_name_that_is_only_typed_neither_orders_nor_asks(lite_two: Scene) -> None:
    packet_id = held_by_checklist(lite_two)
    with pytest.raises(SecondPersonNeeded, match="on the packet's page"):
        decisions.correct(lite_two.house, packet_id, "Somebody Else")
    with pytest.raises(NotPossible, match="nobody who may do this"):
        asking.ordered(lite_two.house, lambda: decisions.correct(lite_two.house, packet_id, "Somebody Else"))
    assert lite_two.kinds(packet_id)[-1] == "held"


def test_two_who_agree_at_once_have_it_done_once(two: Scene) -> None:
    packet_id, order = asked(two, "credit")
    gate, told = threading.Barrier(2), []

    def agree(who: str) -> None:
        gate.wait(30)
        try:
            asking.agree(two.house, packet_id, order.no, who)
            told.append("")
        except NotPossible as fault:
            told.append(str(fault))

    both = [threading.Thread(target=agree, args=(who,)) for who in ("robin", "kim")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert sorted(map(bool, told)) == [False, True]
    kinds = two.kinds(packet_id)
    assert (kinds.count("second_agreed"), kinds.count("credit_ordered")) == (1, 1)
    with two.house.database.read() as tx:
        assert len(packets.listed(tx)) == 2


def test_an_agreement_that_is_cut_off_was_not_given(two: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    packet_id, order = asked(two, "amend")
    before = two.counts()

    def dies(*args: object, **how: object) -> None:
        raise RuntimeError("the power fails")

    with monkeypatch.context() as cut:
        cut.setattr(packets, "move", dies)
        with pytest.raises(RuntimeError):
            asking.agree(two.house, packet_id, order.no, "robin")
    assert two.counts() == before
    assert state(two, packet_id, order.no) is AskedState.open
    asking.agree(two.house, packet_id, order.no, "robin")
    assert two.record(packet_id).revision == 2


def test_an_order_lapses_when_the_packet_is_another(two: Scene) -> None:
    packet_id, order = asked(two, "correct")
    decisions.check_again(two.house, packet_id, "lee")
    with pytest.raises(NotPossible, match="has lapsed"):
        asking.agree(two.house, packet_id, order.no, "robin")
    two.clock.passes(60)
    two.work()
    assert two.stage(packet_id) is Stage.held
    with pytest.raises(NotPossible, match="has lapsed"):
        asking.agree(two.house, packet_id, order.no, "robin")
    with two.house.database.read() as tx:
        assert asked_orders.waiting(tx, 0, 10) == ()
        assert (asked_orders.number_waiting(tx), asked_orders.among(tx, [packet_id])) == (0, frozenset())
    assert asking.ordered(two.house, lambda: decisions.correct(two.house, packet_id, "ann")) is False
    assert state(two, packet_id, order.no) is AskedState.lapsed
    assert two.kinds(packet_id)[-2:] == ["second_lapsed", "second_asked"]
    with two.house.database.read() as tx:
        assert [one.no > order.no for one, _ in asked_orders.waiting(tx, 0, 10)] == [True]
        assert asked_orders.among(tx, [packet_id, "p0"]) == {packet_id}


def test_a_word_of_the_portal_lapses_what_was_asked_for(lite_two: Scene) -> None:
    packet_id, order = asked(lite_two, "void")
    lite_two.clock.passes(60)
    lite_two.says("INV-1001", decisions.Status.in_process)
    with pytest.raises(NotPossible, match="has lapsed"):
        asking.agree(lite_two.house, packet_id, order.no, "robin")


def test_what_is_declined_or_taken_back_is_not_done(two: Scene) -> None:
    packet_id, order = asked(two, "correct")
    with pytest.raises(NotPossible, match="say why"):
        asking.decline(two.house, packet_id, order.no, "robin", " ")
    with pytest.raises(NotPossible, match="take it back"):
        asking.decline(two.house, packet_id, order.no, "ann", "no")
    with pytest.raises(NotPossible, match="waits for a second person"):
        asking.ordered(two.house, lambda: decisions.correct(two.house, packet_id, "lee"))
    asking.decline(two.house, packet_id, order.no, "robin", "the PO is another")
    with pytest.raises(NotPossible, match="declined by robin"):
        asking.agree(two.house, packet_id, order.no, "kim")
    assert asking.ordered(two.house, lambda: decisions.correct(two.house, packet_id, "lee")) is False
    with two.house.database.read() as tx:
        another = asked_orders.open_of(tx, packet_id)
    assert another
    with pytest.raises(NotPossible, match="only lee"):
        asking.withdraw(two.house, packet_id, another.no, "robin")
    asking.withdraw(two.house, packet_id, another.no, "lee")
    assert two.kinds(packet_id)[-3:] == ["second_declined", "second_asked", "second_withdrawn"]
    assert two.record(packet_id).revision == 1


def test_what_would_be_done_otherwise_than_asked_for_is_not_done(lite_two: Scene) -> None:
    packet_id, order = asked(lite_two, "amend")
    with pytest.raises(NotPossible, match="not what was asked for"):
        _amend(lite_two, packet_id, Second(order.no, "robin"), buyer_reference="another")
    with pytest.raises(NotPossible, match="not what was asked for"):
        decisions.sent_as(lite_two.house, packet_id, "P-7", "ann", second=Second(order.no, "robin"))
    assert lite_two.record(packet_id).revision == 1


def test_neither_making_it_small_first_nor_large_afterwards_leads_round(lite_two: Scene) -> None:
    whole = lite_two.record(held_refused(lite_two)).total
    for limit, hours in ((whole - 1, "1"), (whole + 1, "400")):
        limited(lite_two, {"USD": limit})
        (packet_id,) = (one.id for one in _everything(lite_two))
        with pytest.raises(SecondPersonNeeded):
            _amend(lite_two, packet_id, lines=[labour(hours=hours)])


def limited(scene: Scene, above: Mapping[str, Decimal]) -> None:
    """The scene's house with other limits."""
    settings = scene.house.settings.model_copy(update={"desk": DeskSettings(four_eyes_above=dict(above))})
    scene.house = replace(scene.house, settings=settings)


def _everything(scene: Scene) -> tuple[packets.PacketRecord, ...]:
    with scene.house.database.read() as tx:
        return packets.listed(tx)


@pytest.mark.parametrize(
    ("above", "amounts", "words"),
    [
        ({}, [("USD", "1000000")], ""),
        ({"USD": "100"}, [("USD", "100")], ""),
        ({"USD": "100"}, [("USD", "100.01")], "100 USD"),
        ({"USD": "100"}, [("USD", "-100.01")], "100 USD"),
        ({"USD": "100"}, [("USD", "1"), ("USD", "101")], "100 USD"),
        ({"USD": "100"}, [("CAD", "1")], "no amount in CAD"),
        ({"USD": "100"}, [("USD", "1"), ("CAD", "0")], "no amount in CAD"),
    ],
)
def test_the_amount_that_needs_two_is_told(
    lite: Scene, above: dict[str, str], amounts: list[tuple[str, str]], words: str
) -> None:
    limited(lite, {currency: Decimal(amount) for currency, amount in above.items()})
    told = needs_two(lite.house, *((currency, Decimal(amount)) for currency, amount in amounts))
    assert (words in told) if words else told == ""


@pytest.mark.parametrize("above", [{"DOLLAR": "1"}, {"XXX": "1"}, {"USD": "-1"}, {"USD": "much"}])
def test_a_limit_is_an_amount_in_a_currency(above: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="four_eyes_above"):
        DeskSettings(four_eyes_above=above)  # type: ignore[arg-type]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        opened.settings(desk={"four_eyes_above": {"USD": "10"}})
        yield opened


def test_the_command_line_cannot_decide_for_two_by_naming_two(office: Office) -> None:
    packet_id = office.submitted(issued_on="2027-12-24")
    office.works()
    for who in ("ann", "robin"):
        ran = office.run("decide", packet_id, "--correct", "--who", who)
        assert ran.code == REFUSED, ran.out
        assert "a second person must agree" in " ".join(ran.err.split())
    with office.house() as house, house.database.read() as tx:
        record = packets.load(tx, packet_id)
        assert record
        assert (record.stage, record.revision) == (Stage.held, 1)
        assert asked_orders.open_of(tx, packet_id) is None


def test_the_doctor_says_whether_there_is_somebody_to_agree(lite_two: Scene) -> None:
    said = []
    for name in ("", "robin", "kim", "ann"):
        with lite_two.house.database.write() as tx:
            if name:
                people.change(tx, name, disabled=True)
        (line,) = [one for one in examine(lite_two.house.settings, ask_portals=False) if one.subject == "four eyes"]
        said.append(line.health)
    assert said == [Health.ok, Health.ok, Health.warn, Health.fail]
    assert "nobody may agree" in line.says
