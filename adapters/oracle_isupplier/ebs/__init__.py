"""E-Business Suite's iSupplier pages in a driven browser: the road of buyers who have no other."""

from adapters.oracle_isupplier.ebs.road import Road

__all__ = ["Road"]
