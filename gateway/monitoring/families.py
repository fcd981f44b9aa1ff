"""A family of gauges as the client library has it, by its name in the catalogue."""

from collections.abc import Mapping
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily

from gateway.monitoring.catalogue import FAMILIES

_Labels = TypeVar("_Labels", bound=tuple[str, ...])


def family(name: str, values: Mapping[_Labels, float]) -> GaugeMetricFamily:
    """The gauge `clearbill_<name>` with these values by its labels. Raises KeyError for one that is not documented."""
    known = FAMILIES[f"clearbill_{name}"]
    made = GaugeMetricFamily(known.name, known.says, labels=known.labels)
    for key in sorted(values):
        made.add_metric(key, values[key])
    return made
