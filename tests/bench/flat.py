"""Bench 7: a browser that works all day does not grow: memory of the worker and its browser over 500 invoices.

One account of the iSupplier sandbox, without delays; each invoice with a paper by the adapter's verb `submit`. Counted
are the process and everything below it but the sandbox, pages that several of them share only once (PSS). Memory goes
up and down with every renewed sign-in, some sixty invoices long: so the most of the last hundred invoices stands
against the most of the first.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
    """500 invoices, looked at after each."""
    count, some = (2, 1) if quick else (500, 100)
    with open_stand(folder, {DRIVEN: {"profile": "plain"}}) as stand:
        stand.ask(DRIVEN, "POST", "orders", {"orders": [_order_for(count)]})
        seen = list(_sent(stand, count))
        held = stand.ask(DRIVEN, "GET", "invoices")["invoices"]
    assert len(held) == count, f"the portal holds {len(held)} invoices, not {count}"
    first, last = max(seen[:some]), max(seen[-some:])
    told = f"most {first:.0f} MB and {last:.0f} MB"
    if not quick:
        told += f"; {seen[49]:.0f} MB at 50, {seen[249]:.0f} at 250, {seen[499]:.0f} at 500"
    what = f"memory of worker and browser, the last {some} of {count} invoices against the first"
    return [Figure("flat", what, last / first, "x", None if quick else MOST_GROWTH, told)]


def _order_for(count: int) -> dict[str, Any]:
    """The order with enough on its first line for so many invoices."""
    first, *others = ORDER_AT_PORTAL["lines"]
    return {**ORDER_AT_PORTAL, "lines": [{**first, "quantity": str(100 * count)}, *others]}


def _sent(stand: Stand, count: int) -> Iterator[float]:
    """Sends, and answers the megabytes after each."""
    account = stand.at(DRIVEN)
    with open_connection(account) as http, closing(AccountBrowser(account)) as browser:
        adapter = Adapter(account, http, browser=browser)
        for number in range(1, count + 1):
            stamp = Stamp(reference=f"flat-{number}", built_at=datetime.now(UTC))
            document = adapter.render(packet(f"FLAT-{number:04d}"), [paper()], Presentation(), stamp)
            receipt = adapter.submit(document, stamp.reference)
            assert receipt.outcome is Outcome.receipted, receipt
            seen = megabytes_of_tree(without=stand.pid)
            if number % 50 == 0:
                print(f"flat: {seen:.0f} MB after {number} of {count}", file=sys.stderr, flush=True)
            yield seen
