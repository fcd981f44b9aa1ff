"""Pictures of tables: Altair says what is drawn, vl-convert draws it, in this process, without a browser or network.

A picture holds its numbers and nothing else, so that the same numbers are drawn once for each theme and width and kept
for whoever asks next, within a bound. Series stand in panels of their own, lines differ in dashes and points besides:
nothing is told by colour alone (WCAG 2.2, 1.4.1); what is drawn has a contrast of at least 3 to 1 against the page
(1.4.11), words at least 4.5 to 1.

vl-convert carries a JavaScript engine: about 0.1 s for a picture, 1.3 s for a process's first, 60 to 120 MB of memory
once it was used, which is why it is loaded with the first picture. It draws one at a time, whatever thread asks, and
cannot be used any more in a process that was forked from one that has drawn; nothing here forks. Names from outside are
data to it: they are drawn, never run, and nothing is fetched for them (`allowed_base_urls` is empty).
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from gateway.secrets import scrub

Form = Literal["bars", "columns", "lines"]
Theme = Literal["light", "dark"]
Width = Literal["wide", "narrow"]


class NotDrawn(Exception):
    """The picture cannot be drawn; the table has its numbers all the same."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One number: what it is of, in which series, and how much."""

    category: str
    series: str
    value: float


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn. `bars` lie, a row for each category; `columns` and `lines` go on from left to right, by
    time. `unit`: "share" (0 to 1), "days", "count". `alt`: what it shows, in words. Categories and series keep their
    order."""

    form: Form
    title: str
    axis: str
    unit: str
    marks: tuple[Mark, ...]
    alt: str
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Colours:
    ground: str
    ink: str
    faint: str
    line: str
    marks: tuple[str, str]


# As in desk.css: --card, --ink, --faint, --line, and two that keep 3 to 1 against --card.
_THEMES = {
    "light": _Colours("#ffffff", "#1b2429", "#56636b", "#cdd5da", ("#14506b", "#b45309")),
    "dark": _Colours("#1d2429", "#e8edf0", "#a6b3bb", "#3b474f", ("#7cc4e3", "#fbbf24")),
}
_WHOLE = {"wide": 860, "narrow": 300}
_LABELS = {"wide": 180, "narrow": 110}
_ROW = 24
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_MOST_KEPT = 64
_LONGEST_LABEL = 80

_kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
_keeping = threading.Lock()
_drawing = threading.Lock()


def as_svg(picture: Picture, theme: Theme = "light", width: Width = "wide") -> bytes:
    """The picture for a page. Raises NotDrawn."""
    return _drawn(("svg", picture, theme, width), partial(_svg, picture, theme, width))


def as_png(picture: Picture) -> bytes:
    """The picture for paper, at 2.5 points a point. Raises NotDrawn."""
    return _drawn(("png", picture), partial(_png, picture))


def not_drawn(theme: Theme) -> bytes:
    """What stands in a picture's place: words that say where the numbers are."""
    colours = _THEMES[theme]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60" viewBox="0 0 300 60" role="img">'
        f'<rect width="300" height="60" fill="{colours.ground}"/>'
        f'<text x="8" y="25" font-family="{_FONT}" font-size="14" fill="{colours.ink}">This chart cannot be drawn now.'
        '<tspan x="8" y="46">The table has its numbers.</tspan></text></svg>'
    ).encode()


def _drawn(key: tuple[Any, ...], draw: "partial[bytes]") -> bytes:
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    with _drawing:
        with _keeping:
            if key in _kept:  # somebody else has waited for the same one
                return _kept[key]
        try:
            made = draw()
        except Exception as fault:  # a native engine: whatever it raises, the table stands
            raise NotDrawn(scrub(f"{type(fault).__name__}: {fault}"[:300])) from fault
    with _keeping:
        _kept[key] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _svg(picture: Picture, theme: Theme, width: Width) -> bytes:
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(specification(picture, theme, width), allowed_base_urls=[])
    return drawn.encode()


def _png(picture: Picture) -> bytes:
    import vl_convert

    spec = specification(picture, "light", "wide")
    return bytes(vl_convert.vegalite_to_png(spec, scale=2.5, allowed_base_urls=[]))


def _altair() -> Any:
    """Loaded with the first picture; its own types are too wide to say anything here."""
    import altair

    return altair


# --- what is drawn ------------------------------------------------------------------------------------------------


