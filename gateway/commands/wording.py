"""How the command line says times, amounts, who acts, places and findings, so that all commands read alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from checklists.wording import money
from gateway.verdict import Actor, Outcome, Stage

__all__ = ["ACTORS", "OUTCOMES", "SHORT_ACTORS", "STAGES", "Calendar", "money", "place", "span", "totals"]

ACTORS: Mapping[str, str] = MappingProxyType(
    {
        Actor.us: "us, the billing office",
        Actor.field: "the field: crew, foreman, project manager",
        Actor.client_ap: "the client's accounts payable",
        Actor.portal_admin: "the administrator of the portal account",
        Actor.nobody: "nobody",
    }
)
SHORT_ACTORS: Mapping[str, str] = MappingProxyType(
    {
        Actor.us: "us",
        Actor.field: "field",
        Actor.client_ap: "client's AP",
        Actor.portal_admin: "portal admin",
        Actor.nobody: "",
    }
)

STAGES: Mapping[str, str] = MappingProxyType(
    {
        Stage.received: "handed over, not yet checked",
        Stage.checked: "the checklist found nothing that stops it",
        Stage.built: "ready, waiting for its turn at the portal",
        Stage.sending: "being sent, or the portal is asked whether it arrived",
        Stage.waiting: "at the portal, waiting for its answer",
        Stage.correcting: "being corrected",
        Stage.held: "needs a decision",
        Stage.accepted: "the buyer accepted it",
        Stage.stopped: "ended for good",
    }
)

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        Outcome.not_sent: "did not arrive",
        Outcome.maybe_sent: "in doubt",
        Outcome.receipted: "received by the portal",
        Outcome.refused: "refused by the portal",
    }
)


class Calendar:
    """Instants as the office reads them: in its own time zone, and how far off."""

    def __init__(self, time_zone: str, now: datetime) -> None:
        self._zone = ZoneInfo(time_zone)
        self.now = now

    def at(self, instant: datetime) -> str:
        """`Fri 27 Nov 17:00`; the year where it is not this one, the zone never (it is told once)."""
        local = instant.astimezone(self._zone)
        year = "" if local.year == self.now.astimezone(self._zone).year else " %Y"
        return local.strftime(f"%a %d %b{year} %H:%M")

    def exactly(self, instant: datetime) -> str:
        """With seconds, for a time-line."""
        return instant.astimezone(self._zone).strftime("%d %b %H:%M:%S")

    def due(self, instant: datetime | None) -> str:
        """A deadline and how far off it is: `Fri 27 Nov 17:00 (in 6 days)`."""
        if instant is None:
            return ""
        left = instant - self.now
        words = f"in {span(left)}" if left > timedelta(0) else f"{span(-left)} overdue"
        return f"{self.at(instant)} ({words})"

    def ago(self, instant: datetime | None) -> str:
        """`5 min ago`, or `never`."""
        return f"{span(self.now - instant)} ago" if instant else "never"

    @property
    def zone(self) -> str:
        """The time zone's name."""
        return self._zone.key


def span(length: timedelta) -> str:
    """A length of time in its largest sensible unit: `6 days`, `5 h`, `12 min`, `3 s`."""
    seconds = max(0, round(length.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit != "day" and seconds >= size):
            count = seconds // size
            return f"{count} {unit}" + ("s" if unit == "day" else "")
    return f"{seconds} s"


def totals(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency in one line: `12,345.60 USD, 800.00 CAD`."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(amounts.items()))


_NAMED = {
    "invoice": "",
    "lines": "line",
    "documents": "document",
    "orders": "order",
    "custom_fields": "custom field",
    "adjustments": "allowance or charge",
    "tax_breakdown": "tax row",
}


def place(pointer: str) -> str:
    """A place in a packet in words: `/invoice/lines/2/unit_price` is `line 3, unit price`: places are counted from 1.

    What is not a JSON pointer is told as it is."""
    if not pointer.startswith("/"):
        return pointer
    told: list[str] = []
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if step.isdigit() and told:
            told[-1] = f"{told[-1]} {int(step) + 1}"
        elif words := _NAMED.get(step, step.replace("_", " ")):
            told.append(words)
    return ", ".join(told) or "the packet"
