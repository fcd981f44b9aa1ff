"""What is kept of a page in trouble: its text and Playwright's recording of the steps, without what must stay in.

A recording is a ZIP of JSON lines and resources (`playwright show-trace FILE` shows it); its members are rewritten one
by one, since a secret inside a compressed file is not seen from outside.
"""

import html
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from playwright.sync_api import BrowserContext

from gateway.errors import Evidence
from gateway.secrets import BLOT, scrub_bytes

MOST_BYTES = 30 * 1024 * 1024
_MOST_TEXT = 4_000_000


def page_text(content: str, hidden: Iterable[str]) -> Evidence:
    """The page's HTML."""
    return Evidence("page.html", "text/html", blotted(content[:_MOST_TEXT].encode(), hidden))


def recording(context: BrowserContext, hidden: Iterable[str]) -> Evidence | None:
    """Ends the recording that is under way and answers it; None where it is larger than anybody would keep."""
    handle, path = tempfile.mkstemp(suffix=".zip", prefix="clearbill-recording-")
    os.close(handle)
    try:
        context.tracing.stop(path=path)
        if os.path.getsize(path) > MOST_BYTES:
            return None
        with open(path, "rb") as file:
            content = file.read()
    finally:
        os.unlink(path)
    return Evidence("recording.zip", "application/zip", scrubbed_zip(content, hidden))


def scrubbed_zip(content: bytes, hidden: Iterable[str]) -> bytes:
    """The same archive with every member scrubbed."""
    words = tuple(hidden)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for member in given.infolist():
            kept.writestr(member.filename, blotted(given.read(member), words))
    return out.getvalue()


def blotted(content: bytes, hidden: Iterable[str]) -> bytes:
    """`content` without known secrets and without the `hidden` words, in every spelling a page or a record has."""
    content = scrub_bytes(content)
    for words in sorted(hidden, key=len, reverse=True):
        in_json = json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]
        for spelling in {words, *in_json, html.escape(words), quote(words, safe=""), quote_plus(words)}:
            content = content.replace(spelling.encode(), BLOT.encode())
    return content
