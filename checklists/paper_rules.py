"""The section `paper_plan` of a checklist: what may be done to copies of papers before they are sent."""

import re
from string import Formatter
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from checklists.paper_steps import PaperStep
from checklists.planned import Redacting
from checklists.sections import Section
from gateway.packet import Amount, DocumentKind, Name

_IN_NAMES = frozenset({"kind", "invoice", "timesheet", "n", "part"})
_IN_STAMPS = frozenset({"kind", "invoice", "timesheet", "page", "pages"})


def _template(text: str, known: frozenset[str]) -> str:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as fault:
        raise ValueError(f"is not a pattern: {fault}") from None
    for _, name, layout, turned in parts:
        if name is not None and (name not in known or layout or turned):
            raise ValueError(
                f"has {{{name}}}; what may stand there: {', '.join(f'{{{one}}}' for one in sorted(known))}"
            )
    return text


def _name_template(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._{}-]+", text) or text.startswith("."):
        raise ValueError("must be made of letters, digits, . _ - and {places}, and not begin with a point")
    return _template(text, _IN_NAMES)


def _stamp_template(text: str) -> str:
    if not text.isprintable() or text.encode("cp1252", "replace") != text.encode("cp1252", "ignore"):
        raise ValueError("has a character that the stamp's font (WinAnsi) lacks")
    return _template(text, _IN_STAMPS)


NameTemplate = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_name_template)]
StampTemplate = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_stamp_template)]


Points = Annotated[Amount, Field(ge=0, le=14_400)]
"""A length on a page: 72 to the inch."""


class Region(Section):
    """A rectangle of a page as it is shown, in points from its upper left corner."""

    left: Points
    top: Points
    right: Points
    bottom: Points

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("`right` must lie right of `left`, and `bottom` below `top`")
        return self


class RedactionTemplate(Section):
    """What is internal on the pages of a kind of paper. `across` and `up`: the size of a page in points, for which the
    template is made; `heading`: text that stands in the regions on every page, such as a column's heading, so that a
    column which has moved is not missed."""

    merges_by: ClassVar[str] = "kind"

    kind: DocumentKind
    across: Points
    up: Points
    heading: Name
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=50)]

    @property
    def redacting(self) -> Redacting:
        """The template as a planned paper carries it."""
        regions = tuple((float(one.left), float(one.top), float(one.right), float(one.bottom)) for one in self.regions)
        return Redacting((float(self.across), float(self.up)), regions, self.heading)


class PaperPlanning(Section):
    """What may be done to copies of this client's papers; without `may`, each goes as it came.

    `names` (by kind, without the extension): {kind}, {invoice}, {timesheet}, {n} (the file's place among those of its
    kind) and {part} (of a paper that was split). `stamps` (by kind): {kind}, {invoice}, {timesheet}, {page}, {pages}.
    `least_dpi`: dots an inch on the page below which no picture is made coarser.
    """

    may: frozenset[PaperStep] = frozenset()
    names: dict[DocumentKind, NameTemplate] = Field(default_factory=dict)
    stamps: dict[DocumentKind, StampTemplate] = Field(default_factory=dict)
    redactions: tuple[RedactionTemplate, ...] = ()
    least_dpi: Annotated[int, Field(ge=150, le=600)] = 150

    def template_for(self, kind: DocumentKind) -> RedactionTemplate | None:
        """What is internal on papers of this kind, where anything is."""
        return next((one for one in self.redactions if one.kind is kind), None)

    @model_validator(mode="after")
    def _what_is_described_may_be_done(self) -> Self:
        if bool(self.redactions) != (PaperStep.redact in self.may):
            raise ValueError("`may` lists redact where `redactions` says what of which kind, and only there")
        if len({one.kind for one in self.redactions}) != len(self.redactions):
            raise ValueError("`redactions` has two templates for one kind")
        if self.names and PaperStep.rename not in self.may:
            raise ValueError("`names` are given, and `may` does not list rename")
        if self.stamps and PaperStep.stamp not in self.may:
            raise ValueError("`stamps` are given, and `may` does not list stamp")
        if PaperStep.stamp in self.may and not self.stamps:
            raise ValueError("`may` lists stamp, and `stamps` does not say what for which kind")
        return self
