"""A running Fusion stand-in, and roads to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.oracle_isupplier import Adapter
from adapters.oracle_isupplier.sandbox.fusion import Portal
from gateway.adapter import Account
from gateway.connection import open_connection
from tests.packets import ORDER_AT_PORTAL

Connect = Callable[..., Adapter]


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as running:
        running.orders([ORDER_AT_PORTAL])
        yield running


@pytest.fixture
def connect(portal: Portal) -> Iterator[Connect]:
    """`connect(auth="oauth")`: an adapter for the stand-in's account with these settings."""
    open_ones = []

    def connected(**settings: Any) -> Adapter:
        given = {**portal.account(), **settings}
        secrets = given.pop("secrets")
        account = Account("road", "oracle_isupplier", given, secrets.__getitem__)
        open_ones.append(open_connection(account))
        return Adapter(account, open_ones[-1])

    yield connected
    for http in open_ones:
        http.close()
