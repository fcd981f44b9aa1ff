"""One client's checklist: a YAML file, read once, frozen.

`load_folder` reads every `*.yaml` of a folder into client key -> Checklist. A file that is wrong in any way raises
ChecklistBroken with every fault: file, line, field, what is wrong, and the cure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from checklists.rate_card import RateCard
from checklists.sections import (
    AttachmentRules,
    ChargeRules,
    Contact,
    CreditNoteRules,
    CutOff,
    DateRules,
    DocumentRule,
    EscalationStep,
    FormRules,
    LabourRules,
    Licence,
    NumberRules,
    OrderRules,
    PaymentRules,
    RequiredCustomField,
    RequiredField,
    Section,
    TaxRules,
    TextRules,
    UnitRules,
)
from checklists.sheet_rules import TimesheetRules
from checklists.source import Place, Source, Unreadable, dotted, source_from
from gateway.adapter import Presentation
from gateway.errors import SettingWrong
from gateway.packet import ClientKey, Name, Text
from gateway.verdict import Actor

AccountKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a checklist file. `line` counts from 1; `field` is dotted (`documents[2].kind`)."""

    file: str
    line: int
    field: str
    message: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.message} {self.cure}".rstrip()


class ChecklistBroken(SettingWrong):
    """A checklist file cannot be used. `faults` lists all that was found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("checklist", "\n".join(str(fault) for fault in faults))


class Checklist(Section):
    """What one client asks of an invoice packet. `account` is the sign-in by which it is sent."""

    client: ClientKey
    name: Name
    account: AccountKey
    contacts: tuple[Contact, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    procedure: Text = ""  # Markdown
    number: NumberRules = NumberRules()
    dates: DateRules = DateRules()
    orders: OrderRules = OrderRules()
    required_fields: tuple[RequiredField, ...] = ()
    required_custom_fields: tuple[RequiredCustomField, ...] = ()
    documents: tuple[DocumentRule, ...] = ()
    attachments: AttachmentRules = AttachmentRules()
    labour: LabourRules = LabourRules()
    timesheets: TimesheetRules = TimesheetRules()
    rate_card: RateCard = RateCard()
    units: UnitRules = UnitRules()
    tax: TaxRules = TaxRules()
    payment: PaymentRules = PaymentRules()
    charges: ChargeRules = ChargeRules()
    text: TextRules = TextRules()
    credit_notes: CreditNoteRules = CreditNoteRules()
    form: FormRules = FormRules()
    cut_off: CutOff | None = None
    corrections: Licence = Field(default_factory=Licence)

    @cached_property
    def presentation(self) -> Presentation:
        """How this client wants its invoices written, in the words formats understand."""
        return Presentation(
            tax_level=self.tax.level,
            price_decimals=self.form.price_decimals,
            quantity_decimals=self.form.quantity_decimals,
            custom_fields=MappingProxyType(dict(self.form.custom_fields)),
            payment_term_code=self.payment.code,
        )

    def contact_for(self, actor: Actor) -> Contact | None:
        """The first contact that acts for this side; None when the file names none."""
        return next((contact for contact in self.contacts if contact.acts_for is actor), None)


def load(path: Path) -> Checklist:
    """Reads one file. Raises ChecklistBroken."""
    source = _source_of(path)
    if not isinstance(source.values, dict):
        raise ChecklistBroken((Fault(path.name, 1, "", "must be a mapping of settings.", "Start from a sample."),))
    try:
        return Checklist.model_validate(source.values)
    except ValidationError as faults:
        raise ChecklistBroken(tuple(_faults_from(faults, source, path.name))) from None


def load_folder(path: Path) -> Mapping[str, Checklist]:
    """Client key -> checklist, for every `*.yaml` in the folder. Raises ChecklistBroken with all files' faults."""
    if not path.is_dir():
        fault = Fault(str(path), 1, "", "is not a folder.", "Name the folder that holds the clients' YAML files.")
        raise ChecklistBroken((fault,))
    found: dict[str, Checklist] = {}
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for file in sorted(path.glob("*.yaml")):
        try:
            checklist = load(file)
        except ChecklistBroken as broken:
            faults.extend(broken.faults)
            continue
        other = files.setdefault(checklist.client, file.name)
        if other != file.name:
            message = f"the client {checklist.client!r} is already described in {other}."
            faults.append(Fault(file.name, _source_of(file).line_of(("client",)), "client", message, "Keep one file."))
        found[checklist.client] = checklist
    if faults:
        raise ChecklistBroken(tuple(faults))
    return MappingProxyType(found)


def _source_of(path: Path) -> Source:
    try:
        return source_from(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        why = fault.strerror or "unreadable"
        raise ChecklistBroken((Fault(path.name, 1, "", f"cannot be read: {why}.", "Check the path."),)) from None
    except UnicodeDecodeError:
        raise ChecklistBroken((Fault(path.name, 1, "", "is not UTF-8 text.", "Save it as UTF-8."),)) from None
    except Unreadable as fault:
        raise ChecklistBroken((Fault(path.name, fault.line, fault.field, fault.message, fault.cure),)) from None


_CURES = {
    "extra_forbidden": "Check the spelling; {near} takes: {known}.",
    "missing": "Add it.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
}


def _faults_from(faults: ValidationError, source: Source, file: str) -> list[Fault]:
    found = []
    for fault in faults.errors(include_url=False, include_context=False, include_input=False):
        place: Place = tuple(fault["loc"])
        if place and place[-1] == "[key]":
            place = place[:-1]
        message = fault["msg"].removeprefix("Value error, ").rstrip(".") + "."
        message = message[:1].lower() + message[1:]
        if fault["type"] == "extra_forbidden":
            message = "is not a setting of a checklist."
        cure = _cure_for(fault["type"], place)
        found.append(Fault(file, source.line_of(place), dotted(place), message, cure))
    return sorted(found, key=lambda one: one.line)


def _cure_for(kind: str, place: Place) -> str:
    near, known = _section_at(place[:-1])
    return _CURES.get(kind, "Correct it.").format(near=near, known=", ".join(known))


def _section_at(place: Place) -> tuple[str, list[str]]:
    """The name of the section at a place, and the settings it takes."""
    model: type[Section] = Checklist
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            inner = _section_in(model.model_fields[part].annotation)
            model = inner or model
    return (f"`{dotted(place)}`" if place else "a checklist"), sorted(model.model_fields)


def _section_in(annotation: object) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    parts = getattr(annotation, "__args__", ())
    return next((inner for inner in map(_section_in, parts) if inner), None)
