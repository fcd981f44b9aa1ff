"""The steps that a plan for papers is made of."""

from enum import StrEnum


class PaperStep(StrEnum):
    """One kind of thing that may be done to copies of papers."""

    redact = "redact"  # what stands in regions of each page is taken out, or the packet stops
    order = "order"  # papers in the order of `attachments.order`
    convert = "convert"  # a picture becomes a PDF, a page for each of its frames
    merge = "merge"  # papers of one kind become one PDF
    stamp = "stamp"  # each page is numbered, in a strip that is added below it
    compress = "compress"  # a PDF or JPEG that is too large is packed better, its pictures made coarser if need be
    split = "split"  # type: ignore[assignment]  # a PDF that is still too large becomes several, cut between pages
    rename = "rename"  # the file is named by the client's pattern
