"""The verbs a portal's adapter has, and the plain values they take and give.

An adapter translates; it does not orchestrate, retry, store or decide. It is handed its `Account` and its open
`httpx.Client` (`gateway/connection.py` times, records, scrubs and limits what passes) and raises only
`gateway.errors.PortalError`s. How it may fail:

* a write that never reached the portal is `NotSent`; one that broke off later, or whose answer cannot be read, is
  `MaybeSent`; a read is only ever `PortalUnavailable`;
* a refusal is an answer: `submit` returns a `Receipt` with `Outcome.refused` and a verdict with reasons.

A request's intent travels with it, so that one door can translate transport failures:
`http.post(url, ..., extensions=WRITE)`; reads need nothing, signing in uses `SIGN_IN`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from gateway.errors import Evidence, MaybeSent, NotSent, PortalError, PortalUnavailable, SignInRefused
from gateway.order import Order, Orders, UnreadOrder
from gateway.packet import Packet
from gateway.verdict import Outcome, Verdict

if TYPE_CHECKING:  # a portal with an API never loads a browser
    from playwright.sync_api import Locator, Page

T = TypeVar("T")
Intent = Literal["read", "write", "sign_in"]
INTENT = "clearbill.intent"
WRITE: Mapping[str, Any] = MappingProxyType({INTENT: "write"})
SIGN_IN: Mapping[str, Any] = MappingProxyType({INTENT: "sign_in"})


@dataclass(frozen=True, slots=True)
class Account:
    """One sign-in at one portal.

    `settings` holds the portal's own plain settings (URLs, identities, transport); `secret` answers a secret's value
    by its name ("shared_secret") at the moment it is needed, so that no value is kept here.
    """

    key: str
    portal: str
    settings: Mapping[str, Any]
    secret: Callable[[str], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """A supporting document's bytes as handed to a format. `role` is the packet's document kind."""

    name: str
    media_type: str
    role: str
    content: bytes = field(repr=False)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Presentation:
    """How one client wants its invoices written: choices of form only, never of substance.

    `tax_level`: where tax is stated. `price_decimals`, `quantity_decimals`: the most decimals written (None = as
    given); a value that does not fit without rounding is refused, not rounded. `custom_fields`: constants the client
    asks for on every invoice, added to those of the packet. `payment_term_code`: the client's own code.
    """

    tax_level: Literal["header", "line"] = "header"
    price_decimals: int | None = None
    quantity_decimals: int | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    payment_term_code: str = ""


OURS = "@clearbill"
"""Stands in every reference of ours, so that a portal's own document ids are told from them."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a rendering repeatable: the same revision always yields the same bytes.

    `reference` identifies this revision of this packet for ever (cXML payloadID); `built_at` is the document's time.
    `resubmits`: the portal's reference of the refused document whose place this one takes; "" for a first try.
    """

    reference: str
    built_at: datetime
    resubmits: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The exact document for the portal. `body` holds `secret_mark(name)` where a secret goes at the moment of sending.

    `files` are sent beside the body by transports that cannot embed them; empty when the body carries them.
    """

    format: str
    content_type: str
    body: bytes = field(repr=False)
    number: str
    total: Decimal
    currency: str
    files: tuple[File, ...] = ()


