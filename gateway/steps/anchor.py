"""Dropping the daily anchor over all histories; see `gateway.store.anchors`."""

import structlog

from gateway.house import House
from gateway.steps import Result, nothing
from gateway.store import anchors
from gateway.store.database import Tx
from gateway.store.queue import Claim, Job

log = structlog.get_logger("clearbill.audit")


def anchor(house: House, claim: Claim, job: Job) -> Result:
    """Covers what was written since the last anchor, if it is time; a long backlog is covered a part at a time."""
    with house.database.read() as tx:
        before = anchors.latest(tx)
        covered = anchors.to_cover(tx, before, house.database.now(tx))
        if covered is None:
            return nothing
        what = anchors.digest(tx, *covered)

    def write(tx: Tx) -> None:
        sha256 = anchors.drop(tx, before, covered, what, house.database.now(tx))
        if sha256:  # a log that is kept elsewhere is what an anchor holds by
            log.info("anchored", events=what[0], first=covered[0], last=covered[1], sha256=sha256)

    return write
