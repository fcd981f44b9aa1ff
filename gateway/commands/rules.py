"""A checklist's rules in words: one function for each section, each answering the sentences that apply."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from checklists.checklist import Checklist
from checklists.codes import Severity
from checklists.paper_steps import PaperStep
from checklists.sections import AfterTrying, DocumentRule, Form, NumberRules, PaperFiles, RequiredField
from checklists.wording import KINDS, listed
from gateway.packet import plain_decimal

_LINE_KINDS: Mapping[str, str] = {
    "goods": "goods",
    "service": "services",
    "labour": "labour",
    "equipment": "equipment",
    "expense": "expenses",
    "mileage": "mileage",
    "per_diem": "per diem",
}


_GRAVITY: Mapping[str, str] = {"stop": "stops the invoice", "warn": "is warned of", "ignore": "is not looked at"}


def rules_in_words(one: Checklist) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(subject, its rules) for every subject that the checklist rules; one without rules is left out."""
    for subject, told in _SUBJECTS.items():
        rules = tuple(told(one))
        if rules:
            yield subject, rules


def _form(form: Form) -> str:
    return f"{form.says}, such as {form.example}"


def _number(one: Checklist) -> Iterable[str]:
    rules = one.number
    if rules.form:
        yield f"Form: {_form(rules.form)}."
    only = f", only {rules.characters}" if rules.characters else ""
    yield f"At most {rules.max_length} characters{only}."
    yield f"Failed at the portal: {_second_try(rules, rules.after_failed)}"
    yield f"Rejected by the client: {_second_try(rules, rules.after_rejected)}"


def _second_try(rules: NumberRules, rule: AfterTrying) -> str:
    first, second = (rules.suffix.replace("{n}", n).replace("{a}", a) for n, a in (("1", "A"), ("2", "B")))
    return {
        "person": "a person decides on the number of a second try.",
        "same": "sent again under its number.",
        "suffix": f"sent again with {first}, then {second}, and so on.",
    }[rule]


def _dates(one: Checklist) -> Iterable[str]:
    if one.dates.max_backdate_days is not None:
        yield f"The invoice date may lie at most {one.dates.max_backdate_days} days back."
    if not one.dates.allow_future:
        yield "The invoice date may not lie in the future."
    if one.cut_off and one.cut_off.late_billing_days:
        yield f"Work is billed within {one.cut_off.late_billing_days} days."


def _orders(one: Checklist) -> Iterable[str]:
    rules = one.orders
    if rules.required:
        yield "Every line bills a purchase order" + (" or a contract." if rules.contract_allowed else ".")
    if rules.form:
        yield f"Order number: {_form(rules.form)}."
    if rules.named_by == "version":
        yield "An order is named by its own document at the portal, or by its exact date."
    if rules.contract_form:
        yield f"Contract number: {_form(rules.contract_form)}."
    if rules.line_required:
        yield "Lines name the purchase order line."
    yield f"A price other than the order's {_GRAVITY[rules.rate_differs]}."
    yield f"Work outside an order's days of validity {_GRAVITY[rules.outside_validity]}."
    yield f"An order whose last day has passed {_GRAVITY[rules.expired]}."
    yield f"A site other than the order's {_GRAVITY[rules.site_differs]}."
    if rules.runs_out_within_weeks:
        weeks = f"{rules.runs_out_within_weeks} week{'' if rules.runs_out_within_weeks == 1 else 's'}"
        yield f"An order that will be used up within {weeks} is warned of."


def _labour(one: Checklist) -> Iterable[str]:
    rules = one.labour
    if rules.time_card_required:
        yield "Hours name the time card they were approved on."
    if rules.time_card_form:
        yield f"Time card number: {_form(rules.time_card_form)}."
    if rules.pay_codes:
        yield f"Kinds of hour agreed: {listed(sorted(rules.pay_codes))}."
    for code, word in sorted(rules.pay_code_words.items()):
        yield f"Their orders call {code} {word}."


def _timesheets(one: Checklist) -> Iterable[str]:
    rules = one.timesheets
    if not rules.read:
        return
    yield "Time sheets are opened, and what stands in them counts."
    yield f"A sheet that could not be read in full {_GRAVITY[rules.unread]}."
    if rules.signature == "shown":
        yield "A signature counts only where the sheet itself shows it."
    yield f"A worker has at most {plain_decimal(rules.max_hours_a_day)} hours a day."


def _rate_card(one: Checklist) -> Iterable[str]:
    card = one.rate_card
    if card.kinds and card.differs != "ignore":
        yield f"Rates of {_kinds(sorted(card.kinds))} are those of the rate card; another one {_GRAVITY[card.differs]}."
        yield f"What the card does not list {_GRAVITY[card.unlisted]}."
    for rise in card.escalations:
        yield f"From {rise.day} rates of {_kinds(rise.kinds)} rise by {plain_decimal(rise.percent)} per cent."
    for cap in card.weekly_caps:
        codes = f"{listed(sorted(cap.pay_codes))} " if cap.pay_codes else ""
        yield f"A worker has at most {plain_decimal(cap.hours)} {codes}hours a week."
    for row in card.items:
        what = " ".join((_LINE_KINDS[row.kind], row.item)).strip()
        for most, time in ((row.max_per_day, "a day"), (row.max_per_week, "a week"), (row.per_worker_day, _WORKED)):
            if most is not None:
                yield f"At most {plain_decimal(most)} {row.unit} of {what} {time}."


