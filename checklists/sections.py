"""The sections of a client's checklist: one small frozen model per subject. Absent settings ask for nothing.

Patterns are regular expressions (RE2), compiled once as the file is read, and must match the whole value.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from string import ascii_uppercase
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from checklists.codes import CORRECTIONS, Severity
from checklists.pattern import MOST_CHARACTERS, Pattern
from checklists.terms import Steps, covers, steps_from
from checklists.units import mean_different_amounts
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
Gravity = Literal["stop", "warn", "ignore"]
"""How grave a client takes a difference."""
PAY_CODE_WORDS = {PayCode.straight: "Regular", PayCode.overtime: "Overtime", PayCode.double: "Doubletime"}
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MEGABYTE = Decimal(1_000_000)


def _pattern(text: object) -> Pattern:
    if not isinstance(text, str) or not text:
        raise ValueError("must be a regular expression in quotes")
    return Pattern(text)


def _characters(text: str) -> str:
    try:
        re.compile(f"[{text}]" if text else "")
    except re.error as fault:
        raise ValueError(f"{text!r} is not a list of characters such as A-Z0-9-: {fault}") from None
    if "]" in text or text.startswith("^"):
        raise ValueError(f"{text!r} must list the characters that are taken, without brackets")
    return text


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}", text):
        raise ValueError(f"{text!r} is not an e-mail address")
    return text


def _place(name: str) -> str:
    steps_from(name)
    return name


def _rule(name: str) -> str:
    if name not in CORRECTIONS:
        raise ValueError(f"{name!r} is no correction rule; there are: {', '.join(sorted(CORRECTIONS))}")
    return name


def _rule_or_place(name: str) -> str:
    return _place(name) if name.startswith("/") else _rule(name)


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code


def _day(text: object) -> object:
    if isinstance(text, date):
        return text
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("must be a day such as 2027-01-31")
    return text


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


Day = Annotated[date, BeforeValidator(_day)]
"""A day of the calendar, written as ISO 8601 has it."""

ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
"""A time of day to the minute, in quotes."""

Expression = Annotated[
    InstanceOf[Pattern],
    BeforeValidator(_pattern),
    PlainSerializer(lambda pattern: pattern.text, return_type=str),
    WithJsonSchema({"type": "string", "format": "regex", "maxLength": MOST_CHARACTERS}),
]
"""A regular expression in RE2's syntax, in quotes."""

Place = Annotated[str, AfterValidator(_place)]
"""A business term or JSON pointer that a packet has; `*` stands for every entry of a list."""


RuleOrPlace = Annotated[Name, AfterValidator(_rule_or_place)]
"""The code of a correction rule, or a JSON pointer as in `Place`."""

RuleCode = Annotated[Name, AfterValidator(_rule)]
"""The code of a correction rule."""


class Section(BaseModel):
    """Frozen, and refuses settings it does not know: a misspelt rule must not pass as no rule.

    `merges_by`: for the entries of a list, the setting by which a client's entry takes the place of its portal's;
    entries without one are taken over whole, as plain values are (`checklists.inheritance`).
    """

    merges_by: ClassVar[str] = ""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Section):
    """Whom to write to. `acts_for` ties the contact to the findings and verdicts that wait for that side."""

    merges_by: ClassVar[str] = "role"

    role: Name
    acts_for: Actor
    email: Annotated[str, StringConstraints(max_length=200), AfterValidator(_email)]
    phone: OptionalName = ""


class EscalationStep(Section):
    """Whom to turn to when nothing has moved for so many working days."""

    merges_by: ClassVar[str] = "after_days"

    after_days: Annotated[int, Field(ge=0, le=365)]
    role: Name


class Form(Section):
    """How a value must look: a pattern, the same in words, and a right example."""

    pattern: Expression
    says: Name
    example: Name

    @model_validator(mode="after")
    def _example_is_right(self) -> Self:
        if not self.fits(self.example):
            raise ValueError(f"the example {self.example!r} does not match the pattern {self.pattern.text!r}")
        return self

    def fits(self, value: str) -> bool:
        """Whether the whole value has this form."""
        return self.pattern.fits(value)


