"""The difference between two revisions, and whether a machine was licensed to make it.

A difference is a JSON Patch (RFC 6902: add, remove, replace) over the canonical JSON of the packets, with the old value
beside each change. Money, quantities, rates, hours and parties are never changed by a machine, whatever a rule or a
client's licence says: `OUT_OF_REACH` is asked last and always.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from gateway.packet import Packet, canonical_json, packet_from

Patch = list[dict[str, Any]]

# JSON pointers with * for any one step; a place below one of these is out of reach as well.
OUT_OF_REACH = (
    "/client",
    "/generated_at",
    "/source_id",
    "/source_system",
    "/invoice/adjustments/*/amount",
    "/invoice/adjustments/*/kind",
    "/invoice/adjustments/*/purpose",
    "/invoice/adjustments/*/reason",
    "/invoice/adjustments/*/tax/amount",
    "/invoice/adjustments/*/tax/rate",
    "/invoice/buyer",
    "/invoice/currency",
    "/invoice/due_on",
    "/invoice/payment_terms/discounts",
    "/invoice/payment_terms/net_days",
    "/invoice/preceding",
    "/invoice/remit_to/address",
    "/invoice/remit_to/contact_name",
    "/invoice/remit_to/email",
    "/invoice/remit_to/name",
    "/invoice/remit_to/phone",
    "/invoice/remit_to/registration_id",
    "/invoice/remit_to/tax_id",
    "/invoice/remit_to/vat_id",
    "/invoice/seller/address",
    "/invoice/seller/code",
    "/invoice/seller/contact_name",
    "/invoice/seller/email",
    "/invoice/seller/name",
    "/invoice/seller/phone",
    "/invoice/seller/registration_id",
    "/invoice/ship_from",
    "/invoice/ship_to",
    "/invoice/tax_breakdown/*/exemption_reason",
    "/invoice/tax_breakdown/*/rate",
    "/invoice/tax_breakdown/*/tax_amount",
    "/invoice/tax_breakdown/*/taxable_amount",
    "/invoice/totals",
    "/invoice/type",
    "/invoice/lines/*/adjustments/*/amount",
    "/invoice/lines/*/adjustments/*/kind",
    "/invoice/lines/*/adjustments/*/purpose",
    "/invoice/lines/*/adjustments/*/reason",
    "/invoice/lines/*/adjustments/*/tax/amount",
    "/invoice/lines/*/adjustments/*/tax/rate",
    "/invoice/lines/*/kind",
    "/invoice/lines/*/labour",
    "/invoice/lines/*/net_amount",
    "/invoice/lines/*/number",
    "/invoice/lines/*/period",
    "/invoice/lines/*/price_base_quantity",
    "/invoice/lines/*/quantity",
    "/invoice/lines/*/tax/amount",
    "/invoice/lines/*/tax/rate",
    "/invoice/lines/*/unit_price",
    "/documents/*/hours",
    "/documents/*/signed_by",
    "/documents/*/signed_on",
    "/documents/*/period",
)


def difference(before: Packet, after: Packet) -> Patch:
    """What changed from `before` to `after`, as a JSON Patch with the old values under `was`."""
    return list(_differences("", json.loads(canonical_json(before)), json.loads(canonical_json(after))))


def places(patch: Patch) -> tuple[str, ...]:
    """The JSON pointers that a patch touches."""
    return tuple(change["path"] for change in patch)


def out_of_reach(patch: Patch) -> tuple[str, ...]:
    """The places in a patch that no machine may change; a whole line or paper that comes or goes is judged by all it
    holds."""
    return tuple(leaf for leaf in touched(patch) if any(_at_or_below(leaf, place) for place in OUT_OF_REACH))


def touched(patch: Patch) -> tuple[str, ...]:
    """Every single place that a patch changes, as JSON pointers: of what comes or goes as a whole all that it holds."""
    sides = ((change["path"], change[side]) for change in patch for side in ("value", "was") if side in change)
    return tuple(dict.fromkeys(leaf for path, value in sides for leaf in _leaves(path, value)))


def covered(patch: Patch, licence: Iterable[str]) -> bool:
    """Whether every place in a patch stands at or below a place of the licence (JSON pointers with *)."""
    allowed = tuple(licence)
    return all(any(_at_or_below(change["path"], place) for place in allowed) for change in patch)


def applied(patch: Patch, to: Packet) -> Packet:
    """The packet that a patch of `difference` leads to. Raises ValueError where an old value is another one now, and
    PacketRefused where what comes out is no packet."""
    whole = json.loads(canonical_json(to))
    for change in patch:
        *way, last = (step.replace("~1", "/").replace("~0", "~") for step in change["path"].split("/")[1:])
        at = whole
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        key: Any = int(last) if isinstance(at, list) else last
        there = at[key] if (key < len(at) if isinstance(at, list) else key in at) else None
        if there != change.get("was"):
            raise ValueError(f"{change['path']} is not what it was when the change was made")
        if change["op"] == "remove":
            del at[key]
        elif isinstance(at, list) and key == len(at):
            at.append(change["value"])
        else:
            at[key] = change["value"]
    return packet_from(whole)


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A change of a held packet that a person may accept: made for one revision, and carried out as it was shown.

    `needs`: why it is left to a person, a sentence each. `key` names exactly this change of exactly this revision."""

    revision: int
    rules: tuple[str, ...]
    says: str
    needs: tuple[str, ...]
    patch: Patch

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits of the hash of the revision and the patch."""
        text = json.dumps([self.revision, self.patch], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def values(self) -> dict[str, Any]:
        """As JSON has it, for the store and for whoever shows it."""
        return {"key": self.key, **asdict(self)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The reverse of `values`."""
        lists = {name: tuple(values[name]) for name in ("rules", "needs")}
        return cls(revision=values["revision"], says=values["says"], patch=values["patch"], **lists)


def is_at(path: str, place: str) -> bool:
    """Whether a JSON pointer is exactly this place; * in the place stands for any one step."""
    return path.count("/") == place.count("/") and _at_or_below(path, place)


def _at_or_below(path: str, place: str) -> bool:
    steps, pattern = path.split("/"), place.split("/")
    return len(steps) >= len(pattern) and all(want in ("*", step) for step, want in zip(steps, pattern, strict=False))


def _differences(path: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in after:
                yield {"op": "remove", "path": inner, "was": before[key]}
            elif key not in before:
                yield {"op": "add", "path": inner, "value": after[key]}
            else:
                yield from _differences(inner, before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list):
        common = min(len(before), len(after))
        for index in range(common):
            yield from _differences(f"{path}/{index}", before[index], after[index])
        for index in range(common, len(after)):
            yield {"op": "add", "path": f"{path}/{index}", "value": after[index]}
        for index in reversed(range(common, len(before))):
            yield {"op": "remove", "path": f"{path}/{index}", "was": before[index]}
    else:
        yield {"op": "replace", "path": path, "value": after, "was": before}


def _leaves(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}/{key}", inner)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}/{index}", inner)
    else:
        yield path