_WORKED = "for each worker and day worked"


def _fields(one: Checklist) -> Iterable[str]:
    yield from (_field(rule) for rule in one.required_fields)
    for custom in one.required_custom_fields:
        where = "on the invoice" if custom.on == "invoice" else "on every line"
        yield f"Custom field {custom.name} {where}" + (f": {_form(custom.form)}." if custom.form else ".")


def _field(rule: RequiredField) -> str:
    kinds = f" on lines of {_kinds(rule.kinds)}" if rule.kinds else ""
    return f"{rule.called[:1].upper()}{rule.called[1:]}{kinds}" + (f" ({rule.why})." if rule.why else ".")


def _kinds(kinds: Iterable[str]) -> str:
    return listed(_LINE_KINDS.get(kind, kind) for kind in kinds)


def _papers(one: Checklist) -> Iterable[str]:
    return (_paper(rule) for rule in one.documents)


def _paper(rule: DocumentRule) -> str:
    when = f" for {_kinds(rule.for_lines)}" if rule.for_lines else "" if rule.for_lump_sums else " with every invoice"
    when += (" as a lump sum" if rule.for_lines else " for lump sums") if rule.for_lump_sums else ""
    over = f" over {plain_decimal(rule.over)}" if rule.over is not None else ""
    musts = {
        "signed": rule.signed,
        "covering the billing period": rule.covers_period,
        "showing the hours that are billed": rule.hours_match,
    }
    must = listed(words for words, asked in musts.items() if asked)
    notes = ", on credit notes too" if rule.on_credit_notes else ""
    return (
        f"{KINDS[rule.kind][:1].upper()}{KINDS[rule.kind][1:]}{when}{over}"
        + (f": {must}" if must else "")
        + f"{notes}."
    )


def _attachments(one: Checklist) -> Iterable[str]:
    rules = one.attachments
    if rules.max_count is not None:
        yield f"At most {rules.max_count} files."
    if rules.max_mb_each is not None:
        yield f"At most {plain_decimal(rules.max_mb_each)} MB each."
    if rules.max_mb_total is not None:
        advised = f"; better below {plain_decimal(rules.advised_mb_total)} MB" if rules.advised_mb_total else ""
        yield f"At most {plain_decimal(rules.max_mb_total)} MB together{advised}."
    if rules.media_types:
        yield f"Only {listed(sorted(rules.media_types))}."
    if rules.name_form:
        yield f"File names: {_form(rules.name_form)}."
    if rules.order:
        yield f"In this order: {listed(KINDS[kind] for kind in rules.order)}."
    for rule in one.documents:
        if rule.files is not None:
            yield from _files_of(KINDS[rule.kind], rule.files)
    yield from _planning(one)


def _planning(one: Checklist) -> Iterable[str]:
    plan = one.paper_plan
    steps = [step for step in PaperStep if step in plan.may]
    if steps:
        yield f"So that copies keep these limits they may be {listed(_STEPS[step] for step in steps)}."
    if PaperStep.compress in plan.may:
        yield f"No picture is made coarser than {plan.least_dpi} dots an inch."
    for kind, name in plan.names.items():
        yield f"A {KINDS[kind]} is named {name}."
    for template in plan.redactions:
        yield f"Of a {KINDS[template.kind]} what stands under {template.heading} is taken out."
    for kind, words in plan.stamps.items():
        yield f"Below each page of a {KINDS[kind]} stands: {words}."


_STEPS: Mapping[PaperStep, str] = {
    PaperStep.redact: "redacted",
    PaperStep.order: "put in order",
    PaperStep.convert: "made PDFs of pictures",
    PaperStep.merge: "merged",
    PaperStep.stamp: "numbered page by page",
    PaperStep.compress: "packed better",
    PaperStep.split: "cut between pages",
    PaperStep.rename: "renamed",
}


def _files_of(kind: str, files: PaperFiles) -> Iterable[str]:
    if files.name_form:
        yield f"File name of a {kind}: {_form(files.name_form)}."
    if files.media_types:
        yield f"A {kind} only as {listed(sorted(files.media_types))}."
    if files.max_mb is not None:
        yield f"A {kind} of at most {plain_decimal(files.max_mb)} MB."
    if files.at_least > 1:
        yield f"At least {files.at_least} files of the kind {kind}."
    if files.at_most is not None:
        yield f"At most {files.at_most} files of the kind {kind}."
    if files.apart:
        yield f"Each {kind} in a file of its own."


