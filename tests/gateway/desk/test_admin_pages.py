"""What runs behind the desk, on pages: accounts stopped, resumed and checked; work given up; what found no place."""

import threading

import pytest
import sqlalchemy as sa

from gateway import account_check, doctor, health
from gateway.account_check import last_check, order_check
from gateway.adapter import Delivery
from gateway.desk.accounts import without_commands
from gateway.doctor import Health, Line
from gateway.errors import NotPossible
from gateway.order import UnreadOrder
from gateway.store import accounts, inbox, orders
from gateway.store.people import Role
from gateway.store.tables import work
from gateway.verdict import Stage
from tests.gateway.desk.stage import Desk, words
from tests.gateway.stage import NORTH, Scene

NORTHS = f"/admin/accounts/{NORTH}"


def gives_up(scene: Scene, kind: str, account: str, packet_id: str = "") -> int:
    """A job that was given up after its last try; answers its number."""
    with scene.house.queue.write() as tx:
        dedupe = f"{kind}:{packet_id or account}"
        scene.house.queue.enqueue(tx, kind, account, dedupe, packet_id=packet_id)
        dead = {"state": "dead", "attempts": 10, "last_error": "it broke <b>again</b>"}
        tx.execute(work.update().where(work.c.dedupe == dedupe).values(**dead))
        return int(tx.execute(sa.select(work.c.id).where(work.c.dedupe == dedupe)).scalar_one())


def test_an_account_is_stopped_and_resumed_with_reasons(desk: Desk) -> None:
    scene, admin = desk.scene, desk.signed_in(Role.admin)
    assert "Nothing is sent and nothing is asked through it" in words(admin.see(NORTHS))
    assert admin.order(f"{NORTHS}/stop", seen="working", why=" ").status_code == 409
    assert admin.order(f"{NORTHS}/stop", seen="working", why="new password").status_code == 303
    told = words(admin.see(NORTHS))
    assert "Stopped: nothing is sent or asked until somebody resumes it. admin stopped it: new password." in told
    packet_id = scene.hand_over()
    scene.work()
    assert scene.stage(packet_id) is Stage.built
    late = admin.order(f"{NORTHS}/stop", seen="working", why="again")
    assert (late.status_code, "The account is stopped by now." in words(late)) == (409, True)
    assert admin.order(f"{NORTHS}/resume", seen="stopped", why="it is there").status_code == 303
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    assert [(one.kind, one.who, one.data.get("why")) for one in scene.events(f"account:{NORTH}")] == [
        ("account_paused", "admin", "new password"),
        ("account_resumed", "admin", "it is there"),
    ]


def test_a_resting_account_tells_until_when_and_is_tried_now(lite_desk: Desk) -> None:
    scene, admin = lite_desk.scene, lite_desk.signed_in(Role.admin)
    with scene.house.queue.write() as tx:
        for _ in range(5):
            health.account_failed(scene.house, tx, NORTH, "The portal says: out of order", None)
    told = words(admin.see(NORTHS))
    assert "Resting until" in told
    assert "The portal says: out of order" in told
    assert "Try now" in told
    assert "not well" in words(admin.see("/admin"))
    assert admin.order(f"{NORTHS}/resume", seen="resting").status_code == 303
    assert scene.account().open_until is None


def test_a_coordinator_looks_and_orders_nothing(lite_desk: Desk) -> None:
    coordinator = lite_desk.signed_in()
    assert "Stop this account" not in words(coordinator.see(NORTHS))
    assert coordinator.order(f"{NORTHS}/stop", seen="working", why="x").status_code == 403
    assert coordinator.see("/admin/accounts/nobody").status_code == 404


def test_a_check_is_made_beside_and_its_result_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, admin = desk.scene, desk.signed_in(Role.admin)
    go_on = threading.Event()

    def slow(*given: object, **named: object) -> list[Line]:
        assert go_on.wait(60)
        return [Line("account north", Health.warn, "It is old.", "Start `clearbill serve` or `clearbill worker`.")]

    monkeypatch.setattr(account_check, "examine_account", slow)
    started: list[threading.Thread] = []

    def begin(check: object) -> None:
        started.append(threading.Thread(target=check))  # type: ignore[arg-type]
        started[0].start()

    order_check(scene.house, NORTH, "Ann", begin)
    assert "under way." in words(admin.see(NORTHS))
    assert admin.order(f"{NORTHS}/check").status_code == 409, "one at a time"
    go_on.set()
    started[0].join(60)
    told = words(admin.see(NORTHS))
    assert "Ordered by Ann" in told
    assert "Deserves a look: It is old. Have the program started on its machine." in told
    assert scene.kinds(f"account:{NORTH}") == ["check_ordered", "account_checked"]


def test_a_check_that_never_ended_is_called_broken_off_and_can_be_ordered_again(lite: Scene) -> None:
    order_check(lite.house, NORTH, "Ann", lambda check: None)
    with pytest.raises(NotPossible, match="under way"):
        order_check(lite.house, NORTH, "Bea", lambda check: None)
    lite.clock.passes(121)
    with lite.house.database.read() as tx:
        found = last_check(tx, NORTH)
    assert found is not None
    assert not found.is_under_way(lite.clock())
    order_check(lite.house, NORTH, "Bea", lambda check: None)


