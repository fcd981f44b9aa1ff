"""The draw: so many packets over thirteen weeks, each with or without a cause to bounce, from one seed."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any

from pypdf import PdfWriter

from gateway.demo.clients import CLIENTS, Client
from gateway.demo.desk import Desk
from gateway.demo.drafts import invoice_of, time_cards_of
from gateway.demo.orders import OrderBook
from gateway.demo.weeks import Week
from gateway.packet import plain_decimal
from tests.quarter.causes import ALL, KNOWABLE, LOOKED_AT, NETWORK, UNKNOWABLE, WHIMS, Cause, Happening, Packet

SEED = 20260105
PACKETS = 2_000
WEEKS = 13
FIRST_DAY = datetime(2031, 1, 6, 14, 0, tzinfo=UTC)
"""A Monday. The quarter lies in the future: a stand-in that goes by the real clock then never tells a time that lies
after ours, as no portal does. The network's clock is moved along with ours."""

BOUNCE = 0.10
"""The share of invoices that bounce at the portal when nobody looks at them before (README.md: where it is from)."""
NOBODY_COULD_KNOW = 0.006
"""Of all invoices, part of the share above; ours (README.md)."""
PAPERS_SENT_BACK = 0.02
"""Of all invoices: what buyers' people send back for its papers; ours."""
SENT_BACK_ANYHOW = 0.01
"""Of all invoices: what buyers' people send back for reasons of their own; ours."""
ORDERED_BEFORE = timedelta(days=40)
LEAST_DAYS, MOST_DAYS = 3, 15
"""Calendar days that a buyer takes to approve; ours."""


Hours = Mapping[tuple[str, str], Decimal]
"""(worker, pay code) -> hours of a week."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A packet as it is handed over: its JSON and its papers by name."""

    values: dict[str, Any]
    files: dict[str, bytes]

    @property
    def number(self) -> str:
        return str(self.values["invoice"]["number"])


@dataclass(frozen=True, slots=True)
class Case:
    """One invoice of the quarter: as it is handed over on its day, and as it should have been.

    `cause` is None for a good one. `approved_after`: how long the buyer takes. `worked`: what the buyer's own people
    saw, by time sheet; `bought`: what was spent on purchases."""

    handed: HandOver
    right: HandOver
    client: str
    at: datetime
    cause: Cause | None
    early: tuple[Happening, ...]
    late: tuple[Happening, ...]
    approved_after: timedelta
    worked: Mapping[str, Hours]
    bought: Decimal

    @property
    def source_id(self) -> str:
        return str(self.handed.values["source_id"])


@dataclass(frozen=True, slots=True)
class Quarter:
    """Everything that was drawn. Orders and time cards are bodies of the stand-ins' control API, by client."""

    seed: int
    days: tuple[datetime, ...]
    cases: tuple[Case, ...]
    orders: dict[str, tuple[dict[str, Any], ...]]
    time_cards: dict[str, tuple[dict[str, Any], ...]]

    def by_day(self) -> Iterator[tuple[datetime, Sequence[Case]]]:
        """The working days in order, with what is handed over on each."""
        for day in self.days:
            yield day, [case for case in self.cases if case.at == day]

    def totals(self, client: str) -> list[Decimal]:
        """What is to be billed to a client in the end, invoice by invoice, the smallest first."""
        totals = (case.right.values["invoice"]["totals"]["payable"] for case in self.cases if case.client == client)
        return sorted(Decimal(one) for one in totals)


def draw(seed: int = SEED, count: int = PACKETS, weeks: int = WEEKS) -> Quarter:
    """The same arguments give the same quarter."""
    rng = Random(seed)
    book = OrderBook(rng.randrange(10_000, 20_000), (FIRST_DAY - ORDERED_BEFORE).date())
    desk = Desk(rng, book, FIRST_DAY)
    days = [FIRST_DAY + timedelta(days=day) for day in range(7 * weeks) if day % 7 < 5]
    cases, cards = [], []
    for at in sorted(rng.choice(days) for _ in range(count)):
        desk.turn_to(at)
        case, draft_cards = _case(rng, desk, at)
        cases.append(case)
        cards.append((case.client, draft_cards))
    orders = {key: tuple(order.as_json() for order in book.of(client)) for key, client in CLIENTS.items()}
    time_cards = {key: tuple(card for name, some in cards if name == key for card in some) for key in CLIENTS}
    return Quarter(seed, tuple(days), tuple(cases), orders, time_cards)


def _case(rng: Random, desk: Desk, at: datetime) -> tuple[Case, list[dict[str, Any]]]:
    client = rng.choice(ALL)
    packet = Packet(desk, desk.usual(client))
    for entry in packet.draft.entries:  # our invoicing system knows its orders: no line leaves its kind open
        entry.kind = "amount" if entry.item.lump and not entry.by_the_dollar else "quantity"
    desk.register(packet.draft)
    right, cards = _hand_over(packet, at), time_cards_of(packet.draft)
    worked = {week.sheet_id: _hours_of(week) for week in packet.draft.weeks}
    bought = sum((one.amount for week in packet.draft.weeks for one in week.purchases), Decimal(0))
    cause = _cause(rng, client)
    if cause is not None:
        cause.spoil(packet)
    handed = _hand_over(packet, at) if cause is not None else right
    takes = timedelta(days=rng.randint(LEAST_DAYS, MOST_DAYS))
    happens = tuple(packet.early), tuple(packet.late)
    return Case(handed, right, client.key, at, cause, *happens, takes, worked, bought), cards