def _writing(one: Checklist) -> Iterable[str]:
    if one.form.price_decimals is not None:
        yield f"Prices with at most {one.form.price_decimals} decimals."
    if one.form.quantity_decimals is not None:
        yield f"Quantities with at most {one.form.quantity_decimals} decimals."
    if one.form.max_lines is not None:
        yield f"At most {one.form.max_lines} lines."
    if one.form.currencies:
        yield f"Currency: {listed(sorted(one.form.currencies))}."
    if one.form.bill_to == "omit":
        yield "The bill-to party is left out."
    for name, value in one.form.custom_fields.items():
        yield f"{name} is always {value}."
    if one.text.description_max_length is not None:
        yield f"Descriptions of at most {one.text.description_max_length} characters."
    for described in one.text.descriptions:
        kinds = listed(_LINE_KINDS[kind] for kind in described.kinds) or "all lines"
        yield f"Descriptions of {kinds}: {_form(described.form)}."
    if one.form.line_rounding != "either":
        yield f"A line between two cents is rounded {one.form.line_rounding.replace('_', ' ')}."
    if one.text.forbidden:
        yield f"Descriptions without any of: {one.text.forbidden}"
    if one.units.allowed:
        yield f"Units: {listed(sorted(one.units.allowed))}."


def _money(one: Checklist) -> Iterable[str]:
    yield f"Tax is stated at the {one.tax.level}."
    if one.tax.categories:
        yield f"Tax categories: {listed(sorted(one.tax.categories))}."
    if one.tax.codes:
        yield f"Tax codes: {listed(sorted(one.tax.codes))}."
    if one.ours.vat_id or one.ours.tax_id:
        yield f"Our tax numbers: {listed(number for number in (one.ours.vat_id, one.ours.tax_id) if number)}."
    if one.ours.remit_to_code:
        yield f"Their code for the account that we are paid to: {one.ours.remit_to_code}."
    if one.payment.net_days is not None:
        yield f"Payment within {one.payment.net_days} days."
    if one.payment.code:
        yield f"Their code for the payment term: {one.payment.code}."
    if one.charges.permitted is not None:
        yield (
            f"Charges beside the lines: only {listed(sorted(one.charges.permitted))}."
            if one.charges.permitted
            else "No charges beside the lines."
        )
    if not one.credit_notes.allowed:
        yield "Credit notes are not sent by this road."
        return
    if one.credit_notes.reason_required:
        yield "A credit note says why."
    if one.credit_notes.original_required:
        yield "A credit note credits an invoice that the client has from us."


def _calendar(one: Checklist) -> Iterable[str]:
    if one.calendar.cycle:
        yield f"Billed {one.calendar.cycle}."
    if one.calendar.holidays:
        yield f"Holidays: {listed(str(day) for day in sorted(one.calendar.holidays))}."
    for quiet in one.calendar.quiet:
        yield f"Takes in no invoices from {quiet.starts} to {quiet.ends}: {quiet.why}."


def _cost_codes(one: Checklist) -> Iterable[str]:
    rules = one.cost_codes
    if rules.required_on:
        yield f"Cost codes on {listed(_LINE_KINDS[kind] for kind in rules.required_on)}."
    if rules.form:
        yield f"Cost code: {_form(rules.form)}."
    if rules.allowed:
        yield f"Cost codes: {listed(sorted(rules.allowed))}."


def _splitting(one: Checklist) -> Iterable[str]:
    rules = one.splitting
    each = {"order": rules.one_order, "time sheet": rules.one_time_sheet, "calendar month": rules.one_month}
    for what in (what for what, wanted in each.items() if wanted):
        yield f"Each {what} on an invoice of its own."
    if rules.max_total is not None:
        yield f"At most {plain_decimal(rules.max_total)} before tax an invoice."
    if rules.apart:
        groups = "; ".join(listed(_LINE_KINDS[kind] for kind in group) for group in rules.apart)
        yield f"Billed apart: {groups}."


def _own_rules(one: Checklist) -> Iterable[str]:
    for rule in one.rules:
        what = "stops" if rule.severity is Severity.stop else "warns"
        days = "".join(f", {word} {day}" for word, day in (("from", rule.starts), ("to", rule.ends)) if day)
        yield f"{rule.code} {what}{days}: {rule.sentence.rstrip('.')} ({rule.source})."


def _corrections(one: Checklist) -> Iterable[str]:
    if one.corrections.allowed is not None:
        yield f"Corrected without asking: {listed(one.corrections.allowed) or 'nothing'}."
    if one.corrections.also:
        yield f"Corrected as agreed with the client: {listed(one.corrections.also)}."
    if one.corrections.never:
        yield f"Never corrected without asking: {listed(one.corrections.never)}."
    if one.corrections.from_words:
        yield "Corrected without asking also where the reason is only read from the buyer's words."


_SUBJECTS: Mapping[str, Callable[[Checklist], Iterable[str]]] = {
    "Invoice number": _number,
    "Dates": _dates,
    "Purchase orders": _orders,
    "Hours": _labour,
    "Time sheets": _timesheets,
    "Rates and limits": _rate_card,
    "Fields that must be there": _fields,
    "Papers": _papers,
    "Files": _attachments,
    "How it is written": _writing,
    "Tax, terms and charges": _money,
    "Billing calendar": _calendar,
    "Cost codes": _cost_codes,
    "Invoices of their own": _splitting,
    "Rules of their own": _own_rules,
    "Corrections": _corrections,
}
