"""The invoice packet: an invoice, what it rests on, and the papers that prove it. Words only; nothing here acts.

The invoice follows the semantic model of EN 16931-1:2017 (business terms BT-n and groups BG-n are named beside the
fields), extended for time and materials: a line has a kind, labour lines name the worker, classification, pay code and
time sheet, and lines point at purchase order lines.

Conventions: amounts are exact decimals in the invoice currency (BT-5), quantities carry a UN/ECE Recommendation 20
unit code, instants are aware UTC, days are plain dates in the seller's calendar. A credit note (type 381) states
positive amounts, as EN 16931 does. No field exists for bank details: the remit-to account is named by its code.

Every value is frozen and refuses unknown fields. `packet_from_json` and `canonical_json` are the only two doors to
text; `canonical_json` of equal packets is equal byte for byte.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema

from gateway.errors import PacketRefused, Problem

MAX_JSON_BYTES = 16 * 1024 * 1024
MAX_LINES = 5_000
MAX_DOCUMENTS = 100

_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?")
# What XML 1.0 cannot carry (section 2.2, Char), lone surrogates included; tab and line ends are judged per field.
_NEVER_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# Marks that turn the direction of writing (Unicode, UAX #9, section 2): "fdp.exe" could be shown as "exe.pdf".
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# --- kinds of value ---------------------------------------------------------------------------------------------


def _exact_decimal(value: object) -> Decimal:
    """A finite decimal of at most 15 digits before and 10 after the point; binary floats are never taken."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('must be a decimal number written as text, such as "1234.50"')
    text = format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)
    if not _DECIMAL.fullmatch(text):
        raise ValueError(
            f"{text[:40]!r} is not a plain decimal number of at most 15 digits before and 10 after the point"
        )
    try:
        return Decimal(text)
    except InvalidOperation as fault:
        raise ValueError(f"{text[:40]!r} is not a number") from fault


