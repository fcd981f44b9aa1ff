"""The Fusion part of the stand-in: `payablesInvoicesInSupplierPortal` over REST, as far as the facts go."""

from .portal import Portal
from .site import FusionSite, Place, account_of

__all__ = ["FusionSite", "Place", "Portal", "account_of"]
