"""The cXML envelope around a request, and the bytes of the whole."""

from lxml import etree

from formats.cxml.dialect import Credential, Dialect, Identity
from formats.cxml.figures import instant
from formats.cxml.schema import Family
from formats.cxml.xml import XML_LANG, put
from gateway.adapter import Stamp, secret_mark

SHARED_SECRET = "shared_secret"  # noqa: S105 - the secret's name, not its value


def opened(stamp: Stamp, identity: Identity, dialect: Dialect) -> tuple[etree._Element, etree._Element]:
    """(the cXML element, its empty Request), as this receiver wants it."""
    return opened_for(stamp, identity, dialect.version, dialect.language)


def opened_for(stamp: Stamp, identity: Identity, version: str, language: str) -> tuple[etree._Element, etree._Element]:
    """(the cXML element, its empty Request). payloadID and timestamp come from the stamp, so a repeat is the same."""
    root = etree.Element("cXML")
    root.set("payloadID", stamp.reference)
    root.set("timestamp", instant(stamp.built_at))
    root.set("version", version)
    root.set(XML_LANG, language)
    header = put(root, "Header")
    _credential(put(header, "From"), identity.supplier)
    _credential(put(header, "To"), identity.buyer)
    sender = put(header, "Sender")
    credential = _credential(sender, identity.sender or identity.supplier)
    if identity.proof == "shared_secret":
        put(credential, "SharedSecret", secret_mark(SHARED_SECRET))
    put(sender, "UserAgent", identity.user_agent)
    return root, put(root, "Request", deploymentMode=identity.deployment_mode)


def _credential(party: etree._Element, credential: Credential) -> etree._Element:
    written = put(party, "Credential", domain=credential.domain)
    put(written, "Identity", credential.identity)
    return written


def written(root: etree._Element, dialect: Dialect) -> bytes:
    """The document as UTF-8 bytes, under the dialect's own document type."""
    return with_doctype(root, "InvoiceDetail", dialect.version)


def system_id(family: Family, version: str) -> str:
    """The DOCTYPE's system identifier. Never fetched."""
    return f"http://xml.cxml.org/schemas/cXML/{version}/{family}.dtd"


def with_doctype(root: etree._Element, family: Family, version: str) -> bytes:
    """UTF-8 bytes; the DOCTYPE stands on line 2, where Coupa looks for it (CEH, Could not parse)."""
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=True)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM "{system_id(family, version)}">\n'
    return head.encode() + body
