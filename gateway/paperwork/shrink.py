"""Smaller without loss first, then by coarser pictures, never below a floor of dots an inch on the page."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ContentStream, DictionaryObject, NameObject, NumberObject, StreamObject

from gateway.paperwork.limits import MAX_PICTURES, MAX_PIXELS, LeftAlone
from gateway.paperwork.pages import written
from gateway.paperwork.pictures import coarser, opened, page_of

_QUALITIES = ((300, 85), (200, 75), (150, 70), (150, 55))
"""Dots an inch and JPEG quality, tried from the finest on."""
_GRAY, _COLOUR = ("/DeviceGray", "/CalGray"), ("/DeviceRGB", "/CalRGB")

Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Smaller:
    """What came of it: the bytes and how, in words ("" where they are those that came)."""

    content: bytes
    how: str = ""


def shrunk_jpeg(content: bytes, most: int, least_dpi: int) -> Smaller:
    """A JPEG of at most so many bytes, or as small as the floor lets it become. Raises LeftAlone."""
    picture = opened(content)
    if picture.mode not in ("L", "RGB"):
        raise LeftAlone("is a JPEG in printers' colours, which is not made smaller")
    stated = picture.info.get("dpi", (None,))[0]
    picture = ImageOps.exif_transpose(picture)  # a made file says nothing of how the camera was held
    across, _ = page_of(*picture.size, float(stated) if stated else None)
    best = Smaller(content)
    for dpi, quality in _tries(least_dpi):
        if len(best.content) <= most:
            break
        made = coarser(picture, picture.width * 72 / across, dpi, quality)
        if len(made) < len(best.content):
            best = Smaller(made, f"pictures of at most {dpi} dots an inch")
    return best


def shrunk_pdf(content: bytes, most: int, least_dpi: int) -> Smaller:
    """A PDF of at most so many bytes, or as small as the floor lets it become."""
    if len(content) <= most:
        return Smaller(content)
    packed = _packed(content)
    best = Smaller(packed, "packed without loss") if len(packed) < len(content) else Smaller(content)
    for dpi, quality in _tries(least_dpi):
        if len(best.content) <= most:
            break
        made = _with_coarser_pictures(packed, dpi, quality)
        if len(made) < len(best.content):
            best = Smaller(made, f"pictures of at most {dpi} dots an inch")
    return best


def _tries(least_dpi: int) -> Iterator[tuple[int, int]]:
    yield from dict.fromkeys((max(dpi, least_dpi), quality) for dpi, quality in _QUALITIES)


def _packed(content: bytes) -> bytes:
    """Equal objects once, nothing that no page leads to, and every page's drawing packed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    mark = NameObject("/ClearbillPage")
    for number, page in enumerate(writer.pages):
        page.compress_content_streams(9)
        page[mark] = NumberObject(number)  # two equal pages stay two
    writer.compress_identical_objects()
    for page in writer.pages:
        del page[mark]
    return written(writer)


def _with_coarser_pictures(content: bytes, dpi: int, quality: int) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    shown: dict[int, tuple[StreamObject, float]] = {}
    inside = {id(picture) for page in writer.pages for picture in _pictures_in_parts(page)}
    for page in writer.pages:
        for picture, inches in _pictures_of(page, writer):
            if id(picture) in inside:
                continue
            known = shown.get(id(picture), (picture, 0.0))
            shown[id(picture)] = (picture, max(known[1], inches))  # the largest it is shown has the fewest dots an inch
            if len(shown) > MAX_PICTURES:
                raise LeftAlone(f"has more than {MAX_PICTURES} pictures")
    for picture, inches in shown.values():
        _make_coarser(picture, inches, dpi, quality)
    return written(writer)


def _pictures_of(page: PageObject, writer: PdfWriter) -> Iterator[tuple[StreamObject, float]]:
    """The pictures that a page itself draws, each with the inches across that it is shown, by the longer scale."""
    contents = page.get_contents()
    resources = page.get("/Resources")
    named = resources.get_object().get("/XObject") if resources is not None else None
    if contents is None or named is None:
        return
    pictures: Mapping[str, object] = {name: one.get_object() for name, one in named.get_object().items()}
    for name, matrix in _drawn(ContentStream(contents, writer)):
        picture = pictures.get(name)
        if isinstance(picture, StreamObject) and picture.get("/Subtype") == "/Image":
            wide, high = _length(matrix[0], matrix[1]), _length(matrix[2], matrix[3])
            across = max(wide, high * float(str(picture["/Width"])) / max(float(str(picture["/Height"])), 1.0))
            yield picture, across / 72 * float(str(page.get("/UserUnit", 1)))


