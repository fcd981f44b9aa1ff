"""Bench 6: iSupplier by browser: how long an invoice takes against a plain script, and against the portal's own delays.

The same stand-in with the delays that were measured on real pages (1.4 to 3.7 s for a part of a page, 4 s for a whole
one), and clean weeks of the demonstration with their papers: the plain script enters one after the other, signing in
each time, while the adapter sends its own, by its verb `submit` on one account that is signed in. Times are waits for a
portal, so both may run at once.
"""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from adapters.oracle_isupplier.adapter import Adapter
from adapters.oracle_isupplier.sandbox import Portal
from gateway.adapter import Account, File, Presentation, Stamp
from gateway.connection import open_connection
from gateway.driven import AccountBrowser
from gateway.packet import Packet, packet_from
from gateway.verdict import Outcome
from tests.bench import plain_script
from tests.bench.result import Figure
from tests.bench.weeks import Weeks, weeks
from tests.bench.yard import standing

SCRIPT, DRIVEN = "plain-script", "driven"
LEAST_FASTER = 5.0
MOST_OVER_PAGES = 1.5


@dataclass(frozen=True, slots=True)
class Stand:
    """The stand-in: one tenant for each of the two, with an account for it."""

    url: str
    pid: int
    account: dict[str, Any]
    secrets: dict[str, str]

    def ask(self, tenant: str, method: str, what: str, body: object = None) -> Any:
        """The control API of a tenant; its JSON."""
        with httpx.Client(trust_env=False, timeout=60) as http:
            answer = http.request(method, f"{self.url}/{tenant}/_sandbox/{what}", json=body)
        answer.raise_for_status()
        return answer.json()

    def at(self, tenant: str) -> Account:
        """An account with that tenant."""
        settings = {**self.account, "url": f"{self.url}/{tenant}", "canary": False}
        return Account(tenant, "oracle_isupplier", settings, self.secrets.__getitem__)


def isupplier(folder: Path, *, quick: bool) -> list[Figure]:
    """Three invoices by the plain script while the adapter sends twelve."""
    plain, ours = (0, 1) if quick else (3, 12)
    delays = "none" if quick else "facts"
    made = weeks(datetime.now(UTC))
    tenants = {name: {"profile": "plain", "delays": delays, "sites": [{"name": "RT-01"}]} for name in (SCRIPT, DRIVEN)}
    with open_stand(folder, tenants) as stand:
        for name in tenants:
            stand.ask(name, "POST", "orders", {"orders": orders_at(made, plain + ours)})
        with ThreadPoolExecutor(2) as crew:
            by_script = crew.submit(_by_script, stand, made, plain)
            by_us = crew.submit(_by_us, stand, made, ours)
            took, (mine, pages) = by_script.result(), by_us.result()
        waited = stand.ask(SCRIPT, "GET", "delays")["seconds"]
        for name, count in ((SCRIPT, plain), (DRIVEN, ours)):
            held = stand.ask(name, "GET", "invoices")["invoices"]
            assert len(held) == count, f"the portal holds {len(held)} invoices of {name}, not {count}"
    return _figures(took, waited / max(plain, 1), mine, pages)


@contextmanager
def open_stand(folder: Path, tenants: Mapping[str, Any]) -> Iterator[Stand]:
    """The stand-in with these tenants, a process of its own."""
    with Portal() as template:
        account = template.account()
    secrets = account.pop("secrets")
    with standing("oracle_isupplier", folder, {"buyers": dict(tenants)}) as (url, pid):
        yield Stand(url, pid, account, secrets)


def orders_at(made: Weeks, packets: int) -> list[dict[str, Any]]:
    """The orders as iSupplier's control API takes them: no names of another portal's fields."""
    known = ("line", "type", "description", "uom", "quantity", "price", "amount")
    return [
        {**order, "lines": [{key: line[key] for key in known if key in line} for line in order["lines"]]}
        for order in made.orders(packets)
    ]


def packets_of(made: Weeks, first: int, count: int) -> list[tuple[Packet, tuple[File, ...]]]:
    """Packets with their papers, as intake would hand them to the adapter."""
    found = []
    for handed, files in made.packets(first, count):
        packet = packet_from(handed)
        kinds = {paper.name: paper for paper in packet.documents}
        papers = tuple(
            File(name, kinds[name].media_type, str(kinds[name].kind), content, kinds[name].sha256)
            for name, content in files.items()
        )
        found.append((packet, papers))
    return found


def _by_script(stand: Stand, made: Weeks, count: int) -> list[float]:
    """Seconds of each invoice by the plain script."""
    took = []
    user, password = stand.account["user"], stand.secrets["password"]
    for packet, files in packets_of(made, 0, count):
        invoice = packet.invoice
        items: dict[int, Decimal] = {}
        for line in invoice.lines:
            assert line.order is not None
            assert line.order.line is not None
            items[line.order.line] = items.get(line.order.line, Decimal(0)) + line.quantity
        wanted = plain_script.Wanted(
            number=invoice.number,
            day=invoice.issued_on.strftime("%d-%b-%Y"),
            description=invoice.note,
            po=invoice.orders[0].number,
            items=items,
            papers={file.name: file.content for file in files},
        )
        began = time.perf_counter()
        plain_script.enter(f"{stand.url}/{SCRIPT}", user, password, wanted)
        took.append(time.perf_counter() - began)
    return took


def _by_us(stand: Stand, made: Weeks, count: int) -> tuple[list[float], list[float]]:
    """Seconds of each invoice by the verb `submit`, signed in before; and the portal's own delays of each."""
    account = stand.at(DRIVEN)
    took, pages = [], []
    with open_connection(account) as http, closing(AccountBrowser(account)) as browser:
        adapter = Adapter(account, http, browser=browser)
        adapter.find("none-of-ours")  # warm: signed in
        for packet, files in packets_of(made, 0, count):
            stamp = Stamp(reference=packet.invoice.number, built_at=datetime.now(UTC))
            document = adapter.render(packet, files, Presentation(), stamp)
            before = stand.ask(DRIVEN, "GET", "delays")["seconds"]
            began = time.perf_counter()
            receipt = adapter.submit(document, stamp.reference)
            took.append(time.perf_counter() - began)
            pages.append(stand.ask(DRIVEN, "GET", "delays")["seconds"] - before)
            assert receipt.outcome is Outcome.receipted, receipt
    return took, pages


def _figures(
    plain: Sequence[float], plain_delays: float, ours: Sequence[float], pages: Sequence[float]
) -> list[Figure]:
    """Medians over the invoices. Without delays, and so without the script, there is only the time to tell."""
    mine, delays = statistics.median(ours), statistics.median(pages)
    if not plain:
        return [Figure("isupplier", "an invoice, its pages without delays", mine, "s")]
    script = statistics.median(plain)
    faster = f"{script:.0f} s against {mine:.1f} s: {script / mine:.2f} times as fast"
    own = f"{mine:.1f} s, of which the pages' own delays are {delays:.1f} s"
    besides = f"{script - plain_delays:.0f} s against {mine - delays:.1f} s"
    return [
        Figure("isupplier", "an invoice against a plain script", mine / script, "x", 1 / LEAST_FASTER, faster),
        Figure(
            "isupplier",
            "the same, without the pages' own delays on either side",
            (mine - delays) / (script - plain_delays),
            "x",
            1 / LEAST_FASTER,
            besides,
        ),
        Figure("isupplier", "an invoice against its pages' own delays", mine / delays, "x", MOST_OVER_PAGES, own),
    ]
