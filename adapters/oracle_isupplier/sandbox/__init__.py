"""Oracle's stand-ins: pages that behave as those of the E-Business Suite do, and Fusion's REST (see README.md)."""

from .command import main
from .portal import Portal

__all__ = ["Portal", "main"]