AfterTrying = Literal["person", "same", "suffix"]
"""What number a second try carries: a person decides, the same again, or the next of the suffix series."""


class NumberRules(Section):
    """Invoice numbers, and what number a second try carries. What a first try left behind decides:

    `after_refused`: the portal took nothing, so the same number is free. `after_failed`: the portal took it and its own
    checks refused it, so the buyer never saw it (Ariba facts, section 6: the buyer's setting whether the number may
    return). `after_rejected`: the buyer refused it and holds it. `suffix` yields the next number, with `{n}` counting
    from 1 or `{a}` from A; what is too long (many ERPs hold 16 characters) or has characters beyond `characters` (the
    inside of a pattern's brackets, such as A-Z0-9-) is no number.
    """

    form: Form | None = None
    max_length: Annotated[int, Field(ge=1, le=40)] = 40
    characters: Annotated[str, StringConstraints(max_length=80), AfterValidator(_characters)] = ""
    after_refused: Literal["same"] = "same"
    after_failed: AfterTrying = "person"
    after_rejected: AfterTrying = "person"
    suffix: Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z0-9./_-]*\{[na]\}[A-Za-z0-9./_-]*$")] = (
        "-R{n}"
    )

    def rule_after(self, ended_as: str) -> AfterTrying:
        """What number a second try carries: after "failed", "rejected", or "" where nothing was taken."""
        if ended_as == "failed":
            return self.after_failed
        return self.after_rejected if ended_as == "rejected" else self.after_refused

    def for_second_try(self, number: str, ended_as: str, used: Collection[str]) -> str:
        """The number of a second try that a person has ordered. Raises ValueError as `next_number` does."""
        return self.next_number(number, used) if self.rule_after(ended_as) == "suffix" else number

    def next_number(self, number: str, used: Collection[str] = ()) -> str:
        """The number after `number` in its suffix series, none of those `used` before: INV-7 -> INV-7-R1 -> INV-7-R2.

        The series is that of the first number used, so that a letter at a number's own end is not taken for a suffix.
        Raises ValueError where there is none, or the client would not take it."""
        stem, tried = self._place_in_series(number, used)
        following = next((one for one in self._series(stem)[tried:] if one not in used), "")
        if not following:
            raise ValueError(f"the suffixes after {stem!r} are used up")
        if len(following) > self.max_length:
            raise ValueError(f"{following!r} is longer than the {self.max_length} characters this client takes")
        if self.strange_in(following) or (self.form is not None and not self.form.fits(following)):
            raise ValueError(f"{following!r} has not the form this client takes")
        return following

    def strange_in(self, number: str) -> str:
        """The characters of a number that the client does not take, each once."""
        if not self.characters:
            return ""
        return "".join(dict.fromkeys(mark for mark in number if not re.fullmatch(f"[{self.characters}]", mark)))

    def _place_in_series(self, number: str, used: Collection[str]) -> tuple[str, int]:
        """(the number that the series began with, how many suffixes came up to `number`)."""
        for stem in used:
            if number in self._series(stem):
                return stem, self._series(stem).index(number) + 1
        before, after = (re.escape(part) for part in re.split(r"\{[na]\}", self.suffix))
        counted = re.fullmatch(rf"(.+){before}(\d+){after}", number) if before and "{n}" in self.suffix else None
        if counted and number not in used and 0 < int(counted[2]) <= _MOST_SUFFIXES:
            return counted[1], int(counted[2])
        return number, 0

    def _series(self, stem: str) -> list[str]:
        marks = [str(n) for n in range(1, _MOST_SUFFIXES + 1)] if "{n}" in self.suffix else list(ascii_uppercase)
        return [stem + re.sub(r"\{[na]\}", mark, self.suffix) for mark in marks]


_MOST_SUFFIXES = 99


