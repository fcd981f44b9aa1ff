"""What a time sheet that is a PDF shows: its signature fields, and its text where it has any.

Only what is there in so many words is taken: a scan has no text and is said to be unread; rows of hours are found by
the client's own patterns and count only where they add up to the sums that the sheet prints.

A PDF from outside is hostile: pages, parts, drawing operators and characters are limited, and what goes over a limit
is unread. A filled signature field is seen, not verified: whose certificate it is, is for a signature tool to say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from checklists.checklist import Checklist
from checklists.readings import SheetReading, Shift, Signature, put_together
from checklists.sheet_rules import SheetLayout
from gateway.packet import PayCode, Period, plain_decimal
from gateway.pdf_reading import LimitedReader, TakesTooLong

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 50
MAX_PARTS = 400
MAX_PART_BYTES = 4 * 1024 * 1024
MAX_OPERATORS = 200_000
MAX_CHARACTERS = 200_000
MAX_LINE = 400
"""Characters of one line to which patterns are put; a longer one is cut, so that a pattern cannot run for ever."""
_MAX_FIELDS = 500
_MAX_OBJECT_STREAMS = 50
_QUICK_FILTERS = frozenset({"/FlateDecode", "/Fl", "/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"})
"""The rest, and predictors, are undone byte by byte in Python, which a hostile file can make last."""


class _Unreadable(Exception):
    """The text cannot be read in full; the message says why, in words that follow "was not read in full: "."""


def sheet_from_pdf(content: bytes, checklist: Checklist, stated_number: str) -> SheetReading:
    """Reads what there is to read. `stated_number`: what the packet calls the sheet, looked for in the text."""
    signature: Signature = "unseen"
    signer, signed_on = "", None
    try:
        if len(content) > MAX_BYTES:
            raise _Unreadable(f"the file has more than {MAX_BYTES // 1024 // 1024} MB")
        reader = LimitedReader(content)
        _weigh_object_streams(reader)
        signature, signer, signed_on = _signature(reader)
        lines = _lines(reader)
    except (_Unreadable, TakesTooLong) as fault:
        return SheetReading(signature=signature, signed_by=signer, signed_on=signed_on, why_not=str(fault))
    except Exception as fault:  # a hostile file makes a reader raise anything; each of them says the same of the file
        why = f"the PDF cannot be read ({type(fault).__name__})"
        return SheetReading(signature=signature, signed_by=signer, signed_on=signed_on, why_not=why)
    shown = _shown(lines, checklist)
    seen = "".join(stated_number.split()) in "".join("".join(lines).split())  # blanks may be drawn, or left out
    return SheetReading(**shown, signature=signature, signed_by=signer, signed_on=signed_on, number_seen=seen)


def _weigh_object_streams(reader: PdfReader) -> None:
    """Objects may be kept packed in streams (ISO 32000-2, 7.5.7), each of which is parsed whole for any one of them:
    limited before the first is asked for. Raises _Unreadable."""
    numbers = {number for number, _ in reader.xref_objStm.values()}
    if len(numbers) > _MAX_OBJECT_STREAMS:
        raise _Unreadable(f"its objects are packed in more than {_MAX_OBJECT_STREAMS} streams")
    places = reader.xref.get(0, {})
    if len({places.get(number) for number in numbers}) < len(numbers):
        raise _Unreadable("streams in which its objects are packed share one place in the file")
    if numbers & reader.xref_objStm.keys():
        raise _Unreadable("streams in which its objects are packed are packed in one another")
    budget = _Budget()  # beside offsets, since streams that begin at others may still share their bytes
    for number in sorted(numbers):
        budget.weigh_stream(reader.get_object(number))


# --- signature fields (ISO 32000-2, 12.7.5.5 and 12.8.1) ----------------------------------------------------------


def _signature(reader: PdfReader) -> tuple[Signature, str, date | None]:
    """Signed where every signature field is filled; a PDF without such fields shows nothing either way."""
    fields = [field for field in _fields(reader) if _below(field, "/FT") == "/Sig"]
    if not fields:
        return "unseen", "", None
    values = [_below(field, "/V") for field in fields]
    filled = [value for value in values if isinstance(value, DictionaryObject) and _below(value, "/Contents")]
    if len(filled) < len(fields):
        return "unsigned", "", None
    names = [" ".join(str(_below(value, "/Name") or "").split())[:200] for value in filled]
    days = [day for value in filled if (day := _pdf_day(str(_below(value, "/M") or "")))]
    return "signed", next((name for name in names if name.isprintable() and name), ""), max(days, default=None)


def _below(place: DictionaryObject, name: str) -> Any:
    """What stands there under a name, wherever in the file it is kept; None where nothing does."""
    value = place.get(name)
    return None if value is None else value.get_object()


def _fields(reader: PdfReader) -> Iterator[DictionaryObject]:
    """The form's fields, with those below them; each once, and not more than any paper has."""
    form = _below(reader.root_object, "/AcroForm")
    waiting, seen = list(_below(form, "/Fields") or ()) if isinstance(form, DictionaryObject) else [], 0
    while waiting:
        seen += 1
        if seen > _MAX_FIELDS:
            raise _Unreadable(f"the form has more than {_MAX_FIELDS} fields")
        field = waiting.pop().get_object()
        if isinstance(field, DictionaryObject):
            waiting += list(_below(field, "/Kids") or ())
            yield field


