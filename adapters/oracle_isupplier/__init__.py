"""Oracle's supplier portals, seen from the supplier's side."""

from collections.abc import Mapping
from types import MappingProxyType

from adapters.oracle_isupplier.adapter import Adapter

FORMATS: Mapping[str, Mapping[str, str]] = MappingProxyType({"fusion-json": {"transport": "fusion"}})
"""What an account may send: document format -> the settings that choose it."""

__all__ = ["FORMATS", "Adapter"]
