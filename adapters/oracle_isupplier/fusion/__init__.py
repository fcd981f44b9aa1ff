"""Fusion Cloud's Supplier Portal by REST: the second road of this portal, for buyers on the newer product."""

from adapters.oracle_isupplier.fusion.road import Road

__all__ = ["Road"]