class DateRules(Section):
    """The window for the invoice date (BT-2), in days before today; None = no limit."""

    max_backdate_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    allow_future: bool = False


class OrderRules(Section):
    """Purchase orders. `prefix` and `zero_pad_to` (the whole number's length) say how a truncated number is restored.

    `rate_differs`: what a unit price other than the order line's does; `outside_validity`: what work before the order's
    first day or after its last one does, or a line's; `expired`: what an order does whose last day has passed;
    `site_differs`: what a site other than the order's does. `runs_out_within_weeks`: an order that will be used up so
    soon is warned of. `named_by`: "version" where the client takes an
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
    rate_differs: Gravity = "warn"
    outside_validity: Gravity = "warn"
    expired: Gravity = "warn"
    site_differs: Gravity = "warn"
    runs_out_within_weeks: Annotated[int, Field(ge=1, le=52)] | None = None

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

    merges_by: ClassVar[str] = "field"

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

    merges_by: ClassVar[str] = "name"

    name: Name
    on: Literal["invoice", "lines"] = "invoice"
    form: Form | None = None


class PaperFiles(Section):
    """The files of one kind of paper. `at_most: 1` asks for papers merged into one file, `apart` for each time sheet in
    a file of its own. Megabytes are 1,000,000 bytes."""

    name_form: Form | None = None
    media_types: frozenset[str] = frozenset()
    max_mb: Annotated[Amount, Field(gt=0)] | None = None
    at_least: Annotated[int, Field(ge=1, le=100)] = 1
    at_most: Annotated[int, Field(ge=1, le=100)] | None = None
    apart: bool = False

    @model_validator(mode="after")
    def _can_be_satisfied(self) -> Self:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"`at_most` ({self.at_most}) is less than `at_least` ({self.at_least})")
        return self


class DocumentRule(Section):
    """A paper that must be there, and what must be true of it.

    `for_lines`: needed when a line of one of these kinds is billed (empty: always); `for_lump_sums`: and only when such
    a line is a lump sum, ordered by amount or billed in the unit LS; `over`: and only when its net amount is above
    this. `hours_match` and the tie to the labour line's time sheet id apply to time sheets.
    """

    merges_by: ClassVar[str] = "kind"

    kind: DocumentKind
    for_lines: tuple[LineKind, ...] = ()
    for_lump_sums: bool = False
    over: Annotated[Amount, Field(ge=0)] | None = None
    signed: bool = False
    covers_period: bool = False
    hours_match: bool = False
    files: PaperFiles | None = None
    on_credit_notes: bool = False
    who_acts: Actor | None = None

    @model_validator(mode="after")
    def _hours_stand_on_time_sheets(self) -> Self:
        if self.hours_match and self.kind is not DocumentKind.timesheet:
            raise ValueError("`hours_match` goes only with the kind `timesheet`")
        return self


class LabourRules(Section):
    """Hours. `time_card_required`: every labour line names the time card that its hours were approved on.

    `pay_codes`: the kinds of hour that are agreed (empty: any). `pay_code_words`: what the client's orders call them
    where that is neither our code nor the standard's word.
    """

    time_card_required: bool = False
    time_card_form: Form | None = None
    pay_codes: frozenset[PayCode] = frozenset()
    pay_code_words: dict[PayCode, Name] = Field(default_factory=dict)

    def words_for(self, pay_code: PayCode) -> frozenset[str]:
        """What an order may call this kind of hour, in small letters: our code, the word of a cXML TimeCard
        (Fulfill.dtd), and the client's own."""
        own = self.pay_code_words.get(pay_code, "")
        return frozenset(word.casefold() for word in (pay_code, PAY_CODE_WORDS[pay_code], own) if word)


