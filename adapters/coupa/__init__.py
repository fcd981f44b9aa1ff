"""Coupa, seen from the supplier's side."""

from collections.abc import Mapping
from types import MappingProxyType

from adapters.coupa.adapter import Adapter

FORMATS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"cxml": {"transport": "cxml"}, "coupa-json": {"transport": "rest"}}
)
"""What an account may send: document format -> the settings that choose it."""

__all__ = ["FORMATS", "Adapter"]
