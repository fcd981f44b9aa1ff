"""Papers as senders really send them: right ones, and broken or hostile ones. All made here, byte by byte."""

import io
import struct
import zipfile
import zlib

from pypdf import PdfWriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


def pdf(pages: int = 1) -> bytes:
    """A right PDF of blank pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def encrypted_pdf() -> bytes:
    """A PDF under a password (RC4, 128 bits)."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def pdf_under_aes() -> bytes:
    """A PDF whose trailer asks for AES-256 (ISO 32000-2, 7.6.4.4): whether it can be opened depends on what is
    installed."""
    hexes = {48: "0" * 96, 32: "0" * 64, 16: "0" * 32}
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        (
            f"<</Filter/Standard/V 5/R 6/Length 256/P -1/U<{hexes[48]}>/O<{hexes[48]}>/UE<{hexes[32]}>"
            f"/OE<{hexes[32]}>/Perms<{hexes[16]}>/StmF/StdCF/StrF/StdCF"
            "/CF<</StdCF<</CFM/AESV3/AuthEvent/DocOpen/Length 32>>>>>>"
        ).encode(),
    ]
    return _assembled(objects, b"/Encrypt 4 0 R/ID[<00><00>]")


def pdf_with_pages_in_a_ring() -> bytes:
    """A page tree that contains itself."""
    ring = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]
    return _assembled(ring)


def pdf_with_countless_pages() -> bytes:
    """A page tree that claims a thousand million pages."""
    return _assembled([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 1000000000>>"])


def pdf_with_packed_fields(streams: int, objects: int = 1, *, apart: int = 0) -> bytes:
    """A form with a field in each of these object streams, which are one and the same bytes: each begins `apart` blanks
    before the next, so that with 0 they share one place in the file."""
    kept = [b"<<>>"] + [b"[[]]"] * objects
    index = b" ".join(b"%d %d" % (900_000 + n, 5 * n) for n in range(len(kept))) + b" "
    packed = zlib.compress(index + b" ".join(kept), 9)
    fields = b" ".join(b"%d 0 R" % (5 + streams + n) for n in range(streams))
    catalog = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]>>>>\nendobj\n" % fields
    body = b"%PDF-1.7\n" + catalog
    pages, body = len(body), body + b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    stream, body = len(body) + apart * streams, body + b" " * (apart * streams)
    head = b"5 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n"
    body += head % (len(kept), len(index), len(packed)) + packed + b"\nendstream\nendobj\n"
    rows = [(0, 0, 65535), (1, 9, 0), (1, pages, 0), (0, 0, 0), (1, len(body), 0)]
    rows += [(1, stream - apart * n, 0) for n in range(streams)] + [(2, 5 + n, 0) for n in range(streams)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    tail = b"4 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root 1 0 R/Length %d>>stream\n%b\nendstream\nendobj\n"
    return body + tail % (len(rows), len(table), table) + b"startxref\n%d\n%%%%EOF" % len(body)


def pdf_with_fields_it_does_not_have(count: int, filling: int) -> bytes:
    """A form of fields that are nowhere in the file, among megabytes that might hold them."""
    fields = b" ".join(b"%d 0 R" % (1000 + n) for n in range(count))
    return _assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]>>>>" % fields,
            b"<</Type/Pages/Kids[]/Count 0>>\n" + b"\n1000 0 " * (filling // 8),
        ]
    )


def pdf_with_misplaced_objects(count: int, filling: int) -> bytes:
    """A table of objects in which every one of a page's parts stands at the wrong place, the last of them far away."""
    parts = b" ".join(b"%d 0 R" % (4 + n) for n in range(count))
    right = _assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents[%b]>>" % parts,
            *[b"<</Length 0>>stream\n\nendstream "] * count,
        ],
        filling=b"\n9 9 obk" * (filling // 8),
    )
    begin = right.index(b"xref\n0")
    head, table = right[:begin], right[begin:]
    rows = table.split(b"\n")
    rows[6:-6] = [b"0000000009 00000 n " for _ in rows[6:-6]]
    return head + b"\n".join(rows)


def _assembled(objects: list[bytes], trailer: bytes = b"", filling: bytes = b"") -> bytes:
    body, places = b"%PDF-2.0\n" + filling, []
    for n, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (n, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
    return body + tail % (size, table, size, trailer, len(body))


def workbook(content: bytes = b"<worksheet/>", packed: bool = True) -> bytes:
    """A ZIP container as spreadsheets are."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return written.getvalue()


def zip_bomb() -> bytes:
    """A few kilobytes that would unpack to thirty megabytes."""
    return workbook(b"\0" * 30_000_000)


def encrypted_workbook() -> bytes:
    """A ZIP whose entry is marked as encrypted, in its own header and in the table of contents."""
    content = bytearray(workbook(packed=False))
    content[6] |= 1
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1
    return bytes(content)
