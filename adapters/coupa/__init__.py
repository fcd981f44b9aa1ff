"""Coupa, seen from the supplier's side."""

from adapters.coupa.adapter import Adapter

__all__ = ["Adapter"]