def secret_mark(name: str) -> str:
    """The place-holder in a stored document for the secret `name`; the value is put in only as the bytes leave."""
    return f"@@clearbill-secret:{name}@@"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The portal's answer to one transmission.

    `portal_reference` is the portal's own id of what it created; without one an answer is never `receipted`, and with a
    refusal it names the unfinished draft of ours that was left there. `raw` is the answer as it came; `evidence` what
    else there is to look at, such as pictures of a driven browser.
    """

    outcome: Literal[Outcome.receipted, Outcome.refused]
    verdict: Verdict
    portal_reference: str = ""
    raw: bytes = field(default=b"", repr=False)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One invoice that the portal holds under the number we asked for, compared to the letter by the adapter.

    `complete` is False for a draft that still needs steps of ours: submitting again finishes it.
    """

    number: str
    portal_reference: str
    verdict: Verdict
    total: Decimal | None
    currency: str
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """A verdict with the address on it: which invoice the portal speaks of. `raw` is the row as it came."""

    number: str
    portal_reference: str
    verdict: Verdict
    reference: str = ""
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One document that a portal handed to us, pushed or out of a queue, and what it says as far as it can be read.

    `kind`: the portal's own name for such a document. `party`: whom it comes from, spelt as `Networked.party`; "" where
    that is the portal itself, or is not said. It holds a `notice`, or an `order` (read or not), or neither: then
    `unread` says why, and a person must read it. `raw`: as it came, without any secret; `Networked.read` makes the
    same of it again.
    """

    kind: str
    party: str
    raw: bytes = field(repr=False)
    notice: Notice | None = None
    order: Order | UnreadOrder | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Notices:
    """One page of changes. `cursor` is opaque, stored by the caller in the transaction that stores the page.

    `more`: ask again at once with this cursor. `deliveries`: with `Ability.queue`, every document of the page, also
    those about other accounts, orders, and what cannot be read: reading on gives all of them up for good.
    """

    notices: tuple[Notice, ...]
    cursor: str
    more: bool = False
    deliveries: tuple[Delivery, ...] = ()


class Ability(Enum):
    """What an account's configuration lets its adapter do beyond `render` and `submit`.

    `void`: the portal takes an invoice back by its reference; `cancel`: by a document, which a `Cancelling` renders.
    `queue`: `poll` reads a queue that consumes what is read. `push`: the portal may hand documents to us. An adapter
    that can do either is a `Networked`."""

    find = "find"
    poll = "poll"
    orders = "orders"
    void = "void"
    cancel = "cancel"
    queue = "queue"
    push = "push"


class Session(Protocol):
    """What work in a browser is handed, on the browser's own thread and only while it runs.

    `number` counts the sign-ins: another number is a browser that remembers nothing. `requests` counts documents and
    frames asked of the portal in it, `posts` whatever was posted; `opened` has the pop-up windows nobody has looked at
    yet. `status` and `headers` are those of the page's last document.
    """

    number: int
    requests: int
    posts: int
    status: int
    headers: Mapping[str, str]
    page: "Page"
    opened: "list[Page]"
    dialogs: list[str]
    """What the page's own alert boxes told since they were last cleared; questions are answered with OK, not kept."""

    farewell: "Callable[[Session], None] | None"
    """Called before the context is forgotten, to sign out."""

    def renew(self) -> None:
        """Signs out and forgets everything: a new context without cookies, a new `number`."""
        ...

    def unrecorded(self) -> AbstractContextManager[None]:
        """Steps inside, such as signing in, leave no recording."""
        ...

    def leaving(self) -> None:
        """The next byte may carry the write out: from here on a failure is in doubt."""
        ...

    def posting_once(self, seconds: float) -> AbstractContextManager[None]:
        """What is posted inside leaves once: the browser does not repeat it by itself where a connection breaks.

        `seconds`: patience with an answer."""
        ...

    def picture(self, name: str, mask: "Sequence[Locator]" = ()) -> Evidence:
        """The page as it looks, what is in `mask` and every password covered."""
        ...

    def hide(self, words: str) -> None:
        """`words` stood on a page and must not stand in what is kept of it."""
        ...


class Browser(Protocol):
    """One account's browser. Safe to call from any thread; one piece of work at a time."""

    def drive(self, work: "Callable[[Session], T]", intent: Intent = "read") -> T:
        """Does the work on the browser's own thread and answers its result.

        Failures of the browser and the network become, from `intent` alone: for a read PortalUnavailable; for a write
        NotSent, or MaybeSent once the work said that it is `leaving`."""
        ...


