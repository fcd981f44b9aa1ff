"""Status updates on order: any pair of code and type, without reference, about nobody; repeated, shuffled, again.

What real senders get wrong (cXML facts 6), so that a receiver can be tried on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.standin.reading import moment

from . import documents, lifecycle
from .configuration import DELIVERY, checked_push_url
from .deliveries import Message
from .documents import Update
from .lifecycle import TYPE_OF
from .network import Buyer, Network
from .records import Invoice, Mode, Supplier
from .scripts import Step
from .texts import NETWORK

SEND = frozenset(
    {"invoice", "number", "reference", "type", "code", "text", "words", "partial", "comments", "comment", "without",
     "suffix", "at", "mode", "document", "erp_number"}
)  # fmt: skip
DELIVER = frozenset({"repeat", "shuffle", "again", "invoice", "kind"})


def comments_from(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """`comment`: words; `comments`: a list of words or of {"type", "text"}."""
    given = body.get("comments") or ([body["comment"]] if body.get("comment") else [])
    if not isinstance(given, list):
        raise ValueError("comments must be a list")
    return tuple(
        (str(each.get("type", "")), str(each.get("text", ""))) if isinstance(each, dict) else ("", str(each))
        for each in given
    )


def step_from(word: str, body: Mapping[str, Any]) -> Step:
    """The update that goes with a word: a buyer's rejection has PartialAmount 0.00 and no text, as was seen."""
    rejected = word == "rejected"
    return Step(
        type=TYPE_OF.get(word, word),
        code=str(body.get("code", "200")),
        text=str(body.get("text", "" if rejected else "OK")),
        partial=str(body.get("partial", "0.00" if rejected else "")),
        comments=comments_from(body),
        erp_number=str(body.get("erp_number", "")),
    )


def set_status(network: Network, invoice: Invoice, word: str, body: Mapping[str, Any], *, force: bool) -> None:
    """Set an invoice's status by a word; `failed` is the network's own rejection, with `comment` as its error.

    Raises `WrongState` for a step the network does not know."""
    if word == "failed":
        lifecycle.fail_late(
            network, invoice, str(body.get("comment") or NETWORK["network_error"].filled()), force=force
        )
        return
    lifecycle.advance(network, invoice, word, step_from(word, body), force=force, quiet=body.get("quiet") is True)


def send(network: Network, buyer: Buyer, body: Mapping[str, Any]) -> Message:
    """Send a status update that changes nothing in the books. Raises `ValueError`.

    `invoice` takes reference and number from a known invoice; `number` and `reference` set them freely; `without` is a
    list of "reference" and "number"; `suffix` adds a gateway's; `document` makes it a DocumentStatus of that type.
    """
    if unknown := set(body) - SEND:
        raise ValueError(f"an update has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(SEND))}")
    invoice = network.find(str(body["invoice"]), buyer.name) if body.get("invoice") else None
    if body.get("invoice") and invoice is None:
        raise ValueError(f"there is no invoice {body['invoice']!r}; use number and reference for an unknown one")
    without = body.get("without") or []
    update = Update(
        type=str(body.get("type", "processing")),
        code=str(body.get("code", "200")),
        text=str(body.get("text", "OK")),
        words=str(body.get("words", "")),
        reference=None if "reference" in without else str(body.get("reference") or _payload(invoice, network)),
        number=None if "number" in without else str(body.get("number") or (invoice.number if invoice else "UNKNOWN")),
        date=invoice.content.date if invoice else None,
        partial=Decimal(str(body["partial"])) if body.get("partial") is not None else None,
        comments=comments_from(body),
        extrinsics=(("Ariba.ERPInvoiceNumber", str(body["erp_number"])),) if body.get("erp_number") else (),
        document=str(body.get("document", "")),
    )
    mode: Mode = invoice.mode if invoice else "test" if body.get("mode") == "test" else "production"
    supplier = invoice.supplier if invoice else network.suppliers[buyer.config.suppliers[0].identity]
    if body.get("suffix") is True:
        update = documents.with_suffix(update, buyer.anid(mode))
    at = moment(str(body["at"])) if body.get("at") else None
    if body.get("at") and at is None:
        raise ValueError(f"at must be a time with a zone, not {body['at']!r}")
    return network.send(supplier, mode, buyer, update, update.number or "", at=at)


def _payload(invoice: Invoice | None, network: Network) -> str:
    return invoice.payload_id if invoice else documents.payload_id(network.timeline.now())


def deliver(network: Network, buyer: Buyer, body: Mapping[str, Any]) -> int:
    """Let documents out: those that are held, or with `again` all. Answers how many went, repeats included."""
    if unknown := set(body) - DELIVER:
        raise ValueError(f"deliver takes {', '.join(sorted(DELIVER))}, not {', '.join(sorted(unknown))}")
    repeat, shuffle = body.get("repeat", 0), body.get("shuffle")
    if isinstance(repeat, bool) or not isinstance(repeat, int | float) or not 0 <= repeat <= 100:
        raise ValueError("repeat must be a number from 0 to 100: 0.2 = a fifth goes out twice")
    if shuffle is not None and (isinstance(shuffle, bool) or not isinstance(shuffle, int)):
        raise ValueError("shuffle must be a whole number, the seed")
    kind, about = str(body.get("kind", "StatusUpdateRequest")), body.get("invoice")

    def chosen(message: Message) -> bool:
        return message.buyer == buyer.name and message.kind == kind and about in (None, message.about)

    return network.deliveries.deliver(chosen, repeat=float(repeat), shuffle=shuffle, again=body.get("again") is True)


def resubmit(network: Network, invoice: Invoice, number: str) -> Invoice:
    """Edit & Resubmit by a person in the portal."""
    return lifecycle.resubmit(network, invoice, number, documents.payload_id(network.stamp()))


def reroute(supplier: Supplier, body: Mapping[str, Any]) -> None:
    """Where a supplier's documents go from now on. Raises `ValueError`."""
    if unknown := set(body) - {"delivery", "push_url", "push_secret"}:
        raise ValueError(f"a supplier takes delivery, push_url and push_secret, not {', '.join(sorted(unknown))}")
    delivery = str(body.get("delivery", supplier.delivery))
    if delivery not in DELIVERY:
        raise ValueError(f"delivery must be one of {', '.join(DELIVERY)}, not {delivery!r}")
    url = checked_push_url(str(body["push_url"])) if body.get("push_url") else supplier.push_url
    if delivery != "pending" and not url:
        raise ValueError("a push needs push_url")
    supplier.push_url, supplier.delivery = url, delivery  # type: ignore[assignment]
    supplier.push_secret = str(body.get("push_secret", supplier.push_secret))


def supplier_row(network: Network, supplier: Supplier) -> dict[str, object]:
    """A supplier's account as the control API shows it; no secrets."""
    return {
        "identity": supplier.identity,
        "name": supplier.name,
        "delivery": supplier.delivery,
        "push_url": supplier.push_url,
        "pending": {mode: network.deliveries.waiting(supplier, mode) for mode in ("production", "test")},
    }