def test_a_check_that_breaks_off_says_so(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*given: object, **named: object) -> list[Line]:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr(account_check, "examine_account", breaks)
    order_check(lite.house, NORTH, "Ann", lambda check: check())
    with lite.house.database.read() as tx:
        found = last_check(tx, NORTH)
    assert found is not None
    assert "a wheel came off" in found.lines[-1]["says"]


def test_a_check_does_not_ask_the_portal_of_a_stopped_account(lite: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_asked", lambda *given: pytest.fail("the portal was asked"))
    health.pause_by_person(lite.house, NORTH, "Ann", "")
    order_check(lite.house, NORTH, "Ann", lambda check: check())
    with lite.house.database.read() as tx:
        found = last_check(tx, NORTH)
    assert found is not None
    assert "The portal was not asked" in found.lines[-1]["says"]


def test_the_doctors_words_come_without_commands() -> None:
    assert without_commands("Mend that, then `clearbill account resume north`.") == (
        "Mend that, then resume the account here."
    )


def test_work_that_was_given_up_is_shown_tried_again_and_dropped_where_nothing_is_lost(desk: Desk) -> None:
    scene, admin = desk.scene, desk.signed_in(Role.admin)
    poll = gives_up(scene, "poll", NORTH)
    packet_id = scene.hand_over()
    with scene.house.queue.write() as tx:
        tx.execute(work.delete().where(work.c.kind == "advance"))
    step = gives_up(scene, "advance", "", packet_id)
    told = words(admin.see("/admin/queue"))
    assert "it broke <b>again</b>" in told
    assert "Reading the portal’s answers, account north" in told
    assert "It cannot be dropped: the packet is received and would stand still without it." in told
    assert admin.order(f"/admin/queue/{step}/drop", why="no").status_code == 409
    assert admin.order(f"/admin/queue/{poll}/drop", why="").status_code == 409
    assert admin.order(f"/admin/queue/{poll}/drop", why="the timer rings").status_code == 303
    assert admin.order(f"/admin/queue/{poll}/again").status_code == 409, "it is gone"
    assert admin.order(f"/admin/queue/{step}/again", why="mended").status_code == 303
    scene.work()
    assert scene.stage(packet_id) is Stage.waiting
    assert "work_tried_again" in scene.kinds(packet_id)
    assert scene.events(f"account:{NORTH}")[-1].data["why"] == "the timer rings"
    assert "No work was given up." in words(admin.see("/admin/queue"))


@pytest.mark.parametrize("job", ["0", "999", str(10**30)])
def test_work_that_there_is_not_is_refused_in_words(lite_desk: Desk, job: str) -> None:
    assert lite_desk.signed_in(Role.admin).order(f"/admin/queue/{job}/again").status_code == 409


def test_given_up_work_is_told_page_by_page(lite_desk: Desk) -> None:
    for n in range(27):
        gives_up(lite_desk.scene, "ask", NORTH, f"p{n}")
    coordinator = lite_desk.signed_in()
    first = coordinator.see("/admin/queue", account=NORTH)
    assert first.text.count("<blockquote>") == 25
    following = first.text.split('href="/admin/queue?account=north&amp;after=')[1].split('"')[0]
    assert coordinator.see("/admin/queue", account=NORTH, after=following).text.count("<blockquote>") == 2


def test_what_found_no_place_is_listed_and_its_bytes_are_shown_and_saved(lite_desk: Desk) -> None:
    scene, coordinator = lite_desk.scene, lite_desk.signed_in()
    with scene.house.database.write() as tx:
        for n in range(26):
            raw = f"<b>number {n}</b>".encode()
            inbox.keep(tx, NORTH, Delivery("StatusUpdateRequest", "", raw, unread="not about anything"), scene.clock())
    page = coordinator.see("/admin/unplaced")
    assert page.text.count("not about anything") == 25
    following = page.text.split('href="/admin/unplaced?account=')[-1].split('"')[0].replace("&amp;", "&")
    assert coordinator.see(f"/admin/unplaced?account={following}").text.count("not about anything") == 1
    key = page.text.split('href="/admin/unplaced/')[1].split('"')[0]
    assert "<b>number" in words(coordinator.see(f"/admin/unplaced/{key}"))
    saved = coordinator.see(f"/admin/unplaced/{key}", save="1")
    assert saved.content.startswith(b"<b>number")
    assert "attachment" in saved.headers["content-disposition"]
    assert coordinator.see("/admin/unplaced/d0").status_code == 404
    assert coordinator.see("/admin/unplaced", after="yesterday|x").status_code == 409
    assert coordinator.see("/admin/unplaced", after="0001-01-01T00:00:00+14:00|x").status_code == 409


def test_an_unread_order_is_told_with_what_is_wrong(lite_desk: Desk) -> None:
    scene, coordinator = lite_desk.scene, lite_desk.signed_in()
    with scene.house.database.write() as tx:
        accounts.load(tx, NORTH, lock=True)
        orders.keep_unread(tx, NORTH, UnreadOrder("pay-1", "4500012345", "no line", b"<order/>"), scene.clock())
    page = coordinator.see("/admin/unread-orders")
    assert "4500012345 pay-1 north Tue 10 Mar 12:00 no line" in words(page)
    address = page.text.split('href="/admin/unread-orders/')[1].split('"')[0]
    assert "<order/>" in words(coordinator.see(f"/admin/unread-orders/{address}"))
    assert coordinator.see(f"/admin/unread-orders/{NORTH}/00").status_code == 404
