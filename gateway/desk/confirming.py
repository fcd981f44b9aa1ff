"""What is said after an order, by an address that only this session can have been given, and for a few minutes."""

import hmac
from datetime import datetime, timedelta

from gateway.identity import Visitor, same

_JUST_NOW = timedelta(minutes=5)


def sealed(visitor: Visitor, packet_id: str, order: str, now: datetime) -> str:
    """What an address says of an order that was carried out just now: the order, the second, and a seal on both that
    nobody can make who does not hold this session."""
    second = int(now.timestamp())
    return f"{order}.{second}.{_seal(visitor, packet_id, order, second)}"


def order_in(text: str, visitor: Visitor, packet_id: str, now: datetime) -> str:
    """The order that an address confirms; "" where no order of this session's of the last minutes stands behind it."""
    order, _, rest = text.partition(".")
    second, _, seal = rest.partition(".")
    if not second.isdecimal() or len(second) > 12 or not same(seal, _seal(visitor, packet_id, order, int(second))):
        return ""
    return order if abs(now.timestamp() - int(second)) < _JUST_NOW.total_seconds() else ""


def _seal(visitor: Visitor, packet_id: str, order: str, second: int) -> str:
    said = f"done:{packet_id}:{order}:{second}"
    return hmac.new(visitor.csrf.encode(), said.encode("utf-8", "replace"), "sha256").hexdigest()[:32]
