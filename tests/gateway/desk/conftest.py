"""A desk for each database, and one on SQLite alone for what no database can make different."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.browser import launch
from tests.gateway.desk.stage import Desk, open_desk
from tests.gateway.stage import Scene


@pytest.fixture
def desk(scene: Scene) -> Iterator[Desk]:
    with open_desk(scene) as opened:
        yield opened


@pytest.fixture
def lite_desk(lite: Scene) -> Iterator[Desk]:
    with open_desk(lite) as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, pictures=True)
        yield browser
        browser.close()


@pytest.fixture
def said() -> list[str]:
    """What the browser complained of: broken policies, missing files, faults of the script."""
    return []
