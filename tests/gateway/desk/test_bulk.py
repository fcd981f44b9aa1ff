"""Orders about several packets: shown first, carried out one by one, told for each, and never twice."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from checklists.library import Library
from gateway import decisions
from gateway.desk import bulk_orders
from gateway.desk.bulk_orders import BULK, MOST
from gateway.desk.offers import OFFERS
from gateway.store.people import Role
from gateway.verdict import ReasonCode, Stage
from tests.gateway.desk.stage import Browser, Desk, open_desk, words
from tests.gateway.stage import Scene, open_scene
from tests.gateway.test_decisions import held_alive, held_in_doubt
from tests.gateway.test_proposed_changes import refused, strict

__all__ = ["strict"]  # a fixture: pytest finds it by name


def held(scene: Scene, *numbers: str) -> list[str]:
    found = [scene.hand_over(number, issued_on="2026-12-24") for number in numbers]
    scene.work()
    return found


def ticked(browser: Browser, address: str = "/") -> list[str]:
    """The value of every box of the list."""
    return re.findall(r'name="chosen" value="([^"]+)"', browser.see(address).text)


def shown(browser: Browser, order: str, chosen: list[str]) -> httpx.Response:
    return browser.client.post("/bulk", data={"csrf": browser.csrf, "order": order, "chosen": chosen})


def fields_of(page: httpx.Response) -> dict[str, str | list[str]]:
    """The hidden fields of the page's first form."""
    form = page.text.split('action="/bulk/do"')[1].split("</form>")[0]
    pairs = [(name, unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)]
    fields: dict[str, str | list[str]] = dict(pairs)
    return fields | {"chosen": [value for name, value in pairs if name == "chosen"]}


def done(browser: Browser, page: httpx.Response, **typed: str) -> httpx.Response:
    return browser.client.post("/bulk/do", data=fields_of(page) | typed)


def test_nothing_that_could_double_or_lose_is_ordered_for_many() -> None:
    assert {one.order for one in BULK} == {"correct", "check_again", "take", "put_off", "leave", "comment"}
    grave = {offer.order for offer in OFFERS if offer.grave or "reference" in offer.needs}
    assert not {one.order for one in BULK} & grave


def test_what_will_happen_is_said_first_and_nothing_is_done_by_looking(desk: Desk) -> None:
    held(desk.scene, "INV-1", "INV-2")
    browser = desk.signed_in()
    before = desk.scene.counts()
    page = shown(browser, "take", ticked(browser))
    sums = [desk.scene.record(value.split()[0]).total for value in ticked(browser)]
    assert f"2 packets, {sum(sums):,.2f} USD" in words(page)
    assert "Nothing is sent. The work list shows who has taken them." in words(page)
    assert desk.scene.counts() == before


def test_many_are_taken_in_one_order_and_told_one_by_one(desk: Desk) -> None:
    ids = held(desk.scene, "INV-1", "INV-2", "INV-3")
    ann = desk.signed_in(name="ann")
    page = shown(ann, "take", ticked(ann))
    decisions.stop(desk.scene.house, ids[1], "robin", "not ours")  # between the look and the order
    answer = done(ann, page, owner="ann")
    told = words(answer)
    assert "Done for 2 of 3. Not done for 1" in told
    assert "INV-2 : it has changed since the list was made (ended for good); look at it again." in told
    assert [desk.scene.record(packet_id).owner for packet_id in ids] == ["ann", "", "ann"]
    again = done(ann, page, owner="ann")
    assert "Done for 0 of 3." in words(again)
    assert [desk.scene.kinds(packet_id).count("taken") for packet_id in ids] == [1, 0, 1]


