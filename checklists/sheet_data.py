"""Time sheets that come as data: one JSON object or one CSV table, of the form that README.md and
timesheet.schema.json define.

Such a file is a paper like any other: it comes from outside and is not trusted. Sizes are limited before anything is
parsed, unknown names are refused, and a file that breaks the form is told with its faults and not used in part.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from checklists.readings import Days, SheetReading, Worked
from gateway.packet import PayCode, Period

MAX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 10_000
_MOST_FAULTS = 5

_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
_Optional = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Hours = Annotated[str, StringConstraints(pattern=r"^(?:(?:[0-9]|1[0-9]|2[0-3])(?:\.[0-9]{1,4})?|24(?:\.0{1,4})?)$")]
_Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Field(json_schema_extra={"format": "date"})
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Entry(_Part):
    worker_id: _Text
    worker_name: _Optional = ""
    classification: _Text
    pay_code: PayCode
    day: _Day
    hours: Annotated[_Hours, Field(description="Hours of that day, 0 to 24, with at most 4 decimals.")]


class _Days(_Part):
    start: _Day
    end: _Day


class _Heading(_Part):
    timesheet: _Text
    period: _Days
    signed_by: _Optional = ""
    signed_on: _Day | None = None


class _Sheet(_Heading):
    entries: Annotated[list[_Entry], Field(min_length=1, max_length=MAX_ENTRIES)]


class _Entries(_Part):
    entries: list[_Entry]


class _Broken(Exception):
    """The file is not of the form; `faults` say where and how."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a time sheet as JSON. Numbers are taken as they are written: 8, 8.5 or "8.5"."""
    made = _Sheet.model_json_schema()
    hours = made["$defs"]["_Entry"]["properties"]["hours"]
    hours |= {"type": ["string", "number"], "minimum": 0, "maximum": 24}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Clearbill time sheet"}


def sheet_from_json(content: bytes) -> SheetReading:
    """Reads a time sheet as JSON. What is wrong with it stands in `faults`."""
    return _reading(content, _from_json)


def sheet_from_csv(content: bytes) -> SheetReading:
    """Reads a time sheet as CSV (RFC 4180, UTF-8). What is wrong with it stands in `faults`."""
    return _reading(content, _from_csv)


def _reading(content: bytes, parse: Any) -> SheetReading:
    if len(content) > MAX_BYTES:
        return SheetReading(faults=(f"has more than {MAX_BYTES // 1024 // 1024} MB",))
    try:
        return _sheet_from(parse(content.decode("utf-8-sig")))
    except UnicodeDecodeError as fault:
        return SheetReading(faults=(f"is not UTF-8 text (byte {fault.start})",))
    except _Broken as broken:
        return SheetReading(faults=broken.faults)


def _sheet_from(values: object) -> SheetReading:
    """Heading and entries are looked at apart: entries are many and say few different things, so that each distinct
    value is checked once, by the very rule that the schema publishes."""
    whole = dict(values) if isinstance(values, dict) else {}
    entries = whole.pop("entries", None)
    try:
        if not isinstance(entries, list) or not 0 < len(entries) <= MAX_ENTRIES:
            _Sheet.model_validate(values)  # says what is wrong with the whole
        heading = _Heading.model_validate(whole)
    except ValidationError as faults:
        raise _Broken(*_faults_from(faults)) from None
    day = cache(_day)
    period = _period_from(heading, day)
    return SheetReading(
        number=heading.timesheet,
        period=period,
        signature="signed" if heading.signed_by else "unsigned",
        signed_by=heading.signed_by,
        signed_on=day(heading.signed_on) if heading.signed_on else None,
        worked=_worked(entries, period, day),
        hours_known=True,
    )


def _worked(entries: list[Any], period: Period, day: Callable[[str], date]) -> Mapping[Worked, Days]:
    try:
        known = _distinct(entries)
    except (TypeError, ValueError):  # no object, a strange or missing name, a value against its rule, or none of text
        raise _Broken(*_entry_faults(entries)) from None
    days = {text: day(read) for text, read in known["day"].items()}
    outside = next((one for one in days.values() if not period.start <= one <= period.end), None)
    if outside:
        raise _Broken(f"shows hours on {outside}, outside its period {period.start} to {period.end}")
    hours = {text: Decimal(read) for text, read in known["hours"].items()}
    worked: dict[tuple[str, str, str], list[tuple[date | None, Decimal]]] = {}
    for one in entries:
        key = (one["worker_id"], one["classification"], one["pay_code"])
        worked.setdefault(key, []).append((days[one["day"]], hours[one["hours"]]))
    read: dict[Worked, Days] = {}
    for (worker, classification, code), rows in worked.items():  # texts that differ in blanks alone may read alike
        alike = (known["worker_id"][worker], known["classification"][classification], known["pay_code"][code])
        read[alike] = (*read.get(alike, ()), *rows)
    return read


