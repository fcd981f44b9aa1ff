"""One knob for each point the facts leave open, so that an adapter can be tried both ways.

A knob is data: name, default, allowed values, and the open point it stands for. README lists them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Knob:
    """`allowed` is a tuple of choices, or a type (`int`: 0 or more; `Decimal`: as text or number; `str`)."""

    default: object
    allowed: tuple[object, ...] | type
    meaning: str


BOOLEAN = (True, False)

KNOBS: dict[str, Knob] = {
    # The cXML door
    "http_status": Knob(
        "mirror", ("mirror", "always_200"), "HTTP status of a cXML answer: its code, or always 200 (18.2)"
    ),
    "check_order": Knob(
        "document_first", ("document_first", "credentials_first"), "DTD before credentials or after (15, 18.2)"
    ),
    # Coupa's samples repeat the supplier there; one public sample has other values.
    "sender_must_be_supplier": Knob(True, BOOLEAN, "Sender's credential must equal From's, else 401 (2.1)"),
    "payload_id": Knob(
        "as_documented",
        ("as_documented", "always", "never"),
        "answer payloadID: empty on success only, always set, never set (2.4)",
    ),
    "doctype_on_line_2": Knob(True, BOOLEAN, "DOCTYPE must stand on line 2, else 406 (2.2)"),
    "dtd_message_blank": Knob(True, BOOLEAN, "`got (A )` as in Coupa's page, or libxml2 2.14's `got (A)` (2.4)"),
    "lf_only_multipart": Knob("500", ("500", "accept"), "multipart whose lines end in LF alone (2.3)"),
    "unresolved_cid": Knob("500", ("500", "417", "ignore"), "a cid: reference without its part (2.3, 18.2)"),
    "max_lines": Knob(0, int, "more lines than this: 413; 0 = no limit (2.4, 18.6)"),
    "max_attachments": Knob(0, int, "more attachments than this: 417; 0 = no limit (2.3: 10 is documented for files)"),
    "max_attachment_bytes": Knob(
        0, int, "attachments together, bytes; 0 = no limit (2.3: 8 MB is documented for files)"
    ),
    # Model rules
    "unknown_order_text": Knob("order_header", ("order_header", "po_number"), "which of the two known sentences (2.4)"),
    "uom_mismatch": Knob("417", ("417", "500", "accept"), "a unit that differs from the PO line's (2.2, 2.4)"),
    "charges_permitted": Knob(True, BOOLEAN, "header shipping, handling and misc charges (2.4)"),
    "unbacked_permitted": Knob(False, BOOLEAN, "lines without PO and contract (2.2)"),
    "unbacked_status": Knob("draft", ("draft", "pending_approval"), "what a permitted unbacked invoice becomes (2.5)"),
    "part_number_required": Knob(False, BOOLEAN, "PO-backed lines need the supplier part number (2.2)"),
    "image_scan_required": Knob(False, BOOLEAN, "an image scan is mandatory (8, 5)"),
    "tax_code_must_match": Knob(
        False, BOOLEAN, "an unknown tax category and rate: refused, or only not picked up (2.2)"
    ),
    "credit_memo": Knob("accepted", ("accepted", "unsupported"), "purpose creditMemo/lineLevelCreditMemo (12, 18.4)"),
    "credit_original": Knob(
        "must_exist", ("must_exist", "must_be_named", "optional"), "original of a credit memo, else 500 (12)"
    ),
    "number_reuse": Knob(
        "never",
        ("never", "after_void", "calendar_year"),
        "when a used invoice number may return (6.3); deleting always frees it",
    ),
    "line_arithmetic": Knob("ignore", ("ignore", "417"), "line subtotal against quantity times price (nothing known)"),
    "total_check": Knob(
        "ignore", ("ignore", "417", "on_hold"), "supplier's control total against the computed one (5)"
    ),
    "tolerance_percent": Knob(Decimal(0), Decimal, "above PO price, quantity or amount by more: on_hold (13)"),
    "order_invoiced_counts": Knob("submitted", ("submitted", "approved"), "when a PO line's `invoiced` grows (13)"),
    "status_after_submit": Knob(
        "by_rules",
        (
            "by_rules",
            "pending_approval",
            "processing",
            "pending_receipt",
            "on_hold",
            "ap_hold",
            "approved",
            "draft",
            "new",
        ),
        "status right after a 200 or a submit (18.3)",
    ),
    # REST
    "rest_error_key": Knob("invoice_header", str, "object name under `errors` (5, 18.1)"),
    "rest_create": Knob(True, BOOLEAN, "POST /api/invoices exists on this tenant (1)"),
    "rest_enforce_validations": Knob(True, BOOLEAN, "model rules on REST update and submit (4.6)"),
    "rest_role": Knob("buyer", ("buyer", "supplier"), "whose rights the REST client has when voiding (6.1, 18.7)"),
    "void_buyer": Knob("draft,pending_receipt,approved", str, "statuses a buyer may void from (6.1)"),
    "void_supplier": Knob(
        "pending_receipt,approved", str, "statuses a supplier may void from (6.1; one guide: disputed only)"
    ),
    "edit_disputed": Knob(True, BOOLEAN, "a disputed invoice may be corrected and resubmitted (6.2, 18.7)"),
    "unstable_sort": Knob(True, BOOLEAN, "rows that tie in order_by come in any order, differently each time (3)"),
    "time_resolution": Knob("second", ("second", "microsecond"), "resolution of created-at and updated-at (memory)"),
    "throttle": Knob(True, BOOLEAN, "answer 429 above the rate (3)"),
    "throttle_rate": Knob(25, int, "requests per second (3)"),
    "throttle_burst": Knob(20, int, "burst (3)"),
    "retry_after": Knob(False, BOOLEAN, "429 carries Retry-After (18.6: what follows 429 is not documented)"),
    "csp_statuses": Knob("reduced", ("reduced", "core"), "CSP REST shows its seven words, or Core's tokens (18.5)"),
    # Tokens
    "token_seconds": Knob(86399, int, "expires_in of a token (3)"),
    "token_activation_ms": Knob(0, int, "a token is refused until it is this old; documented advice: 5000 (3)"),
}


class Knobs:
    """The knob values of one buyer. Writes replace the dict whole, so readers need no lock."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self._initial = dict(values or {})
        self._values = {name: knob.default for name, knob in KNOBS.items()}
        self.change(self._initial)

    def change(self, values: Mapping[str, object]) -> None:
        """Set some knobs. Raises `ValueError` naming the knob and what it takes; then nothing is changed."""
        self._values = self._values | {name: _checked(name, value) for name, value in values.items()}

    def reset(self) -> None:
        """Back to the values of the start."""
        self._values = {name: knob.default for name, knob in KNOBS.items()}
        self.change(self._initial)

    def as_json(self) -> dict[str, object]:
        """All values, decimals as strings."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in self._values.items()}

    def text(self, name: str) -> str:
        """A knob that holds a word."""
        return str(self._values[name])

    def flag(self, name: str) -> bool:
        """A knob that is on or off."""
        return self._values[name] is True

    def number(self, name: str) -> int:
        """A knob that counts."""
        value = self._values[name]
        if not isinstance(value, int):
            raise TypeError(f"knob {name} does not count anything")
        return value

    def decimal(self, name: str) -> Decimal:
        """A knob that measures."""
        return Decimal(str(self._values[name]))

    def words(self, name: str) -> frozenset[str]:
        """A knob that lists words, separated by commas."""
        return frozenset(word.strip() for word in self.text(name).split(",") if word.strip())


def _checked(name: str, value: object) -> object:
    knob = KNOBS.get(name)
    if knob is None:
        raise ValueError(f"there is no knob {name!r}; GET /_sandbox/knobs lists them")
    if isinstance(knob.allowed, tuple):
        if not any(value is choice or (isinstance(choice, str) and value == choice) for choice in knob.allowed):
            raise ValueError(f"knob {name} takes one of {', '.join(map(str, knob.allowed))}, not {value!r}")
        return value
    if knob.allowed is int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"knob {name} takes a whole number of 0 or more, not {value!r}")
        return value
    if knob.allowed is Decimal:
        return _decimal(name, value)
    if not isinstance(value, str):
        raise ValueError(f"knob {name} takes text, not {value!r}")
    return value


def _decimal(name: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ValueError(f"knob {name} takes a number of 0 or more, not {value!r}")
    return number
