"""The sections of a client's checklist: one small frozen model per subject. Absent settings ask for nothing.

Patterns are Python regular expressions, compiled once as the file is read, and must match the whole value.
"""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from checklists.codes import Severity
from checklists.terms import Steps, covers, steps_from
from gateway.currency import is_currency
from gateway.packet import (
    Adjustment,
    Amount,
    Code,
    CurrencyCode,
    DocumentKind,
    LineKind,
    Name,
    OptionalName,
    PayCode,
    Text,
    UnitCode,
)
from gateway.verdict import Actor

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MEGABYTE = Decimal(1_000_000)


def _pattern(text: object) -> re.Pattern[str]:
    if not isinstance(text, str) or not text:
        raise ValueError("must be a regular expression in quotes")
    try:
        return re.compile(text)
    except re.error as fault:
        raise ValueError(f"is not a regular expression: {fault}") from None


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}", text):
        raise ValueError(f"{text!r} is not an e-mail address")
    return text


def _place(name: str) -> str:
    steps_from(name)
    return name


def _rule_or_place(name: str) -> str:
    return _place(name) if name.startswith("/") else name


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code


def _clock_time(text: object) -> object:
    if not isinstance(text, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must be a time of day in quotes, such as "17:00"')
    return text


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone on this machine, such as America/Chicago") from None
    return name


Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
Place = Annotated[str, AfterValidator(_place)]
"""A business term or JSON pointer that a packet has; `*` stands for every entry of a list."""


RuleOrPlace = Annotated[Name, AfterValidator(_rule_or_place)]
"""The code of a correction rule, or a JSON pointer as in `Place`."""


class Section(BaseModel):
    """Frozen, and refuses settings it does not know: a misspelt rule must not pass as no rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Section):
    """Whom to write to. `acts_for` ties the contact to the findings and verdicts that wait for that side."""

    role: Name
    acts_for: Actor
    email: Annotated[str, StringConstraints(max_length=200), AfterValidator(_email)]
    phone: OptionalName = ""


class EscalationStep(Section):
    """Whom to turn to when nothing has moved for so many working days."""

    after_days: Annotated[int, Field(ge=0, le=365)]
    role: Name


class Form(Section):
    """How a value must look: a pattern, the same in words, and a right example."""

    pattern: Pattern
    says: Name
    example: Name

    @model_validator(mode="after")
    def _example_is_right(self) -> Self:
        if not self.pattern.fullmatch(self.example):
            raise ValueError(f"the example {self.example!r} does not match the pattern {self.pattern.pattern!r}")
        return self

    def fits(self, value: str) -> bool:
        """Whether the whole value has this form."""
        return self.pattern.fullmatch(value) is not None


class NumberRules(Section):
    """Invoice numbers, and what number a second try carries.

    `after_refused`: the portal created nothing, so the same number is free. `after_rejected`: the portal or buyer
    holds the rejected invoice; `suffix` then yields the next number, with `{n}` counting from 1.
    """

    form: Form | None = None
    max_length: Annotated[int, Field(ge=1, le=40)] = 40
    after_refused: Literal["same"] = "same"
    after_rejected: Literal["person", "same", "suffix"] = "person"
    suffix: Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z0-9./_-]*\{n\}[A-Za-z0-9./_-]*$")] = (
        "-R{n}"
    )

    def next_number(self, number: str) -> str:
        """The number after `number` in the suffix series: INV-7 -> INV-7-R1 -> INV-7-R2. ValueError if too long."""
        before, after = (re.escape(part) for part in self.suffix.split("{n}"))
        earlier = re.fullmatch(rf"(.+){before}(\d+){after}", number)
        stem, tries = (earlier[1], int(earlier[2])) if earlier else (number, 0)
        following = stem + self.suffix.replace("{n}", str(tries + 1))
        if len(following) > self.max_length:
            raise ValueError(f"{following!r} is longer than the {self.max_length} characters this client takes")
        return following


class DateRules(Section):
    """The window for the invoice date (BT-2), in days before today; None = no limit."""

    max_backdate_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    allow_future: bool = False


class OrderRules(Section):
    """Purchase orders. `prefix` and `zero_pad_to` (the whole number's length) say how a truncated number is restored.

    `rate_differs`: what a unit price other than the order line's does. `named_by`: "version" where the client takes an
    order only by its document's own id or by its date to the letter (else the number will do).
    """

    required: bool = True
    named_by: Literal["number", "version"] = "number"
    contract_allowed: bool = False
    line_required: bool = True
    form: Form | None = None
    prefix: Annotated[str, StringConstraints(max_length=20)] = ""
    zero_pad_to: Annotated[int, Field(ge=1, le=40)] | None = None
    contract_form: Form | None = None
    rate_differs: Literal["stop", "warn", "ignore"] = "warn"

    def candidates(self, number: str) -> tuple[str, ...]:
        """Numbers of the right form that `number` may be a damaged spelling of; empty without a form.

        Blanks and a leading "PO" or "#" are dropped, lost leading zeros and the lost prefix put back. Nothing here
        says that such an order exists: the register must confirm one before it is used.
        """
        if self.form is None:
            return ()
        bare = re.sub(r"^(?:P\.?O\.?|#|-|:)+", "", re.sub(r"\s", "", number), flags=re.IGNORECASE)
        width = self.zero_pad_to or 0
        tries = (
            bare,
            bare.zfill(width),
            self.prefix + bare,
            self.prefix + bare.zfill(max(width - len(self.prefix), 0)),
        )
        return tuple(dict.fromkeys(one for one in tries if one != number and self.form.fits(one)))


class RequiredField(Section):
    """A field that must be filled; with `kinds`, on lines of these kinds only. `why` is told to the coordinator."""

    field: Place
    called: Name
    kinds: tuple[LineKind, ...] = ()
    why: OptionalName = ""
    who_acts: Actor = Actor.us

    @property
    def steps(self) -> Steps:
        return steps_from(self.field)

    @model_validator(mode="after")
    def _kinds_go_with_lines(self) -> Self:
        if self.kinds and self.steps[:3] != ("invoice", "lines", "*"):
            raise ValueError("`kinds` goes only with a field of a line (/invoice/lines/*/...)")
        return self


class RequiredCustomField(Section):
    """A custom field that the packet must carry, on the invoice or on each line."""

    name: Name
    on: Literal["invoice", "lines"] = "invoice"
    form: Form | None = None


class DocumentRule(Section):
    """A paper that must be there, and what must be true of it.

    `for_lines`: needed when a line of one of these kinds is billed (empty: always); `for_lump_sums`: and only when such
    a line is a lump sum, ordered by amount or billed in the unit LS; `over`: and only when its net amount is above
    this. `hours_match` and the tie to the labour line's time sheet id apply to time sheets.
    """

    kind: DocumentKind
    for_lines: tuple[LineKind, ...] = ()
    for_lump_sums: bool = False
    over: Annotated[Amount, Field(ge=0)] | None = None
    signed: bool = False
    covers_period: bool = False
    hours_match: bool = False
    on_credit_notes: bool = False
    who_acts: Actor | None = None

    @model_validator(mode="after")
    def _hours_stand_on_time_sheets(self) -> Self:
        if self.hours_match and self.kind is not DocumentKind.timesheet:
            raise ValueError("`hours_match` goes only with the kind `timesheet`")
        return self


class LabourRules(Section):
    """Hours. `time_card_required`: every labour line names the time card that its hours were approved on.

    `pay_codes`: the kinds of hour that are agreed (empty: any).
    """

    time_card_required: bool = False
    time_card_form: Form | None = None
    pay_codes: frozenset[PayCode] = frozenset()


class UnitRules(Section):
    """Units of measure taken (empty: any), and how other spellings are written (`HR: HUR`), for corrections."""

    allowed: frozenset[UnitCode] = frozenset()
    mapping: dict[Name, UnitCode] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _maps_to_what_is_allowed(self) -> Self:
        strange = sorted(set(self.mapping.values()) - self.allowed) if self.allowed else []
        if strange:
            raise ValueError(f"`mapping` leads to {strange[0]!r}, which `allowed` does not list")
        return self


class TaxRules(Section):
    """Where tax is stated, and which of the client's codes and EN 16931 categories are taken (empty: any)."""

    level: Literal["header", "line"] = "header"
    codes: frozenset[Code] = frozenset()
    categories: frozenset[Code] = frozenset()


class PaymentRules(Section):
    """The agreed payment term; `code` is the client's own code for it."""

    code: OptionalName = ""
    net_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    required: bool = False


class ChargeRules(Section):
    """Allowances and charges that are taken beside the lines, by purpose; None: any."""

    permitted: frozenset[Literal["shipping", "handling", "discount", "other"]] | None = None

    def permits(self, adjustment: Adjustment) -> bool:
        """Whether the client takes an allowance or charge of this purpose."""
        return self.permitted is None or adjustment.purpose in self.permitted


class TextRules(Section):
    """What descriptions may be."""

    description_max_length: Annotated[int, Field(ge=10, le=5000)] | None = None
    forbidden: str = ""


class CreditNoteRules(Section):
    """Credit notes by this road. `original_required`: each credits an invoice that this client has from us."""

    allowed: bool = True
    reason_required: bool = False
    original_required: bool = False


class AttachmentRules(Section):
    """Limits on files. Megabytes are 1,000,000 bytes; empty `media_types` takes any."""

    max_count: Annotated[int, Field(ge=0, le=100)] | None = None
    max_mb_each: Annotated[Amount, Field(gt=0)] | None = None
    max_mb_total: Annotated[Amount, Field(gt=0)] | None = None
    advised_mb_total: Annotated[Amount, Field(gt=0)] | None = None
    media_types: frozenset[str] = frozenset()
    name_form: Form | None = None

    @staticmethod
    def bytes_of(megabytes: Decimal) -> int:
        """A limit in bytes."""
        return int(megabytes * _MEGABYTE)


class CutOff(Section):
    """When an invoice must be in to make this week's run, and how long after the work it may be billed at all."""

    weekday: Weekday
    hour: Annotated[time, BeforeValidator(_clock_time)]
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    late_billing_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    def next_after(self, moment: datetime) -> datetime:
        """The first cut-off after an aware moment, aware in the client's time zone."""
        zone = ZoneInfo(self.time_zone)
        local = moment.astimezone(zone)
        days = (WEEKDAYS.index(self.weekday) - local.weekday()) % 7
        coming = datetime.combine(local.date() + timedelta(days=days), self.hour, zone)
        return coming if coming > moment else datetime.combine(coming.date() + timedelta(days=7), self.hour, zone)


class Licence(Section):
    """What may be corrected without asking: codes of correction rules, or places in the packet.

    Without `allowed` every rule keeps its own licence; `never` always wins. `from_words`: also for a reason that was
    only read from a person's free words; otherwise such a correction is proposed to the office.
    """

    allowed: tuple[RuleOrPlace, ...] | None = None
    never: tuple[RuleOrPlace, ...] = ()
    from_words: bool = False

    def permits(self, code: str, paths: Iterable[str]) -> bool:
        """Whether the rule `code` may change exactly these places (JSON pointers)."""
        places = [tuple(path.split("/")[1:]) for path in paths]
        if code in self.never or any(_under(self.never, place) for place in places):
            return False
        if self.allowed is None or code in self.allowed:
            return True
        return bool(places) and all(_under(self.allowed, place) for place in places)


def _under(names: Iterable[str], place: Steps) -> bool:
    return any(name.startswith("/") and covers(steps_from(name), place) for name in names)


class FormRules(Section):
    """How the document is written: the most decimals for prices and quantities, constants, the most lines."""

    price_decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    quantity_decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    custom_fields: dict[Name, Text] = Field(default_factory=dict)
    max_lines: Annotated[int, Field(ge=1, le=5000)] | None = None
    currencies: frozenset[Annotated[CurrencyCode, AfterValidator(_known_currency)]] = frozenset()
    bill_to: Literal["omit", "allowed"] = "allowed"


RATE_SEVERITY = {"stop": Severity.stop, "warn": Severity.warn}
"""`OrderRules.rate_differs` as a finding's severity; "ignore" has none."""
