"""Pictures: the numbers as they are, for both themes and widths, within bounds, and never in a table's way."""

import re
import threading
from typing import Any

import pytest
from lxml import etree

from gateway import pictures
from gateway.desk.pages import FOLDER
from gateway.pictures import Mark, NotDrawn, Picture, as_png, as_svg, not_drawn, specification

SERIES = ("Portal", "Buyer")


def picture(form: Any = "bars", *, name: str = "PO closed", value: float = 3.0) -> Picture:
    marks = tuple(Mark(category, series, value) for category in (name, "Other") for series in SERIES)
    return Picture(form, "Objections", "Objections", "count", marks, "What it shows", SERIES)


@pytest.mark.parametrize("form", ["bars", "columns", "lines"])
def test_a_picture_shows_its_names_in_either_theme_and_width(form: str) -> None:
    for theme in ("light", "dark"):
        for width in ("wide", "narrow"):
            drawn = etree.fromstring(as_svg(picture(form), theme, width))  # type: ignore[arg-type]
            texts = {text for element in drawn.iter("{*}text") if (text := "".join(element.itertext()))}
            assert {"PO closed", "Other", *SERIES} <= texts
            assert int(drawn.get("width")) <= (880 if width == "wide" else 330)
    sizes = {float(size) for size in re.findall(r'font-size="(\d+)px"', as_svg(picture(form)).decode())}
    assert min(sizes) >= 13


def test_names_from_outside_are_drawn_and_never_run_or_fetched() -> None:
    hostile = "</text><script>alert(1)</script>http://127.0.0.1:9/x.png"
    drawn = etree.fromstring(as_svg(picture(name=hostile)))
    assert not list(drawn.iter("{*}script", "{*}image", "{*}foreignObject", "{*}a"))
    assert len(hostile) > 0


def test_nothing_is_fetched_even_where_a_picture_asks_for_it() -> None:
    import vl_convert

    spec = specification(picture(), "light", "wide") | {"data": {"url": "http://127.0.0.1:9/data.json"}}
    with pytest.raises(ValueError, match="not allowed"):
        vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])


def test_what_was_drawn_is_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures._kept.clear()
    drawn: list[int] = []

    def draws(of: Picture, *_: Any) -> bytes:
        drawn.append(1)
        return of.alt.encode()

    monkeypatch.setattr(pictures, "_svg", draws)
    threads = [threading.Thread(target=as_svg, args=(picture(),)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(drawn) == 1, "eight who ask at once wait for one drawing"
    for value in range(200):
        as_svg(picture(value=float(value)))
    assert len(pictures._kept) == pictures._MOST_KEPT
    pictures._kept.clear()


def test_a_drawing_that_fails_is_told_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures._kept.clear()

    def fails(*_: Any) -> bytes:
        raise ValueError("no engine")

    with monkeypatch.context() as broken:
        broken.setattr(pictures, "_svg", fails)
        with pytest.raises(NotDrawn, match="no engine"):
            as_svg(picture())
    assert as_svg(picture()).startswith(b"<svg")
    assert b"The table has its numbers" in not_drawn("dark")


def test_colours_stand_out_in_both_themes() -> None:
    style = (FOLDER / "static" / "desk.css").read_text("utf-8")
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for theme, sheet in (("light", light), ("dark", dark)):
        colours = pictures._THEMES[theme]
        assert f"--card: {colours.ground};" in sheet, "a picture stands on a card"
        assert all(contrast(mark, colours.ground) >= 3 for mark in (*colours.marks, colours.faint))
        assert contrast(colours.ink, colours.ground) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_picture_for_paper_is_a_png() -> None:
    assert as_png(picture()).startswith(b"\x89PNG")