def plain_decimal(value: Decimal) -> str:
    """The one way a decimal is written: no exponent, no sign on zero, no trailing zeros ("10.50" -> "10.5")."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _no_control_characters(text: str) -> str:
    if text.isprintable():  # nearly always, and far quicker to see
        return text
    found = _NEVER_IN_TEXT.search(text)
    if found:
        raise ValueError(f"contains the control character U+{ord(found[0]):04X} at position {found.start() + 1}")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text or "\t" in text:
        raise ValueError("must stand on one line, without tabs")
    if text != text.strip():
        raise ValueError("must not begin or end with a blank")
    return text


def _file_name(name: str) -> str:
    if name in {".", ".."} or any(mark in name for mark in '/\\:*?"<>|'):
        raise ValueError('must be a bare file name without path or any of / \\ : * ? " < > |')
    if _TURNING.search(name):
        raise ValueError("has a mark that turns the direction of its letters, and would be shown as another name")
    return name


@dataclass(frozen=True, slots=True)
class _Form:
    """Text of one form, refused in words: what the form is, not how a program spells it."""

    pattern: str
    says: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        compiled = re.compile(self.pattern)

        def fits(text: str) -> str:
            if not compiled.fullmatch(text):
                raise ValueError(f"{text[:80]!r} is not {self.says}")
            return text

        return core_schema.no_info_after_validator_function(fits, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}


def _aware_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError('must carry a time zone, such as "2026-03-02T17:00:00Z"')
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is before the first or after the last day that a calendar has in UTC") from None


def _iso_text(value: object) -> object:
    """Dates and times come as ISO 8601 text only: a bare number could be seconds, days or a mistake."""
    if not isinstance(value, str | date):
        raise ValueError("must be ISO 8601 text")
    return value


def _utc_text(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


Amount = Annotated[
    Decimal,
    BeforeValidator(_exact_decimal),
    PlainSerializer(plain_decimal, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "pattern": f"^{_DECIMAL.pattern}$"}),
]
"""An exact decimal number; which unit or currency it is in, its field says."""

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_no_control_characters),
    AfterValidator(_one_line),
]
"""One line of text, without blanks at either end."""

OptionalName = Annotated[
    str, StringConstraints(max_length=200), AfterValidator(_no_control_characters), AfterValidator(_one_line)
]
Text = Annotated[str, StringConstraints(max_length=5_000), AfterValidator(_no_control_characters)]
Code = Annotated[
    str, _Form(r"[A-Za-z0-9][A-Za-z0-9 ._/%+-]{0,63}", "a code of at most 64 letters, digits and . _ / % + -")
]
ClientKey = Annotated[
    str, _Form(r"[a-z0-9][a-z0-9_-]{0,62}", "a key of small letters, digits, - and _ such as northlight-power")
]
CurrencyCode = Annotated[str, _Form(r"[A-Z]{3}", "a currency code of three capital letters such as USD")]
CountryCode = Annotated[str, _Form(r"[A-Z]{2}", "a country code of two capital letters such as US")]
UnitCode = Annotated[str, _Form(r"[A-Z0-9]{1,6}", "a unit code of UN/ECE Recommendation 20 such as HUR or EA")]
MediaType = Annotated[str, _Form(r"[a-z]+/[a-z0-9.+-]{1,80}", "a media type in small letters such as application/pdf")]
FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_no_control_characters),
    AfterValidator(_one_line),
    AfterValidator(_file_name),
]
Sha256 = Annotated[str, _Form(r"[0-9a-f]{64}", "a SHA-256 hash of 64 hexadecimal digits in small letters")]
Day = Annotated[date, BeforeValidator(_iso_text)]
Instant = Annotated[
    datetime,
    BeforeValidator(_iso_text),
    AfterValidator(_aware_utc),
    PlainSerializer(_utc_text, return_type=str, when_used="json"),
]


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="never")


# --- parties ----------------------------------------------------------------------------------------------------


class Address(_Word):
    """A postal address (BG-5, BG-8, BG-15)."""

    lines: Annotated[tuple[Name, ...], Field(max_length=4)] = ()  # BT-35, BT-36, BT-162
    city: OptionalName = ""  # BT-37
    subdivision: OptionalName = ""  # BT-39, a state or province
    post_code: OptionalName = ""  # BT-38
    country: CountryCode  # BT-40, ISO 3166-1 alpha-2


class Party(_Word):
    """A party to the invoice. `code` is what the client's system calls this party or address."""

    name: Name  # BT-27, BT-44, BT-59, BT-70
    code: OptionalName = ""  # BT-29, BT-46, BT-60, BT-71
    vat_id: OptionalName = ""  # BT-31, BT-48
    tax_id: OptionalName = ""  # BT-32
    registration_id: OptionalName = ""  # BT-30, BT-47
    address: Address | None = None
    contact_name: OptionalName = ""  # BT-41
    phone: OptionalName = ""  # BT-42
    email: OptionalName = ""  # BT-43


class Period(_Word):
    """Days from `start` to `end`, both included (BG-14, BG-26)."""

    start: Day  # BT-73, BT-134
    end: Day  # BT-74, BT-135

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends ({self.end}) before it starts ({self.start})")
        return self


# --- what an invoice refers to ------------------------------------------------------------------------------------


class OrderLineKind(StrEnum):
    """How the buyer's purchase order line counts: by quantity and price, or by amount alone."""

    quantity = "quantity"
    amount = "amount"


class OrderReference(_Word):
    """A purchase order that the invoice bills (BT-13 when there is one)."""

    number: Name
    ordered_on: Day | None = None
    payload_id: OptionalName = ""  # the order document's own id at the portal (cXML payloadID)
    stated_date: OptionalName = ""  # the order's date as its own document writes it, to the letter (cXML orderDate)
    channel: Literal["portal", "elsewhere"] = "portal"  # "elsewhere": the portal never saw this order


class LineOrder(_Word):
    """Where an invoice line stands on a purchase order. Without `number` the invoice's only order is meant."""

    number: OptionalName = ""
    line: Annotated[int, Field(ge=1, le=999_999)] | None = None  # BT-132
    kind: OrderLineKind | None = None  # None: as the order register says, else by quantity


class ServiceEntry(_Word):
    """The line of an approved service entry sheet that an invoice line bills (near BT-16, receiving advice)."""

    number: Name
    line: Annotated[int, Field(ge=1, le=999_999)]
    entered_on: Day | None = None
    payload_id: OptionalName = ""  # the sheet's own id at the portal (cXML payloadID)


