"""The desk of a scene behind a real server, and people who are signed in without a password being hashed."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape

import httpx

from gateway import identity
from gateway.demo.doors import doors_open
from gateway.store import people
from gateway.store.people import Role
from tests.gateway.stage import Scene

COOKIE = "clearbill-session"


@dataclass
class Browser:
    """Somebody's browser: a client with a session's cookie, and the proof that its forms carry."""

    client: httpx.Client
    csrf: str = ""

    def see(self, path: str, **query: str) -> httpx.Response:
        return self.client.get(path, params=query or None)

    def order(self, path: str, **fields: str) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **fields})


@dataclass
class Desk:
    """The pages of one scene."""

    scene: Scene
    url: str
    opened: ExitStack = field(default_factory=ExitStack)

    def stranger(self) -> Browser:
        client = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        return Browser(self.opened.enter_context(client))

    def signed_in(self, role: Role = Role.coordinator, name: str = "") -> Browser:
        """Somebody with this role at work."""
        name, token = name or role.value, f"a session of {name or role.value}"
        with self.scene.house.database.write() as tx:
            now = self.scene.house.database.now(tx)
            people.insert(tx, name, role, "no password fits", now)
            people.begin_session(tx, identity.digest(token), name, now)
        browser = self.stranger()
        browser.client.cookies.set(COOKIE, token)
        browser.csrf = identity.csrf_of(token)
        return browser


@contextmanager
def open_desk(scene: Scene) -> Iterator[Desk]:
    with ExitStack() as opened:
        yield Desk(scene, opened.enter_context(doors_open(scene.house)), opened)


def words(answer: httpx.Response) -> str:
    """What is there to read on a page, in one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(text).split()).replace(" ,", ",")  # which a link may end before


def csrf_in(answer: httpx.Response) -> str:
    """The proof in the page's own form: the last, for the first is that of signing out."""
    found = re.findall(r'name="csrf" value="(\w+)"', answer.text)
    assert found, "there is no form on this page"
    return str(found[-1])