def _hours_of(week: Week) -> Hours:
    return {(row.worker_id, row.pay_code): row.total for row in week.rows}


def _cause(rng: Random, client: Client) -> Cause | None:
    drawn = rng.random()
    bounds = (
        (UNKNOWABLE, NOBODY_COULD_KNOW),
        (KNOWABLE, BOUNCE),
        (LOOKED_AT, BOUNCE + PAPERS_SENT_BACK),
        (WHIMS, BOUNCE + PAPERS_SENT_BACK + SENT_BACK_ANYHOW),
    )
    table = next((rows for rows, bound in bounds if drawn < bound), ())
    fitting = [row for row in table if client in row.clients]
    return rng.choices(fitting, [row.weight for row in fitting])[0] if fitting else None


# --- writing it out -----------------------------------------------------------------------------------------------


def _hand_over(packet: Packet, at: datetime) -> HandOver:
    invoice = invoice_of(packet.draft)
    if packet.client in NETWORK:
        invoice["orders"] = [_named(packet, order) for order in invoice["orders"]]
    files: dict[str, bytes] = {}
    documents = []
    for paper in _papers(packet):
        content = paper.pop("content", b"") or _page_of(paper)
        files[paper["name"]] = content
        proof = {"media_type": _media_type(paper["name"]), "sha256": hashlib.sha256(content).hexdigest()}
        documents.append({**paper, **proof, "size": len(content)})
    values = {
        "source_system": "ridgeline-billing",
        "source_id": packet.draft.source_id,
        "client": packet.client.key,
        "generated_at": at.isoformat().replace("+00:00", "Z"),
        "invoice": invoice,
        "documents": documents,
    }
    return HandOver(values, files)


def _page() -> bytes:
    writer, page = PdfWriter(), BytesIO()
    writer.add_blank_page(612, 792)
    writer.write(page)
    return page.getvalue()


PAGE = _page()
"""A sheet of paper. What is on it stands in the packet; a comment at its end makes each one itself."""


def _named(packet: Packet, order: dict[str, Any]) -> dict[str, Any]:
    """The order as our invoicing system names it on the network: by the document in which it came."""
    true = next((one for one, printed in packet.draft.printed_orders.items() if printed == order["number"]), "")
    number = true or order["number"]
    document = packet.documents.get(number, f"order-{number}-1@{packet.client.key}.example")
    return order | ({"payload_id": document} if document else {})


def _media_type(name: str) -> str:
    return {"pdf": "application/pdf", "json": "application/json"}.get(name.rpartition(".")[2], "text/plain")


def _papers(packet: Packet) -> Iterator[dict[str, Any]]:
    """What is known of each paper."""
    draft = packet.draft
    yield _paper(packet, "invoice_pdf", "invoice")
    for week in draft.weeks:
        period = {"start": str(week.start), "end": str(week.end)}
        signed_on = {"signed_on": str(week.end + timedelta(days=1))}
        hours = [_hours(row) for row in week.rows]
        known = {"timesheet_id": week.sheet_id, "period": period, "hours": hours, "signed_by": week.foreman}
        if "timesheet" not in packet.left_out:
            sheet = _paper(packet, "timesheet", f"timesheet_{week.sheet_id}", ".json") | known | signed_on
            yield sheet | {"content": _sheet(packet, week)}
        if draft.client.acceptance_form:
            signer = {"signed_by": f"Inspector, {draft.client.name}", "period": period}
            yield _paper(packet, "acceptance_form", f"acceptance_{week.sheet_id}") | signer | signed_on
        yield _paper(packet, "mileage_log", f"mileage_{week.sheet_id}") | {"period": period}
        if any(entry.item.kind == "goods" for entry in week.entries):
            yield _paper(packet, "receipt", f"materials_{week.sheet_id}")
        if "receipt" in packet.left_out:
            continue
        for count in range(len(week.purchases) + packet.extra_receipts):
            yield _paper(packet, "receipt", f"receipt_{week.sheet_id}-{count + 1}")


def _hours(row: Any) -> dict[str, str]:
    return {
        "worker_id": row.worker_id,
        "classification": row.classification,
        "pay_code": row.pay_code,
        "hours": plain_decimal(row.total),
    }


def _sheet(packet: Packet, week: Week) -> bytes:
    """The week's time sheet as data (checklists/timesheet.schema.json)."""
    signed = {"signed_by": week.foreman, "signed_on": str(week.end + timedelta(days=1))} if packet.signed else {}
    entries = [
        {
            "worker_id": row.worker_id,
            "classification": row.classification,
            "pay_code": row.pay_code,
            "day": str(week.start + timedelta(days=day)),
            "hours": float(hours),
        }
        for row in week.rows
        for day, hours in enumerate(row.hours)
        if hours
    ]
    period = {"start": str(week.start), "end": str(week.end)}
    return json.dumps({"timesheet": week.sheet_id, "period": period, **signed, "entries": entries}).encode()


def _paper(packet: Packet, kind: str, name: str, ending: str = ".pdf") -> dict[str, Any]:
    return {"kind": kind, "name": f"{packet.draft.number}_{name}{packet.renamed.get(kind, ending)}"}


def _page_of(paper: Mapping[str, Any]) -> bytes:
    return (PAGE if paper["name"].endswith(".pdf") else b"") + f"% {paper['kind']} {paper['name']}\n".encode()