class PrecedingInvoice(_Word):
    """The invoice that a credit note or replacement refers to (BG-3)."""

    number: Name  # BT-25
    issued_on: Day | None = None  # BT-26
    reference: OptionalName = ""  # the earlier document's own id at the portal (cXML payloadID)


class CustomField(_Word):
    """A field that one client asks for beyond the common model."""

    name: Name
    value: Text


# --- lines --------------------------------------------------------------------------------------------------------


class LineKind(StrEnum):
    """What a line bills."""

    goods = "goods"
    service = "service"
    labour = "labour"
    equipment = "equipment"
    expense = "expense"
    mileage = "mileage"
    per_diem = "per_diem"


class PayCode(StrEnum):
    """How an hour is paid."""

    straight = "ST"
    overtime = "OT"
    double = "DT"


class Labour(_Word):
    """Whose hours a labour line bills; the hours are the line's quantity, the rate its unit price."""

    worker_id: Name
    worker_name: OptionalName = ""
    classification: Name
    pay_code: PayCode
    timesheet_id: OptionalName = ""
    supervisor: OptionalName = ""  # the client's person who directed the work
    work_location: Party | None = None  # where the work was done


class LineTax(_Word):
    """Tax on one line (BG-30). `amount` only where tax is stated by line; `code` is the client's own tax code."""

    category: Code  # BT-151, UNCL 5305 (S, Z, E, AE, ...)
    rate: Amount = Decimal(0)  # BT-152, per cent
    code: OptionalName = ""
    amount: Amount | None = None


class Adjustment(_Word):
    """An allowance (BG-20, BG-27) or a charge (BG-21, BG-28); `amount` is positive for both."""

    kind: Literal["allowance", "charge"]
    purpose: Literal["shipping", "handling", "discount", "other"] = "other"
    amount: Annotated[Amount, Field(ge=0)]  # BT-92, BT-99, BT-136, BT-141
    reason: OptionalName = ""  # BT-97, BT-104
    tax: LineTax | None = None


class Line(_Word):
    """One invoice line (BG-25)."""

    number: Annotated[int, Field(ge=1, le=999_999)]  # BT-126
    kind: LineKind
    description: Annotated[Text, Field(min_length=1)]  # BT-153, BT-154
    quantity: Amount  # BT-129, in `unit`
    unit: UnitCode  # BT-130
    unit_price: Annotated[Amount, Field(ge=0)]  # BT-146
    price_base_quantity: Annotated[Amount, Field(gt=0)] = Decimal(1)  # BT-149
    net_amount: Amount  # BT-131, after line allowances and charges, before tax
    order: LineOrder | None = None
    contract_number: OptionalName = ""  # where the line rests on a contract instead of an order
    part_number: OptionalName = ""  # BT-155
    buyer_part_number: OptionalName = ""  # BT-156
    period: Period | None = None  # BG-26
    tax: LineTax | None = None
    adjustments: tuple[Adjustment, ...] = ()
    accounting_code: OptionalName = ""  # BT-133
    note: Text = ""  # BT-127
    labour: Labour | None = None
    service_entry: ServiceEntry | None = None  # where the client books services before they are billed
    custom_fields: tuple[CustomField, ...] = ()

    @model_validator(mode="after")
    def _labour_belongs_to_labour_lines(self) -> Self:
        if (self.kind is LineKind.labour) != (self.labour is not None):
            raise ValueError("a labour line needs `labour` (worker, classification, pay code), and only a labour line")
        return self


# --- the invoice --------------------------------------------------------------------------------------------------


class TaxBreakdown(_Word):
    """Tax of one category and rate over the whole invoice (BG-23)."""

    category: Code  # BT-118
    rate: Amount = Decimal(0)  # BT-119, per cent
    taxable_amount: Amount  # BT-116
    tax_amount: Amount  # BT-117
    code: OptionalName = ""
    exemption_reason: OptionalName = ""  # BT-120


