"""A sandbox of the network with one order, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from adapters.ariba.sandbox import Portal

from .sandbox_papers import ORDER, connect, invoice


@pytest.fixture
def portal() -> Iterator[Portal]:
    """With the order of the papers put."""
    with Portal() as portal:
        portal.orders([ORDER])
        yield portal


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    """A connection to it."""
    with connect(portal.url) as client:
        yield client


@pytest.fixture
def bill(portal: Portal) -> Callable[..., bytes]:
    """Writes an invoice to the default buyer."""
    buyer = portal.account()["buyer_identity"]

    def write(number: str = "INV-1", **values: Any) -> bytes:
        return invoice(number, **{"buyer": buyer, **values})

    return write
