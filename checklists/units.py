"""How much a unit of measure is, so that no spelling turns into another amount.

Source: UN/ECE Recommendation 20, Revision 17, annex II (conversion factors). Codes that are not here say nothing.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

_AMOUNTS = {
    "pieces": "EA 1, C62 1, H87 1, PR 2, DZN 12, CEN 100, GRO 144, MIL 1000",
    "seconds": "SEC 1, MIN 60, HUR 3600, LH 3600, DAY 86400, WEE 604800, MON 2629800, QAN 7889400, ANN 31557600",
    "metres": "MMT 0.001, CMT 0.01, MTR 1, LM 1, KMT 1000, INH 0.0254, FOT 0.3048, LF 0.3048, YRD 0.9144, SMI 1609.344",
    "kilograms": "GRM 0.001, KGM 1, TNE 1000, ONZ 0.02834952, LBR 0.45359237, STN 907.18474, LTN 1016.0469088",
    "litres": "MLT 0.001, LTR 1, MTQ 1000, GLL 3.785411784, GLI 4.54609, BLL 158.987294928, FTQ 28.316846592",
    "square metres": "MTK 1, FTK 0.09290304, YDK 0.83612736, ACR 4046.873, HAR 10000",
    "kilowatt hours": "WHR 0.001, KWH 1, MWH 1000",
}

UNITS: Mapping[str, tuple[str, Decimal]] = MappingProxyType(
    {
        code: (measured, Decimal(amount))
        for measured, listed in _AMOUNTS.items()
        for code, amount in (one.split() for one in listed.split(", "))
    }
)
"""Unit code -> (what it measures, how much of that)."""


def mean_different_amounts(one: str, other: str) -> bool:
    """Whether the same figure in these two units is known to be another quantity (DAY and HUR, but not EA and C62)."""
    return one in UNITS and other in UNITS and UNITS[one] != UNITS[other]