def test_each_is_done_in_a_transaction_of_its_own(lite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = held(lite_desk.scene, "INV-1", "INV-2", "INV-3")
    ann = lite_desk.signed_in(name="ann")
    page = shown(ann, "put_off", ticked(ann))
    put_off, seen = bulk_orders.arrangements.put_off, []

    def breaks_off(*args: object, **named: object) -> None:
        seen.append(args[1])
        if len(seen) == 2:
            raise decisions.NotPossible("somebody else has it.")
        put_off(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk_orders.arrangements, "put_off", breaks_off)
    day = (lite_desk.scene.clock.now + timedelta(days=9)).date().isoformat()
    told = words(done(ann, page, until=day))
    assert "Done for 2 of 3." in told
    assert "somebody else has it." in told
    put = [packet_id for packet_id in ids if "put_off" in lite_desk.scene.kinds(packet_id)]
    assert put == [packet_id for packet_id in ids if packet_id != seen[1]]


@pytest.mark.parametrize("until", ["", "tomorrow", "2026-03-01", "2027-03-10"])
def test_a_day_that_cannot_be_is_told_for_each_and_nothing_is_done(lite_desk: Desk, until: str) -> None:
    (packet_id,) = held(lite_desk.scene, "INV-1")
    ann = lite_desk.signed_in(name="ann")
    answer = done(ann, shown(ann, "put_off", ticked(ann)), until=until)
    assert "Done for 0 of 1." in words(answer)
    assert "put_off" not in lite_desk.scene.kinds(packet_id)


def test_a_comment_that_is_sent_twice_is_kept_once(desk: Desk) -> None:
    ids = held(desk.scene, "INV-1", "INV-2")
    ann = desk.signed_in(name="ann")
    page = shown(ann, "comment", ticked(ann))
    assert "Done for 2 of 2." in words(done(ann, page, text="Rang them."))
    again = words(done(ann, page, text="Rang them."))
    assert "Done for 0 of 2." in again
    assert "this very comment was kept before" in again
    assert [desk.scene.kinds(packet_id).count("commented") for packet_id in ids] == [1, 1]
    assert "Done for 2 of 2." in words(done(ann, shown(ann, "comment", ticked(ann)), text="Rang them."))


def test_what_the_portal_may_hold_is_left_out_and_sent_no_second_time(lite_desk: Desk) -> None:
    scene = lite_desk.scene
    alive = held_alive(scene)
    (stopped,) = held(scene, "INV-2")
    ann = lite_desk.signed_in(name="ann")
    page = shown(ann, "check_again", ticked(ann))
    assert "to send it again could double it" in words(page)
    assert "1 packet, " in words(page)
    forged = fields_of(page) | {"chosen": ticked(ann)}
    told = words(ann.client.post("/bulk/do", data=forged))
    assert "Done for 1 of 2." in told
    assert (scene.stage(alive), scene.stage(stopped)) == (Stage.held, Stage.received)


def test_what_is_in_doubt_is_left_out(lite_desk: Desk) -> None:
    packet_id = held_in_doubt(lite_desk.scene)
    ann = lite_desk.signed_in(name="ann")
    told = words(shown(ann, "check_again", ticked(ann)))
    assert "There is nothing that this could be done to." in told
    assert "nobody knows whether it arrived" in told
    assert lite_desk.scene.stage(packet_id) is Stage.held


def test_corrections_of_one_kind_are_accepted_together(strict: Scene) -> None:
    ids = [refused(strict, number) for number in ("INV-1", "INV-2")]
    strict.portal.next_time(strict.portal.refuses(ReasonCode.rate_mismatch))
    other = strict.hand_over("INV-3")
    (of_another_kind,) = held(strict, "INV-4")
    assert strict.record(of_another_kind).proposed
    with open_desk(strict) as desk:
        ann = desk.signed_in(name="ann")
        page = shown(ann, "correct", ticked(ann))
        told = words(page)
        assert "Bill to: 2 packets" in told
        assert "no correction is proposed for it" in told
        mixed = fields_of(page) | {"chosen": ticked(ann)}
        assert "corrections of several kinds" in words(ann.client.post("/bulk/do", data=mixed))
        assert [strict.record(packet_id).revision for packet_id in (*ids, other)] == [1, 1, 1]
        assert "Done for 2 of 2." in words(done(ann, page))
        assert "Done for 0 of 2." in words(done(ann, page))
    strict.work()
    assert [strict.record(packet_id).revision for packet_id in (*ids, other, of_another_kind)] == [2, 2, 1, 1]


def test_a_correction_of_a_guessed_reason_or_of_money_wants_a_look_of_its_own(lite_desk: Desk) -> None:
    situation = bulk_orders.Situation(lite_desk.scene.record(held(lite_desk.scene, "INV-1")[0]), (), ())
    fits = bulk_orders.BY_NAME["correct"].unfit
    assert fits(situation) == ""
    record = situation.record
    proposed = record.proposed
    assert proposed
    guessed = replace(record, why=({**record.why[0], "read_by": "WORDS-1"},))
    assert "free words" in fits(bulk_orders.Situation(guessed, (), ()))
    money = [{"op": "replace", "path": "/invoice/totals/payable", "was": "1", "value": "2"}]
    dear = replace(record, proposed=replace(proposed, patch=money))
    assert "touches money" in fits(bulk_orders.Situation(dear, (), ()))
    old = replace(record, proposed=replace(proposed, revision=7))
    assert "no correction" in fits(bulk_orders.Situation(old, (), ()))


@pytest.mark.parametrize("order", ["void", "credit", "stop", "sent_as", "not_sent", "", "__class__"])
def test_what_is_no_order_for_many_is_refused(lite_desk: Desk, order: str) -> None:
    (packet_id,) = held(lite_desk.scene, "INV-1")
    ann = lite_desk.signed_in(name="ann")
    for door in ("/bulk", "/bulk/do"):
        fields = {"csrf": ann.csrf, "order": order, "chosen": ticked(ann), "why": "x"}
        assert ann.client.post(door, data=fields).status_code == 409
    assert lite_desk.scene.stage(packet_id) is Stage.held


@pytest.mark.parametrize("chosen", [[], ["p0 x"] * 3, ["\x00"], [f"p{n} x" for n in range(MOST + 1)]])
def test_packets_that_there_are_not_and_too_many_are_told(desk: Desk, chosen: list[str]) -> None:
    ann = desk.signed_in(name="ann")
    answer = shown(ann, "take", chosen)
    assert answer.status_code == (409 if len(chosen) != 3 and chosen != ["\x00"] else 200)
    assert "Traceback" not in answer.text


def test_whoever_only_looks_has_no_boxes(lite_desk: Desk) -> None:
    held(lite_desk.scene, "INV-1")
    assert ticked(lite_desk.signed_in(Role.viewer)) == []


def test_what_wants_two_persons_is_asked_for_and_not_done(sqlite_url: str, tmp_path: Path) -> None:
    with open_scene(sqlite_url, tmp_path, desk={"four_eyes_above": {"USD": "100"}}) as scene, open_desk(scene) as desk:
        (packet_id,) = held(scene, "INV-1")
        ann = desk.signed_in(name="ann")
        told = words(done(ann, shown(ann, "correct", ticked(ann))))
        assert "Done for 0 of 1. A second person must agree for 1." in told
        assert "nothing is done yet; a second person must agree to it" in told
        assert scene.record(packet_id).revision == 1
        assert "second_asked" in scene.kinds(packet_id)


def test_many_are_left_until_something_changes_and_the_list_says_so(lite_desk: Desk) -> None:
    scene = lite_desk.scene
    ids = held(scene, "INV-1", "INV-2")
    ann = lite_desk.signed_in(name="ann")
    day = (scene.clock.now + timedelta(days=9)).date().isoformat()
    assert "Done for 2 of 2." in words(done(ann, shown(ann, "leave", ticked(ann)), until=day))
    assert words(ann.see("/")).count("Left until something changes") == 2
    library = scene.house.shelf.library
    changed = library.versions["example-power"][0].model_copy(update={"procedure": "Send it on Fridays."})
    scene.house.shelf.library = Library({**library.versions, "example-power": (changed,)})
    scene.ring("news", "")
    told = words(ann.see("/"))
    assert told.count("New: the client's checklist is not as it was.") == 2
    assert "Left until" not in told
    assert "New: the client's checklist is not as it was." in words(ann.see(f"/packets/{ids[0]}"))
