"""What becomes of an invoice (facts 3, 4, 10): received, validating, failed or queued, sent, acknowledged; the buyer.

Every step runs under the network's lock; between steps the timeline waits as long as the knobs say.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from . import matching, rules
from .documents import Update
from .envelope import Refused
from .network import Buyer, Network
from .records import ZERO, Content, File, Invoice, Mode, Story, Supplier
from .scripts import PROCESSING, SCRIPTS, Step
from .texts import BY_CODE, NETWORK, clerk_words, network_key

WORD_OF = {"reconciled": "approved"}
TYPE_OF = {"approved": "reconciled", "failed": "rejected"}
ROUTING = ("received", "validating", "failed", "queued", "sent", "acknowledged", "obsoleted")
STATUSES = ("sent", "processing", "approved", "rejected", "failed", "paying", "paid", "canceled")
FOLLOWS = {
    "sent": {"processing", "approved", "rejected", "failed", "paying", "paid", "canceled"},
    "processing": {"approved", "rejected", "paying", "paid", "canceled"},
    "approved": {"rejected", "paying", "paid", "canceled"},
    "paying": {"paid"},
    "rejected": set(),
    "failed": set(),
    "paid": set(),
    "canceled": set(),
}
DEAD = frozenset({"rejected", "failed", "canceled"})
CENT = Decimal("0.01")


class WrongState(Exception):
    """The network could not do that with the invoice as it is; the words say so."""


def receive(
    network: Network, buyer: Buyer, supplier: Supplier, mode: Mode, payload: str, content: Content,
    files: tuple[File, ...], channel: str = "cXML",
) -> Invoice | None:  # fmt: skip
    """Take an invoice or a cancellation in. Raises `Refused` where the buyer refuses on the spot; None = no record."""
    with network.lock:
        now = network.timeline.now()
        invoice = Invoice(
            network.next_id(), content, payload, supplier, buyer.name, mode, "sent", "received", now, now,
            files=files, channel=channel,
        )  # fmt: skip
        _refuse_at_once(network, buyer, invoice)
        if content.information_only:
            return None
        if content.operation == "delete":
            network.timeline.after(buyer.knobs.decimal("validation_delay"), lambda: _cancel(network, buyer, invoice))
            return None
        network.keep(invoice)
        _route(network, invoice, "validating")
        network.timeline.after(buyer.knobs.decimal("validation_delay"), lambda: _validate(network, buyer, invoice))
        return invoice


def _refuse_at_once(network: Network, buyer: Buyer, invoice: Invoice) -> None:
    """Scripted cXML codes always; broken rules where the knob says so."""
    if buyer.refusals and buyer.refusals[0] in BY_CODE:
        raise Refused(BY_CODE[buyer.refusals.popleft()], buyer=buyer.name, reason="refused as told", what="This")
    if buyer.knobs.text("rule_failures") == "at_once":
        errors = _cancel_errors(network, buyer, invoice) or _errors(network, buyer, invoice)
        if errors:
            raise Refused("expectation", reason="; ".join(errors))


def _errors(network: Network, buyer: Buyer, invoice: Invoice) -> list[str]:
    """The comments of a network rejection: scripted ones, else what the rules find."""
    if invoice.content.operation == "delete":
        return []
    if buyer.refusals and (key := network_key(buyer.refusals[0])):
        buyer.refusals.popleft()
        return [NETWORK[key].filled(**_samples(invoice))]
    case = rules.Case(
        invoice, buyer.rules, buyer.papers, network.timeline.now(), _original(network, invoice),
        any(_keeps_number(other, buyer) for other in network.numbered(invoice)),
    )  # fmt: skip
    return [NETWORK[each.key].filled(**dict(each.values)) for each in rules.failures_of(case)]


def _samples(invoice: Invoice) -> dict[str, object]:
    """Values for a scripted text, taken from the invoice where it has them."""
    line = invoice.content.lines[0] if invoice.content.lines else None
    names = (
        "order", "line", "order_line", "unit", "expected", "currency", "price", "pay_code", "quantity", "amount",
        "days", "field", "number", "most", "stated", "purpose", "role", "name",
    )  # fmt: skip
    known: dict[str, object] = {"number": invoice.number, "currency": invoice.content.currency, "line": 1}
    if line is not None:
        known |= {"order": line.order.number, "line": line.number, "unit": line.unit, "price": line.price}
    return {name: known.get(name, "?") for name in names}


def _keeps_number(other: Invoice, buyer: Buyer) -> bool:
    """Whether an earlier invoice keeps its number from being used again (facts 6)."""
    ended = other.ended_as
    return not ended or not buyer.rules.flag(f"reuse_number_after_{ended}")


def _original(network: Network, invoice: Invoice) -> Invoice | None:
    """The invoice that a credit or a cancellation names, if the buyer has it."""
    content = invoice.content
    found = network.by_payload(invoice.supplier, invoice.mode, content.original_payload)
    if found is None and content.original_number:
        named = network.invoices.numbered(content.original_number)
        found = next((each for each in reversed(named) if each.supplier is invoice.supplier), None)
    if found is None or found.buyer != invoice.buyer or found.mode != invoice.mode or found.ended_as:
        return None
    return found


def _validate(network: Network, buyer: Buyer, invoice: Invoice) -> None:
    with network.lock:
        if invoice.routing != "validating":
            return
        errors = _errors(network, buyer, invoice)
        if errors:
            fail(network, invoice, errors)
            return
        _obsolete_earlier(network, invoice)
        buyer.papers.count(invoice, 1)
        _route(network, invoice, "queued")
        network.timeline.after(buyer.knobs.decimal("routing_delay"), lambda: _forward(network, buyer, invoice, "sent"))


def _forward(network: Network, buyer: Buyer, invoice: Invoice, routing: str) -> None:
    with network.lock:
        if invoice.routing not in ("queued", "sent"):
            return
        _route(network, invoice, routing)
        if routing == "sent":
            delay = buyer.knobs.decimal("routing_delay")
            network.timeline.after(delay, lambda: _forward(network, buyer, invoice, "acknowledged"))
        else:
            _match(network, buyer, invoice)


def fail(network: Network, invoice: Invoice, errors: list[str]) -> None:
    """The network's own rejection: routing status Failed, and a status update with one Comments per error."""
    buyer = network.buyers[invoice.buyer]
    invoice.errors, invoice.ended_as = tuple(errors), "failed"
    invoice.comments = tuple(("", error) for error in errors)
    network.invoices.set_status(invoice, buyer.knobs.text("failed_status"))
    _route(network, invoice, "failed", "; ".join(errors))
    network.tell(invoice, _rejection(buyer, _named(invoice, buyer), invoice.comments))


