"""What a receiver's Response says, on whatever HTTP status it came.

Two levels of error exist: HTTP 200 may carry Status 401, and HTTP 417 a perfectly readable Status; the cXML code wins
where there is one (cXML facts, section 3). What a code means for an invoice is the adapter's to say.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from formats.cxml.branches import Node, child, language_of, name_of, text_of
from formats.cxml.reader import DEFAULT_LIMIT, Unreadable, instant_from, parse

_CODE = re.compile(r"[1-9]\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CxmlResponse:
    """One Status. `text` and `detail` (the element's content) are the receiver's words, unchanged but for outer blanks.

    `payload_id` is the Response's own, and often empty: a reply is told by its connection, never by it.
    """

    code: int
    text: str
    detail: str
    payload_id: str = ""
    timestamp: datetime | None = None
    xml_lang: str = ""

    @property
    def took_it(self) -> bool:
        """2xx: received. It says nothing of what the buyer will do (cXML facts, section 3)."""
        return 200 <= self.code < 300


def response_from(body: bytes, limit: int = DEFAULT_LIMIT) -> CxmlResponse | None:
    """The Response in a body; None when these bytes are no cXML Response with a three-digit code."""
    try:
        return response_in(parse(body, limit))
    except Unreadable:
        return None


def response_in(root: Node) -> CxmlResponse | None:
    """The Response in a document that is read already."""
    response = root if name_of(root) == "Response" else child(root, "Response")
    if response is None or (response is not root and name_of(root) != "cXML"):
        return None
    status = child(response, "Status")
    code = "" if status is None else (status.get("code") or "").strip()
    if status is None or not _CODE.fullmatch(code):
        return None
    return CxmlResponse(
        code=int(code),
        text=(status.get("text") or "").strip(),
        detail=text_of(status),
        payload_id=root.get("payloadID") or "",
        timestamp=instant_from(root.get("timestamp") or ""),
        xml_lang=language_of(status) or language_of(root),
    )