def _pdf_day(text: str) -> date | None:
    """The day of a PDF date (ISO 32000-2, 7.9.4): D:YYYYMMDD..."""
    found = re.match(r"D:(\d{4})(\d\d)(\d\d)", text)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


# --- text ---------------------------------------------------------------------------------------------------------


def _lines(reader: PdfReader) -> list[str]:
    """The text line by line as a reader of the page sees it, columns two blanks apart. Raises _Unreadable."""
    if len(reader.pages) > MAX_PAGES:
        raise _Unreadable(f"it has more than {MAX_PAGES} pages")
    budget = _Budget()
    lines: list[str] = []
    for number, page in enumerate(reader.pages, start=1):
        budget.weigh(page)
        on_page = list(_lines_of(page, budget))
        if not on_page:
            raise _Unreadable(f"page {number} shows no text, as a scan does")
        lines += on_page
    return lines


class _Budget:
    """How much of a PDF may still be looked at; raises _Unreadable once it is spent."""

    def __init__(self) -> None:
        self._parts: dict[int, object] = {}
        self._bytes = 0
        self._operators = 0
        self._characters = 0

    def weigh(self, page: PageObject) -> None:
        """Measures the streams that drawing a page would parse, before anything parses them."""
        contents = page.get("/Contents")
        streams = contents.get_object() if contents is not None else []
        for stream in streams if isinstance(streams, list) else [streams]:
            self.weigh_stream(stream.get_object())
        waiting = [page.get("/Resources")]
        while waiting:
            resources = waiting.pop()
            resources = resources.get_object() if resources is not None else None
            if not isinstance(resources, DictionaryObject) or not self._is_new(resources):
                continue
            for name in ("/XObject", "/Font"):
                group = resources.get(name)
                for part in (group.get_object() if group is not None else {}).values():
                    waiting += self._weigh_part(part.get_object())

    def _weigh_part(self, part: Any) -> list[Any]:
        """Weighs a form or a font's character map; answers the resources that it brings."""
        if not isinstance(part, DictionaryObject) or not self._is_new(part):
            return []
        if isinstance(part, StreamObject):
            if part.get("/Subtype") == "/Image":
                return []
            self.weigh_stream(part)
        elif (names := part.get("/ToUnicode")) is not None:
            self.weigh_stream(names.get_object())
        return [part.get("/Resources")]

    def _is_new(self, part: object) -> bool:
        if id(part) in self._parts:
            return False
        self._parts[id(part)] = part  # held, so that its id stays its own
        if len(self._parts) > MAX_PARTS:
            raise _Unreadable(f"it is made of more than {MAX_PARTS} parts")
        return True

    def weigh_stream(self, stream: Any) -> None:
        """Measures one stream, unpacked, where it is one and unpacks quickly."""
        if not isinstance(stream, StreamObject):
            return
        filters = stream.get("/Filter") or []
        named = {str(one) for one in (filters if isinstance(filters, list) else [filters])}
        if named - _QUICK_FILTERS or stream.get("/DecodeParms"):
            raise _Unreadable("its text is packed in a way that is not read")
        self._bytes += len(stream.get_data())
        if self._bytes > MAX_PART_BYTES:
            raise _Unreadable(f"it is made of more than {MAX_PART_BYTES // 1024 // 1024} MB of instructions")

    def operator(self, *_: Any) -> None:
        """Called before each drawing operator."""
        self._operators += 1
        self.check()

    def took(self, characters: int) -> None:
        """Called with the length of each piece of text."""
        self._characters += characters
        self.check()

    def check(self) -> None:
        """Raises _Unreadable when a limit was passed: also after a page, since a nested part hides what it raised."""
        if self._operators > MAX_OPERATORS:
            raise _Unreadable(f"it takes more than {MAX_OPERATORS} drawing steps")
        if self._characters > MAX_CHARACTERS:
            raise _Unreadable(f"it has more than {MAX_CHARACTERS} characters")