def fail_late(network: Network, invoice: Invoice, error: str, *, force: bool) -> None:
    """Fail an invoice by the control API. Raises `WrongState` when the network has let it through."""
    with network.lock:
        if invoice.routing not in ("received", "validating", "queued") and not force:
            raise WrongState(f"invoice {invoice.number} is {invoice.routing}; the network has let it through")
        network.buyers[invoice.buyer].papers.count(invoice, -1)
        fail(network, invoice, [error])


def _rejection(buyer: Buyer, named: Update, comments: tuple[tuple[str, str], ...]) -> Update:
    return replace(
        named,
        type="rejected",
        code="500",
        text="",
        words="Network Rejection: validation failed",
        comments=comments,
        agent="PropogationDispatcher",
        from_network=buyer.knobs.text("network_rejection_from") == "network",
    )


def _named(invoice: Invoice, buyer: Buyer) -> Update:
    """An update that names its invoice as the knob says."""
    names = buyer.knobs.text("status_names")
    return Update(
        "processing",
        reference=None if names == "id" else invoice.payload_id,
        number=None if names == "reference" else invoice.number,
        date=invoice.content.date,
        currency=invoice.content.currency or "USD",
    )


def _route(network: Network, invoice: Invoice, routing: str, why: str = "") -> None:
    invoice.routing = routing
    _tell_history(network, invoice, "network", f"Routing status {routing}{f': {why}' if why else ''}")


