"""The Fusion part of the stand-in: `payablesInvoicesInSupplierPortal` over REST, as far as the facts go."""

from .portal import Portal, account_of
from .site import FusionSite, Place

__all__ = ["FusionSite", "Place", "Portal", "account_of"]