def _pictures_in_parts(page: PageObject) -> Iterator[StreamObject]:
    """Pictures that parts of a page draw (ISO 32000-2, 8.10): how large these show them is not followed."""
    waiting, seen = [part for part in _objects_of(page) if part.get("/Subtype") == "/Form"], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        for inner in _objects_of(part):
            yield inner
            waiting.append(inner)


def _objects_of(drawn: DictionaryObject) -> list[StreamObject]:
    """The pictures and parts that the resources of a page or part name."""
    resources = drawn.get("/Resources")
    named = resources.get_object().get("/XObject") if resources is not None else None
    found = [one.get_object() for one in named.get_object().values()] if named is not None else []
    return [one for one in found if isinstance(one, StreamObject)]


def _drawn(stream: ContentStream) -> Iterator[tuple[str, Matrix]]:
    """Names of the objects that a page draws, each with the matrix in force (ISO 32000-2, 8.3.4)."""
    now: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    kept: list[Matrix] = []
    for operands, operator in stream.operations:
        if operator == b"q":
            kept.append(now)
        elif operator == b"Q" and kept:
            now = kept.pop()
        elif operator == b"cm":
            now = _times(tuple(float(one) for one in operands), now)
        elif operator == b"Do":
            yield str(operands[0]), now


def _times(first: tuple[float, ...], then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _length(one: float, other: float) -> float:
    return float((one * one + other * other) ** 0.5)


def _make_coarser(picture: StreamObject, inches: float, dpi: int, quality: int) -> None:
    """Puts a coarser JPEG where a picture is; masks, and pictures in colours that a JPEG has not, stay."""
    seen = _unpacked(picture) if inches > 0 else None
    if seen is None:
        return
    made = coarser(seen, seen.width / inches, dpi, quality)
    if len(made) >= len(picture._data):
        return
    width, height = Image.open(io.BytesIO(made), formats=("JPEG",)).size
    picture._data = made
    picture[NameObject("/Filter")] = NameObject("/DCTDecode")
    picture[NameObject("/Width")], picture[NameObject("/Height")] = NumberObject(width), NumberObject(height)
    picture[NameObject("/BitsPerComponent")] = NumberObject(8)
    picture.pop(NameObject("/DecodeParms"), None)


def _unpacked(picture: StreamObject) -> Image.Image | None:
    """The picture's dots, where they are gray or red, green and blue, eight bits each, and nothing masks them."""
    masked = any(name in picture for name in ("/Mask", "/SMask", "/Decode", "/ImageMask", "/Intent"))
    width, height = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
    if masked or picture.get("/BitsPerComponent") != 8 or not 0 < width * height <= MAX_PIXELS:
        return None
    mode = _mode(picture.get("/ColorSpace"))
    filters = picture.get("/Filter")
    names = [str(one) for one in (filters if isinstance(filters, list) else [filters])]
    if mode is None or names not in (["/DCTDecode"], ["/FlateDecode"]):
        return None
    if names == ["/DCTDecode"]:
        try:
            seen = opened(picture._data)
        except LeftAlone:
            return None  # of a kind that is not read: it stays as it is, and the others may still be made coarser
        return seen if (seen.mode, seen.size) == (mode, (width, height)) else None
    dots = picture.get_data()
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), dots) if len(dots) == size else None


def _mode(space: object) -> str | None:
    """ "L" or "RGB" for the colour spaces that a JPEG can keep."""
    kind = space.get_object() if hasattr(space, "get_object") else space
    if isinstance(kind, list) and kind and str(kind[0]) == "/ICCBased":
        profile = kind[1].get_object()
        parts = profile.get("/N") if isinstance(profile, DictionaryObject) else None
        return {1: "L", 3: "RGB"}.get(int(parts)) if parts is not None else None
    name = str(kind[0] if isinstance(kind, list) and kind else kind)
    return "L" if name in _GRAY else "RGB" if name in _COLOUR else None
