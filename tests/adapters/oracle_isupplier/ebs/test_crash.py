"""Whoever dies around the one press of Submit, the worker with its browser or the browser alone: View Invoices settles
it, nothing is doubled, and no browser lives on."""

import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.oracle_isupplier.ebs.looks import Look
from adapters.oracle_isupplier.ebs.wizard import Wizard
from gateway.house import open_house
from gateway.settings import Settings
from gateway.verdict import Outcome, Stage
from tests.adapters.oracle_isupplier.ebs.billing import Billing, open_billing, settings_of, work_all
from tests.adapters.oracle_isupplier.ebs.conftest import Office
from tests.gateway.stage import Clock

pytestmark = [
    pytest.mark.driven,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="counts processes by /proc"),
]
POINTS = ("before", "after")
_SUBMIT = Wizard.submit


def _struck(point: str, strike: Callable[[Wizard], None]) -> Callable[[Wizard, float], Look]:
    """The press of Submit with a blow just before it or just after its answer."""

    def submit(wizard: Wizard, seconds: float) -> Look:
        if point == "before":
            strike(wizard)
        look = _SUBMIT(wizard, seconds)
        strike(wizard)
        return look

    return submit


def _die(settings: Settings, clock: Clock, point: str) -> None:
    """A worker that is killed outright."""
    Wizard.submit = _struck(point, lambda _: os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[method-assign]
    with open_house(settings, clock=clock) as house:
        for _ in range(3):
            work_all(house)
            clock.passes(2)


def _kill_the_browser(wizard: Wizard) -> None:
    browser = wizard.oaf.page.context.browser
    assert browser is not None
    told: list[dict[str, Any]] = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    os.kill(int(next(one["id"] for one in told if one["type"] == "browser")), signal.SIGKILL)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_around_submit_leaves_one_invoice_and_no_browser(
    office: Office, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    with open_billing(office, sqlite_url, tmp_path) as billing:
        packet = billing.hand_over("INV-1")
        with monkeypatch.context() as during:
            during.setenv("CLEARBILL_TEST_MARK", mark)
            settings = settings_of(office, sqlite_url, tmp_path)
            worker = get_context("spawn").Process(target=_die, args=(settings, billing.clock, point))
            worker.start()
            worker.join(240)
        assert worker.exitcode == -signal.SIGKILL
        assert (billing.stage(packet), len(office.there())) == (Stage.sending, 0 if point == "before" else 1)
        _settles(billing, packet)
    ends = time.monotonic() + 60
    while _marked(mark) and time.monotonic() < ends:
        Event().wait(0.05)
    assert _marked(mark) == []


@pytest.mark.parametrize("point", POINTS)
def test_a_browser_killed_around_submit_leaves_one_invoice(
    office: Office, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    with open_billing(office, sqlite_url, tmp_path) as billing:
        packet = billing.hand_over("INV-1")
        with monkeypatch.context() as during:
            during.setattr(Wizard, "submit", _struck(point, _kill_the_browser))
            billing.work()
        assert Outcome.receipted not in billing.outcomes(packet), "what the browser died with was not seen"
        assert len(office.there()) == (0 if point == "before" else 1)
        _settles(billing, packet)


def _settles(billing: Billing, packet: str) -> None:
    """Asked for first, then sent only if it is not there."""
    for _ in range(3):
        billing.later()
    assert billing.stage(packet) is Stage.waiting
    assert len(billing.office.there()) == billing.office.presses() == 1


def _marked(mark: str) -> list[str]:
    """Processes that were started, by whomever, out of the worker that bore this mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes() and "zombie" not in (folder / "status").read_text():
                command = (folder / "cmdline").read_text().replace("\0", " ")
                found += [command[:80]] if "resource_tracker" not in command else []  # Python's own, and the tests'
        except (OSError, UnicodeDecodeError):
            continue  # ended in between, or not ours to read
    return found
