"""Where each glyph of a page stands: the text state of a content stream, and how wide fonts say their glyphs are.

Source: ISO 32000-2, 8.4 (graphics state), 9.3 to 9.7 (text state, text objects, simple and composite fonts).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject

from gateway.paperwork.limits import LeftAlone

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""
PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_BELOW, _ABOVE, _BESIDE = 0.35, 1.05, 0.08
"""How far a glyph may reach around its origin, in parts of the font's size: generous, so that none is missed."""
_MOST_WIDTHS = 100_000


def times(first: Sequence[float], then: Matrix) -> Matrix:
    """The matrix that does `first`, and what it yields by `then`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def box_of(matrix: Matrix, left: float, bottom: float, right: float, top: float) -> Box:
    """The upright box around a rectangle that a matrix has moved."""
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True)
class Face:
    """A font's way of telling widths: bytes for each code, and the width of a code in parts of the font's size."""

    code_bytes: int
    width: Callable[[int], float]


def face_of(font: DictionaryObject) -> Face:
    """Raises LeftAlone for a font whose widths cannot be known for certain."""
    kind = str(font.get("/Subtype"))
    if kind == "/Type0":
        return _composite(font)
    if kind not in ("/Type1", "/MMType1", "/TrueType"):
        raise LeftAlone("is set in a font whose glyphs cannot be placed for certain")
    widths = _resolved(font.get("/Widths"))
    if widths is None:
        return _standard(font)
    first = int(str(_resolved(font.get("/FirstChar")) or 0))
    descriptor = _resolved(font.get("/FontDescriptor")) or {}
    missing = float(str(_resolved(descriptor.get("/MissingWidth")) or 0)) / 1000
    known = {first + at: float(str(_resolved(one))) / 1000 for at, one in enumerate(widths[:_MOST_WIDTHS])}
    return Face(1, lambda code: known.get(code, missing))


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None and hasattr(value, "get_object") else value


def _standard(font: DictionaryObject) -> Face:
    """One of the fourteen fonts whose widths every viewer knows."""
    from reportlab.pdfbase import pdfmetrics  # slow to import, and only these fonts need it

    name, encoding = str(font.get("/BaseFont"))[1:], _resolved(font.get("/Encoding"))
    if name not in pdfmetrics.standardFonts or encoding not in (None, "/WinAnsiEncoding"):
        raise LeftAlone("is set in a font whose glyphs cannot be placed for certain")
    widths = pdfmetrics.getFont(name).widths
    return Face(1, lambda code: float(widths[code]) / 1000)


def _composite(font: DictionaryObject) -> Face:
    below = _resolved(_resolved(font["/DescendantFonts"])[0])
    if _resolved(font.get("/Encoding")) != "/Identity-H":
        raise LeftAlone("is set in a font whose glyphs cannot be placed for certain")
    usual = float(str(_resolved(below.get("/DW")) or 1000)) / 1000
    known: dict[int, float] = {}
    told = [_resolved(one) for one in _resolved(below.get("/W")) or ()]
    while told and len(known) < _MOST_WIDTHS:
        first = int(str(told.pop(0)))
        second = told.pop(0)
        if isinstance(second, ArrayObject):
            known |= {first + at: float(str(_resolved(one))) / 1000 for at, one in enumerate(second)}
        else:
            width = float(str(told.pop(0))) / 1000
            known |= dict.fromkeys(range(first, min(int(str(second)), 0xFFFF) + 1), width)
    return Face(2, lambda code: known.get(code, usual))


@dataclass(frozen=True, slots=True)
class TextState:
    """What `q` keeps and `Q` brings back, as far as it moves glyphs."""

    ctm: Matrix = PLAIN
    face: Face | None = None
    size: float = 0.0
    between: float = 0.0  # Tc
    between_words: float = 0.0  # Tw
    stretch: float = 1.0  # Tz
    leading: float = 0.0  # TL
    rise: float = 0.0  # Ts


def _spaced(state: TextState, operator: bytes, value: float) -> TextState:
    match operator:
        case b"Tc":
            return replace(state, between=value)
        case b"Tw":
            return replace(state, between_words=value)
        case b"TL":
            return replace(state, leading=value)
        case b"Ts":
            return replace(state, rise=value)
    return replace(state, stretch=value / 100)


@dataclass(slots=True)
class Pen:
    """The text position while a page is drawn."""

    faces: Callable[[str], Face]
    state: TextState = field(default_factory=TextState)
    line: Matrix = PLAIN
    at: Matrix = PLAIN
    kept: list[TextState] = field(default_factory=list)

    def follows(self, operator: bytes, operands: Sequence[Any]) -> bool:
        """Takes in an operator that sets the state; says whether it gave the text position a place of its own."""
        values = [float(one) for one in operands if isinstance(one, int | float)]
        match operator:
            case b"q":
                self.kept.append(self.state)
            case b"Q":
                self.state = self.kept.pop() if self.kept else self.state
            case b"cm":
                self.state = replace(self.state, ctm=times(values, self.state.ctm))
            case b"Tf":
                self.state = replace(self.state, face=self.faces(str(operands[0])), size=values[-1])
            case b"Tc" | b"Tw" | b"TL" | b"Ts" | b"Tz":
                self.state = _spaced(self.state, operator, values[0])
            case b"BT":
                self._go(PLAIN)
                return True
            case b"Tm":
                self._go((values[0], values[1], values[2], values[3], values[4], values[5]))
                return True
            case b"Td" | b"TD" | b"T*":
                if operator == b"TD":
                    self.state = replace(self.state, leading=-values[1])
                across, up = (0.0, -self.state.leading) if operator == b"T*" else (values[0], values[1])
                self._go(times((1.0, 0.0, 0.0, 1.0, across, up), self.line))
                return True
        return False

    def _go(self, to: Matrix) -> None:
        self.line = self.at = to

    def boxes(self, shown: bytes) -> Iterator[Box]:
        """The box of each glyph of a string, in the page's own units; the position moves on behind it."""
        state, face = self.state, self.state.face
        if face is None:
            raise LeftAlone("shows text without a font")
        for start in range(0, len(shown) - len(shown) % face.code_bytes, face.code_bytes):
            code = int.from_bytes(shown[start : start + face.code_bytes], "big")
            width = face.width(code) * state.size
            place = times(self.at, state.ctm)
            beside, below = _BESIDE * state.size, state.rise - _BELOW * state.size
            above = state.rise + _ABOVE * state.size
            yield box_of(place, -beside * state.stretch, below, (width + beside) * state.stretch, above)
            words = state.between_words if code == 32 and face.code_bytes == 1 else 0.0
            self.skip((width + state.between + words) * state.stretch)

    def skip(self, across: float) -> None:
        """Moves the position along the line."""
        self.at = times((1.0, 0.0, 0.0, 1.0, across, 0.0), self.at)

    def kern(self, number: float) -> None:
        """A number between the strings of a TJ: thousandths of the size, backwards."""
        self.skip(-number / 1000 * self.state.size * self.state.stretch)
