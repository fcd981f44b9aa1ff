"""Adding documents, in both styles that exist: a page of its own, and a layer within the page (facts 4.9)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.standin.multipart import Part

from .drawing import Button, Drawing
from .mechanics import Act, Page
from .records import Attachment
from .signing import Session
from .tables import draw_table, text_table
from .tenant import Tenant
from .texts import say

if TYPE_CHECKING:
    from .details import DetailsStep

CATEGORIES = ("Miscellaneous", "From Supplier", "To Buyer")
REGION = "AttachRN"


def categories(tenant: Tenant) -> list[tuple[str, str]]:
    """The options: values are opaque and differ per site (facts 4.9)."""
    return [(f"1{tenant.look.seal(name)[:6].upper()}-Z", name) for name in CATEGORIES]


def attachment_region(out: Drawing, step: DetailsStep) -> None:
    """What is attached, and the way to attach more."""
    out.heading("Attachments")
    files = step.draft.attachments
    out.add(f'<div id="{REGION}">')
    written = {
        "title": [each.title for each in files],
        "file": [each.name for each in files],
        "category": [each.category for each in files],
    }
    draw_table(out, text_table(out, "attachments", "AttachListRN", "AttachTable", written, len(files)), window=50)
    targets = REGION if out.profile.attachments == "inline" else ""
    button = Button("attach", "AddAttachmentButton", "Add...", "", False, targets)
    out.add(out.button(button))
    if step.layer_open:
        _layer(out, step.tenant)
    out.add("</div>")


def _layer(out: Drawing, tenant: Tenant) -> None:
    kinds = [(each, each) for each in ("File", "URL", "Text")]
    out.add(f'<div id="AttachLayer" {out.css("layer")}>')
    out.fields(
        [
            out.row("Attachment Type", out.select(out.item("attach_type", "attType"), kinds, "File")),
            out.text_field("attach_title", "attachTitle", "", "Title"),
            out.text_field("attach_description", "attachDescription", "", "Description"),
            out.row("Category", out.select(out.item("attach_category", "categoryList"), categories(tenant), "")),
            out.row("File", _file_input(out, "FileInput")),
        ]
    )
    out.add(
        out.button(Button("attach_apply", "ApplyAttachment", "Apply", "", False, REGION)),
        out.button(Button("attach_close", "CloseAttachment", "Close", "", False, REGION)),
        "</div>",
    )


def _file_input(out: Drawing, name: str) -> str:
    item = out.item("attach_file", name)
    return f'<input type="file" id="{item}" name="{item}">'


def inline_act(step: DetailsStep, act: Act) -> None:
    """Open the layer, close it, or take what it holds."""
    step.layer_open = act.key in ("attach", "attach_apply")
    if act.key == "attach_apply":
        step.layer_open = not take_file(step, act, step)


def take_file(page: Page, act: Act, step: DetailsStep) -> bool:
    """Attach what was posted; False with an error on the page when it cannot be."""
    part = act.files.get("attach_file")
    if part is None or not part.filename:
        page.say("Error", say("file_missing", label="File"), "attach_file")
        return False
    if words := _refused(page.tenant, part):
        page.say("Error", words, "attach_file")
        return False
    chosen = dict(categories(page.tenant)).get(act.text("attach_category"), CATEGORIES[0])
    title = act.text("attach_title") or part.filename
    step.draft.attachments.append(
        Attachment(
            name=part.filename,
            title=title,
            description=act.text("attach_description"),
            category=chosen,
            media_type=part.media_type,
            size=len(part.body),
            sha256=hashlib.sha256(part.body).hexdigest(),
        )
    )
    page.say("Confirmation", say("attached", title=title))
    return True


def _refused(tenant: Tenant, part: Part) -> str:
    limit = tenant.knobs.number("upload_limit_kb")
    if limit and len(part.body) > limit * 1024:
        return say("file_too_large", limit=limit)
    allowed = tenant.knobs.words("upload_types")
    ending = part.filename.rpartition(".")[2].lower()
    return say("file_type", name=part.filename) if allowed and ending not in allowed else ""


class AttachmentPage(Page):
    """The page of its own."""

    path = "/oracle/apps/fnd/framework/webui/OAAddAttachmentPG"
    title = "Add Attachment"
    tab = "tab_finance"
    sub = "sub_create"
    multipart = True

    def __init__(self, tenant: Tenant, session: Session, step: DetailsStep) -> None:
        super().__init__(tenant, session)
        self._step = step

    def draw(self, out: Drawing) -> None:
        buttons = [
            Button("cancel", "CancelAttachment", "Cancel", "", False),
            Button("another", "AddAnother", "Add Another", "", False),
            Button("apply", "Okay", "Apply", "p", False),
        ]
        out.add(out.buttons(buttons))
        out.heading("Attachment Summary Information")
        radios = "".join(
            f'<input type="radio" id="{item}" name="AkAttachRB" value="{kind}"{" checked" if kind == "FILE" else ""}>'
            f" {words} "
            for item, kind, words in (("AkAttachR1", "FILE", "File"), ("AkAttachR2", "URL", "URL"))
        )
        category = out.select(out.item("attach_category", "AkAttachmentCategory"), categories(self.tenant), "")
        out.fields(
            [
                out.text_field("attach_title", "FileName", "", "Title"),
                out.text_field("attach_description", "AkDescription", "", "Description"),
                out.row("Category", category),
            ]
        )
        out.heading("Define Attachment")
        out.fields(
            [
                out.row("Type", radios),
                out.row("File", _file_input(out, "FileInput_oafileUpload")),
                out.text_field("attach_url", "URLInput", "", "URL"),
            ]
        )
        out.add(out.button(Button("return", "ReturnTo", "Return to Create Invoice", "", False)))
        out.add(out.buttons(buttons, second=True))

    def act(self, act: Act) -> Page:
        step = self._step
        if act.key in ("cancel", "return"):
            return step
        if not take_file(self, act, step) or act.key == "another":
            return self
        if self.tenant.knobs.flag("return_after_attachment"):
            step.messages, self.messages = self.messages, []
            return step
        return self