def specification(picture: Picture, theme: Theme, width: Width) -> dict[str, Any]:
    """The picture in Vega-Lite's language, its numbers within."""
    alt = _altair()

    values = [{"category": _cut(one.category), "series": one.series, "value": one.value} for one in picture.marks]
    data = alt.Data(values=values)
    drawn = _lines(picture, data, theme, width) if picture.form == "lines" else _panels(picture, data, theme, width)
    spec: dict[str, Any] = _dressed(drawn, theme).to_dict(validate=False)
    return spec


def _panels(picture: Picture, data: Any, theme: Theme, width: Width) -> Any:
    """A panel for each series, with one scale for all."""
    alt = _altair()

    lying, colours = picture.form == "bars", _THEMES[theme]
    categories = list(dict.fromkeys(_cut(one.category) for one in picture.marks))
    across = len(picture.series) if lying and width == "wide" else 1
    size = (_WHOLE[width] - (_LABELS[width] if lying else 60)) // across - 20
    amount = {"title": picture.axis, "axis": _amounts(picture, size)}
    named = {"sort": categories, "title": None, "axis": _names(picture, categories, size, width)}
    where = (
        {"x": alt.X("value:Q", **amount), "y": alt.Y("category:N", **named)}
        if lying
        else {"x": alt.X("category:N", **named), "y": alt.Y("value:Q", **amount)}
    )
    long = max(1, len(categories)) * _ROW
    bars = alt.Chart(data).mark_bar(color=colours.marks[0]).encode(**where)
    bars = bars.properties(width=size, height=long) if lying else bars.properties(width=size, height=90)
    facet = alt.Facet("series:N", sort=list(picture.series), title=None)
    return bars.facet(facet=facet, columns=across, spacing=18)


def _lines(picture: Picture, data: Any, theme: Theme, width: Width) -> Any:
    """Lines that differ in dashes and points as well as in colour, with a legend above."""
    alt = _altair()

    colours = _THEMES[theme]
    categories = list(dict.fromkeys(_cut(one.category) for one in picture.marks))
    size = _WHOLE[width] - 80
    legend = alt.Legend(
        title=None, orient="top", columns=1 if width == "narrow" else 2, symbolStrokeWidth=2, symbolSize=90
    )
    scale = alt.Scale(domain=[0, 1]) if picture.unit == "share" else alt.Scale(zero=True)
    names = list(picture.series)
    return (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=60, filled=True), strokeWidth=2)
        .encode(
            x=alt.X("category:N", sort=categories, title=None, axis=_names(picture, categories, size, width)),
            y=alt.Y("value:Q", title=picture.axis, axis=_amounts(picture, size), scale=scale),
            color=alt.Color("series:N", title=None, legend=legend, scale=_scale(names, list(colours.marks))),
            strokeDash=alt.StrokeDash("series:N", title=None, legend=legend, scale=_scale(names, [[1, 0], [6, 4]])),
            shape=alt.Shape("series:N", title=None, legend=legend, scale=_scale(names, ["circle", "square"])),
        )
        .properties(width=size, height=220)
    )


def _scale(names: list[str], values: list[Any]) -> Any:
    return _altair().Scale(domain=names, range=values)


def _amounts(picture: Picture, size: int) -> Any:
    return _altair().Axis(tickCount=max(2, min(6, size // 60)), **_WRITTEN.get(picture.unit, {}))


_WRITTEN: Mapping[str, dict[str, Any]] = {
    "count": {"tickMinStep": 1, "format": "~s"},
    "share": {"format": ".0%"},
}


def _names(picture: Picture, categories: list[str], size: int, width: Width) -> Any:
    """Labels of categories; of a long time every so many, so that none is turned or lost without order."""
    alt = _altair()

    if picture.form == "bars":
        return alt.Axis(labelLimit=_LABELS[width] - 5)
    every = -(-len(categories) * 78 // max(size, 1))
    return alt.Axis(labelAngle=0, values=categories[:: max(1, every)])


def _dressed(drawn: Any, theme: Theme) -> Any:
    colours = _THEMES[theme]
    words = {"labelColor": colours.ink, "titleColor": colours.ink, "labelFontSize": 13, "titleFontSize": 13}
    words |= {"labelFont": _FONT, "titleFont": _FONT}
    return (
        drawn.configure(background=colours.ground, font=_FONT)
        .configure_axis(**words, gridColor=colours.line, domainColor=colours.faint, tickColor=colours.faint)
        .configure_header(labelFontSize=14, labelColor=colours.ink, labelFont=_FONT, labelAnchor="start")
        .configure_legend(**words, labelLimit=280)
        .configure_view(stroke=None)
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
