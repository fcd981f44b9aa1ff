"""What a network answers when asked for the documents that wait for us."""

from dataclasses import dataclass

from formats.cxml.branches import children
from formats.cxml.incoming import envelope_in, standalone
from formats.cxml.reader import DEFAULT_LIMIT, Unreadable, parse
from formats.cxml.response import CxmlResponse, response_in


@dataclass(frozen=True, slots=True)
class Pending:
    """The documents that waited, each as a document of its own and in the order of the answer.

    None at all is an empty queue, answered by a Status alone (200 or 204; cXML facts, section 7)."""

    answer: CxmlResponse
    documents: tuple[bytes, ...]


def pending_from(body: bytes, limit: int = DEFAULT_LIMIT) -> Pending:
    """The answer to a GetPendingRequest. Raises Unreadable where the body is no Response with a Status."""
    root = parse(body, limit)
    answer = response_in(root)
    if answer is None:
        raise Unreadable("the document holds no Response with a Status")
    envelope = envelope_in(root)
    waiting = envelope.content if envelope.name == "GetPendingResponse" else None
    return Pending(answer, tuple(standalone(document) for document in children(waiting, "cXML")))
