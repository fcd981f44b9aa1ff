"""A portal's invoices, kept in the orders that are asked for: by id, number, status and time of change.

A poll for what changed since yesterday must cost what changed, not what is open, also with 100,000 invoices. Not
thread-safe: whoever owns it holds a lock around every call.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Record(Protocol):
    """What the ledger must know of an invoice."""

    id: int
    status: str
    updated_at: datetime

    @property
    def number(self) -> str: ...


RecordT = TypeVar("RecordT", bound=Record)


class Ledger(Generic[RecordT]):
    """Invoices by id, with sorted ids, (updated_at, id) pairs, and sets of ids by number and by status."""

    def __init__(self) -> None:
        self._invoices: dict[int, RecordT] = {}
        self._ids: list[int] = []
        self._changes: list[tuple[datetime, int]] = []
        self._by_number: dict[str, list[int]] = {}
        self._by_status: dict[str, set[int]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[RecordT]:
        """All invoices in order of id."""
        return (self._invoices[number] for number in self._ids)

    def get(self, invoice_id: int) -> RecordT | None:
        """The invoice with that id."""
        return self._invoices.get(invoice_id)

    def numbered(self, number: str) -> list[RecordT]:
        """Invoices with that invoice number, oldest first (several when suppliers or years differ)."""
        return [self._invoices[found] for found in self._by_number.get(number, ())]

    def add(self, invoice: RecordT) -> None:
        """Take in a new invoice; its id must be higher than all others."""
        self.add_all((invoice,))

    def add_all(self, invoices: Sequence[RecordT]) -> None:
        """Take in many new invoices with rising ids, sorting once."""
        for invoice in invoices:
            self._invoices[invoice.id] = invoice
            self._ids.append(invoice.id)
            self._by_number.setdefault(invoice.number, []).append(invoice.id)
            self._by_status.setdefault(invoice.status, set()).add(invoice.id)
        if len(invoices) == 1:
            insort(self._changes, (invoices[0].updated_at, invoices[0].id))
        else:
            self._changes.extend((invoice.updated_at, invoice.id) for invoice in invoices)
            self._changes.sort()

    def remove(self, invoice: RecordT) -> None:
        """Forget an invoice; its number is free again."""
        del self._invoices[invoice.id]
        del self._ids[bisect_left(self._ids, invoice.id)]
        del self._changes[bisect_left(self._changes, (invoice.updated_at, invoice.id))]
        self._by_number[invoice.number].remove(invoice.id)
        self._by_status[invoice.status].discard(invoice.id)

    def touch(self, invoice: RecordT, at: datetime) -> None:
        """Set the time of change, keeping the order of changes."""
        del self._changes[bisect_left(self._changes, (invoice.updated_at, invoice.id))]
        invoice.updated_at = at
        insort(self._changes, (at, invoice.id))

    def set_status(self, invoice: RecordT, status: str) -> None:
        """Set the status, keeping the sets by status."""
        self._by_status[invoice.status].discard(invoice.id)
        invoice.status = status
        self._by_status.setdefault(status, set()).add(invoice.id)

    def renumbered(self, invoice: RecordT, before: str) -> None:
        """Tell the ledger that an invoice's number was changed from `before`."""
        self._by_number[before].remove(invoice.id)
        self._by_number.setdefault(invoice.number, []).append(invoice.id)

    # What a query may start from. Each answers ids in rising order, or how many there would be.

    def changed(self, since: datetime, *, inclusive: bool) -> Sequence[int]:
        """Ids of the invoices changed after (or at) a time."""
        return sorted(invoice_id for _, invoice_id in self._changes[self._change_position(since, inclusive) :])

    def count_changed(self, since: datetime, *, inclusive: bool) -> int:
        """How many invoices changed after (or at) a time."""
        return len(self._changes) - self._change_position(since, inclusive)

    def _change_position(self, since: datetime, inclusive: bool) -> int:
        # Ids start at 1, so (since, 0) stands before every change at `since`; no id reaches 2**63.
        return bisect_left(self._changes, (since, 0 if inclusive else 2**63))

    def above(self, invoice_id: int, *, inclusive: bool) -> Iterable[int]:
        """Ids above (or from) an id, lazily."""
        position = self._id_position(invoice_id, inclusive)
        return (self._ids[index] for index in range(position, len(self._ids)))

    def count_above(self, invoice_id: int, *, inclusive: bool) -> int:
        """How many ids there are above (or from) an id."""
        return len(self._ids) - self._id_position(invoice_id, inclusive)

    def _id_position(self, invoice_id: int, inclusive: bool) -> int:
        return (bisect_left if inclusive else bisect_right)(self._ids, invoice_id)

    def ids_numbered(self, numbers: Iterable[str]) -> Sequence[int]:
        """Ids of the invoices with one of these invoice numbers."""
        return sorted(found for number in set(numbers) for found in self._by_number.get(number, ()))

    def ids_in(self, statuses: Iterable[str]) -> Sequence[int]:
        """Ids of the invoices in one of these statuses."""
        return sorted(found for status in set(statuses) for found in self._by_status.get(status, ()))

    def count_in(self, statuses: Iterable[str]) -> int:
        """How many invoices are in one of these statuses."""
        return sum(len(self._by_status.get(status, ())) for status in set(statuses))

    def ids(self) -> Iterable[int]:
        """All ids, lazily."""
        return (self._ids[index] for index in range(len(self._ids)))