def _tell_history(network: Network, invoice: Invoice, who: str, text: str) -> None:
    now = network.timeline.now()
    invoice.history.append(Story(now, who, text))
    network.invoices.touch(invoice, now)


def _obsolete_earlier(network: Network, invoice: Invoice) -> None:
    """The refused original of a resubmission becomes Obsoleted (facts 6): found by number, or by DocumentReference."""
    earlier = [each for each in network.numbered(invoice) if each.ended_as in ("failed", "rejected")]
    named = network.by_payload(invoice.supplier, invoice.mode, invoice.content.original_payload)
    if named is not None and named.ended_as in ("failed", "rejected") and not invoice.content.is_credit:
        earlier.append(named)
    for each in earlier:
        if each.routing != "obsoleted":
            each.obsoleted_by = invoice.payload_id
            _route(network, each, "obsoleted", f"resubmitted as {invoice.number}")


# Cancelling


def _cancel_errors(network: Network, buyer: Buyer, request: Invoice) -> list[str]:
    if request.content.operation != "delete":
        return []
    original = _original(network, request)
    if original is None:
        return [NETWORK["cancel_unknown"].filled()]
    if not buyer.rules.flag("allow_cancel") or original.status not in ("sent", "processing"):
        return [NETWORK["cancel"].filled(number=original.number)]
    return []


def _cancel(network: Network, buyer: Buyer, request: Invoice) -> None:
    """`operation="delete"`: the original is cancelled, or the request itself is rejected in the network's form."""
    with network.lock:
        errors = _cancel_errors(network, buyer, request)
        original = _original(network, request)
        if errors or original is None:
            network.tell(request, _rejection(buyer, _named(request, buyer), tuple(("", each) for each in errors)))
            return
        _set(network, original, "canceled", "supplier")
        if buyer.knobs.text("cancel_answer") == "status_update":
            network.tell(
                original, replace(_named(original, buyer), type="canceled", agent="Ariba SN", from_network=True)
            )


# The buyer


def _match(network: Network, buyer: Buyer, invoice: Invoice) -> None:
    """The buyer's application takes it in: exceptions go to a clerk, everything else by the buyer's script."""
    found = matching.exceptions_of(invoice, buyer.rules, buyer.papers)
    if not found:
        play(network, invoice, buyer.knobs.text("script"))
        return
    invoice.exceptions = tuple(each.name for each in found)
    say(network, invoice, PROCESSING)
    if buyer.rules.text("clerk") == "rejects":
        words = clerk_words([(each.name, dict(each.values)) for each in found])
        steps = (Step("rejected", text="", partial="0.00", comments=(("", words),)),)
        delay = buyer.knobs.decimal("buyer_delay")
        network.timeline.after(delay, lambda: _next(network, invoice, steps))


def play(network: Network, invoice: Invoice, script: str) -> None:
    """Let the buyer act by a script. Raises `ValueError` for an unknown one."""
    if script not in SCRIPTS:
        raise ValueError(f"there is no script {script!r}; there are {', '.join(SCRIPTS)}")
    if SCRIPTS[script]:
        delay = network.buyers[invoice.buyer].knobs.decimal("buyer_delay")
        network.timeline.after(delay, lambda: _next(network, invoice, SCRIPTS[script]))


def _next(network: Network, invoice: Invoice, steps: tuple[Step, ...]) -> None:
    with network.lock:
        if invoice.routing == "obsoleted" or invoice.status == "canceled":
            return
        say(network, invoice, steps[0])
        if steps[1:]:
            delay = network.buyers[invoice.buyer].knobs.decimal("buyer_delay")
            network.timeline.after(delay, lambda: _next(network, invoice, steps[1:]))


