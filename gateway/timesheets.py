"""Opens the time sheets of a packet: bytes in, what was read out. Checks get the result as facts and open nothing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from checklists.checklist import Checklist
from checklists.readings import Readings, SheetReading
from checklists.sheet_data import sheet_from_csv, sheet_from_json
from gateway.packet import DocumentKind, Packet
from gateway.pdf_sheets import sheet_from_pdf

_DATA: Mapping[str, Callable[[bytes], SheetReading]] = MappingProxyType(
    {"application/json": sheet_from_json, "text/csv": sheet_from_csv}
)


def contents(packet: Packet, files: Mapping[str, bytes]) -> Callable[[str], bytes]:
    """`content_of` for a packet that comes with its files by name."""
    return {paper.sha256: files[paper.name] for paper in packet.documents}.__getitem__


def read_sheets(packet: Packet, checklist: Checklist, content_of: Callable[[str], bytes]) -> Readings:
    """SHA-256 -> what stands in each time sheet; empty where the client does not have them opened.

    `content_of` answers a paper's bytes by its SHA-256."""
    if not checklist.timesheets.read:
        return {}
    found: dict[str, SheetReading] = {}
    for paper in packet.documents:
        if paper.kind is DocumentKind.timesheet and paper.sha256 not in found:
            content = content_of(paper.sha256)
            if (read := _DATA.get(paper.media_type)) is not None:
                found[paper.sha256] = read(content)
            elif paper.media_type == "application/pdf":
                found[paper.sha256] = sheet_from_pdf(content, checklist, paper.timesheet_id)
            else:
                found[paper.sha256] = SheetReading(why_not=f"files of the type {paper.media_type} are not read")
    return found
