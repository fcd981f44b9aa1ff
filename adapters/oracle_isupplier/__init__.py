"""Oracle's supplier portals, seen from the supplier's side: iSupplier (E-Business Suite) and Fusion."""

from collections.abc import Mapping
from types import MappingProxyType

from adapters.oracle_isupplier.adapter import Adapter

FORMATS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"isupplier-form": {"transport": "ebs"}, "fusion-json": {"transport": "fusion"}}
)
"""What an account may send: document format -> the settings that choose it."""

DRIVES_A_BROWSER = True
"""The adapter takes a `gateway.adapter.Browser` beside its HTTP client; nothing is started before it is used."""

__all__ = ["DRIVES_A_BROWSER", "FORMATS", "Adapter"]
