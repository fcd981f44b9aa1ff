"""SAP Business Network (Ariba), seen from the supplier's side."""

from collections.abc import Mapping
from types import MappingProxyType

from adapters.ariba.adapter import Adapter

FORMATS: Mapping[str, Mapping[str, str]] = MappingProxyType({"cxml": {}})
"""What an account may send: document format -> the settings that choose it."""

__all__ = ["FORMATS", "Adapter"]
