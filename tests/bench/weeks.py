"""Many weeks of time and materials: the demonstration's clean packets, multiplied over many purchase orders."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.demo.packets import Case, generate
from tests.bench.yard import CLIENT

_ON_ONE_ORDER = 20  # invoices: a year of work has more than one release order
_TIMES = 100  # of what the scenario's orders hold


@dataclass(frozen=True)
class Weeks:
    """Clean packets of one client as patterns, and the orders they are billed on."""

    patterns: tuple[Case, ...]
    templates: tuple[dict[str, Any], ...]
    portal: Mapping[str, Any]

    def orders(self, packets: int) -> list[dict[str, Any]]:
        """Purchase orders, ample for that many packets."""
        return [
            {**_ample(template), "number": _renumbered(template["number"], series)}
            for series in range(packets // _ON_ONE_ORDER // len(self.templates) + 1)
            for template in self.templates
        ]

    def packets(self, first: int, count: int) -> Iterator[tuple[dict[str, Any], Mapping[str, bytes]]]:
        """Hand-overs number `first` and on, each with its papers."""
        for index in range(first, first + count):
            case = self.patterns[index % len(self.patterns)]
            text = json.dumps(case.packet_json)
            series = index // _ON_ONE_ORDER // len(self.templates)
            for template in self.templates:
                text = text.replace(template["number"], _renumbered(template["number"], series))
            packet = json.loads(text)
            packet["source_id"] = f"bench-{index}"
            packet["invoice"]["number"] = f"NP-{10_000_000 + index}"
            yield packet, case.files


def weeks(now: datetime) -> Weeks:
    """Patterns from the demonstration's generator, dated around `now`."""
    scenario = generate(1, now=now)
    patterns = tuple(case for case in scenario.cases if case.client == CLIENT and not case.trouble)
    used = {number for case in patterns for number in _order_numbers(case)}
    templates = tuple(order for order in scenario.orders[CLIENT] if order["number"] in used)
    return Weeks(patterns, templates, scenario.portals[CLIENT])


def _order_numbers(case: Case) -> set[str]:
    return {order["number"] for order in case.packet_json["invoice"]["orders"]}


def _renumbered(number: str, series: int) -> str:
    """45 and eight digits, as the client's orders are numbered; a series of its own for each multiple."""
    return f"45{series + 10:03d}{number[-5:]}"


def _ample(order: Mapping[str, Any]) -> dict[str, Any]:
    ample = copy.deepcopy(dict(order))
    for line in ample["lines"]:
        for name in ("quantity", "amount"):
            if line.get(name):
                line[name] = str(float(line[name]) * _TIMES)
    return ample
