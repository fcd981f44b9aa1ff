"""The contract suite runs over every folder under `adapters/`, each in all its variants."""

from collections.abc import Iterator

import pytest

from gateway.adapter import Account
from gateway.driven import AccountBrowser
from tests.contract.desk import Desk, desks, stand_in
from tests.contract.variants import variants_of


@pytest.fixture(scope="session")
def one_browser() -> Iterator[AccountBrowser]:
    """For all portals that are driven; it starts when one of them uses it, and every adapter signs in anew."""
    browser = AccountBrowser(Account("contract", "", {}, lambda name: ""))
    yield browser
    browser.close()


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a variant that takes minutes are `driven`, but for the few of every run."""
    for item in items:
        named = getattr(item, "callspec", None) and item.callspec.params.get("desk")  # type: ignore[attr-defined]
        quick = variants_of(named[0])[named[1]].quick if named else frozenset()
        if quick and item.name.split("[")[0] not in quick:
            item.add_marker(pytest.mark.driven)


@pytest.fixture(params=list(desks()), ids=lambda named: "-".join(part for part in named if part))
def desk(request: pytest.FixtureRequest, one_browser: AccountBrowser) -> Iterator[Desk]:
    """An adapter at work against a fresh stand-in."""
    key, name = request.param
    variant = variants_of(key)[name]
    at_work = Desk(stand_in(key, variant.stand_in), key, variant, one_browser)
    yield at_work
    at_work.close()