class UnitRules(Section):
    """Units of measure taken (empty: any), and how other spellings are written (`HR: HUR`), for corrections. A
    spelling never changes how much is billed."""

    allowed: frozenset[UnitCode] = frozenset()
    mapping: dict[Name, UnitCode] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _maps_to_what_is_allowed(self) -> Self:
        for spelling, unit in sorted(self.mapping.items()):
            if mean_different_amounts(spelling, unit):
                raise ValueError(f"`mapping` has {spelling!r}, which is a unit of its own and no spelling of {unit!r}")
        strange = sorted(set(self.mapping.values()) - self.allowed) if self.allowed else []
        if strange:
            raise ValueError(f"`mapping` leads to {strange[0]!r}, which `allowed` does not list")
        return self


class TaxName(Section):
    """The client's own code for a category and rate (per cent)."""

    merges_by: ClassVar[str] = "code"

    category: Code
    rate: Annotated[Amount, Field(ge=0)] = Decimal(0)
    code: Code


_UNCL_5305 = frozenset(("S", "Z", "E", "AE", "K", "G", "O", "L", "M"))
"""Tax categories that mean something of their own (EN 16931-1:2017, BT-151)."""


class TaxRules(Section):
    """Where tax is stated, and which of the client's codes and EN 16931 categories are taken (empty: any).

    For corrections: `mapping` has other spellings of a category (`SALES: S`), `names` the client's code for each
    category and rate. Neither changes what tax is owed.
    """

    level: Literal["header", "line"] = "header"
    codes: frozenset[Code] = frozenset()
    categories: frozenset[Code] = frozenset()
    mapping: dict[Name, Code] = Field(default_factory=dict)
    names: tuple[TaxName, ...] = ()

    def code_for(self, category: str, rate: Decimal) -> str:
        """The client's code for a category and rate; "" where the file names none."""
        return next((one.code for one in self.names if (one.category, one.rate) == (category, rate)), "")

    @model_validator(mode="after")
    def _names_are_spellings_only(self) -> Self:
        if meant := sorted(set(self.mapping) & (_UNCL_5305 | self.categories)):
            raise ValueError(f"`mapping` has {meant[0]!r}, which is a category of its own and no spelling of another")
        if self.categories and (strange := sorted(set(self.mapping.values()) - self.categories)):
            raise ValueError(f"`mapping` leads to {strange[0]!r}, which `categories` does not list")
        if self.codes and (strange := sorted({one.code for one in self.names} - self.codes)):
            raise ValueError(f"`names` has the code {strange[0]!r}, which `codes` does not list")
        keys = [(one.category, one.rate) for one in self.names]
        if len(set(keys)) != len(keys):
            raise ValueError("`names` has two codes for one category and rate")
        return self


class PaymentRules(Section):
    """The agreed payment term; `code` is the client's own code for it."""

    code: OptionalName = ""
    net_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    required: bool = False


class OurNumbers(Section):
    """What we are known by at this client: our tax numbers, and the code of the account that we are paid to. Never
    bank details."""

    vat_id: OptionalName = ""
    tax_id: OptionalName = ""
    remit_to_code: OptionalName = ""


class ChargeRules(Section):
    """Allowances and charges that are taken beside the lines, by purpose; None: any. `called`: by purpose, words of the
    description of the order line on which such a charge is billed instead (else the purpose itself)."""

    called: dict[Literal["shipping", "handling", "other"], Name] = Field(default_factory=dict)
    permitted: frozenset[Literal["shipping", "handling", "discount", "other"]] | None = None

    def permits(self, adjustment: Adjustment) -> bool:
        """Whether the client takes an allowance or charge of this purpose."""
        return self.permitted is None or adjustment.purpose in self.permitted


class DescriptionForm(Section):
    """How descriptions of lines of some kinds must look (empty: of every line)."""

    kinds: tuple[LineKind, ...] = ()
    form: Form


class TextRules(Section):
    """What descriptions may be."""

    description_max_length: Annotated[int, Field(ge=10, le=5000)] | None = None
    descriptions: tuple[DescriptionForm, ...] = ()
    forbidden: str = ""


