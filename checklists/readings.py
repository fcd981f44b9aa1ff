"""What was read in a time sheet itself, as a check is told of it, beside what the packet states of that paper.

Reading bytes is the caller's business (`gateway.timesheets`); here are only the values, and how they stand in for
what the packet states.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from gateway.packet import DocumentKind, Invoice, Packet, PayCode, Period, SupportingDocument

Signature = Literal["signed", "unsigned", "unseen"]
"""`unseen`: the paper is of a kind in which a signature cannot be read, such as a scan signed by hand."""


class Shift(NamedTuple):
    """Hours of one worker, classification and pay code; on one `day` where the sheet says which.

    `worker` is the worker's id, or the name as printed where the sheet gives no id."""

    worker: str
    classification: str
    pay_code: PayCode
    hours: Decimal
    day: date | None = None


Worked = tuple[str, str, PayCode]
"""Worker, classification and pay code, as the sheet has them."""

Days = tuple[tuple[date | None, Decimal], ...]
"""Days (None: the sheet does not say which) and the hours of each."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """One time sheet as read. What could not be read is left empty, and `why_not` says why; nothing is guessed.

    `faults`: what breaks the format in a sheet that comes as data; then nothing else is filled. `worked` are the
    sheet's hours in full, or none where they could not be read in full (`hours_known` False). `number_seen` False:
    the text was read and the number that the packet gives the sheet stands nowhere in it.
    """

    number: str = ""
    period: Period | None = None
    signature: Signature = "unseen"
    signed_by: str = ""
    signed_on: date | None = None
    worked: Mapping[Worked, Days] = field(default_factory=dict)
    hours_known: bool = False
    number_seen: bool = True
    why_not: str = ""
    faults: tuple[str, ...] = ()

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """The hours one by one."""
        return tuple(Shift(*key, hours, day) for key, days in self.worked.items() for day, hours in days)


def put_together(shifts: Iterable[Shift]) -> Mapping[Worked, Days]:
    """Hours by worker, classification and pay code, in the order in which each is met first."""
    found: dict[Worked, list[tuple[date | None, Decimal]]] = {}
    for worker, classification, pay_code, hours, day in shifts:
        found.setdefault((worker, classification, pay_code), []).append((day, hours))
    return {key: tuple(days) for key, days in found.items()}


Readings = Mapping[str, SheetReading]
"""SHA-256 of a paper -> what was read in it."""


@lru_cache(maxsize=4096)
def spelt(text: str) -> str:
    """Classifications and names compare without regard to case and blanks."""
    return " ".join(text.casefold().split())


def worker_ids(invoice: Invoice) -> Mapping[str, str]:
    """A worker's name as sheets may print it -> the id under which the invoice bills; names that two share are left
    out."""
    ids: dict[str, str] = {}
    shared: set[str] = set()
    for line in invoice.lines:
        if line.labour and line.labour.worker_name:
            name, worker = spelt(line.labour.worker_name), line.labour.worker_id
            if ids.setdefault(name, worker) != worker:
                shared.add(name)
    return {name: worker for name, worker in ids.items() if name not in shared}


def sheets_as_read(packet: Packet, readings: Readings, *, only_shown: bool) -> list[tuple[int, SupportingDocument]]:
    """The packet's time sheets with their places: what was read in a sheet stands for what the packet states of it, but
    for the hours (`hours_of`). `only_shown`: a signature counts only where the sheet itself shows it."""
    return [
        (at, _as_read(one, readings.get(one.sha256), only_shown))
        for at, one in enumerate(packet.documents)
        if one.kind is DocumentKind.timesheet
    ]


def _as_read(paper: SupportingDocument, reading: SheetReading | None, only_shown: bool) -> SupportingDocument:
    if reading is None or reading.faults:
        return paper
    known: dict[str, object] = {}
    if not paper.timesheet_id:
        known["timesheet_id"] = reading.number
    if reading.period is not None:
        known["period"] = reading.period
    if reading.signature == "signed":
        known["signed_by"] = reading.signed_by or paper.signed_by or "signature field"
        known["signed_on"] = reading.signed_on or paper.signed_on
    elif reading.signature == "unsigned" or only_shown:
        known["signed_by"], known["signed_on"] = "", None
    return paper.model_copy(update=known)


def hours_of(paper: SupportingDocument, readings: Readings, names: Mapping[str, str]) -> list[tuple[Worked, Decimal]]:
    """The hours of a sheet by worker, classification and pay code: as they were read, else as the packet states them;
    empty where neither tells. `names`: as `worker_ids` gives them."""
    reading = readings.get(paper.sha256)
    if reading is None or not reading.hours_known:
        return [((row.worker_id, row.classification, row.pay_code), row.hours) for row in paper.hours]
    return [
        ((names.get(spelt(worker), worker), classification, pay_code), sum((hours for _, hours in days), Decimal(0)))
        for (worker, classification, pay_code), days in reading.worked.items()
    ]
