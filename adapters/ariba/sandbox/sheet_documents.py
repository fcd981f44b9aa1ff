"""Confirmations, service entry sheets and time cards as suppliers send them (cXML facts 4; Fulfill.dtd)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml import etree

from gateway.standin.reading import decimal, moment, text_at, whole

from .records import ZERO, SheetLine

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True, slots=True)
class SheetContent:
    """A ServiceEntryRequest: its id, order and lines."""

    id: str
    order: str
    operation: str
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class CardContent:
    """A TimeCard: hours by pay code (billable ones)."""

    id: str
    order: str
    kind: str
    status: str
    worker: str
    hours: dict[str, Decimal]
    period: tuple[datetime, datetime] | None


def confirmed_order(request: etree._Element) -> str:
    """The order a ConfirmationRequest confirms; empty when it rejects it."""
    header = request.find("ConfirmationHeader")
    if header is not None and header.get("type") == "reject":
        return ""
    return _order(request)


def sheet_from(request: etree._Element) -> SheetContent:
    """Raises `ValueError` for a missing header and for what is no number."""
    header = request.find("ServiceEntryRequestHeader")
    if header is None:
        raise ValueError("ServiceEntryRequestHeader is missing")
    return SheetContent(
        header.get("serviceEntryID", ""),
        _order(request),
        header.get("operation", "new"),
        tuple(_sheet_line(item) for item in request.iter("ServiceEntryItem")),
    )


def card_from(request: etree._Element) -> CardContent:
    """Raises `ValueError` for a missing TimeCard or a duration that is none."""
    card = request.find("TimeCard")
    if card is None:
        raise ValueError("TimeCard is missing")
    hours: dict[str, Decimal] = {}
    for interval in card.iter("TimeCardTimeInterval"):
        if interval.get("isNonBillable") != "yes":
            code = interval.get("payCode", "")
            hours[code] = hours.get(code, ZERO) + hours_from(interval.get("duration", ""))
    period = card.find("ReportedTime/Period")
    start, end = (moment(period.get(name, "")) if period is not None else None for name in ("startDate", "endDate"))
    return CardContent(
        card.get("timeCardID", ""),
        _order(card),
        card.get("type", "new"),
        card.get("status", "submitted"),
        text_at(card, "Contractor/ContractorIdentifier"),
        hours,
        (start, end) if start and end else None,
    )


def hours_from(duration: str) -> Decimal:
    """An ISO 8601 duration of days and less, in hours. Raises `ValueError`."""
    found = DURATION.fullmatch(duration.strip())
    if not found or not any(found.groups()):
        raise ValueError(f"{duration!r} is not a duration")
    days, hours, minutes, seconds = (Decimal(piece or 0) for piece in found.groups())
    return days * 24 + hours + minutes / 60 + seconds / 3600


def _sheet_line(item: etree._Element) -> SheetLine:
    reference = item.find("ItemReference")
    rate = item.find("UnitRate")
    return SheetLine(
        whole(item.get("serviceLineNumber")) or 0,
        whole(reference.get("lineNumber")) if reference is not None else None,
        decimal(item.get("quantity")),
        text_at(rate, "UnitOfMeasure") or text_at(item, "UnitOfMeasure"),
        decimal(text_at(item, "SubtotalAmount/Money")),
    )


def _order(element: etree._Element) -> str:
    for name in ("OrderReference", "OrderIDInfo"):
        for found in element.iter(name):
            if found.get("orderID"):
                return str(found.get("orderID"))
    return ""
