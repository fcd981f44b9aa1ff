"""A report as a PDF fit to send: what it is about, what its figures mean, pictures, tables, page numbers.

The same parts at the same moment give the same bytes. Text is text: it can be searched and copied. Headings are
bookmarks, the language is said, each picture has its words beneath it; reportlab writes no structure tags. DejaVu Sans
is embedded: it has Latin, Greek, Cyrillic and more, and what it has not (Chinese, say) is shown as a hollow box, which
the first page says; writing from right to left is not shaped.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from gateway.pictures import NotDrawn, as_png
from gateway.report_parts import About, Part, Question
from gateway.report_words import for_reading, is_detail
from gateway.secrets import scrub

_FONTS = Path(__file__).parent / "report_fonts"
_PLAIN, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_MARGIN = 15 * mm
_PAGE = landscape(A4)
_WITHIN = _PAGE[0] - 2 * _MARGIN
_MOST_ROWS = 100
_ACROSS = 7  # columns of a turned table on one page
_BOX = "\N{WHITE VERTICAL RECTANGLE}"
_INK, _FAINT, _LINE = colors.HexColor("#1b2429"), colors.HexColor("#56636b"), colors.HexColor("#cdd5da")
_PICTURE_POINTS = 2.5 * 96 / 72  # pixels of a picture in a point


def as_pdf(parts: Sequence[Part], about: About, title: str = "Clearbill report") -> bytes:
    """The report, landscape A4."""
    _fonts()
    out = io.BytesIO()
    book = _Book(
        out,
        pagesize=_PAGE,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author="Clearbill",
        subject=_period(about.question),
        lang="en",
        invariant=1,
    )
    frame = Frame(_MARGIN, _MARGIN, _WITHIN, _PAGE[1] - 2 * _MARGIN, 0, 0, 0, 0)
    book.addPageTemplates([PageTemplate(frames=[frame])])
    words = _Words()
    story = [flowable for one in parts for flowable in _part(one, words)]
    head = [*_head(title, about, words)]
    if words.lost:
        head.append(_text(f"{_BOX} stands for characters that this document's font does not have.", _SMALL))
    book.build([*head, *story], canvasmaker=_numbered(f"{title}, {_moment(about)}"))
    return out.getvalue()


class _Book(BaseDocTemplate):
    """Headings become bookmarks."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        """Called by reportlab for each thing that was set."""
        name = getattr(flowable, "bookmark", "")
        if name:
            self.canv.bookmarkPage(name)
            self.canv.addOutlineEntry(flowable.getPlainText(), name, level=0)


def _numbered(foot: str) -> Callable[..., Canvas]:
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):
        def __init__(self, *given: Any, **how: Any) -> None:
            super().__init__(*given, **how)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            self.setViewerPreference("DisplayDocTitle", "true")
            self.showOutline()
            for at, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont(_PLAIN, 8)
                self.setFillColor(_FAINT)
                self.drawString(_MARGIN, 8 * mm, foot)
                self.drawRightString(_PAGE[0] - _MARGIN, 8 * mm, f"Page {at} of {len(self._pages)}")
                super().showPage()
            super().save()

    return Numbered


# --- words --------------------------------------------------------------------------------------------------------


@cache
def _fonts() -> None:
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)


class _Words:
    """Makes texts fit for the page, and remembers whether characters were lost."""

    def __init__(self) -> None:
        self.lost = False

    def fit(self, text: str) -> str:
        """The text without secrets, with a box for what the font does not have."""
        known = pdfmetrics.getFont(_PLAIN).face.charToGlyph
        kept = "".join(mark if ord(mark) in known or mark.isspace() else _BOX for mark in scrub(text))
        self.lost = self.lost or kept != scrub(text)
        return kept


_BODY = ParagraphStyle("body", fontName=_PLAIN, fontSize=9, leading=12, textColor=_INK, spaceAfter=4)
_SMALL = ParagraphStyle("small", _BODY, fontSize=8, leading=10.5, textColor=_FAINT)
_TITLE = ParagraphStyle("title", _BODY, fontName=_BOLD, fontSize=18, leading=22, spaceAfter=6)
_HEADING = ParagraphStyle("heading", _BODY, fontName=_BOLD, fontSize=12, leading=15, spaceBefore=12, keepWithNext=1)
_CELL = ParagraphStyle("cell", _BODY, fontSize=7.5, leading=9.5, spaceAfter=0)
_NUMBER = ParagraphStyle("number", _CELL, alignment=2)
_TOP = ParagraphStyle("top", _CELL, fontName=_BOLD)
_TOP_NUMBER = ParagraphStyle("top number", _TOP, alignment=2)


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(words), style)


def _head(title: str, about: About, words: _Words) -> Iterator[Flowable]:
    yield _text(title, _TITLE)
    yield _text(f"{_period(about.question)} Made {_moment(about)}. Days, weeks and months are UTC.", _BODY)
    question = about.question
    only = [f"client {question.client}" if question.client else "all clients"]
    only.append(f"portal account {question.account}" if question.account else "all portal accounts")
    yield _text(words.fit(f"Of {', '.join(only)}."), _BODY)


def _moment(about: About) -> str:
    return f"{about.now:%Y-%m-%d %H:%M} UTC"


def _period(question: Question) -> str:
    since, until = question.since, question.until
    if since and until:
        return f"From {since} to before {until}."
    return f"From {since} on." if since else f"Everything before {until}." if until else "Of all time."


# --- parts --------------------------------------------------------------------------------------------------------


def _part(one: Part, words: _Words) -> Iterator[Flowable]:
    heading = _text(one.title, _HEADING)
    heading.bookmark = one.name
    says = [_text(words.fit(sentence), _SMALL) for sentence in one.says]
    yield KeepTogether([heading, *says, *_picture(one, words)])
    if not one.sheet.rows:
        yield _text("Nothing to show.", _BODY)
        return
    yield Spacer(0, 4)
    yield from _turned(one, words) if one.name == "figures" else (_table(one, words),)
    if len(one.sheet.rows) > _MOST_ROWS and one.name != "figures":
        yield _text(f"The first {_MOST_ROWS} of {len(one.sheet.rows)} rows; CSV and XLSX have them all.", _SMALL)
    if one.more is not None:
        yield _text("There are more purchase orders; CSV and XLSX have them all.", _SMALL)


def _picture(one: Part, words: _Words) -> Iterator[Flowable]:
    if one.picture is None:
        return
    try:
        content = as_png(one.picture)
    except NotDrawn:
        yield _text("The chart could not be drawn; the table has its numbers.", _SMALL)
        return
    across, down = ImageReader(io.BytesIO(content)).getSize()
    scale = min(1 / _PICTURE_POINTS, _WITHIN / across, 95 * mm / down)
    picture = Image(io.BytesIO(content), width=across * scale, height=down * scale)
    picture.hAlign = "LEFT"
    yield picture
    yield _text(words.fit(one.picture.alt), _SMALL)


def _table(one: Part, words: _Words) -> Table:
    columns = one.sheet.columns
    numbers = [column.form not in ("text", "time") for column in columns]
    heads = [words.fit(column.heading) for column in columns]
    shown = [
        [words.fit(for_reading(cell, column)) for column, cell in zip(columns, row, strict=True)]
        for row in one.sheet.rows[:_MOST_ROWS]
    ]
    return _set(heads, shown, numbers)


def _turned(one: Part, words: _Words) -> Iterator[Flowable]:
    """A line for each figure; keys beyond what fits across go on in a further table."""
    columns = one.sheet.columns
    keyed = columns[0].form == "text"
    lines = [(at, column) for at, column in enumerate(columns) if column.form != "text" and not is_detail(column)]
    for start in range(0, len(one.sheet.rows), _ACROSS):
        rows = one.sheet.rows[start : start + _ACROSS]
        heads = ["Figure", *(words.fit(str(row[0])) if keyed else "" for row in rows)]
        shown = [
            [words.fit(column.heading), *(words.fit(for_reading(row[at], column)) for row in rows)]
            for at, column in lines
        ]
        yield _set(heads, shown, [False, *([True] * len(rows))])
        yield Spacer(0, 6)


def _set(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> Table:
    top = [_text(head, _TOP_NUMBER if number else _TOP) for head, number in zip(heads, numbers, strict=True)]
    body = [
        [_text(cell, _NUMBER if number else _CELL) for cell, number in zip(row, numbers, strict=True)] for row in rows
    ]
    table = Table([top, *body], colWidths=_widths(heads, rows), repeatRows=1, hAlign="LEFT")
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), ("LINEBELOW", (0, 0), (-1, 0), 0.8, _FAINT)]
    close = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    table.setStyle(
        TableStyle([*lines, *close, ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    )
    return table


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """What each column wants, within limits; where that is wider than the page, texts are broken and words are not."""
    least, wanted = [], []
    for at, head in enumerate(heads):
        of_head = max((len(word) for word in head.split()), default=1) * 5.6
        words = max((len(word) for row in rows for word in row[at].split()), default=1)
        longest = max((len(row[at]) for row in rows), default=1)
        least.append(max(of_head, min(words, 16) * 4.7) + 8)
        wanted.append(max(least[-1], min(longest, 60) * 4.7 + 8))
    spare = _WITHIN - sum(least)
    more = sum(wanted) - sum(least)
    if spare <= 0 or more <= 0:
        return [width * min(1.0, _WITHIN / sum(least)) for width in least]
    share = min(1.0, spare / more)
    return [low + (high - low) * share for low, high in zip(least, wanted, strict=True)]
