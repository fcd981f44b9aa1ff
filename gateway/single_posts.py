"""Posts that leave once: what a browser does with a post must not depend on how long it kept its connections.

A browser repeats a request by itself when a connection it had kept open breaks before the first byte of an answer, and
posts are no exception to it (seen with Chromium 156, whatever the portal did with the first one; RFC 9110, 9.2.2 and
RFC 9112, 9.3.1 say that it should not). The repeat happens below what a page or an interception sees, so it can neither
be noticed nor stopped there. A portal that had carried out the first post would then answer the second, and that answer
("duplicate number", "this page is no longer active") would be taken for the answer to the first. So a post that must
not be repeated is handed to a client that never repeats any, and its answer is given back to the page.

Two bounds are not kept here: that client holds an answer whole before the page has any of it, without a limit but its
patience; and it knows no proxy of the system, so that a post goes straight where the browser's pages might not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Error, Route

_UNCHANGED = frozenset({"GET", "HEAD", "OPTIONS"})


@contextmanager
def single_posts(context: BrowserContext, seconds: float, told: Callable[[str], None]) -> Iterator[None]:
    """Whatever the context's pages post inside leaves once, and the same post a second time not at all.

    `seconds`: patience with an answer; a post without one has failed for the page as if the network had. `told` hears
    of that in one line."""
    posts = _Posts(seconds, told)
    context.route("**/*", posts.pass_on)
    try:
        yield
    finally:
        context.unroute_all(behavior="ignoreErrors")


class _Posts:
    def __init__(self, seconds: float, told: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._told = told
        self._left: set[tuple[str, bytes]] = set()

    def pass_on(self, route: Route) -> None:
        request = route.request
        if request.method in _UNCHANGED:
            route.fallback()
            return
        post = request.url, request.post_data_buffer or b""
        if post in self._left:
            self._told("the page posted the same a second time, which was held back")
            self._refuse(route, "blockedbyclient")
            return
        self._left.add(post)
        self._post(route)

    def _post(self, route: Route) -> None:
        try:
            # Redirects are the page's to follow; 0 retries: whatever breaks has broken.
            answer = route.fetch(max_redirects=0, max_retries=0, timeout=self._seconds * 1000)
            route.fulfill(response=answer)
        except Error as fault:
            self._told(f"a post was not answered ({fault.message.splitlines()[0]})")
            self._refuse(route, "connectionfailed")

    def _refuse(self, route: Route, why: str) -> None:
        try:
            route.abort(why)
        except Error as fault:
            self._told(f"a post's page is gone ({fault.message.splitlines()[0]})")
