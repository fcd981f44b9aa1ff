"""Pictures: opened within limits, put on pages whole, made coarser.

A picture becomes a page of its own shape: at the dots an inch that it states, where these are likely, and never larger
than a letter page. A JPEG keeps its bytes; what others show is kept dot by dot.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageSequence

from gateway.paperwork.limits import MAX_FRAMES, MAX_PIXELS, LeftAlone

LETTER = (612.0, 792.0)
"""The largest page that a picture is put on upright, in points."""
_LIKELY_DPI = range(72, 1201)
_UNSTATED_DPI = 150.0
_FORMATS = ("JPEG", "PNG", "TIFF", "GIF")
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"})
_ORIENTATION = 0x0112  # Exif 2.3, 4.6.4


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture ready for a PDF page: `data` as the filter packs it, the page's size in points, and how the picture
    is turned onto it (the numbers of a `cm`; ISO 32000-2, 8.3.4)."""

    width: int
    height: int
    gray: bool
    bits: int
    filter: str
    data: bytes
    page: tuple[float, float]
    matrix: tuple[float, float, float, float, float, float]


def opened(content: bytes) -> Image.Image:
    """A picture whose size, kind and frames are within limits; nothing of it is unpacked yet. Raises LeftAlone."""
    picture = Image.open(io.BytesIO(content), formats=_FORMATS)
    _within_limits(picture)
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format not in ("TIFF", "MPO"):
        raise LeftAlone("is a moving picture, of which a page shows only one moment")
    if frames > MAX_FRAMES:
        raise LeftAlone(f"has {frames} pages, and more than {MAX_FRAMES} are not worked on")
    return picture


def _within_limits(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise LeftAlone(f"has {picture.width} x {picture.height} dots, more than any paper needs")
    if picture.mode not in _MODES:
        raise LeftAlone(f"is a picture of a kind ({picture.mode}) that is not converted")


def frames_of(content: bytes) -> Iterator[Frame]:
    """A frame for each page of a picture, in order. Raises LeftAlone."""
    picture = opened(content)
    if picture.format in ("JPEG", "MPO"):
        yield _jpeg_frame(picture, content)
        return
    for frame in ImageSequence.Iterator(picture):
        _within_limits(frame)
        yield _plain_frame(frame)


def _jpeg_frame(picture: Image.Image, content: bytes) -> Frame:
    if picture.mode not in ("L", "RGB"):  # CMYK files turn their colours over or not, by habits of their makers
        return _plain_frame(picture)
    picture.load()  # a damaged file says so here, and not before the client
    page, matrix = _placed(picture)
    return Frame(*picture.size, picture.mode == "L", 8, "/DCTDecode", content, page, matrix)


def _plain_frame(picture: Image.Image) -> Frame:
    picture.load()  # a TIFF is turned as it is unpacked, and then says nothing any more of how it was to be turned
    page, matrix = _placed(picture)
    flat = _on_white(picture)
    bits = 1 if flat.mode == "1" else 8
    packed = zlib.compress(flat.tobytes(), 9)
    return Frame(*flat.size, flat.mode in ("1", "L"), bits, "/FlateDecode", packed, page, matrix)


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture as a white page shows it."""
    if picture.mode in ("1", "L", "RGB") and "transparency" not in picture.info:
        return picture
    if picture.mode == "CMYK":
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def page_of(width: int, height: int, stated_dpi: float | None) -> tuple[float, float]:
    """The size in points of the page that a picture of so many dots is put on."""
    dpi = stated_dpi if stated_dpi and int(stated_dpi) in _LIKELY_DPI else _UNSTATED_DPI
    across, up = width * 72 / dpi, height * 72 / dpi
    most_across, most_up = LETTER if height >= width else LETTER[::-1]
    shrink = min(1.0, most_across / across, most_up / up)
    return max(round(across * shrink, 2), 1.0), max(round(up * shrink, 2), 1.0)


def _placed(picture: Image.Image) -> tuple[tuple[float, float], tuple[float, float, float, float, float, float]]:
    """The page's size and the matrix that puts the picture on it as a camera meant it to be seen."""
    stated = picture.info.get("dpi", (None,))[0]
    turn = picture.getexif().get(_ORIENTATION, 1)
    width, height = picture.size[::-1] if turn in (5, 6, 7, 8) else picture.size
    across, up = page_of(width, height, float(stated) if stated else None)
    return (across, up), turned(turn, across, up)


def turned(turn: int, across: float, up: float) -> tuple[float, float, float, float, float, float]:
    """The matrix for an Exif orientation (1 to 8) on a page of this size."""
    return {
        2: (-across, 0.0, 0.0, up, across, 0.0),
        3: (-across, 0.0, 0.0, -up, across, up),
        4: (across, 0.0, 0.0, -up, 0.0, up),
        5: (0.0, -up, -across, 0.0, across, up),
        6: (0.0, -up, across, 0.0, 0.0, up),
        7: (0.0, up, across, 0.0, 0.0, 0.0),
        8: (0.0, up, -across, 0.0, across, 0.0),
    }.get(turn, (across, 0.0, 0.0, up, 0.0, 0.0))


def coarser(picture: Image.Image, dpi: float, most_dpi: float, quality: int) -> bytes:
    """The picture as a JPEG of at most so many dots an inch, where it is shown with `dpi` now."""
    scale = min(1.0, most_dpi / dpi)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    smaller = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
