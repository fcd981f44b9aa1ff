"""What comes in from a network: the envelope of any request, answer or message, before anybody looks inside.

The shared secret that a sender proves itself with is read here and shown nowhere: it is in no repr, and no error quotes
what it read. Comparing it (in constant time) is the receiver's business.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lxml import etree

from formats.cxml.branches import Node, attribute, child, children, language_of, name_of, text_of
from formats.cxml.dialect import Credential
from formats.cxml.reader import DEFAULT_LIMIT, Unreadable, instant_from, parse

Form = Literal["Request", "Response", "Message"]
FORMS: tuple[Form, ...] = ("Request", "Response", "Message")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sent what to whom.

    `name` is the element inside the Request, Response or Message ("StatusUpdateRequest"), "" where there is none (a
    Response may carry a Status alone); `content` is that element. `timestamp` is None where `timestamp_text` cannot be
    read as an instant. A Response has no parties.
    """

    form: Form
    name: str
    content: Node | None = field(repr=False)
    payload_id: str
    timestamp: datetime | None
    timestamp_text: str
    version: str
    language: str
    deployment_mode: str
    from_: tuple[Credential, ...] = ()
    to: tuple[Credential, ...] = ()
    sender: tuple[Credential, ...] = ()
    shared_secret: str = field(default="", repr=False)
    user_agent: str = ""


def envelope_from(body: bytes, limit: int = DEFAULT_LIMIT) -> Envelope:
    """The envelope of one cXML document. `limit` is in bytes. Raises Unreadable, and nothing else."""
    return envelope_in(parse(body, limit))


def envelope_in(root: Node) -> Envelope:
    """The envelope of a document that is read already. Raises Unreadable where it is no cXML document."""
    if name_of(root) != "cXML":
        raise Unreadable("the document is no cXML document")
    form = next((form for form in FORMS if child(root, form) is not None), None)
    if form is None:
        raise Unreadable("the document holds no Request, Response or Message")
    holder, header = child(root, form), child(root, "Header")
    content = _content_of(holder)
    secrets = (child(each, "SharedSecret") for each in children(child(header, "Sender"), "Credential"))
    return Envelope(
        form=form,
        name="" if content is None else name_of(content),
        content=content,
        payload_id=attribute(root, "payloadID"),
        timestamp=instant_from(attribute(root, "timestamp")),
        timestamp_text=attribute(root, "timestamp"),
        version=attribute(root, "version"),
        language=language_of(root),
        deployment_mode=attribute(holder, "deploymentMode") or "production",
        from_=_credentials(child(header, "From")),
        to=_credentials(child(header, "To")),
        sender=_credentials(child(header, "Sender")),
        shared_secret=next(filter(None, map(text_of, secrets)), ""),
        user_agent=text_of(child(header, "Sender", "UserAgent")),
    )


def identity_in(credentials: tuple[Credential, ...], domain: str) -> str:
    """The identity in one naming domain, "" where there is none. Domains differ in case (`NetworkId`, CIG samples)."""
    wanted = domain.casefold()
    return next((each.identity for each in credentials if each.domain.casefold() == wanted), "")


def content_named(envelope: Envelope, name: str) -> Node:
    """The element inside, when it is the one that is wanted. Raises Unreadable."""
    if envelope.content is None or envelope.name != name:
        raise Unreadable(f"the document holds no {name}")
    return envelope.content


def standalone(document: Node) -> bytes:
    """A cXML element that stands inside another document, as a document of its own."""
    raw: bytes = etree.tostring(document, encoding="UTF-8", xml_declaration=True, with_tail=False)
    return raw


def evidence_of(document: Node) -> bytes:
    """A document to be kept, as UTF-8 whatever it came in: the same for the same document, and without any secret.

    What proves a sender is taken out of the tree itself, which is thereby changed."""
    for secret in document.iter("{*}SharedSecret"):
        secret.text = "[secret]"
        for inner in list(secret):
            secret.remove(inner)
    return standalone(document)


def copied_from(envelope: Envelope) -> bytes:
    """The document that a CopyRequest forwards, to be read as if it had come alone. Raises Unreadable where the copy
    stands in a MIME part instead (cXMLAttachment)."""
    inner = child(content_named(envelope, "CopyRequest"), "cXML")
    if inner is None:
        raise Unreadable("the CopyRequest holds no cXML document")
    return standalone(inner)


def _content_of(holder: Node | None) -> Node | None:
    return next((each for each in (() if holder is None else holder) if name_of(each) not in ("", "Status")), None)


def _credentials(party: Node | None) -> tuple[Credential, ...]:
    return tuple(
        Credential(attribute(each, "domain"), text_of(child(each, "Identity")))
        for each in children(party, "Credential")
    )