def _distinct(entries: list[Any]) -> Mapping[str, Mapping[str, Any]]:
    """Field -> every text that stands in it -> what is read from it. Raises ValueError or TypeError where some entry
    is not of the form."""
    if not all(isinstance(entry, dict) for entry in entries):
        raise TypeError("an entry is no object")
    for names in {frozenset(entry) for entry in entries}:
        if not _REQUIRED <= names <= _FIELDS.keys():
            raise ValueError("an entry lacks a name or has a strange one")
    return {
        name: {text: rule.validate_python(text) for text in {entry[name] for entry in entries if name in entry}}
        for name, rule in _FIELDS.items()
    }


_RULES = get_type_hints(_Entry, include_extras=True)
_FIELDS: Mapping[str, TypeAdapter[Any]] = {name: TypeAdapter(_RULES[name]) for name in _Entry.model_fields}
"""An entry's fields, each with the rule by which its text is read."""

_REQUIRED = frozenset(name for name, field in _Entry.model_fields.items() if field.is_required())


def _entry_faults(entries: list[Any]) -> Iterable[str]:
    """What is wrong with the entries, each named by its place."""
    try:
        _Entries.model_validate({"entries": entries})
    except ValidationError as faults:
        return tuple(_faults_from(faults))
    return ("entries: break the form",)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Broken(f"names {text}, which is no day") from None


def _period_from(sheet: _Heading, day: Callable[[str], date]) -> Period:
    start, end = day(sheet.period.start), day(sheet.period.end)
    if end < start:
        raise _Broken(f"its period ends ({end}) before it starts ({start})")
    return Period(start=start, end=end)


def _faults_from(faults: ValidationError) -> Iterable[str]:
    rows = faults.errors(include_url=False, include_context=False, include_input=False)
    for fault in rows[:_MOST_FAULTS]:
        place = ".".join(str(part + 1 if isinstance(part, int) else part) for part in fault["loc"]) or "the file"
        yield f"{place[:80]}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
    if len(rows) > _MOST_FAULTS:
        yield f"and {len(rows) - _MOST_FAULTS} more"


# --- JSON ---------------------------------------------------------------------------------------------------------


def _from_json(text: str) -> object:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as fault:
        raise _Broken(f"is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    except RecursionError:
        raise _Broken("is nested too deeply") from None


def _no_constant(name: str) -> object:
    raise _Broken(f"holds {name}, which is no number of hours")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Broken("names the same key twice in one object")
    return found


# --- CSV ----------------------------------------------------------------------------------------------------------

_OF_SHEET = ("timesheet", "period_start", "period_end", "signed_by", "signed_on")
_OF_ENTRY = ("worker_id", "worker_name", "classification", "pay_code", "day", "hours")
_NEEDED = frozenset(
    {"timesheet", "period_start", "period_end", "worker_id", "classification", "pay_code", "day", "hours"}
)


def _from_csv(text: str) -> object:
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), strict=True), MAX_ENTRIES + 2))
    except csv.Error as fault:
        raise _Broken(f"is not CSV: {fault}") from None
    if len(rows) > MAX_ENTRIES + 1:
        raise _Broken(f"has more than {MAX_ENTRIES} rows")
    names = [name.strip() for name in rows[0]] if rows else []
    _check_columns(names)
    entries, of_sheet = [], dict[str, str]()
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(names):
            raise _Broken(f"row {number} has {len(row)} cells where the heading has {len(names)}")
        values = dict(zip(names, row, strict=True))
        entries.append({name: values[name] for name in _OF_ENTRY if values.get(name)})
        for name in _OF_SHEET:
            if name in values and of_sheet.setdefault(name, values[name].strip()) != values[name].strip():
                raise _Broken(f"row {number} has another {name} than the rows before; one file is one time sheet")
    return _nested(of_sheet, entries)


def _check_columns(names: list[str]) -> None:
    known = (*_OF_SHEET, *_OF_ENTRY)
    strange = [name for name in names if name not in known]
    missing = [name for name in known if name in _NEEDED and name not in names]
    if strange or missing or len(set(names)) != len(names):
        raise _Broken(
            *(f"has a column {name[:40]!r} that a time sheet does not have" for name in strange[:_MOST_FAULTS]),
            *(f"has no column {name}" for name in missing),
            *(["names a column twice"] if len(set(names)) != len(names) else []),
        )


def _nested(of_sheet: Mapping[str, str], entries: list[dict[str, str]]) -> object:
    sheet: dict[str, object] = {name: of_sheet[name] for name in ("signed_by", "signed_on") if of_sheet.get(name)}
    period = {"start": of_sheet.get("period_start", ""), "end": of_sheet.get("period_end", "")}
    return {"timesheet": of_sheet.get("timesheet", ""), "period": period, **sheet, "entries": entries}