class Totals(_Word):
    """Document totals (BG-22), in the invoice currency."""

    line_net: Amount  # BT-106
    allowances: Annotated[Amount, Field(ge=0)] = Decimal(0)  # BT-107
    charges: Annotated[Amount, Field(ge=0)] = Decimal(0)  # BT-108
    tax_exclusive: Amount  # BT-109
    tax: Amount = Decimal(0)  # BT-110
    tax_inclusive: Amount  # BT-112
    paid: Amount = Decimal(0)  # BT-113
    rounding: Amount = Decimal(0)  # BT-114
    payable: Amount  # BT-115


class EarlyDiscount(_Word):
    """`percent` off when paid within `days`."""

    days: Annotated[int, Field(ge=0, le=3650)]
    percent: Annotated[Amount, Field(ge=0, le=100)]


class PaymentTerms(_Word):
    """When the invoice is payable (BT-20); `code` is the client's own code for it."""

    net_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    discounts: tuple[EarlyDiscount, ...] = ()
    code: OptionalName = ""
    text: Text = ""


class InvoiceType(StrEnum):
    """Invoice type code (BT-3), from UNTDID 1001."""

    invoice = "380"
    credit_note = "381"


class Invoice(_Word):
    """An invoice or a credit note in the terms of EN 16931."""

    number: Annotated[Name, Field(max_length=40)]  # BT-1
    issued_on: Day  # BT-2
    type: InvoiceType = InvoiceType.invoice  # BT-3
    currency: CurrencyCode  # BT-5, ISO 4217
    due_on: Day | None = None  # BT-9
    buyer_reference: OptionalName = ""  # BT-10
    contract_number: OptionalName = ""  # BT-12
    orders: tuple[OrderReference, ...] = ()  # BT-13
    note: Text = ""  # BT-22
    preceding: PrecedingInvoice | None = None  # BG-3
    credit_reason: OptionalName = ""
    seller: Party  # BG-4
    buyer: Party  # BG-7
    remit_to: Party | None = None  # BG-10; its code wins over its address at most portals
    bill_to: Party | None = None  # an invoice address differing from the buyer's; most portals default it
    ship_from: Party | None = None
    ship_to: Party | None = None  # BG-13
    period: Period | None = None  # BG-14
    payment_terms: PaymentTerms | None = None
    adjustments: tuple[Adjustment, ...] = ()  # BG-20, BG-21
    totals: Totals  # BG-22
    tax_breakdown: tuple[TaxBreakdown, ...] = ()  # BG-23
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MAX_LINES)]  # BG-25
    custom_fields: tuple[CustomField, ...] = ()

    @model_validator(mode="after")
    def _refers_to_what_it_names(self) -> Self:
        numbers = [line.number for line in self.lines]
        if len(set(numbers)) != len(numbers):
            twice = sorted({number for number in numbers if numbers.count(number) > 1})
            raise ValueError(f"line numbers must be unique; used more than once: {twice[:5]}")
        orders = [order.number for order in self.orders]
        if len(set(orders)) != len(orders):
            raise ValueError("`orders` names a purchase order twice")
        for line in self.lines:
            named = line.order.number if line.order else ""
            if named and named not in orders:
                raise ValueError(f"line {line.number} names purchase order {named!r}, which `orders` does not list")
            if line.order and not named and len(orders) != 1:
                raise ValueError(
                    f"line {line.number} does not say which of the {len(orders)} purchase orders in `orders` it bills"
                )
        return self

    def order_number_of(self, line: Line) -> str:
        """The purchase order a line bills: its own, else the invoice's only one, else "" (contract-backed or none)."""
        if line.order and line.order.number:
            return line.order.number
        if line.contract_number:
            return ""
        return self.orders[0].number if len(self.orders) == 1 else ""

    @property
    def is_credit_note(self) -> bool:
        """Whether the amounts are owed to the buyer."""
        return self.type is InvoiceType.credit_note


# --- documents and the packet -------------------------------------------------------------------------------------


class DocumentKind(StrEnum):
    """What a supporting document proves."""

    invoice_pdf = "invoice_pdf"
    timesheet = "timesheet"
    acceptance_form = "acceptance_form"
    receipt = "receipt"
    mileage_log = "mileage_log"
    equipment_log = "equipment_log"
    other = "other"


class SheetHours(_Word):
    """Hours that a time sheet shows for one worker, classification and pay code."""

    worker_id: Name
    classification: Name
    pay_code: PayCode
    hours: Annotated[Amount, Field(ge=0)]


