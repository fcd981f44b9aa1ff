"""`POST /cxml/invoices`: the checks of facts 15 in their order, and the Response.

Decode multipart, well-formed, DOCTYPE, version, DTD, credentials, switch, line limit, references, model rules, create.
The place of the credentials check is a knob, and so is the HTTP status of the answer.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from gateway.standin.messages import Answer, Request
from gateway.standin.multipart import BareLineFeeds, MultipartError, Part, parse_header, parts_of

from . import cxml_document
from .cxml_document import Envelope
from .instance import Instance
from .records import Credentials, File, Supplier
from .texts import ModelRefusal, Refusal, Text
from .validation import Validators

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.2.020/cXML.dtd">\n'
    '<cXML payloadID={payload} timestamp="{time}" xml:lang="en-US">\n'
    '  <Response>\n    <Status code="{code}" text={attribute}>{words}</Status>\n  </Response>\n</cXML>\n'
)

Route = Callable[[Credentials], Instance]


@dataclass(frozen=True, slots=True)
class CxmlDoor:
    """The door of one server; `route` finds the buyer a document is addressed to when the URL names none."""

    validators: Validators

    def answer(self, request: Request, instance: Instance, route: Route) -> Answer:
        """Always a cXML Response, whatever the body was."""
        if request.method != "POST":
            return Answer(405, b"", "text/plain", (("Allow", "POST"),))
        try:
            text, words = self._receive(request, instance, route)
        except (Refusal, ModelRefusal) as refusal:
            text, words = refusal.text()
        return response(instance, text, words)

    def _receive(self, request: Request, instance: Instance, route: Route) -> tuple[Text, str]:
        document, parts = _document_and_parts(request, instance)
        knobs = instance.knobs
        envelope = cxml_document.parse(document, doctype_on_line_2=knobs.flag("doctype_on_line_2"))
        credentials = cxml_document.credentials_from(envelope)
        instance = route(credentials)
        if knobs.text("check_order") == "credentials_first":
            supplier = instance.supplier_for(credentials)
            self._check_document(envelope, instance)
        else:
            self._check_document(envelope, instance)
            supplier = instance.supplier_for(credentials)
        return _create(envelope, parts, supplier, instance)

    def _check_document(self, envelope: Envelope, instance: Instance) -> None:
        cxml_document.check_version(envelope)
        self.validators.check(envelope.root, envelope.version, blank=instance.knobs.flag("dtd_message_blank"))


def _create(envelope: Envelope, parts: list[Part], supplier: Supplier, instance: Instance) -> tuple[Text, str]:
    most = instance.knobs.number("max_lines")
    if most and cxml_document.line_count(envelope) > most:
        raise Refusal("too_large")
    content = cxml_document.content_from(envelope)
    files = _files(envelope, parts, instance)
    invoice = instance.create(content, supplier, files)
    return Refusal("success", {"id": str(invoice.id)}).text()


def _document_and_parts(request: Request, instance: Instance) -> tuple[bytes, list[Part]]:
    """The cXML document and the other parts. Raises `Refusal` (500 for bare LF, 406 for what is no multipart)."""
    content_type = request.header("content-type")
    media_type, parameters = parse_header(content_type)
    if media_type != "multipart/related":
        return request.body, []
    lf_allowed = instance.knobs.text("lf_only_multipart") == "accept"
    try:
        parts = parts_of(request.body, content_type, lf_allowed=lf_allowed)
    except BareLineFeeds as error:
        raise Refusal("unexpected") from error
    except MultipartError as error:
        raise Refusal("unparsable") from error
    start = parameters.get("start", "").strip().removeprefix("<").removesuffix(">")
    chosen = next((part for part in parts if start and part.content_id == start), parts[0] if parts else None)
    if chosen is None:
        raise Refusal("unparsable")
    return chosen.body, [part for part in parts if part is not chosen]


def _files(envelope: Envelope, parts: list[Part], instance: Instance) -> tuple[File, ...]:
    """The papers the document names, in its order; parts it does not name are dropped."""
    by_id = {part.content_id: part for part in parts if part.content_id}
    files: list[File] = []
    for kind, url in cxml_document.attachment_urls(envelope):
        if not url.startswith("cid:"):
            files.append(File(url, "", 0, "", "image_scan" if kind == "image_scan" else "url", url=url))
            continue
        part = by_id.get(url.removeprefix("cid:"))
        if part is not None:
            files.append(_file(part, kind))
        elif instance.knobs.text("unresolved_cid") == "500":
            raise Refusal("unexpected")
        elif instance.knobs.text("unresolved_cid") == "417":
            raise ModelRefusal((("attachment_unresolved", 0),))
    return tuple(files)


def _file(part: Part, kind: str) -> File:
    digest = hashlib.sha256(part.body).hexdigest()
    name = part.filename or part.content_id
    return File(name, part.media_type, len(part.body), digest, "image_scan" if kind == "image_scan" else "file")


def response(instance: Instance, text: Text, words: str) -> Answer:
    """The cXML Response, with the payloadID and the HTTP status as the knobs say."""
    style = instance.knobs.text("payload_id")
    named = style == "always" or (style == "as_documented" and text.code != 200)
    payload = f"{secrets.token_hex(12)}@{instance.name}.sandbox.invalid" if named else ""
    body = ENVELOPE.format(
        payload=quoteattr(payload),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        code=text.code,
        attribute=quoteattr(text.attribute),
        words=escape(words),
    )
    status = text.code if instance.knobs.text("http_status") == "mirror" else 200
    return Answer(status, body.encode(), "text/xml; charset=UTF-8")


def refused_password(instance: Instance) -> Answer:
    """What a wrong shared secret is answered, for the fault of that name."""
    return response(instance, *Refusal("bad_credentials").text())
