"""What every page of the framework has: a state on the server, a view in the browser, a post that belongs to it.

A post carries the marks of the view it was drawn for. Marks of any earlier drawing are refused with the framework's
page (facts 4.1, 4.10); which window sent it makes no difference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gateway.standin.multipart import Part

if TYPE_CHECKING:
    from .drawing import Drawing
    from .signing import Session
    from .tenant import Tenant

Severity = Literal["Error", "Warning", "Confirmation", "Information"]
FORM = "DefaultFormName"


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the message box; `item` is the field it marks."""

    severity: Severity
    text: str
    item: str = ""


@dataclass(slots=True)
class View:
    """One full drawing and the partial ones that followed: its marks, and what its names mean.

    `actions` maps a button's token to its key; `names` maps an id or name to a key of ours, row included. `oddities`
    are faults that change how it looks.
    """

    mac: str
    prefix: str
    oddities: frozenset[str] = frozenset()
    actions: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """What the user did: `key` of the button or field, the form by our keys, and what tables send along."""

    key: str
    event: str
    form: Mapping[str, str]
    files: Mapping[str, Part]
    row: int | None
    value: str
    partial: bool

    def text(self, key: str) -> str:
        """A field's value, stripped; empty when it was not on the page."""
        return self.form.get(key, "").strip()


class Page(ABC):
    """One page's state on the server. `path` stands in its address, `title` in its head."""

    path = ""
    title = ""
    tab = ""
    sub = ""
    multipart = False
    submits = False

    def __init__(self, tenant: Tenant, session: Session) -> None:
        self.tenant = tenant
        self.session = session
        self.messages: list[Message] = []
        self.windows: dict[str, int] = {}
        self.download = ""
        self.open_list = ""

    def say(self, severity: Severity, text: str, item: str = "") -> None:
        """Put a line into the message box of the next drawing."""
        self.messages.append(Message(severity, text, item))

    @property
    def failed(self) -> bool:
        """Whether an error is waiting to be shown."""
        return any(message.severity == "Error" for message in self.messages)

    @abstractmethod
    def draw(self, out: Drawing) -> None:
        """Write the page's content."""

    @abstractmethod
    def act(self, act: Act) -> Page:
        """Do what the user asked for; answers the page to show next, itself included."""

    def goto(self, act: Act) -> bool:
        """Move a table's window when that was asked; True when it was."""
        if act.event != "goto":
            return False
        start = act.value.partition(",")[0]
        if start.isdecimal():
            self.windows[act.key] = max(int(start) - 1, 0)
        return True