class CreditNoteRules(Section):
    """Credit notes by this road. `original_required`: each credits an invoice that this client has from us."""

    allowed: bool = True
    reason_required: bool = False
    original_required: bool = False


class AttachmentRules(Section):
    """Limits on files. Megabytes are 1,000,000 bytes; empty `media_types` takes any. `order`: kinds of paper in the
    order in which they are wanted; others may stand anywhere."""

    max_count: Annotated[int, Field(ge=0, le=100)] | None = None
    max_mb_each: Annotated[Amount, Field(gt=0)] | None = None
    max_mb_total: Annotated[Amount, Field(gt=0)] | None = None
    advised_mb_total: Annotated[Amount, Field(gt=0)] | None = None
    media_types: frozenset[str] = frozenset()
    name_form: Form | None = None
    order: tuple[DocumentKind, ...] = ()

    @staticmethod
    def bytes_of(megabytes: Decimal) -> int:
        """A limit in bytes."""
        return int(megabytes * _MEGABYTE)


class CutOff(Section):
    """When an invoice must be in to make this week's run, and how long after the work it may be billed at all."""

    weekday: Weekday
    hour: ClockTime
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    late_billing_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    def next_after(self, moment: datetime, holidays: Collection[date] = ()) -> datetime:
        """The first cut-off after an aware moment, aware in the client's time zone. One on a holiday comes on the
        working day before."""
        zone = ZoneInfo(self.time_zone)
        local = moment.astimezone(zone)
        day = local.date() + timedelta(days=(WEEKDAYS.index(self.weekday) - local.weekday()) % 7)
        while (coming := datetime.combine(_working_day(day, holidays), self.hour, zone)) <= moment:
            day += timedelta(days=7)
        return coming


def _working_day(day: date, holidays: Collection[date]) -> date:
    """The day itself unless it is a holiday; else the last day before it that is neither one nor on a weekend."""
    if day not in holidays:
        return day
    while day in holidays or day.weekday() >= _SATURDAY:
        day -= timedelta(days=1)
    return day


_SATURDAY = 5


class Licence(Section):
    """What may be corrected without asking: codes of correction rules, or places in the packet.

    Without `allowed` every rule keeps its own licence; `never` always wins. `also`: codes of rules that are carried out
    only where the client has agreed to them, and are otherwise proposed. `from_words`: also for a reason that was
    only read from a person's free words; otherwise such a correction is proposed to the office.
    """

    allowed: tuple[RuleOrPlace, ...] | None = None
    also: tuple[RuleCode, ...] = ()
    never: tuple[RuleOrPlace, ...] = ()
    from_words: bool = False

    def permits(self, code: str, paths: Iterable[str]) -> bool:
        """Whether the rule `code` may change exactly these places (JSON pointers)."""
        places = [tuple(path.split("/")[1:]) for path in paths]
        if code in self.never or any(_under(self.never, place) for place in places):
            return False
        if self.allowed is None or self.names(code):
            return True
        return bool(places) and all(_under(self.allowed, place) for place in places)

    def names(self, code: str) -> bool:
        """Whether the client has agreed to this very rule."""
        return code in self.also or code in (self.allowed or ())


def _under(names: Iterable[str], place: Steps) -> bool:
    return any(name.startswith("/") and covers(steps_from(name), place) for name in names)


class FormRules(Section):
    """How the document is written: the most decimals for prices and quantities, constants, the most lines."""

    price_decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    quantity_decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    line_rounding: Literal["either", "half_up", "half_even"] = "either"
    custom_fields: dict[Name, Text] = Field(default_factory=dict)
    max_lines: Annotated[int, Field(ge=1, le=5000)] | None = None
    currencies: frozenset[Annotated[CurrencyCode, AfterValidator(_known_currency)]] = frozenset()
    bill_to: Literal["omit", "allowed"] = "allowed"


SEVERITIES = {"stop": Severity.stop, "warn": Severity.warn}
"""A client's `Gravity` as a finding's severity; "ignore" has none."""
