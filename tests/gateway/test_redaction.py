"""What is taken out of a page is gone from the file's bytes; what cannot be taken out for certain is left alone."""

import io
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, RectangleObject, StreamObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from checklists.paper_plan import plan
from checklists.paper_steps import PaperStep
from checklists.planned import PDF, Redacting
from gateway.paper_sending import papers_to_send
from gateway.paperwork.limits import LeftAlone
from gateway.paperwork.redact import redacted
from tests.gateway.paper_samples import client, packet_with, picture, sheets, signed, texts_of

TEMPLATE = Redacting((612.0, 792.0), ((400.0, 50.0, 500.0, 700.0),), "Cost rate")
SECRET = "61.25"
Draw = Callable[[Canvas], None]


def sheet(*more: Draw, pages: int = 1) -> bytes:
    """A time sheet with an internal column under "Cost rate"; `more` draws on every page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=1)
    for _ in range(pages):
        for x, words in ((50, "Worker"), (300, "Hours"), (410, "Cost rate"), (520, "Note")):
            canvas.drawString(x, 720, words)
        for row in range(4):
            for x, words in ((50, f"W-{row}"), (300, f"8.{row}"), (420, f"{SECRET}{row}"), (520, f"n{row}")):
                canvas.drawString(x, 690 - 20 * row, words)
        for draw in more:
            draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def everything_in(content: bytes) -> bytes:
    """The file's bytes and all that is packed in them, hexadecimal strings spelt out."""
    found = [content]
    for one in PdfReader(io.BytesIO(content)).xref.get(0, {}):
        kept = PdfReader(io.BytesIO(content)).get_object(one)
        found.append(repr(kept).encode())
        if isinstance(kept, StreamObject):
            found.append(kept.get_data())
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(packed))
        except zlib.error:
            continue
    whole = b"\n".join(found)
    return whole + b"".join(bytes.fromhex(each.decode()) for each in re.findall(rb"<((?:[0-9a-fA-F]{2})+)>", whole))


def changed(content: bytes, change: Callable[[PdfWriter], Any]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_column_is_gone_from_the_bytes_and_the_rest_of_the_page_stands_as_it_was() -> None:
    content = sheet(pages=2)
    assert SECRET.encode() in everything_in(content)
    made = redacted(content, TEMPLATE)
    assert SECRET.encode() not in everything_in(made)
    assert b"Cost rate" not in everything_in(made)
    for text in texts_of(made):
        assert all(words in text for words in ("Worker", "Hours", "Note", "W-3", "8.3", "n3"))
    assert redacted(content, TEMPLATE) == made
    with pytest.raises(LeftAlone, match="does not show 'Cost rate'"):
        redacted(made, TEMPLATE)


def test_what_programs_keep_beside_the_page_goes_too() -> None:
    def beside(writer: PdfWriter) -> None:
        page = writer.pages[0]
        page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Draft"): TextStringObject(f"cost {SECRET}")})
        writer.root_object[NameObject("/Lang")] = TextStringObject(f"en-{SECRET}")
        writer.add_metadata({"/Title": f"Rates {SECRET}"})

    content = changed(sheet(), beside)
    assert SECRET.encode() in everything_in(content)
    assert SECRET.encode() not in everything_in(redacted(content, TEMPLATE))


def test_what_hangs_on_the_tree_of_pages_goes_too() -> None:
    def above(writer: PdfWriter) -> None:
        hidden = StreamObject()
        hidden._data = SECRET.encode()
        hidden[NameObject("/Subtype")] = NameObject("/Form")
        tree: Any = writer.pages[0]["/Parent"]
        resources = DictionaryObject(writer.pages[0]["/Resources"])
        resources[NameObject("/XObject")] = DictionaryObject({NameObject("/Old"): writer._add_object(hidden)})
        tree.get_object()[NameObject("/Resources")] = resources
        del writer.pages[0]["/Resources"]

    content = changed(sheet(), above)
    assert "Worker" in texts_of(content)[0]
    made = redacted(content, TEMPLATE)
    assert SECRET.encode() not in everything_in(made)
    assert "Worker" in texts_of(made)[0]


def test_a_second_spelling_for_screen_readers_goes_with_its_marks() -> None:
    def spelt(canvas: Canvas) -> None:
        canvas._code.append(f"/Span <</ActualText ({SECRET})>> BDC")
        canvas.drawString(50, 100, "plain")
        canvas._code.append("EMC")

    made = redacted(sheet(spelt), TEMPLATE)
    assert SECRET.encode() not in everything_in(made)
    assert "plain" in texts_of(made)[0]


def test_writing_in_lines_is_taken_out_and_the_lines_of_the_table_stay() -> None:
    def lines(canvas: Canvas) -> None:
        canvas.line(40, 705, 580, 705)  # across all columns
        canvas.line(405, 600, 480, 600)  # within the column

    drawn = PdfReader(io.BytesIO(redacted(sheet(lines), TEMPLATE))).pages[0].get_contents()
    assert drawn is not None
    assert b"40 705 m" in drawn.get_data()
    assert b"405 600 m" not in drawn.get_data()


def _outlined(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.moveTo(380, 300)
    path.curveTo(420, 310, 430, 320, 450, 330)
    canvas.drawPath(path)


def _cut_out(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.moveTo(420, 300)
    path.curveTo(430, 310, 440, 320, 450, 330)
    canvas.clipPath(path, stroke=0)


def _through(canvas: Canvas) -> None:
    canvas.drawString(350, 200, "one line of text that runs through the column and on behind it")


def _goes_on(canvas: Canvas) -> None:
    text = canvas.beginText(420, 200)
    text.textOut("cost")
    text._code.append("(          then on) Tj")
    canvas.drawText(text)


def _scan(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(io.BytesIO(picture())), 0, 0, 612, 792)


def _part(canvas: Canvas) -> None:
    canvas.beginForm("part")
    canvas.drawString(10, 10, "hidden")
    canvas.endForm()
    canvas.doForm("part")


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (_outlined, "drawing that reaches into"),
        (_cut_out, "drawing that reaches into"),
        (_through, "runs through"),
        (_goes_on, "runs through"),
        (_scan, "has a picture"),
        (_part, "text from a part of its own"),
    ],
)
def test_what_cannot_be_taken_out_for_certain_leaves_the_paper_alone(draw: Draw, says: str) -> None:
    with pytest.raises(LeftAlone, match=says):
        redacted(sheet(draw), TEMPLATE)


def test_a_text_that_ends_in_the_column_keeps_what_stands_before_it() -> None:
    made = redacted(sheet(lambda canvas: canvas.drawString(370, 200, "total 4711")), TEMPLATE)
    assert "tot" in texts_of(made)[0]
    assert b"4711" not in everything_in(made)


def test_a_picture_beside_the_column_stays() -> None:
    logo = ImageReader(io.BytesIO(picture()))
    made = redacted(sheet(lambda canvas: canvas.drawImage(logo, 50, 740, 40, 40)), TEMPLATE)
    assert len(PdfReader(io.BytesIO(made)).pages[0].images) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda writer: writer.pages[0].rotate(90), "size or direction"),
        (lambda writer: setattr(writer.pages[0], "cropbox", RectangleObject((0, 0, 612, 780))), "size or direction"),
        (
            lambda writer: writer.add_annotation(0, FreeText(text="see cost", rect=(50, 50, 90, 90))),
            "comments or stamps",
        ),
        (
            lambda writer: writer.pages[0]["/Resources"].__setitem__(
                NameObject("/Pattern"), DictionaryObject({NameObject("/P"): ArrayObject()})
            ),
            "patterns",
        ),
    ],
)
def test_a_page_that_is_not_the_templates_leaves_the_paper_alone(change: Any, says: str) -> None:
    with pytest.raises(LeftAlone, match=says):
        redacted(changed(sheet(), change), TEMPLATE)


