"""`python -m adapters.oracle_isupplier.sandbox`: the sandbox as a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.standin.command import serve

from .portal import Portal


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    return serve("oracle_isupplier", "Oracle iSupplier", Portal, argv)
