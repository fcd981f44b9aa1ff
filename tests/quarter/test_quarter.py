"""The simulated quarter: with preflight, corrections and accepted proposals the portals take what they refused."""

from pathlib import Path

import pytest

from tests.quarter.draw import Quarter, draw
from tests.quarter.play import Lived, lived
from tests.quarter.untouched import machine_changes

UNFINISHED = "draft"
"""What a refusal by REST leaves behind: nobody has submitted it, and nobody pays it."""


def both(quarter: Quarter, folder: Path) -> tuple[Lived, Lived]:
    """The quarter in both offices; what must hold of either is held against it on the spot."""
    ended = []
    for kind in ("bare", "checked"):
        (folder / kind).mkdir()
        with lived(kind, quarter, folder / kind) as (office, told):
            changes = list(machine_changes(office.house))
            assert not [one for one in changes if one.differs], "a machine touched what it must not"
            assert all(before == after for before, after in (one.totals for one in changes))
            assert bool(changes) == (kind == "checked")
            for client in quarter.orders:
                alive = sorted(
                    one.total for one in office.portal.invoices(client) if one.alive and one.status != UNFINISHED
                )
                assert alive == quarter.totals(client), f"{client} holds other money than was to be billed"
            ended.append(told)
    return ended[0], ended[1]


@pytest.mark.timeout(600)
def test_a_few_weeks_bounce_by_their_causes_alone_and_only_what_nobody_knew_bounces_behind_a_checklist(
    tmp_path: Path,
) -> None:
    quarter = draw(count=120, weeks=2)
    bare, checked = both(quarter, tmp_path)
    drawn = {case.source_id for case in quarter.cases if case.cause}
    assert bare.bounced == drawn
    assert not bare.caught
    unknown = {case.source_id for case in quarter.cases if case.cause and case.cause.group == "nobody could know"}
    learned = {case.source_id for case in quarter.cases if case.cause and case.cause.name == "bill-to unknown"}
    assert checked.bounced <= unknown | learned
    assert checked.caught == drawn - checked.bounced


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_over_a_quarter_the_portals_take_at_least_99_of_100_at_the_first_try(tmp_path: Path) -> None:
    quarter = draw()
    bare, checked = both(quarter, tmp_path)
    before, after = bare.figures.portal_first_pass_rate, checked.figures.portal_first_pass_rate
    assert before is not None
    assert after is not None
    assert 0.88 <= before <= 0.92
    assert after >= 0.99
