"""Papers made: read back page by page, byte for byte the same each time, and left alone where they must be."""

import io
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import RectangleObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from checklists.paper_steps import PaperStep
from checklists.planned import JPEG, PDF, PlannedPaper
from gateway.packet import DocumentKind
from gateway.paperwork.limits import SECONDS, LeftAlone
from gateway.paperwork.looks import look
from gateway.paperwork.make import make
from gateway.paperwork.message import Made, packed, paper_as_json, paper_from, unpacked
from gateway.paperwork.pages import joined
from gateway.paperwork.pictures import LETTER, frames_of, page_of, turned
from gateway.paperwork.proof import prove, prove_joined
from gateway.paperwork.stamp import STRIP, stamped
from tests.gateway import paper_samples as samples
from tests.gateway.hostile_papers import encrypted_pdf, pdf_with_countless_pages, pdf_with_pages_in_a_ring
from tests.gateway.paper_samples import noise, picture, text_pdf, texts_of

ROOT = Path(__file__).parents[2]


def planned(*steps: PaperStep, **changes: Any) -> PlannedPaper:
    values: dict[str, Any] = {"media_type": PDF, "stem": "a", "extension": ".pdf", "sources": (0,)}
    return PlannedPaper(DocumentKind.timesheet, steps=frozenset(steps), **{**values, **changes})


def raw_picture(page: PageObject) -> bytes:
    """The bytes of a page's only picture as the file keeps them."""
    resources: Any = page["/Resources"]
    (shown,) = resources["/XObject"].values()
    return bytes(shown.get_object()._data)


# --- looks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (samples.signed(), "signature"),
        (samples.form(), "form with fields"),
        (samples.archived(), "PDF/A-2"),
        (samples.archived_by_intent(), "PDF/A"),
        (samples.layered(), "layers"),
        (samples.with_file(), "other files"),
        (encrypted_pdf(), "encrypted"),
        (pdf_with_pages_in_a_ring(), ""),
        (pdf_with_countless_pages(), "pages"),
        (b"%PDF-1.7 nothing", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_a_pdf_that_a_change_would_harm_is_left_alone_with_the_reason(content: bytes, says: str) -> None:
    seen = look(PDF, content)
    assert seen.why_not
    assert says in seen.why_not


def test_plain_papers_may_be_worked_on_and_their_pages_are_counted() -> None:
    assert look(PDF, text_pdf("one", "two")).pages == 2
    assert look(PDF, text_pdf("one", "two")).why_not == ""
    assert look(JPEG, picture()).why_not == ""
    pages = picture("TIFF", mode="1", save_all=True, append_images=[Image.new("1", (9, 9))])
    assert look("image/tiff", pages).pages == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (picture("GIF", mode="L", save_all=True, append_images=[Image.new("L", (85, 110), 9)]), "moving"),
        (picture("TIFF", mode="F"), "of a kind (F)"),
        (picture("PNG", (9000, 9000), mode="1"), "9000 x 9000 dots"),
        (picture()[:200], ""),
        (b"\xff\xd8\xff nothing", "cannot be read"),
    ],
)
def test_a_picture_that_a_page_could_not_show_is_left_alone_with_the_reason(content: bytes, says: str) -> None:
    made = make(planned(PaperStep.convert), [("image/png", content)])
    assert made.parts == ()
    assert made.why
    assert says in (look("image/png", content).why_not or says)


# --- pages --------------------------------------------------------------------------------------------------------


def test_merged_papers_keep_every_page_in_order_and_pictures_get_pages_of_their_own() -> None:
    photo = picture(dpi=(100, 100))
    content, counts = joined([(PDF, text_pdf("a1", "a2")), (JPEG, photo), (PDF, text_pdf("b1"))])
    assert counts == (2, 1, 1)
    assert texts_of(content) == ["a1", "a2", "", "b1"]
    page = PdfReader(io.BytesIO(content)).pages[2]
    assert raw_picture(page) == photo
    assert (page.mediabox.width, page.mediabox.height) == (pytest.approx(61.2), pytest.approx(79.2))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_whatever_is_merged_all_pages_are_there_and_the_bytes_are_the_same_each_time(pages: list[int]) -> None:
    words = [[f"paper {n} page {page}" for page in range(1, count + 1)] for n, count in enumerate(pages)]
    sources = [(PDF, text_pdf(*each)) for each in words]
    content, counts = joined(sources)
    assert list(counts) == pages
    assert texts_of(content) == [each for paper in words for each in paper]
    assert joined(sources)[0] == content
    assert len(sources) == 1 or content.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_picture_that_is_not_a_jpeg_is_kept_dot_by_dot(mode: str) -> None:
    content = picture("PNG", mode=mode)
    (shown,) = PdfReader(io.BytesIO(joined([("image/png", content)])[0])).pages[0].images
    assert shown.image is not None
    assert shown.image.convert("RGB").tobytes() == Image.open(io.BytesIO(content)).convert("RGB").tobytes()


