"""What one client asks, and what a portal asks of all its clients: the settings of a checklist file, frozen.

`checklists.library` reads the files.
"""

from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from checklists.billing_rules import BillingCalendar, CostCodes, Splitting
from checklists.paper_rules import PaperPlanning
from checklists.rate_card import RateCard
from checklists.rules import ClientRules
from checklists.sections import (
    AttachmentRules,
    ChargeRules,
    Contact,
    CreditNoteRules,
    CutOff,
    DateRules,
    Day,
    DocumentRule,
    EscalationStep,
    FormRules,
    LabourRules,
    Licence,
    NumberRules,
    OrderRules,
    OurNumbers,
    PaymentRules,
    RequiredCustomField,
    RequiredField,
    Section,
    TaxRules,
    TextRules,
    UnitRules,
)
from checklists.sheet_rules import TimesheetRules
from gateway.adapter import Presentation
from gateway.packet import ClientKey, Name, Text
from gateway.verdict import Actor

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class Requirements(Section):
    """What a client or a portal asks. `starts` and `ends` (in files: `from` and `to`) are the first and the last day on
    which this version is in force; a packet is held to the version of the day it was made on, also later."""

    starts: Day | None = Field(default=None, alias="from")
    ends: Day | None = Field(default=None, alias="to")
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
    paper_plan: PaperPlanning = PaperPlanning()
    labour: LabourRules = LabourRules()
    timesheets: TimesheetRules = TimesheetRules()
    rate_card: RateCard = RateCard()
    units: UnitRules = UnitRules()
    tax: TaxRules = TaxRules()
    ours: OurNumbers = OurNumbers()
    payment: PaymentRules = PaymentRules()
    charges: ChargeRules = ChargeRules()
    text: TextRules = TextRules()
    credit_notes: CreditNoteRules = CreditNoteRules()
    form: FormRules = FormRules()
    cut_off: CutOff | None = None
    calendar: BillingCalendar = BillingCalendar()
    cost_codes: CostCodes = CostCodes()
    splitting: Splitting = Splitting()
    corrections: Licence = Field(default_factory=Licence)
    rules: ClientRules = ()

    def is_in_force_on(self, day: date) -> bool:
        """Whether a packet made on this day is held to this version."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)

    def next_cut_off(self, moment: datetime) -> datetime | None:
        """The first cut-off after an aware moment; None where the client has none."""
        return self.cut_off.next_after(moment, self.calendar.holidays) if self.cut_off else None

    def act_by(self, moment: datetime) -> datetime | None:
        """By when whoever must act on a stop has to: the next cut-off, else the first step of escalation, in the
        client's working days as the moment's time zone has them; None where the file names neither."""
        if self.cut_off is not None:
            return self.next_cut_off(moment)
        steps = sorted(step.after_days for step in self.escalation if step.after_days)
        return self.calendar.working_days_after(moment, steps[0]) if steps else None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError(f"`to` ({self.ends}) lies before `from` ({self.starts})")
        return self


class PortalChecklist(Requirements):
    """What a portal asks of all its clients; a client's file names it with `inherits`."""

    portal: Key
    name: Name


class Checklist(Requirements):
    """What one client asks of an invoice packet. `account` is the sign-in by which it is sent; `inherits` the portal
    file whose settings hold where this one says nothing."""

    client: ClientKey
    name: Name
    account: Key
    inherits: Key | None = None

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