def _lines_of(page: PageObject, budget: _Budget) -> Iterator[str]:
    """Pieces of text at one height are one line, from left to right."""
    pieces: list[tuple[int, float, str]] = []

    def take(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        words = " ".join(text.split())
        budget.took(len(text))
        if words:
            x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            pieces.append((-round(y), x, words))

    page.extract_text(visitor_operand_before=budget.operator, visitor_text=take)
    budget.check()
    line: list[str] = []
    height: int | None = None
    for at, _x, words in sorted(pieces):
        if height is not None and at - height > 1:
            yield "  ".join(line)[:MAX_LINE]
            line = []
        height = at
        line.append(words)
    if line:
        yield "  ".join(line)[:MAX_LINE]


# --- what the lines say -------------------------------------------------------------------------------------------


def _shown(lines: list[str], checklist: Checklist) -> Mapping[str, Any]:
    """The fields of a reading that the client's layout finds."""
    layout = checklist.timesheets.layout
    if layout is None or layout.row is None:
        return {"why_not": "how its rows of hours read is not set for this client"}
    try:
        known = _heading(lines, layout)
        shifts = tuple(_rows(lines, layout, checklist))
        _prove(lines, layout, checklist, shifts)
        _within(known.get("period"), shifts)
    except _Unreadable as fault:
        return {"why_not": str(fault)}
    return {**known, "worked": put_together(shifts), "hours_known": True}


def _heading(lines: Iterable[str], layout: SheetLayout) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for line in lines:
        if layout.number and "number" not in known and (found := layout.number.search(line)):
            known["number"] = found["timesheet"].strip()
        if layout.period and "period" not in known and (found := layout.period.search(line)):
            start, end = _day(found["start"], layout), _day(found["end"], layout)
            if end < start:
                raise _Unreadable(f"its period ends ({end}) before it starts ({start})")
            known["period"] = Period(start=start, end=end)
    return known


def _rows(lines: Iterable[str], layout: SheetLayout, checklist: Checklist) -> Iterator[Shift]:
    for line in lines:
        found = layout.row.search(line) if layout.row else None
        if found:
            groups = found.groupdict()
            yield Shift(
                " ".join(groups["worker"].split()),
                " ".join(groups["classification"].split()),
                _pay_code(groups["pay_code"], checklist),
                _number(groups["hours"]),
                _day(groups["day"], layout) if groups.get("day") else None,
            )


def _prove(lines: Iterable[str], layout: SheetLayout, checklist: Checklist, shifts: Iterable[Shift]) -> None:
    """The rows add up to the printed sums, by pay code where these are by pay code. Raises _Unreadable."""
    printed: dict[PayCode | None, Decimal] = {}
    for line in lines:
        for found in layout.total.finditer(line) if layout.total else ():
            groups = found.groupdict()
            code = _pay_code(groups["pay_code"], checklist) if groups.get("pay_code") else None
            printed[code] = printed.get(code, Decimal(0)) + _number(groups["hours"])
    if not printed:
        raise _Unreadable("it prints no sum of hours against which its rows could be proved")
    read: dict[PayCode | None, Decimal] = dict.fromkeys(printed, Decimal(0))
    for shift in shifts:
        code = None if None in printed else shift.pay_code
        read[code] = read.get(code, Decimal(0)) + shift.hours
    for code, hours in read.items():
        if hours != printed.get(code):
            what = f"{code} hours" if code else "hours"
            says = plain_decimal(printed[code]) if code in printed else "none"
            raise _Unreadable(f"its rows add up to {plain_decimal(hours)} {what}, and the sum it prints is {says}")


def _within(period: Period | None, shifts: Iterable[Shift]) -> None:
    for shift in shifts:
        if period and shift.day and not period.start <= shift.day <= period.end:
            raise _Unreadable(f"it shows hours on {shift.day}, outside its period {period.start} to {period.end}")


def _pay_code(word: str, checklist: Checklist) -> PayCode:
    spelt = word.strip().casefold()
    for code in PayCode:
        if spelt in checklist.labour.words_for(code):
            return code
    raise _Unreadable(f"it has hours of the kind {word.strip()[:40]!r}, which is not known")


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,4})?", text.strip()):
        raise _Unreadable(f"it has {text.strip()[:40]!r} where hours should stand")
    return Decimal(text.strip())


def _day(text: str, layout: SheetLayout) -> date:
    try:
        return datetime.strptime(text.strip(), layout.date_format).date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise _Unreadable(f"it has {text.strip()[:40]!r} where a day should stand") from None