@runtime_checkable
class Adapter(Protocol):
    """One portal, seen through one account."""

    abilities: frozenset[Ability]

    def render(self, packet: Packet, files: Sequence[File], presentation: Presentation, stamp: Stamp) -> Document:
        """The exact document, from the packet alone: no I/O, no clock, the same input gives the same bytes.

        Raises CannotExpress."""
        ...

    def submit(self, document: Document, reference: str) -> Receipt:
        """Hands the document over once; `reference` is the same on every try of the same revision.

        Raises NotSent, MaybeSent, SignInRefused, PersonNeeded, PortalChanged."""
        ...

    def find(self, number: str) -> tuple[Found, ...]:
        """Everything the portal holds under exactly this invoice number.

        Raises PortalUnavailable, SignInRefused; PersonNeeded where what is there cannot be told from a draft."""
        ...

    def poll(self, cursor: str) -> Notices:
        """Changes since `cursor` ("" = from the beginning of what the account may see). A read: changes nothing."""
        ...

    def orders(self, cursor: str) -> Orders:
        """Purchase orders changed since `cursor`; an order may come in several versions, and in any order of them. One
        that cannot be read does not keep the others back. Raises PortalUnavailable, SignInRefused."""
        ...

    def void(self, portal_reference: str, why: str) -> Verdict:
        """Takes an invoice back, as ordered by a person. The verdict says what the portal made of it."""
        ...

    def check(self) -> str:
        """Signs in and reads one small thing, for `clearbill doctor`; answers one sentence. Changes nothing."""
        ...


@runtime_checkable
class Networked(Protocol):
    """An adapter to whom documents are delivered: into a queue, or by push.

    `line` names the supplier's side: accounts of one line share one queue, which one of them reads for all, and the
    documents that are pushed to any of them. `party` names the other side of this account alone.
    """

    line: str
    party: str

    def read(self, raw: bytes) -> Delivery:
        """What a kept document says to this account. Raises nothing: what cannot be read is said so."""
        ...

    def read_push(self, body: bytes) -> Delivery:
        """What was pushed at us, once its sender has proved itself. Raises PushRefused."""
        ...


@runtime_checkable
class Cancelling(Protocol):
    """An adapter whose portal takes an invoice back by a document that says so, handed over by `submit`."""

    def cancellation(
        self, packet: Packet, presentation: Presentation, stamp: Stamp, cancels: str, why: str
    ) -> Document:
        """The exact document that takes back what the portal knows as `cancels`: pure, as `render`. `packet` is the one
        that was sent, `why` a person's words for the receiver. Raises CannotExpress."""
        ...


def least_settling(adapter: Adapter) -> float:
    """Seconds after the beginning of a transmission before its absence at the portal proves anything: how long one may
    be under way there, and stay unseen. An adapter that knows says so by `least_settling_seconds`; no setting of an
    installation may be shorter."""
    return float(getattr(adapter, "least_settling_seconds", 0.0))


def failure_from(
    where: str, intent: Intent, http_status: int, *, said: str = "", retry_at: datetime | None = None
) -> PortalError:
    """The error for an HTTP answer that carries no readable words of the portal.

    401/403: credentials. 429 and other 4xx on a write: refused at the door, so NotSent. 5xx, 3xx and unreadable 2xx
    on a write: it may have been committed behind a broken gateway, so MaybeSent. Any failed read: PortalUnavailable.
    """
    message = f"answered HTTP {http_status} without a readable body"
    if http_status in (401, 403) or (intent == "sign_in" and 400 <= http_status < 429):
        return SignInRefused(where, f"refused our credentials (HTTP {http_status})", said=said)
    if intent != "write":
        return PortalUnavailable(where, message, said=said, retry_at=retry_at)
    if 400 <= http_status < 500 and http_status != 408:
        return NotSent(where, message, said=said, retry_at=retry_at)
    return MaybeSent(where, message, said=said, retry_at=retry_at)


@contextmanager
def nothing_written_yet() -> Iterator[None]:
    """A look before the first write failed: the portal has got nothing, so it is NotSent."""
    try:
        yield
    except PortalUnavailable as fault:
        message = f"nothing was sent, because a step before it failed ({fault.message})"
        raise NotSent(fault.where, message, said=fault.said, retry_at=fault.retry_at) from fault


@contextmanager
def already_written() -> Iterator[None]:
    """A look between two writes failed: part of it is there, so it is MaybeSent."""
    try:
        yield
    except PortalUnavailable as fault:
        message = f"a part was sent, then a look failed ({fault.message})"
        raise MaybeSent(fault.where, message, said=fault.said, retry_at=fault.retry_at) from fault
