"""How numbers, days and instants are written: plain, exact, never rounded."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from gateway.adapter import Presentation
from gateway.currency import minor_units
from gateway.errors import CannotExpress
from gateway.packet import plain_decimal

WHERE = "cXML"


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one document. `sign` is -1 where a credit note is written with negative figures."""

    currency: str
    sign: int
    least_decimals: int
    price_decimals: int | None
    quantity_decimals: int | None

    def money(self, amount: Decimal) -> str:
        """An amount of the document, signed; at least the currency's decimals (and never fewer than two)."""
        return padded(amount * self.sign, self.least_decimals)

    def price(self, price: Decimal, path: str) -> str:
        """A unit price, as given and without sign. Raises CannotExpress beyond the client's decimals."""
        limit = self.price_decimals
        _must_fit(price, limit, path, "price")
        return padded(price, self.least_decimals if limit is None else min(limit, self.least_decimals))

    def quantity(self, quantity: Decimal, path: str) -> str:
        """A quantity, signed. Raises CannotExpress beyond the client's decimals."""
        _must_fit(quantity, self.quantity_decimals, path, "quantity")
        return plain_decimal(quantity * self.sign)


def figures_for(currency: str, sign: int, presentation: Presentation) -> Figures:
    """Raises CannotExpress for a code that is no currency of ISO 4217."""
    units = minor_units(currency)
    if units is None:
        raise CannotExpress(WHERE, "/invoice/currency", f"{currency} is not an ISO 4217 currency")
    return Figures(currency, sign, max(2, units), presentation.price_decimals, presentation.quantity_decimals)


def padded(number: Decimal, decimals: int) -> str:
    """Plain and exact, filled with zeros up to `decimals` places."""
    text = plain_decimal(number)
    missing = decimals - _decimals(text)
    if missing <= 0:
        return text
    return f"{text}{'' if '.' in text else '.'}{'0' * missing}"


def noon(day: date) -> str:
    """A day where cXML wants an instant: noon UTC is that same day from UTC-12 to UTC+11."""
    return instant(datetime.combine(day, time(12), UTC))


def invoice_instant(issued_on: date, built_at: datetime) -> str:
    """The issue day, never later than the document itself (cXML: invoiceDate <= timestamp) while it is the same day."""
    at_noon = datetime.combine(issued_on, time(12), UTC)
    return instant(min(at_noon, built_at) if built_at.astimezone(UTC).date() == issued_on else at_noon)


def instant(moment: datetime) -> str:
    """ISO 8601 to the second, with the offset that cXML requires."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _must_fit(number: Decimal, limit: int | None, path: str, what: str) -> None:
    if limit is not None and _decimals(plain_decimal(number)) > limit:
        raise CannotExpress(
            WHERE, path, f"the {what} {plain_decimal(number)} has more than the {limit} decimals this client takes"
        )
