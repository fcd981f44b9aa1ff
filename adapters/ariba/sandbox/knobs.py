"""One knob for each point the facts leave open, and the pace of the network. README lists them from here.

Sections: `10` is the Ariba facts, `c7` the cXML facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateway.standin.knobs import Knob
from gateway.standin.knobs import Knobs as Table

from .scripts import SCRIPTS

BOOLEAN = (True, False)

KNOBS: dict[str, Knob] = {
    # The door
    "http_status": Knob(
        "always_200", ("always_200", "mirror"), "HTTP status of a cXML answer: always 200, or its code (c3, c10)"
    ),
    "accepted_code": Knob("201", ("200", "201"), "what a taken invoice is answered (3)"),
    "check_order": Knob(
        "credentials_first", ("credentials_first", "document_first"), "credentials before the DTD or after (10)"
    ),
    "doctype": Knob("optional", ("optional", "required"), "a document without DOCTYPE: latest DTD, or 406 (10)"),
    "whitespace_in_empty": Knob(
        "accept", ("accept", "refuse"), "whitespace inside EMPTY elements, which a DTD forbids and traffic has (c4)"
    ),
    "mixed_modes": Knob(
        "403",
        ("403", "401", "417", "accept"),
        "test account with deploymentMode production, or the reverse (3, memory)",
    ),
    "payload_repeated": Knob(
        "same_answer",
        ("same_answer", "same_answer_same_invoice", "process"),
        "a payloadID seen before: same answer, nothing new (memory); only for the same invoiceID; or a new document",
    ),
    "unresolved_cid": Knob("ignore", ("ignore", "406", "417"), "a cid: reference without its part (c5)"),
    "max_message_bytes": Knob(0, int, "a larger message is a bare HTTP 413; 0 = no limit (11)"),
    # Validation
    "rule_failures": Knob(
        "later", ("later", "at_once"), "a broken buyer rule: a status update later, or 417 at once (11)"
    ),
    "failed_status": Knob(
        "rejected", ("rejected", "failed"), "invoice status shown beside routing status Failed (4: both were read)"
    ),
    "network_rejection_from": Knob("network", ("network", "buyer"), "From of the network's own rejection (open)"),
    # Pace, in seconds. With 0 everything has happened before the answer leaves.
    "clock": Knob("running", ("running", "stepped"), "time passes by itself, or only by POST /_sandbox/clock/step"),
    "validation_delay": Knob(Decimal(0), Decimal, "from receipt to the network's validation (3)"),
    "routing_delay": Knob(Decimal(0), Decimal, "from validation to Sent, and from Sent to Acknowledged (4)"),
    "buyer_delay": Knob(Decimal(0), Decimal, "between the steps of the buyer's script"),
    "script": Knob("none", tuple(SCRIPTS), "what the buyer does with an invoice that arrives"),
    # Status updates
    "status_names": Knob(
        "both",
        ("both", "reference", "id"),
        "an update names the invoice by DocumentReference, InvoiceIDInfo or both (c6)",
    ),
    "gateway_suffix": Knob(False, BOOLEAN, "DocumentReference ends in _CIGSDRID_<ANID>, as seen behind a gateway (c6)"),
    "cancel_answer": Knob("status_update", ("status_update", "silent"), "a cancelled invoice is reported back (open)"),
    "timestamp_resolution": Knob("millisecond", ("millisecond", "second"), "of cXML/@timestamp: ties or none (c7)"),
    # Delivery
    "deliver": Knob("at_once", ("at_once", "held"), "documents go out at once, or when POST /_sandbox/deliver says"),
    "pending_empty": Knob("204", ("204", "200"), "answer to GetPendingRequest when nothing is there (c7)"),
    "pending_acknowledged": Knob(
        "delivered",
        ("delivered", "older", "through"),
        "what lastReceivedTimestamp deletes: delivered documents up to it; only older ones (the last comes again); "
        "all up to it, ties never seen included (c7)",
    ),
    "max_pending": Knob(100, int, "documents in one GetPendingResponse at most (11)"),
    "orders_delivered": Knob(True, BOOLEAN, "orders put by the control API go to the supplier as OrderRequest"),
    "push_tries": Knob(5, int, "attempts to push one document (11)"),
    "push_retry_delay": Knob(
        Decimal(1), Decimal, "seconds to the second attempt; each next one waits twice as long (11)"
    ),
    "push_timeout": Knob(Decimal(10), Decimal, "seconds a push waits for its answer (11)"),
    # REST
    "throttle": Knob(True, BOOLEAN, "answer 429 above the rates (2)"),
    "rate_minute": Knob(60, int, "REST requests per minute (2: headers read, numbers not)"),
    "rate_hour": Knob(1000, int, "REST requests per hour"),
    "rate_day": Knob(10000, int, "REST requests per day"),
    "token_seconds": Knob(1440, int, "expires_in of a token (open)"),
}


class Knobs(Table):
    """The knob values of one buyer; for what concerns the network as a whole, the buyer `default`'s count."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        super().__init__(KNOBS, values)
