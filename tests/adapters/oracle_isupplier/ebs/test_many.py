"""Two hundred invoices in a row through the browser, the pages' own troubles among them: each is there exactly once.

A long run: `SOAK_SECONDS` ends it early, and how many there were is said.
"""

import os
import time
from collections.abc import Callable

import pytest

from adapters.oracle_isupplier.adapter import Adapter
from gateway.adapter import Document
from gateway.errors import MaybeSent, NotSent, PortalChanged
from gateway.verdict import Outcome
from tests.adapters.oracle_isupplier.ebs.conftest import Office
from tests.packets import STAMP

INVOICES = 200
TROUBLES: tuple[dict[str, object], ...] = (
    {"kind": "session_expired", "door": "post", "after": 4},
    {"kind": "lost_answer", "door": "submit"},
    {"kind": "slow_ppr", "door": "ppr", "seconds": 1},
    {"kind": "moved_column", "door": "post", "after": 3},
    {"kind": "extra_popup", "door": "post", "after": 2},
    {"kind": "two_holds", "door": "submit"},
    {"kind": "cut", "door": "submit"},
    {"kind": "error_page_after", "door": "submit"},
    {"kind": "login_page", "door": "submit"},
    {"kind": "state_loss", "door": "post", "after": 6},
)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_two_hundred_invoices_with_troubles_are_each_there_once(
    open_office: Callable[..., Office], capsys: pytest.CaptureFixture[str]
) -> None:
    office = open_office("plain")
    adapter = office.adapter()
    ends = time.monotonic() + float(os.environ.get("SOAK_SECONDS", "300"))
    numbers: list[str] = []
    stopped: list[str] = []
    while len(numbers) < INVOICES and time.monotonic() < ends:
        number = f"MANY-{len(numbers):03d}"
        document = office.document(adapter, number)
        if len(numbers) % 2:
            office.portal.fault(**TROUBLES[len(numbers) // 2 % len(TROUBLES)], times=1, buyer=office.buyer)  # type: ignore[arg-type]
        numbers.append(number)
        if not _sent(office, adapter, document):
            stopped.append(number)
        office.portal.accepts(buyer=office.buyer)
    held = [one["number"] for one in office.portal.documents(buyer=office.buyer)]
    assert sorted(held) == sorted(set(numbers) - set(stopped))
    with capsys.disabled():
        print(f"\n{len(numbers)} invoices through the browser, {len(stopped)} before a person with a picture")


def _sent(office: Office, adapter: Adapter, document: Document) -> bool:
    """The road of the pipeline: send; in doubt, look; again only what is not there. False: stopped, with a picture."""
    for _ in range(3):
        try:
            assert adapter.submit(document, STAMP.reference).outcome is Outcome.receipted
            return True
        except MaybeSent:
            if any(found.complete for found in adapter.find(document.number)):
                return True
        except NotSent:
            assert office.there(document.number) == []
        except PortalChanged as changed:
            pictured = any(one.media_type == "image/jpeg" for one in changed.evidence)
            if changed.in_doubt or not pictured:
                raise
            return False
    raise AssertionError(f"{document.number} was neither sent nor stopped")
