"""Regions of pages taken out: what stood there is gone from the file's bytes, or the paper is left alone.

Each page is drawn anew without the glyphs and strokes that lie in a region (a gray area shows where), and the document
is put together again from its pages alone: private data of programs, metadata and second spellings for screen readers
go. What could keep a copy of the text (a picture, a part drawn with text of its own, a comment), or betray it (text
that goes on behind the region, placed by what was there), makes the paper one that is left alone: which is said, and
stops the packet.

Scans are always left alone: no template knows where a column came to lie on the glass.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    ContentStream,
    DictionaryObject,
    FloatObject,
    NameObject,
)

from checklists.planned import Redacting
from gateway.paperwork.glyphs import Box, Face, Pen, box_of, face_of
from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.pages import stream, written
from gateway.paperwork.stamp import shown_of

_PAGE_KEYS = frozenset({"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/Group"})
_RESOURCES = ("/Font", "/ExtGState", "/ColorSpace", "/Shading", "/ProcSet")
_SHOWING = frozenset({b"Tj", b"TJ", b"'", b'"'})
_MARKING = frozenset({b"BMC", b"BDC", b"EMC", b"MP", b"DP", b"BX", b"EX"})
"""Marks that draw nothing; a second spelling of the text may hang on them, so none is kept."""
_PATH = frozenset({b"m", b"l", b"c", b"v", b"y", b"h", b"re"})
_PAINTING = frozenset({b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"n"})
_PLAIN = frozenset(
    b"q Q cm BT ET Td TD Tm T* Tc Tw Tz TL Tf Tr Ts gs w J j M d ri i cs CS sc scn SC SCN g G rg RG k K sh Do".split()
)
_MOST_SEGMENTS = 8
"""Of a path that crosses a region's edge: a table's lines have no more, and letters drawn as outlines do."""
_OFF = 2.0
"""Points by which a page may differ from the template's."""

Operation = tuple[Sequence[Any], bytes]


def redacted(content: bytes, template: Redacting) -> bytes:
    """The PDF without what stands in the template's regions. Raises LeftAlone."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for number, page in enumerate(writer.pages, start=1):
        _redact(writer, page, template, number)
    anew = PdfWriter()
    for page in writer.pages:
        anew.add_page(page)
    made = written(anew)
    for number, page in enumerate(PdfReader(io.BytesIO(made)).pages, start=1):
        regions = _regions(page, template, number)
        if _Sheet(page, regions).drawn().taken or _text_in(page, regions):
            raise LeftAlone("still had text in a region after it was taken out")
    return made


def _redact(writer: PdfWriter, page: PageObject, template: Redacting, number: int) -> None:
    regions = _regions(page, template, number)
    _leave_annotated(page)
    _leave_without_heading(_text_in(page, regions), template, number)
    drawn = _Sheet(page, regions).drawn()
    covers = b"".join(b"q 0.85 g %.2f %.2f %.2f %.2f re f Q\n" % (x, y, u - x, v - y) for x, y, u, v in regions)
    page[NameObject("/Contents")] = writer._add_object(stream(covers + drawn.content).flate_encode())
    page[NameObject("/Resources")] = drawn.resources
    for name in [key for key in page if key not in _PAGE_KEYS]:
        del page[name]


def _regions(page: PageObject, template: Redacting, number: int) -> list[Box]:
    """The template's regions in the page's own units."""
    left, bottom, right, top = shown_of(page)
    size = (right - left, top - bottom)
    off = max(abs(size[0] - template.page[0]), abs(size[1] - template.page[1]))
    if page.rotation % 360 or page.get("/UserUnit", 1) != 1 or off > _OFF:
        raise LeftAlone(f"has a page ({number}) of another size or direction than the template to redact it")
    return [(left + x, top - v, left + u, top - y) for x, y, u, v in template.regions]


def _leave_annotated(page: PageObject) -> None:
    for annotation in page.annotations or ():
        if annotation.get_object().get("/Subtype") != "/Link":  # links go; what says something must not get lost
            raise LeftAlone("has comments or stamps on a page that is to be redacted")


def _text_in(page: PageObject, regions: Sequence[Box]) -> str:
    """The text that begins in a region, as a reader of PDFs finds it."""
    found: list[str] = []

    def take(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        if text.strip() and any(_touches((x, y, x + 0.01, y + 0.01), region) for region in regions):
            found.append(text)

    page.extract_text(visitor_text=take)
    return "".join(found)


def _leave_without_heading(taken: str, template: Redacting, number: int) -> None:
    """A column whose heading is not where the template has it has moved, and so may its figures."""
    if template.heading and "".join(template.heading.split()) not in "".join(taken.split()):
        raise LeftAlone(f"does not show {template.heading!r} on page {number} where the template to redact it has it")


def _touches(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _within(one: Box, other: Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page drawn anew: its content, the resources that this needs, and how many bytes of text were taken out."""

    content: bytes
    resources: DictionaryObject
    taken: int


