"""How much of a paper from outside is worked on, and the one way to say that something must be left alone."""

MAX_PAGES = 1_000
MAX_FRAMES = 200
MAX_PIXELS = 60_000_000
"""Of one picture: an A4 page at 600 dots an inch has 35 million."""
MAX_PICTURES = 2_000
"""Of one PDF."""
SECONDS = 60
"""Of computing, for one question to the process that works on papers."""
MEMORY = 1_536 * 1024 * 1024
"""Bytes of address space of the process that works on papers."""


class LeftAlone(Exception):
    """A paper cannot, or must not, be worked on; the message says why, in words that follow its name."""
