"""Two people who decide about the same packet at the same moment: one decision, and the other reads who was quicker."""

import re
import threading
from collections.abc import Callable

import httpx
import pytest

from gateway.store import people
from tests.gateway.desk.stage import Browser, Desk, words
from tests.gateway.paper_samples import text_pdf
from tests.gateway.stage import Scene
from tests.gateway.test_decisions import held_by_checklist, held_in_doubt, held_refused

Ordering = Callable[[Browser, str, dict[str, str]], httpx.Response]


def decide(order: str, **fields: str) -> Ordering:
    """Fills in the form of one order; each person writes something of their own."""

    def sent(browser: Browser, packet_id: str, seen: dict[str, str]) -> httpx.Response:
        name = browser.client.headers["X-Who"]
        own = {field: text.format(name=name) for field, text in fields.items()}
        return browser.order(f"/packets/{packet_id}/decide", order=order, **seen, **own)

    return sent


def attach(browser: Browser, packet_id: str, seen: dict[str, str]) -> httpx.Response:
    name = browser.client.headers["X-Who"]
    fields = {"csrf": browser.csrf, "order": "attach", "kind": "other", **seen}
    paper = {"paper": (f"{name}.pdf", text_pdf("a receipt"), "application/pdf")}
    return browser.client.post(f"/packets/{packet_id}/decide", data=fields, files=paper)


def edit(browser: Browser, packet_id: str, seen: dict[str, str]) -> httpx.Response:
    """The second step of an edit: what differs was looked at, and is ordered."""
    fields = {"/invoice/note": f"says {browser.client.headers['X-Who']}", "looked_at": seen["looked_at"]}
    return browser.order(f"/packets/{packet_id}/edit", sure=seen["sure"], line="0", **fields)


def waiting(scene: Scene) -> str:
    return scene.sent()


TWICE = {
    "correct": (held_by_checklist, decide("correct"), "correction_ordered"),
    "check_again": (held_refused, decide("check_again"), "checked_again"),
    "edit": (held_refused, edit, "amended"),
    "attach": (held_refused, attach, "amended"),
    "sent_as": (held_in_doubt, decide("sent_as", reference="P-{name}"), "recorded_as_sent"),
    "by_hand": (held_refused, decide("by_hand", reference="P-{name}"), "recorded_as_sent"),
    "not_sent": (held_in_doubt, decide("not_sent"), "recorded_as_not_sent"),
    "stop": (held_refused, decide("stop", why="says {name}"), "stopped"),
    "void": (waiting, decide("void", why="says {name}"), "void_ordered"),
    "credit": (waiting, decide("credit", number="CN-{name}", why="says {name}"), "credit_ordered"),
}


@pytest.mark.parametrize("order", TWICE)
def test_one_decides_and_the_other_reads_who_was_quicker(desk: Desk, order: str) -> None:
    bring, sent, kind = TWICE[order]
    packet_id = bring(desk.scene)
    pages = {name: desk.signed_in(name=name) for name in ("ann", "robin")}
    seen = looked_at(desk, pages["ann"], packet_id)
    gate, answers = threading.Barrier(2), dict[str, httpx.Response]()

    def click(name: str) -> None:
        pages[name].client.headers["X-Who"] = name
        gate.wait(60)
        answers[name] = sent(pages[name], packet_id, seen)

    both = [threading.Thread(target=click, args=(name,)) for name in pages]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(90)
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409], [
        words(answer) for answer in answers.values()
    ]
    (quick,) = [name for name, answer in answers.items() if answer.status_code == 303]
    (late,) = [answer for answer in answers.values() if answer.status_code == 409]
    assert f"by {quick}:" in words(late)
    assert f'href="/packets/{packet_id}"' in late.text
    done = [event for event in desk.scene.events(packet_id) if event.kind == kind]
    assert [event.who for event in done] == [quick], "exactly one effect"


def looked_at(desk: Desk, browser: Browser, packet_id: str) -> dict[str, str]:
    """What the forms of a packet's page carry, as both have seen it."""
    page = browser.see(f"/packets/{packet_id}").text
    names = ("looked_at", "proposal")
    found = {name: match[1] for name in names if (match := re.search(rf'name="{name}" value="([^"]*)"', page))}
    with desk.scene.house.database.read() as tx:
        assert len(people.every(tx)) == 2
    return found | {"sure": desk.scene.record(packet_id).content_sha256}
