"""The cXML envelope around a request, and the bytes of the whole."""

from lxml import etree

from formats.cxml.dialect import Credential, Dialect, Identity
from formats.cxml.figures import instant
from formats.cxml.xml import XML_LANG, put
from gateway.adapter import Stamp, secret_mark

SHARED_SECRET = "shared_secret"  # noqa: S105 - the secret's name, not its value


def opened(stamp: Stamp, identity: Identity, dialect: Dialect) -> tuple[etree._Element, etree._Element]:
    """(the cXML element, its empty Request). payloadID and timestamp come from the stamp, so a repeat is the same."""
    root = etree.Element("cXML")
    root.set("payloadID", stamp.reference)
    root.set("timestamp", instant(stamp.built_at))
    root.set("version", dialect.version)
    root.set(XML_LANG, dialect.language)
    header = put(root, "Header")
    _credential(put(header, "From"), identity.supplier)
    _credential(put(header, "To"), identity.buyer)
    sender = put(header, "Sender")
    secret = put(_credential(sender, identity.sender or identity.supplier), "SharedSecret")
    secret.text = secret_mark(SHARED_SECRET)
    put(sender, "UserAgent", identity.user_agent)
    return root, put(root, "Request", deploymentMode=identity.deployment_mode)


def _credential(party: etree._Element, credential: Credential) -> etree._Element:
    written = put(party, "Credential", domain=credential.domain)
    put(written, "Identity", credential.identity)
    return written


def written(root: etree._Element, dialect: Dialect) -> bytes:
    """UTF-8 bytes; the DOCTYPE stands on line 2, where Coupa looks for it (CEH, Could not parse)."""
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=True)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM "{dialect.system_id}">\n'
    return head.encode() + body