def test_what_is_clear_in_a_picture_is_white_on_paper() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (3, 3), (10, 20, 30, 0)).save(out, "PNG")
    (shown,) = PdfReader(io.BytesIO(joined([("image/png", out.getvalue())])[0])).pages[0].images
    assert shown.image is not None
    assert shown.image.getpixel((0, 0)) == (255, 255, 255)


def test_every_page_of_a_tiff_becomes_a_page() -> None:
    more = [Image.new("1", (200, 100)), Image.new("1", (100, 200))]
    content, counts = joined([("image/tiff", picture("TIFF", mode="1", save_all=True, append_images=more))])
    assert counts == (3,)
    widths = [page.images[0].image.width for page in PdfReader(io.BytesIO(content)).pages if page.images[0].image]
    assert widths == [85, 200, 100]


@given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([None, 1.0, 72.0, 96.0, 300.0, 5000.0]))
@settings(max_examples=60, deadline=None)
def test_a_page_has_its_pictures_shape_and_is_never_larger_than_a_letter(w: int, h: int, dpi: float | None) -> None:
    across, up = page_of(w, h, dpi)
    assert max(across, up) <= max(LETTER)
    assert min(across, up) <= min(LETTER)
    if min(across, up) > 20:
        assert across / up == pytest.approx(w / h, rel=0.01)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photograph_is_turned_as_the_camera_was_held(turn: int) -> None:
    plain = Image.new("L", (2, 2))
    plain.putdata([10, 20, 30, 40])
    plain.getexif()[0x0112] = turn
    seen = ImageOps.exif_transpose(plain)
    a, b, c, d, e, f = turned(turn, 2.0, 2.0)
    for x in (0, 1):
        for y in (0, 1):
            u, v = (x + 0.5) / 2, 1 - (y + 0.5) / 2  # the middle of a dot, in the unit square that `cm` moves
            at = int(a * u + c * v + e), 1 - int(b * u + d * v + f)
            assert seen.getpixel(at) == plain.getpixel((x, y))


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_scan_that_says_how_it_lay_is_turned_once(turn: int) -> None:
    scan = picture("TIFF", size=(40, 20), mode="L", tiffinfo={0x0112: turn})
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(scan)))
    (frame,) = frames_of(scan)
    across, up = frame.page
    assert (frame.width, frame.height) == seen.size
    assert zlib.decompress(frame.data) == seen.tobytes()
    assert frame.matrix == (across, 0.0, 0.0, up, 0.0, 0.0)
    assert (across < up) is (turn in (6, 8))


def test_a_photograph_of_a_camera_held_upright_gets_an_upright_page() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (frame,) = frames_of(picture(size=(400, 300), exif=exif))
    assert frame.page[0] < frame.page[1]


# --- page numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_page_numbers_stand_in_a_strip_below_the_page_and_cover_nothing(turn: int) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf("hours", "miles", size=(300, 400)))))
    for page in writer.pages:
        page.rotate(turn)
    out = io.BytesIO()
    writer.write(out)
    made = stamped(out.getvalue(), ["TS-1 · page {page} of {pages}"] * 2)
    reader = PdfReader(io.BytesIO(made))
    assert ["TS-1 · page 1 of 2" in text and "hours" in text for text in texts_of(made)] == [True, False]
    assert "TS-1 · page 2 of 2" in texts_of(made)[1]
    box = reader.pages[0].cropbox
    grown = (300 + STRIP, 400) if turn in (90, 270) else (300, 400 + STRIP)
    assert (float(box.width), float(box.height)) == grown
    at: list[tuple[float, float]] = []
    reader.pages[0].extract_text(
        visitor_text=lambda text, cm, tm, *_: at.append((tm[4], tm[5])) if "TS-1" in text else None
    )
    assert at
    assert all(not (0 <= x <= 300 and 0 <= y <= 400) for x, y in at)


