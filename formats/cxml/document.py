"""From packet to the exact bytes that a cXML receiver gets."""

from collections.abc import Sequence

from formats.cxml.dialect import Dialect, Identity
from formats.cxml.draft import Draft
from formats.cxml.envelope import SHARED_SECRET, opened, written
from formats.cxml.figures import WHERE, figures_for
from formats.cxml.invoice import Papers, put_request
from formats.cxml.multipart import content_ids, joined
from gateway.adapter import Document, File, Presentation, Stamp, secret_mark
from gateway.errors import CannotExpress
from gateway.packet import DocumentKind, Packet

FORMAT = "cxml"
_MARK = secret_mark(SHARED_SECRET).encode()
_ANY_MARK = _MARK[: _MARK.index(b":") + 1]


def render_invoice(
    packet: Packet,
    files: Sequence[File],
    presentation: Presentation,
    stamp: Stamp,
    *,
    dialect: Dialect,
    identity: Identity,
) -> Document:
    """The InvoiceDetailRequest for one packet: no I/O, no clock, the same input gives the same bytes.

    Without files the body is the document itself, with files a multipart/related that carries them all. The first
    `invoice_pdf` is the picture of the invoice, everything else goes to the header's comments. `total` is the amount
    with tax (BT-112), negative where the document writes a credit note so. Raises CannotExpress.
    """
    return _written(packet, files, presentation, stamp, dialect, identity, resubmits=stamp.resubmits)


def render_cancellation(
    packet: Packet,
    presentation: Presentation,
    stamp: Stamp,
    *,
    dialect: Dialect,
    identity: Identity,
    cancels: str,
    why: str,
) -> Document:
    """The document that takes back an earlier one: the same invoice again with operation "delete".

    `packet` is the one that was sent, `cancels` the payloadID it was sent under, `why` a person's words for the
    receiver. The whole invoice is repeated, without its papers (CIG, samples of cancelled invoices). Whether it is
    taken back is the buyer's rule. Raises CannotExpress.
    """
    if not cancels:
        raise CannotExpress(WHERE, "/invoice", "the document to be taken back has no id at the portal")
    return _written(packet, (), presentation, stamp, dialect, identity, cancels=cancels, why=" ".join(why.split()))


def _written(
    packet: Packet,
    files: Sequence[File],
    presentation: Presentation,
    stamp: Stamp,
    dialect: Dialect,
    identity: Identity,
    **earlier: str,
) -> Document:
    invoice = packet.invoice
    sign = dialect.credit.sign if invoice.is_credit_note else 1
    draft = Draft(
        invoice,
        presentation,
        dialect,
        figures_for(invoice.currency, sign, presentation),
        {line.number: position for position, line in enumerate(invoice.lines)},
        **earlier,
    )
    root, request = opened(stamp, identity, dialect)
    put_request(request, draft, stamp, _papers(files))
    body = written(root, dialect)
    _must_hold_no_other_secret(body, identity)
    content_type = "text/xml; charset=UTF-8"
    if files:
        multipart = joined(body, files)
        content_type, body = multipart.content_type, multipart.body
    total = invoice.totals.tax_inclusive * sign
    return Document(FORMAT, content_type, body, invoice.number, total, invoice.currency)


def _papers(files: Sequence[File]) -> Papers:
    scan = next((index for index, file in enumerate(files) if file.role == DocumentKind.invoice_pdf), None)
    urls = [f"cid:{identifier}" for identifier in content_ids(files)]
    return Papers(
        image_scan="" if scan is None else urls[scan],
        attachments=tuple(url for index, url in enumerate(urls) if index != scan),
    )


def _must_hold_no_other_secret(body: bytes, identity: Identity) -> None:
    """A packet that spells out a secret's place-holder would have the secret printed on the invoice."""
    expected = 1 if identity.proof == "shared_secret" else 0
    if body.count(_ANY_MARK) != expected or body.count(_MARK) != expected:
        raise CannotExpress(WHERE, "/invoice", "a text in it spells the place-holder of a secret; take it out")
