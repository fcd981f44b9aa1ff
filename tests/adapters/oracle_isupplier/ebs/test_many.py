"""Two hundred invoices in a row through the browser, the pages' own troubles among them, by the whole house: each is at
the portal exactly once, whatever a person had to look at was pictured, and nothing is claimed that is not there.

A long run: `SOAK_SECONDS` ends it early, and how many there were is said. All of them, on a quiet machine:
`make soak SOAK_SECONDS=3600 PYTEST_ARGS='-k two_hundred'`.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.verdict import Outcome, ReasonCode, Stage
from tests.adapters.oracle_isupplier.ebs.billing import Billing, open_billing
from tests.adapters.oracle_isupplier.ebs.conftest import Office

INVOICES = 200
TROUBLES: tuple[dict[str, object], ...] = (
    {"kind": "session_expired", "door": "post", "after": 4},
    {"kind": "lost_answer", "door": "submit"},
    {"kind": "slow_ppr", "door": "ppr", "seconds": 1},
    {"kind": "moved_column", "door": "post", "after": 3},
    {"kind": "extra_popup", "door": "post", "after": 2},
    {"kind": "two_holds", "door": "submit"},
    {"kind": "renamed_label", "door": "post", "after": 3},
    {"kind": "cut", "door": "submit"},
    {"kind": "error_page_after", "door": "submit"},
    {"kind": "login_page", "door": "submit"},
    {"kind": "state_loss", "door": "post", "after": 6},
)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_two_hundred_invoices_with_troubles_are_each_there_once(
    open_office: Callable[..., Office], sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = time.monotonic() + float(os.environ.get("SOAK_SECONDS", "300"))
    with open_billing(open_office("plain"), sqlite_url, tmp_path) as billing:
        run = Run(billing)
        while len(run.sent) < INVOICES and time.monotonic() < ends:
            run.one_more()
        run.settle()
        run.check()
        with capsys.disabled():
            print(f"\n{run.told()}")


class Run:
    """What was handed over, and what struck it."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing
        self._begun = time.monotonic()
        self.sent: dict[str, str] = {}  # number: packet
        self.trouble: dict[str, str] = {}  # number: what struck
        self.stopped: list[str] = []  # packets during whose work a person was called

    def one_more(self) -> None:
        """Every second invoice meets the next trouble; it is worked as far as it goes."""
        billing, number = self._billing, f"MANY-{len(self.sent):03d}"
        trouble = TROUBLES[len(self.sent) // 2 % len(TROUBLES)] if len(self.sent) % 2 else None
        portal, buyer = billing.office.portal, billing.office.buyer
        if trouble is not None:
            portal.fault(times=1, buyer=buyer, **trouble)  # type: ignore[arg-type]
        self.sent[number] = packet = billing.hand_over(number)
        billing.work()
        if trouble is not None and not billing.armed():
            self.trouble[number] = str(trouble["kind"])
        portal.accepts(buyer=buyer)
        if billing.is_stopped():
            self.stopped.append(packet)
            assert billing.pictures(packet), f"{number} came before a person without a picture"
            billing.resume()
            billing.work()

    def settle(self) -> None:
        """Until nothing is under way; then what the portal says is read."""
        for _ in range(5):
            self._billing.later()
        self._billing.poll()

    def check(self) -> None:
        """Against the portal's own list."""
        billing = self._billing
        held = Counter(one["number"] for one in billing.office.portal.documents(buyer=billing.office.buyer))
        assert set(held.values()) <= {1}, "an invoice is there twice"
        for number, packet in self.sent.items():
            stage, outcomes = billing.stage(packet), billing.outcomes(packet)
            assert (Outcome.receipted in outcomes) <= (number in held), f"{number} is claimed and not there"
            done = stage in (Stage.waiting, Stage.held) and number in held
            assert done or (stage is Stage.held and billing.pictures(packet)), f"{number} is {stage}: {outcomes}"
            if self.trouble.get(number) == "two_holds":
                codes = {reason.code for verdict in billing.verdicts(packet) for reason in verdict.reasons}
                assert codes >= {ReasonCode.price_mismatch, ReasonCode.not_received}, f"{number} lost a hold"
        if len(self.sent) >= 2 * len(TROUBLES):
            assert set(self.trouble.values()) == {str(one["kind"]) for one in TROUBLES}

    def told(self) -> str:
        """The figures in a few lines."""
        struck = ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(self.trouble.values()).items()))
        presses = self._billing.office.presses()
        return (
            f"{len(self.sent)} invoices through the browser in {time.monotonic() - self._begun:.0f} s, "
            f"{presses} presses of Submit, {len(self.stopped)} times before a person with a picture; {struck}"
        )
