"""An adapter that knows how long its portal hides a new invoice is waited for, whatever the installation says."""

from typing import Any

from gateway.verdict import Stage
from tests.gateway.stage import SETTLING, Scene


def test_absence_proves_nothing_before_the_portal_can_show_it(lite: Scene) -> None:
    portal: Any = lite.house.portals.adapter("north")
    portal.least_settling_seconds = 900.0
    lite.portal.next_time(lite.portal.loses_the_answer)
    packet = lite.hand_over()
    lite.work()
    lite.later(SETTLING + 1)
    lite.later(700)
    assert lite.stage(packet) is Stage.sending
    assert lite.portal.asked == []
    lite.later(200)
    assert lite.stage(packet) is Stage.waiting
    assert lite.portal.asked == ["INV-1001"]
