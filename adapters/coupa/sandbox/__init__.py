"""Coupa's stand-in: a real local HTTP server that behaves as Coupa does, as far as the facts go (see README.md)."""

from .command import main
from .portal import Portal

__all__ = ["Portal", "main"]
