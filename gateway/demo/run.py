"""`clearbill demo`: six fictional utilities on three portal products, and every trouble of a billing office.

Real settings, a real database, real workers and real HTTP: only the portals are stand-ins, in a process of their own,
and buyers and coordinator are played. At the end Clearbill's claims are held against the portals' own lists.
"""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

import httpx
from rich.console import Console

from gateway.browser import why_none
from gateway.demo.by_browser import with_browser_client
from gateway.demo.clients import CLIENTS, COPPER_CREEK
from gateway.demo.closing import print_closing
from gateway.demo.doors import doors_open
from gateway.demo.packets import DEFAULT_COUNT, Scenario, generate
from gateway.demo.play import Play
from gateway.demo.portal_control import PortalControl
from gateway.demo.result import Result, result_of
from gateway.demo.show import Show
from gateway.demo.stage_set import fresh_folder, log_kept, told_to_stop_like_ctrl_c, write_settings
from gateway.demo.stands import portals_running
from gateway.errors import ClearbillError, NotPossible
from gateway.house import House, open_house
from gateway.settings import load
from gateway.store import accounts
from gateway.worker import Workers

DEFAULT_FOLDER = Path("clearbill-demo")
GOOD, BAD, INTERRUPTED = 0, 1, 130
_TICK_SECONDS = 0.1
_STILL_SECONDS = 1.5  # nothing moves for so long, three polls included: then it is over
_STUCK_SECONDS = 60.0  # nothing moves for so long before its end: then something is wrong
_READING_SECONDS = 120.0
_SECONDS_FOR_EACH = 3.0  # and so long a play of so many packets may last at most, with a minute to spare


def demo(*, seed: int = 1, packets: int = DEFAULT_COUNT, json: bool = False, folder: Path | None = None) -> int:
    """Plays the demonstration; answers the exit code: 0 when nothing was lost, doubled or unexpected.

    `packets`: how many are made; `folder`: where everything is kept (default `./clearbill-demo`). With `json` standard
    output holds one JSON object and nothing else; progress is always on standard error."""
    screen = Console(stderr=True)
    show = Show(screen)
    try:
        result = _played(seed, packets, folder or DEFAULT_FOLDER, show)
    except KeyboardInterrupt:
        show.say("Interrupted. Everything that was started has been ended.")
        return INTERRUPTED
    except (ClearbillError, httpx.HTTPError) as fault:
        show.say(f"The demonstration cannot go on: {fault}")
        return BAD
    if json:
        sys.stdout.write(dumps(result.as_json(), indent=2) + "\n")
    else:
        print_closing(Console(), result)
    return GOOD if result.good else BAD


def _played(seed: int, count: int, wanted: Path, show: Show) -> Result:
    """Sets the stage, plays, and takes everything down again, whatever happens."""
    scenario, no_browser = _scenario(seed, count), why_none()
    if no_browser:
        show.warn(f"NO BROWSER, so that {COPPER_CREEK.name}, whose portal has no API, is left out: {no_browser}")
    else:
        scenario = with_browser_client(scenario, seed, datetime.now(UTC))
    with ExitStack() as stack:
        going_on = stack.enter_context(told_to_stop_like_ctrl_c())
        folder = stack.enter_context(fresh_folder(wanted))
        errors = stack.enter_context(log_kept(folder / "clearbill.log"))
        packets = f"{len(scenario.portals)} utilities, {len(scenario.cases)} invoice packets"
        show.say(f"{packets}, seed {seed}. Everything is kept in {folder}")
        stands = stack.enter_context(portals_running(folder, scenario))
        portal = stack.enter_context(closing(PortalControl(stands)))
        for client, orders in scenario.orders.items():
            portal.put_orders(client, orders)
        for client, cards in scenario.time_cards.items():
            if cards:
                portal.put_time_cards(client, cards)
        house = stack.enter_context(open_house(load(write_settings(folder, stands))))
        doors = stack.enter_context(doors_open(house))
        started = time.monotonic()
        play = Play(house, scenario, portal, show.tell)
        unfinished = _with_workers(house, portal, doors, play, show, going_on)
        theirs = {client: portal.invoices(client) for client in scenario.portals}
        seconds = time.monotonic() - started
        faults = [unfinished, *(f"an error was logged: {error}" for error in dict.fromkeys(errors))]
        return result_of(house, play, theirs, seconds=seconds, seed=seed, faults=tuple(filter(None, faults)))


def _scenario(seed: int, count: int) -> Scenario:
    try:
        return generate(seed, count, datetime.now(UTC))
    except ValueError as fault:
        raise NotPossible(f"{fault}.") from None


def _with_workers(
    house: House, portal: PortalControl, doors: str, play: Play, show: Show, going_on: Callable[[], None]
) -> str:
    """Plays while the workers work; answers why it ended before its time, "" if it did not."""
    workers = Workers(house)
    workers.start()
    try:
        with show.running():
            _read_orders(house, going_on)
            _have_pushed(house, portal, doors)
            return _play_to_the_end(house, play, show, going_on)
    finally:
        workers.stop()


def _have_pushed(house: House, portal: PortalControl, doors: str) -> None:
    """From here on the network pushes, to those who are pushed to; the orders were fetched from its queue before."""
    for client in CLIENTS.values():
        if client.statuses == "push":
            url = f"{doors}/cxml/{house.checklist(client.key).account}"
            portal.push_to(client.key, client.supplier_id, url)


def _read_orders(house: House, going_on: Callable[[], None]) -> None:
    """Has the order registers read to their end, as the timers do at a start. Raises NotPossible when they are not."""
    keys = list(house.settings.accounts)
    with house.queue.write() as tx:
        for key in keys:
            house.queue.enqueue(tx, "orders", key, f"orders:{key}")
    deadline, pause = time.monotonic() + _READING_SECONDS, threading.Event()
    while True:
        going_on()
        with house.database.read() as tx:
            states = [accounts.load(tx, key) for key in keys]
        if all(state.orders_read_at for state in states):
            return
        if time.monotonic() > deadline:
            why = "; ".join(f"{state.key}: {state.last_failure or state.action or 'no answer'}" for state in states)
            raise NotPossible(f"the purchase orders could not be read within {_READING_SECONDS:g} s ({why}).")
        pause.wait(_TICK_SECONDS)


def _play_to_the_end(house: House, play: Play, show: Show, going_on: Callable[[], None]) -> str:
    began, pause = time.monotonic(), threading.Event()
    longest = 60.0 + _SECONDS_FOR_EACH * len(play.acts)
    play.moved_at = began
    while True:
        going_on()
        now = time.monotonic()
        play.tick(now)
        show.update(house, play)
        still = now - play.moved_at
        if play.done and still > _STILL_SECONDS:
            return ""
        if still > _STUCK_SECONDS or now - began > longest:
            stuck = ", ".join(f"{act.number} ({act.case.trouble or 'clean'})" for act in play.acts if not act.finished)
            return f"the play was ended after {now - began:.0f} s because nothing moved any more; unfinished: {stuck}"
        pause.wait(_TICK_SECONDS)
