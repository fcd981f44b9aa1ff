"""Reading what a browser posts: fields and files, and what they mean in the view they were drawn for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from gateway.standin.messages import Request
from gateway.standin.multipart import MultipartError, Part, parse_header, parts_of

from .mechanics import FORM, Act, View


@dataclass(frozen=True, slots=True)
class Post:
    """Fields as they were named on the page, the last value of each name, and uploaded files."""

    fields: Mapping[str, str] = field(repr=False)
    files: Mapping[str, Part] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str:
        """A field's value, empty when absent."""
        return self.fields.get(name, "")

    @property
    def partial(self) -> bool:
        """Whether it asks for parts of the page."""
        return self.get("partial") == "true"


def post_from(request: Request) -> Post:
    """Read a form in either encoding; what cannot be read is an empty form."""
    content_type = request.header("content-type")
    if parse_header(content_type)[0] != "multipart/form-data":
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return Post(dict(pairs))
    try:
        parts = parts_of(request.body, content_type)
    except MultipartError:
        return Post({})
    files = {part.field: part for part in parts if "filename=" in part.headers.get("content-disposition", "")}
    fields = {part.field: part.body.decode("utf-8", "replace") for part in parts if part.field not in files}
    return Post(fields, files)


def belongs(post: Post, view: View | None) -> bool:
    """Whether a post carries the marks of the view that is current."""
    return view is not None and post.get("_FORM") == f"{FORM}{view.mac}"


def key_of(post: Post, view: View) -> str:
    """Our key for the button or field that made the post; empty when there is none on that view."""
    return view.names.get(post.get("source") or post.get("_FORM_SUBMIT_BUTTON"), "")


def act_from(post: Post, view: View) -> Act | None:
    """What was done, or None when the button's token is not of this view (facts 4.1)."""
    key, event = key_of(post, view), post.get("event")
    token = view.actions.get(post.get("IspAction"), "")
    if event == "navigate":
        key = "navigate"
    if not key or token != key:
        return None
    row = post.get("evtSrcRowIdx")
    return Act(
        key=key,
        event=event,
        form={view.names[name]: value for name, value in post.fields.items() if name in view.names},
        files={view.names[name]: part for name, part in post.files.items() if name in view.names},
        row=int(row) if row.isdecimal() else None,
        value=post.get("value"),
        partial=post.partial,
    )
