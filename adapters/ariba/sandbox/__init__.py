"""The stand-in for SAP Business Network (Ariba): a real local HTTP server, as far as the facts go (see README.md)."""

from .command import main
from .portal import Portal

__all__ = ["Portal", "main"]
