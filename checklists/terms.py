"""Places in a packet, as a checklist names them: a JSON pointer, or a business term of EN 16931-1:2017.

In a pointer `*` stands for every entry of a list: `/invoice/lines/*/accounting_code`.
"""

import types
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from gateway.packet import Packet

Steps = tuple[str, ...]

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "BT-1": "/invoice/number",
        "BT-2": "/invoice/issued_on",
        "BT-3": "/invoice/type",
        "BT-5": "/invoice/currency",
        "BT-9": "/invoice/due_on",
        "BT-10": "/invoice/buyer_reference",
        "BT-12": "/invoice/contract_number",
        "BT-13": "/invoice/orders/*/number",
        "BT-20": "/invoice/payment_terms",
        "BT-22": "/invoice/note",
        "BT-25": "/invoice/preceding/number",
        "BT-26": "/invoice/preceding/issued_on",
        "BT-27": "/invoice/seller/name",
        "BT-29": "/invoice/seller/code",
        "BT-30": "/invoice/seller/registration_id",
        "BT-31": "/invoice/seller/vat_id",
        "BT-32": "/invoice/seller/tax_id",
        "BT-41": "/invoice/seller/contact_name",
        "BT-42": "/invoice/seller/phone",
        "BT-43": "/invoice/seller/email",
        "BG-5": "/invoice/seller/address",
        "BT-44": "/invoice/buyer/name",
        "BT-46": "/invoice/buyer/code",
        "BT-48": "/invoice/buyer/vat_id",
        "BG-8": "/invoice/buyer/address",
        "BG-10": "/invoice/remit_to",
        "BT-60": "/invoice/remit_to/code",
        "BG-13": "/invoice/ship_to",
        "BT-70": "/invoice/ship_to/name",
        "BT-71": "/invoice/ship_to/code",
        "BG-14": "/invoice/period",
        "BT-73": "/invoice/period/start",
        "BT-74": "/invoice/period/end",
        "BG-23": "/invoice/tax_breakdown",
        "BT-120": "/invoice/tax_breakdown/*/exemption_reason",
        "BT-127": "/invoice/lines/*/note",
        "BT-132": "/invoice/lines/*/order/line",
        "BT-133": "/invoice/lines/*/accounting_code",
        "BG-26": "/invoice/lines/*/period",
        "BT-134": "/invoice/lines/*/period/start",
        "BT-135": "/invoice/lines/*/period/end",
        "BT-151": "/invoice/lines/*/tax/category",
        "BT-155": "/invoice/lines/*/part_number",
        "BT-156": "/invoice/lines/*/buyer_part_number",
    }
)


@lru_cache(maxsize=1024)
def steps_from(name: str) -> Steps:
    """The steps of a business term or pointer. Raises ValueError when a packet has no such place."""
    if not name.startswith("/") and name not in TERMS:
        raise ValueError(
            f"{name!r} is neither a known business term nor a JSON pointer such as /invoice/buyer_reference"
        )
    pointer = TERMS.get(name, name)
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))
    kind: Any = Packet
    for position, step in enumerate(steps):
        kind = _kind_below(kind, step)
        if kind is None:
            raise ValueError(f"a packet has no place {'/' + '/'.join(steps[: position + 1])} (see `packet schema`)")
    return steps


def _kind_below(kind: Any, step: str) -> Any:
    """The type one step below `kind`, or None when there is no such step."""
    for part in _alternatives(kind):
        if isinstance(part, type) and issubclass(part, BaseModel) and step in part.model_fields:
            return part.model_fields[step].annotation
        if get_origin(part) is tuple and step == "*":
            return get_args(part)[0]
    return None


def _alternatives(kind: Any) -> Iterator[Any]:
    """The types a value may have, seen through Annotated and unions."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _alternatives(part)
    else:
        yield kind


def has_empty_place(value: object, steps: Steps) -> bool:
    """Whether `empty_places` would answer any: the quick question, asked of every line of every packet."""
    for number, step in enumerate(steps):
        if value is None or (isinstance(value, str | tuple) and not value):
            return True
        if step == "*" and isinstance(value, tuple):
            below = steps[number + 1 :]
            return any(has_empty_place(entry, below) for entry in value)
        value = getattr(value, step)
    return value is None or (isinstance(value, str | tuple) and not value)


def empty_places(value: object, steps: Steps, path: str = "") -> Iterator[str]:
    """JSON pointers of the places along `steps` where there is nothing: absent, blank, or a list without entries."""
    if value is None or (isinstance(value, str | tuple) and not value):
        yield path + "".join(f"/{step}" for step in steps if step != "*")
    elif steps and steps[0] == "*" and isinstance(value, tuple):
        for position, entry in enumerate(value):
            yield from empty_places(entry, steps[1:], f"{path}/{position}")
    elif steps:
        yield from empty_places(getattr(value, steps[0]), steps[1:], f"{path}/{steps[0]}")


def covers(wide: Steps, narrow: Steps) -> bool:
    """Whether a place with `*` holds another, itself included: `/invoice/lines/*` covers `/invoice/lines/3/unit`."""
    return len(wide) <= len(narrow) and all(a in ("*", b) for a, b in zip(wide, narrow, strict=False))