class _Sheet:
    """One page as it is drawn anew, operator by operator."""

    def __init__(self, page: PageObject, regions: Sequence[Box]) -> None:
        resources = page.get("/Resources")
        self._resources: Any = resources.get_object() if resources is not None else DictionaryObject()
        self._regions = regions
        self._contents = page.get_contents()
        self._page = page
        self._out = io.BytesIO()
        self._pen = Pen(self._face)
        self._faces: dict[str, Face] = {}
        self._loose = False
        self._path: list[Operation] = []
        self._clips = False
        self._points: list[Box] = []
        self._objects: dict[str, Any] = {}
        self._taken = 0

    def drawn(self) -> _Drawn:
        """Raises LeftAlone for whatever could keep or betray what is taken out."""
        if self._of("/Pattern"):
            raise LeftAlone("fills areas with patterns, which may hold text")
        operations = self._contents.operations if isinstance(self._contents, ContentStream) else []
        for operands, operator in operations:
            self._take(operands, operator)
        kept = DictionaryObject(
            {NameObject(name): self._resources[name] for name in _RESOURCES if name in self._resources}
        )
        if self._objects:
            kept[NameObject("/XObject")] = DictionaryObject(
                {NameObject(name): value for name, value in self._objects.items()}
            )
        return _Drawn(self._out.getvalue(), kept, self._taken)

    def _of(self, kind: str) -> Any:
        found = self._resources.get(kind)
        return found.get_object() if found is not None else None

    def _named(self, kind: str, name: str) -> Any:
        found = (self._of(kind) or {}).get(name)
        if found is None:
            raise LeftAlone(f"names a part ({name[:40]}) that it does not have")
        return found.get_object()

    def _face(self, name: str) -> Face:
        if name not in self._faces:
            self._faces[name] = face_of(self._named("/Font", name))
        return self._faces[name]

    def _emit(self, operator: bytes, operands: Sequence[Any] = ()) -> None:
        for operand in operands:
            operand.write_to_stream(self._out)
            self._out.write(b" ")
        self._out.write(operator + b"\n")

    def _take(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator in _MARKING:
            return
        if operator in _SHOWING:
            self._show(operands, operator)
        elif operator in _PATH:
            self._trace(operands, operator)
        elif operator in (b"W", b"W*"):
            self._clips = True
            self._path.append((operands, operator))
        elif operator in _PAINTING:
            self._paint(operands, operator)
        elif operator in _PLAIN:
            self._keep(operands, operator)
        else:
            raise LeftAlone("is drawn in a way that cannot be followed")

    def _keep(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator == b"gs":
            self._look_at_state(str(operands[0]))
        elif operator == b"Do":
            self._look_at_object(str(operands[0]))
        if self._pen.follows(operator, operands):
            self._loose = False
        self._emit(operator, operands)

    def _look_at_state(self, name: str) -> None:
        state = self._named("/ExtGState", name)
        mask = state.get("/SMask")
        masked = mask is not None and isinstance(mask.get_object(), DictionaryObject)
        if masked or "/Font" in state:
            raise LeftAlone("is drawn through a mask, or in a font that is set where it cannot be followed")

    def _look_at_object(self, name: str) -> None:
        """A picture or a drawing may stay where it reaches into no region, and holds no text of its own."""
        part = self._named("/XObject", name)
        if part.get("/Subtype") == "/Image":
            box = box_of(self._pen.state.ctm, 0, 0, 1, 1)
        else:
            own = part.get("/Resources")
            inner = own.get_object() if own is not None else {}
            if any(kind in inner for kind in ("/Font", "/XObject", "/Pattern")) or own is None:
                raise LeftAlone("draws text from a part of its own, which cannot be followed")
            matrix = [float(one) for one in part.get("/Matrix", (1, 0, 0, 1, 0, 0))]
            edges = [float(one) for one in part["/BBox"]]
            from_part = box_of((matrix[0], matrix[1], matrix[2], matrix[3], matrix[4], matrix[5]), *edges)
            box = box_of(self._pen.state.ctm, *from_part)
        if any(_touches(box, region) for region in self._regions):
            raise LeftAlone("has a picture or drawing where it is to be redacted")
        self._objects[name] = self._of("/XObject").raw_get(name)

    # --- text -----------------------------------------------------------------------------------------------------

    def _show(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator in (b"'", b'"'):
            if operator == b'"':
                self._keep([operands[0]], b"Tw")
                self._keep([operands[1]], b"Tc")
            self._keep([], b"T*")
        parts: Any = operands[0] if operator == b"TJ" else [operands[-1]]
        kept, gone, after = ArrayObject(), bytearray(), False
        for part in parts:
            if isinstance(part, int | float):
                self._pen.kern(float(part))
                if not gone:
                    kept.append(FloatObject(part))
                continue
            shown = bytes(part.original_bytes)
            touched = [any(_touches(box, one) for one in self._regions) for box in self._pen.boxes(shown)]
            first = touched.index(True) if True in touched else len(touched)
            after = after or (bool(gone) and False in touched) or False in touched[first:]
            width = max(len(shown) // max(len(touched), 1), 1)
            if not gone and first:
                kept.append(ByteStringObject(shown[: first * width]))
            gone += shown[first * width :]
        if after or (self._loose and any(isinstance(part, bytes) for part in kept)):
            raise LeftAlone(
                "has text that runs through a region to be redacted, and its place would betray what stood there"
            )
        if gone:
            self._loose = True
            self._taken += len(gone)
        if any(isinstance(part, bytes) for part in kept):
            self._emit(b"TJ", [kept])

    # --- lines and areas ------------------------------------------------------------------------------------------

    def _trace(self, operands: Sequence[Any], operator: bytes) -> None:
        values = [float(one) for one in operands]
        points = list(zip(values[::2], values[1::2], strict=True))
        if operator == b"re":
            (x, y), (width, height) = points
            points = [(x, y), (x + width, y + height)]
        for x, y in points:
            self._points.append(box_of(self._pen.state.ctm, x, y, x, y))
        self._path.append((operands, operator))

    def _paint(self, operands: Sequence[Any], operator: bytes) -> None:
        """A path within a region goes; one that crosses its edge, or cuts what is drawn after it, stays where it is too
        plain to be writing."""
        path, points, clips = self._path, self._points, self._clips
        self._path, self._points, self._clips = [], [], False
        if points:
            edges = list(zip(*points, strict=True))
            around = (min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3]))
            if not clips and any(_within(around, region) for region in self._regions):
                return
            curved = any(one in (b"c", b"v", b"y") for _, one in path)
            crossing = any(_touches(around, region) for region in self._regions)
            if crossing and (curved or len(path) > _MOST_SEGMENTS):
                raise LeftAlone("has a drawing that reaches into a region to be redacted")
        for each, one in (*path, (operands, operator)):
            self._emit(one, each)