def test_a_column_that_has_moved_leaves_the_paper_alone() -> None:
    moved = Redacting(TEMPLATE.page, ((505.0, 50.0, 600.0, 700.0),), "Cost rate")
    with pytest.raises(LeftAlone, match="'Cost rate' on page 1"):
        redacted(sheet(), moved)


# --- in a plan ----------------------------------------------------------------------------------------------------

REGION = {"left": "400", "top": "50", "right": "500", "bottom": "700"}
RULES: dict[str, Any] = {
    "redactions": [{"kind": "timesheet", "across": "612", "up": "792", "heading": "Cost rate", "regions": [REGION]}]
}


def test_a_kind_with_a_template_leaves_redacted_and_merged(papers_at_hand: None) -> None:
    rules = client(["redact", "merge"], {"at_most": 1}, plan=RULES)
    packet, contents = packet_with(*sheets(sheet(), sheet(pages=2)))
    made = papers_to_send(packet, rules, contents.__getitem__)
    (content,) = made.made.values()
    assert made.sent.refusals == ()
    assert SECRET.encode() not in everything_in(content)
    assert made.sent.papers[0].done[0] == "took out what stood in 1 region(s) of each page"
    assert len(texts_of(content)) == 3


def test_what_is_to_be_redacted_and_cannot_be_stops_the_packet_whatever_else_stood_against_it(
    papers_at_hand: None,
) -> None:
    stamps = {**RULES, "stamps": {"timesheet": "{timesheet}"}}
    packet, contents = packet_with(("timesheet", "a.pdf", PDF, sheet(), "第1"))
    (refusal,) = papers_to_send(packet, client(["redact", "stamp"], plan=stamps), contents.__getitem__).sent.refusals
    assert (refusal.step, "cannot write" in refusal.why) == (PaperStep.redact, True)
    for kind, content in (("text/csv", b"worker,cost"), ("image/jpeg", picture()), (PDF, signed())):
        packet, contents = packet_with(("timesheet", "a", kind, content, ""))
        refused = papers_to_send(packet, client(["redact"], plan=RULES), contents.__getitem__).sent.refusals
        assert [one.step for one in refused] == [PaperStep.redact]


def test_papers_of_other_kinds_are_not_redacted() -> None:
    packet, _ = packet_with(("receipt", "a.pdf", PDF, b"%PDF", ""))
    assert not plan(packet, client(["redact"], plan=RULES), {}).rewrites