def say(network: Network, invoice: Invoice, step: Step, *, word: str = "", quiet: bool = False) -> None:
    """The buyer says one thing of an invoice: its status changes, and the supplier is told unless `quiet`."""
    buyer = network.buyers[invoice.buyer]
    partial = _partial(invoice, step)
    if step.type == "paid":
        invoice.paid_amount = invoice.content.total if partial is None else partial
    invoice.comments = step.comments
    invoice.query_code = ""
    _set(network, invoice, word or WORD_OF.get(step.type, step.type), "buyer")
    if not quiet:
        number = step.erp_number.replace("{id}", str(invoice.id))
        network.tell(
            invoice,
            replace(
                _named(invoice, buyer),
                type=step.type,
                code=step.code,
                text=step.text,
                partial=partial,
                comments=step.comments,
                extrinsics=(("Ariba.ERPInvoiceNumber", number),) if number else (),
            ),
        )


def _partial(invoice: Invoice, step: Step) -> Decimal | None:
    """A share below one is of the invoice's total; "0.00" is written as it is."""
    if not step.partial:
        return None
    share = Decimal(step.partial)
    return (invoice.content.total * share).quantize(CENT) if ZERO < share < 1 else share.quantize(CENT)


def _set(network: Network, invoice: Invoice, word: str, who: str) -> None:
    network.invoices.set_status(invoice, word)
    if word in DEAD:
        invoice.ended_as = word
    elif word in STATUSES:
        invoice.ended_as = ""
    network.buyers[invoice.buyer].papers.count(invoice, -1 if invoice.ended_as else 1)
    comment = "; ".join(text for _, text in invoice.comments)
    _tell_history(network, invoice, who, f"Status {word}{f': {comment}' if comment else ''}")


def advance(network: Network, invoice: Invoice, word: str, step: Step, *, force: bool, quiet: bool = False) -> None:
    """Set a status by the control API: a word of the network, or any other. Raises `WrongState`."""
    with network.lock:
        if word in ROUTING and word not in STATUSES:
            _route(network, invoice, word)
            return
        if not force and word in STATUSES and word != invoice.status:
            allowed = FOLLOWS.get(invoice.status, set(STATUSES))
            if word not in allowed or invoice.routing in ("failed", "obsoleted", "validating"):
                raise WrongState(
                    f"invoice {invoice.number} is {invoice.status} ({invoice.routing}), it cannot become {word}"
                )
        # There is no InvoiceStatus type for "sent": nobody could have told the supplier.
        say(network, invoice, step, word=word, quiet=quiet or word == "sent")


def dispute(network: Network, invoice: Invoice, code: str, comment: str) -> None:
    """The buyer asks: still processing, with typed Comments and the action to provide information (cXML facts 6).

    Raises `WrongState`."""
    with network.lock:
        if invoice.status not in ("sent", "processing"):
            raise WrongState(f"invoice {invoice.number} is {invoice.status}; only an undecided one can be queried")
        reasons = tuple(("Reason", text) for text in (code, comment) if text)
        say(network, invoice, Step("processing", comments=(*reasons, ("Action", "Provide information"))))
        invoice.query_code = code


def resubmit(network: Network, invoice: Invoice, number: str, payload: str) -> Invoice:
    """Edit & Resubmit in the portal, by a person: the same content, a new document. Raises `WrongState`."""
    with network.lock:
        if invoice.ended_as not in ("failed", "rejected") or invoice.routing == "obsoleted":
            raise WrongState(
                f"invoice {invoice.number} is {invoice.status}; only a failed or rejected one is resubmitted"
            )
        content = replace(invoice.content, number=number or invoice.number, original_payload=invoice.payload_id)
        buyer = network.buyers[invoice.buyer]
        made = receive(network, buyer, invoice.supplier, invoice.mode, payload, content, invoice.files, "Online")
        if made is None:
            raise WrongState(f"invoice {invoice.number} cannot be resubmitted: it is no invoice to act on")
        return made
