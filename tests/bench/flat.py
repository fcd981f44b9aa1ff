"""Bench 7: a browser that works all day does not grow: memory of the worker and its browser over 500 invoices.

One account of the iSupplier sandbox, without delays; each invoice with a paper by the adapter's verb `submit`. Counted
are the process and everything below it but the sandbox, pages that several of them share only once (PSS).
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from adapters.oracle_isupplier.adapter import Adapter
from gateway.adapter import Presentation, Stamp
from gateway.connection import open_connection
from gateway.driven import AccountBrowser
from gateway.verdict import Outcome
from tests.bench.isupplier import DRIVEN, Stand, open_stand
from tests.bench.memory import megabytes_of_tree
from tests.bench.result import Figure
from tests.packets import ORDER_AT_PORTAL, packet, paper

MOST_GROWTH = 1.2


def flat(folder: Path, *, quick: bool) -> list[Figure]:
    """500 invoices, looked at after 50, 250 and 500."""
    at = (1, 2) if quick else (50, 250, 500)
    with open_stand(folder, {DRIVEN: {"profile": "plain"}}) as stand:
        stand.ask(DRIVEN, "POST", "orders", {"orders": [ORDER_AT_PORTAL]})
        seen = dict(_sent(stand, at))
        held = stand.ask(DRIVEN, "GET", "invoices")["invoices"]
    assert len(held) == at[-1], f"the portal holds {len(held)} invoices, not {at[-1]}"
    told = ", ".join(f"{megabytes:.0f} MB at {count}" for count, megabytes in seen.items())
    what = f"memory of worker and browser, {at[-1]} invoices against {at[0]}"
    return [Figure("flat", what, seen[at[-1]] / seen[at[0]], "x", None if quick else MOST_GROWTH, told)]


def _sent(stand: Stand, at: tuple[int, ...]) -> Iterator[tuple[int, float]]:
    """How many were sent, and megabytes then."""
    account = stand.at(DRIVEN)
    with open_connection(account) as http, closing(AccountBrowser(account)) as browser:
        adapter = Adapter(account, http, browser=browser)
        for number in range(1, at[-1] + 1):
            stamp = Stamp(reference=f"flat-{number}", built_at=datetime.now(UTC))
            document = adapter.render(packet(f"FLAT-{number:04d}"), [paper()], Presentation(), stamp)
            receipt = adapter.submit(document, stamp.reference)
            assert receipt.outcome is Outcome.receipted, receipt
            if number in at:
                yield number, megabytes_of_tree(without=stand.pid)