def test_what_lay_beyond_the_edge_of_a_page_stays_hidden_below_its_number() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf("cost"))))
    writer.pages[0].cropbox = RectangleObject((0, 100, 612, 792))
    out = io.BytesIO()
    writer.write(out)
    drawn = PdfReader(io.BytesIO(stamped(out.getvalue(), ["{page}"]))).pages[0].get_contents()
    assert drawn is not None
    assert b"0.00 100.00 612.00 692.00 re W n" in drawn.get_data()


@pytest.mark.parametrize("box", [(612, 792, 0, 0), (-50, -50, 700, 900)])
def test_a_page_whose_edges_are_told_the_other_way_round_or_too_far_out_grows_all_the_same(box: Any) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf("hours"))))
    writer.pages[0].cropbox = RectangleObject(box)
    out = io.BytesIO()
    writer.write(out)
    (page,) = PdfReader(io.BytesIO(stamped(out.getvalue(), ["{page}"]))).pages
    assert [float(edge) for edge in page.cropbox] == [0, -STRIP, 612, 792]


def test_a_stamp_that_the_font_cannot_write_is_refused() -> None:
    made = make(planned(PaperStep.stamp, stamps=("第 {page}",)), [(PDF, text_pdf("a"))])
    assert (made.parts, made.step) == ((), PaperStep.stamp)
    assert "cannot write" in made.why


# --- smaller ------------------------------------------------------------------------------------------------------


def scans(count: int = 3) -> bytes:
    """Pages of one scan each, at 300 dots an inch."""
    return joined([(JPEG, noise((800 + n, 1000), dpi=(300, 300))) for n in range(count)])[0]