class SupportingDocument(_Word):
    """A paper in the packet: its bytes are kept once, by hash; the rest is what is known of it."""

    kind: DocumentKind
    name: FileName
    media_type: MediaType
    sha256: Sha256
    size: Annotated[int, Field(ge=1)]  # bytes
    timesheet_id: OptionalName = ""
    signed_by: OptionalName = ""
    signed_on: Day | None = None
    period: Period | None = None
    hours: tuple[SheetHours, ...] = ()


class Packet(_Word):
    """What a supplier's invoicing system hands over: one invoice and its papers, addressed to one client.

    (`source_system`, `source_id`) identify the hand-over for ever; `generated_at` is when the invoicing system made it
    and where the acceptance cycle time starts.
    """

    source_system: Name
    source_id: Name
    client: ClientKey
    generated_at: Instant
    invoice: Invoice
    documents: Annotated[tuple[SupportingDocument, ...], Field(max_length=MAX_DOCUMENTS)] = ()

    @model_validator(mode="after")
    def _documents_have_names_of_their_own(self) -> Self:
        names = [document.name.casefold() for document in self.documents]
        if len(set(names)) != len(names):
            raise ValueError("two documents have the same file name")
        return self


# --- to and from text ---------------------------------------------------------------------------------------------


def packet_from_json(text: bytes | str) -> Packet:
    """Reads one packet. Raises PacketRefused with every fault found, each with its JSON pointer and a cure."""
    return packet_from(json_from(text))


def packet_from(value: object) -> Packet:
    """A packet from values as JSON has them (numbers exact). Raises PacketRefused."""
    try:
        return Packet.model_validate(value)
    except ValidationError as faults:
        raise PacketRefused(tuple(_problems_from(faults))) from None


def json_from(text: bytes | str) -> object:
    """Parses JSON strictly: exact decimals, no NaN or Infinity, no key twice, a size limit. Raises PacketRefused."""
    if len(text) > MAX_JSON_BYTES:
        raise _unreadable(f"is larger than {MAX_JSON_BYTES // 1024 // 1024} MB of JSON")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(
            decoded, parse_float=_number_from, parse_constant=_no_constant, object_pairs_hook=_object_from
        )
    except UnicodeDecodeError as fault:
        raise _unreadable(f"is not UTF-8 text (byte {fault.start})") from None
    except RecursionError:
        raise _unreadable("is nested too deeply") from None
    except json.JSONDecodeError as fault:
        raise _unreadable(f"is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    except ValueError as fault:
        raise _unreadable(f"is not acceptable JSON: {fault}") from None


def canonical_json(value: BaseModel) -> bytes:
    """The one spelling of a value: UTF-8, keys sorted, no blanks, decimals plain, defaults left out."""
    content = value.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def content_hash(packet: Packet) -> str:
    """SHA-256 over the canonical JSON: equal content, equal hash."""
    return hashlib.sha256(canonical_json(packet)).hexdigest()


def packet_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a packet, for those who write one."""
    schema = Packet.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Clearbill packet", **schema}


def _number_from(text: str) -> Decimal:
    """A JSON number, exactly. One of hundreds of digits is refused before anything reckons with it: written out,
    1e999999999 alone would fill the memory."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("Infinity")
    if not number.is_finite() or len(text) > 100 or abs(number.adjusted()) > 100:
        raise ValueError(f"{text[:20]}... is not a number that an invoice can hold")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that an invoice can hold")


def _object_from(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _unreadable(message: str) -> PacketRefused:
    return PacketRefused((Problem("", f"the packet {message}.", "Send one UTF-8 JSON object."),))


_CURES = {
    "missing": "Supply it.",
    "extra_forbidden": "Remove it, or see `clearbill packet schema` for the names there are.",
    "string_too_short": "Supply a value.",
}


def _problems_from(faults: ValidationError) -> Iterator[Problem]:
    for fault in faults.errors(include_url=False, include_context=False, include_input=False):
        path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        yield Problem(path, f"{message[:1].lower()}{message[1:]}.".replace("..", "."), _CURES.get(fault["type"], ""))
