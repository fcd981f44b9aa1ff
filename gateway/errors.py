"""What can go wrong, as a family tree; each class tells the pipeline what it may do next.

    ClearbillError
    ├── Refused            the caller's fault: nothing was stored, nothing was sent
    │   ├── PacketRefused      the packet is unreadable, incomplete or contradicts itself
    │   ├── SourceIdTaken      this source id was accepted earlier with other content
    │   ├── NotFound           no such packet, client, account, ...
    │   └── NotPossible        the packet's stage does not allow what was asked
    ├── SettingWrong       the installation's fault: names the setting and the cure
    └── PortalError        what happened between us and a portal
        ├── NotSent            the portal has not got it: it may be sent again
        ├── MaybeSent          the portal may have got it: look for it first
        ├── PortalUnavailable  a read failed: ask again later
        ├── AccountMustStop    nothing more through this account before a person has looked
        │   ├── SignInRefused      stop the account at once, or it is locked out
        │   ├── PersonNeeded       only a person can go on (terms to accept, a captcha, a review)
        │   └── PortalChanged      the portal no longer looks as the adapter knows it
        ├── CannotExpress      this portal has no place for something the packet says
        └── PushRefused        what was pushed at us is not believed, or not understood

A portal's rejection is an answer (`gateway.verdict`), never an exception. No message here may carry a secret.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

_CANNOT_BE_KEPT = re.compile("[\x00\ud800-\udfff]")


def legible(text: str) -> str:
    """`text` with what no database and no file can hold (NUL, half a surrogate pair) shown as U+FFFD.

    JSON can smuggle both in (RFC 8259, sections 7 and 8.2); one such word must not stop the reading of all others."""
    return _CANNOT_BE_KEPT.sub("\N{REPLACEMENT CHARACTER}", text)


class ClearbillError(Exception):
    """Root of every error that Clearbill raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a caller gave us.

    `path` is a JSON pointer into the packet (`/invoice/lines/3/quantity`) or the name of a part or setting;
    `cure` is what the caller can do about it.
    """

    path: str
    message: str
    cure: str = ""

    def __post_init__(self) -> None:
        for name in ("path", "message", "cure"):  # they may quote what a caller sent
            object.__setattr__(self, name, legible(getattr(self, name)))

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f" {self.cure}" if self.cure else "")


class Refused(ClearbillError):
    """The caller asked for something that cannot be done as asked; nothing was stored and nothing was sent."""


class PacketRefused(Refused):
    """The packet is unreadable, incomplete or contradicts itself. `problems` lists every fault that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SourceIdTaken(Refused):
    """The source id was accepted earlier with other content; `packet_id` is the packet that holds it."""

    def __init__(self, source_system: str, source_id: str, packet_id: str) -> None:
        self.packet_id = packet_id
        super().__init__(
            f"{source_system} has already handed over {source_id!r} with other content (packet {packet_id}). "
            "Send changed content under a new source id; to repeat a hand-over, send exactly the same content."
        )


class NotFound(Refused):
    """There is no such packet, client, account or order."""


class NotPossible(Refused):
    """The packet's present stage does not allow what was asked; the message names the stage and the way out."""


class SettingWrong(ClearbillError):
    """A setting is missing or unusable; the message names the setting and the cure."""

    def __init__(self, setting: str, message: str) -> None:
        self.setting = setting
        super().__init__(f"setting {setting}: {message}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something to look at when it is asked what happened: a picture of a page, its text, a recording of the steps.

    It is kept by hash beside the attempt or account it belongs to, and holds no secret."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


class PortalError(ClearbillError):
    """Something happened between us and a portal. `where` names the portal and the step, `said` its own words.

    `evidence` is set by whoever has some to show: a driven browser."""

    evidence: tuple[Evidence, ...] = ()

    def __init__(self, where: str, message: str, *, said: str = "", retry_at: datetime | None = None) -> None:
        self.where = where
        self.message = legible(message)
        self.said = legible(said)
        self.retry_at = retry_at
        quoted = f' The portal said: "{self.said}".' if said else ""
        super().__init__(f"{where}: {self.message}{quoted}")


class NotSent(PortalError):
    """The portal refused at the door or was never reached: sending again cannot double anything."""


class MaybeSent(PortalError):
    """The connection broke after the first byte left, or the answer cannot be read: look before sending again."""


class PortalUnavailable(PortalError):
    """A read failed. `retry_at` is the portal's own wish when it gave one."""


class AccountMustStop(PortalError):
    """Nothing more may be tried through this account before a person has looked; other accounts go on.

    `in_doubt`: whether a write under way may have been carried out. False where it is known that nothing was."""

    in_doubt = True


class SignInRefused(AccountMustStop):
    """The portal refused our credentials. Trying again could lock the account, so the account is stopped."""

    in_doubt = False


class PersonNeeded(AccountMustStop):
    """Only a person can go on. `action` is what to do, `url` where."""

    def __init__(self, where: str, action: str, *, url: str = "", said: str = "") -> None:
        self.action = action
        self.url = url
        super().__init__(where, f"a person is needed: {action}" + (f" ({url})" if url else ""), said=said)


class PortalChanged(AccountMustStop):
    """The portal no longer looks as the adapter knows it: `looked_for` was not found on `page`."""

    def __init__(self, where: str, page: str, looked_for: str, *, said: str = "") -> None:
        self.page = page
        self.looked_for = looked_for
        super().__init__(where, f"expected {looked_for} on {page} and did not find it", said=said)


class CannotExpress(PortalError):
    """The portal (or the format) has no place for `field`. Known before sending, so nothing left the house."""

    def __init__(self, where: str, field: str, message: str) -> None:
        self.field = field
        super().__init__(where, f"cannot carry {field}: {message}")


class PushRefused(PortalError):
    """What came to our own door is not taken. `code` and `text` say so in the portal's dialect; the message is ours and
    quotes nothing of what came."""

    def __init__(self, where: str, code: int, text: str, message: str) -> None:
        self.code = code
        self.text = text
        super().__init__(where, message)