def test_what_can_be_packed_without_loss_is_not_made_coarser() -> None:
    twice = joined([(JPEG, noise((400, 500), dpi=(300, 300)))] * 3)[0]
    made = make(planned(PaperStep.compress, most_bytes=len(twice) * 4 // 10), [(PDF, twice)])
    (content,) = made.parts
    assert "without loss" in made.done[0][0]
    assert len(content) <= len(twice) * 4 // 10
    before, after = PdfReader(io.BytesIO(twice)), PdfReader(io.BytesIO(content))
    assert [raw_picture(page) for page in after.pages] == [raw_picture(page) for page in before.pages]


def test_pictures_are_made_coarser_no_further_than_need_be_and_never_below_the_floor() -> None:
    content = scans()
    fine = make(planned(PaperStep.compress, most_bytes=len(content) * 6 // 10), [(PDF, content)])
    assert "at most 300" in fine.done[0][0] or "at most 200" in fine.done[0][0]
    floor = make(planned(PaperStep.compress, aim_bytes=1), [(PDF, content)])
    (smallest,) = floor.parts
    for page in PdfReader(io.BytesIO(smallest)).pages:
        assert page.images[0].image is not None
        assert page.images[0].image.width >= 399  # 800 dots at 300 an inch are 400 at 150
    refused = make(planned(PaperStep.compress, most_bytes=1), [(PDF, content)])
    assert "150 dots an inch" in refused.why


def test_a_jpeg_is_made_smaller_as_a_jpeg_that_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = noise((1200, 900), exif=exif, dpi=(300, 300))
    paper = planned(PaperStep.compress, media_type=JPEG, most_bytes=len(content) // 3)
    (made,) = make(paper, [(JPEG, content)]).parts
    seen = Image.open(io.BytesIO(made))
    assert len(made) <= len(content) // 3
    assert seen.height > seen.width
    assert seen.getexif().get(0x0112, 1) == 1


def test_a_small_enough_paper_keeps_its_bytes() -> None:
    content = text_pdf("a")
    made = make(planned(PaperStep.compress, PaperStep.split, most_bytes=len(content)), [(PDF, content)])
    assert made.parts == (content,)


# --- parts --------------------------------------------------------------------------------------------------------


@given(st.integers(2, 6), st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_parts_keep_the_limit_hold_every_page_once_and_are_as_few_as_can_be(pages: int, fit: int) -> None:
    content = joined([(JPEG, noise((60 + n, 80))) for n in range(pages)])[0]
    one = max(len(joined([(JPEG, noise((60 + pages, 80)))])[0]), 1)
    most = min(one * fit + one // 2, len(content) - 1)
    made = make(planned(PaperStep.split, most_bytes=most), [(PDF, content)])
    assert made.parts
    assert all(len(part) <= most for part in made.parts)
    readers = [PdfReader(io.BytesIO(part)) for part in made.parts]
    widths = [picture.image.width for one in readers for page in one.pages for picture in page.images if picture.image]
    assert widths == [60 + n for n in range(pages)]
    assert make(planned(PaperStep.split, most_bytes=most), [(PDF, content)]) == made


def test_parts_say_which_pages_they_hold_and_carry_nothing_of_the_others() -> None:
    content = text_pdf(*(f"page {n} {'x' * 60}" for n in range(1, 9)))
    made = make(planned(PaperStep.split, most_bytes=len(content) * 6 // 10), [(PDF, content)])
    assert made.done[0][0].startswith(f"part 1 of {len(made.parts)}: pages 1 to ")
    assert [text for part in made.parts for text in texts_of(part)] == texts_of(content)
    assert len(made.parts[0]) < len(content) * 7 // 10


def test_a_page_that_is_too_large_by_itself_is_refused() -> None:
    made = make(planned(PaperStep.split, most_bytes=500), [(PDF, text_pdf("a", "b"))])
    assert (made.parts, made.step) == ((), PaperStep.split)
    assert "page (1)" in made.why


# --- the message --------------------------------------------------------------------------------------------------


def test_what_goes_to_the_other_process_arrives_as_it_left() -> None:
    paper = planned(PaperStep.merge, PaperStep.stamp, stamps=("a {page}",), most_bytes=5, sources=(2, 0))
    told, contents = unpacked(packed({"paper": paper_as_json(paper)}, [b"", b"abc"]))
    assert paper_from(told["paper"]) == paper
    assert contents == [b"", b"abc"]
    with pytest.raises(ValueError, match="whole"):
        unpacked(packed({}, [b"abc"])[:-1])
    assert Made().parts == ()


# --- proof and limits ---------------------------------------------------------------------------------------------


def test_what_shows_other_text_or_pages_than_before_is_not_taken() -> None:
    before = text_pdf("8 hours", "9 hours")
    prove(before, [text_pdf("8 hours"), text_pdf("9 hours")])
    for parts in (
        [text_pdf("8 hours")],
        [text_pdf("8 hours", "6 hours")],
        [text_pdf("8 hours", "9 hours", size=(9, 9))],
    ):
        with pytest.raises(LeftAlone, match="other pages or other text"):
            prove(before, parts)
    sources = [(PDF, text_pdf("a")), (JPEG, picture()), (PDF, text_pdf("b"))]
    content, counts = joined(sources)
    prove_joined(sources, counts, content)
    with pytest.raises(LeftAlone, match="other pages or other text"):
        prove_joined([*sources[:2], (PDF, text_pdf("c"))], counts, content)


def test_a_merge_that_lost_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.paperwork.make.joined", lambda sources: (text_pdf("a", "lost"), (1, 1)))
    made = make(planned(PaperStep.merge, sources=(0, 1)), [(PDF, text_pdf("a")), (PDF, text_pdf("b"))])
    assert (made.parts, made.step) == ((), PaperStep.merge)
    assert "other text" in made.why


def test_a_picture_that_a_part_of_the_page_draws_is_not_made_coarser() -> None:
    logo = ImageReader(io.BytesIO(noise((500, 500))))
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.beginForm("letterhead")
    canvas.drawImage(logo, 0, 0, 500, 500)
    canvas.endForm()
    canvas.doForm("letterhead")
    canvas.drawImage(logo, 0, 0, 50, 50)
    canvas.save()
    (made,) = make(planned(PaperStep.compress, aim_bytes=1), [(PDF, out.getvalue())]).parts
    assert b"/Width 500" in made


def test_the_process_that_works_on_papers_has_an_end_of_memory_and_of_computing() -> None:
    told = (
        "import resource; from gateway.paperwork import child; child._limited();"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_FSIZE)[0]);"
        "bytearray(2 * child.MEMORY)"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert ran.stdout.split() == [str(SECONDS), "0"]
    if sys.platform == "linux":
        assert "MemoryError" in ran.stderr
