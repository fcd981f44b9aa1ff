"""Who may sign in, and the sessions of those who have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from .knobs import Knobs
from .records import User

if TYPE_CHECKING:
    from .mechanics import Page, View

STEP = 30
DIGITS = 6


class Sign(Enum):
    """What became of a try to sign in."""

    ok = "ok"
    wrong = "wrong"
    locked = "locked"
    expired = "expired"
    second_step = "second_step"


@dataclass(slots=True)
class Session:
    """One web session. `passed`: the password was right and the second step, where there is one, as well.

    `page` and `view` are what the server believes the browser shows: one of each, as all windows of a sign-in share
    one application module (facts 4.10). `oddities` are faults that the next full page will show.
    """

    id: str
    user: User
    started: datetime
    used: datetime
    passed: bool
    requests: int = 0
    ended: bool = False
    transaction: int = 0
    posts: int = 2
    page: Page | None = None
    view: View | None = None
    export: tuple[str, str] | None = field(default=None, repr=False)
    oddities: set[str] = field(default_factory=set)

    @property
    def asks_to_submit(self) -> bool:
        """Whether the page shown asks if an invoice is to be submitted."""
        return bool(self.page and self.page.submits)


def code_at(secret: str, counter: int) -> str:
    """The TOTP of RFC 6238 (SHA-1, six digits) for one half minute."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


class Desk:
    """Where one tenant's users sign in. Not thread-safe: its owner holds the lock."""

    def __init__(self, users: dict[str, User], knobs: Knobs, now: Callable[[], datetime]) -> None:
        self.users = users
        self.sessions: dict[str, Session] = {}
        self.tries: list[tuple[str, str]] = []
        self._knobs = knobs
        self._now = now

    def try_password(self, name: str, password: str) -> tuple[Sign, Session | None]:
        """Judge a user name and password; a session where they are right, passed only without a second step."""
        user = self.users.get(name.strip().upper())
        sign, session = self._judged(user, password)
        self.tries.append((name.strip().upper(), sign.value))
        return sign, session

    def _judged(self, user: User | None, password: str) -> tuple[Sign, Session | None]:
        right = hmac.compare_digest(password.encode(), (user.password if user else "").encode())
        if user is None:
            return Sign.wrong, None
        if user.locked:
            return Sign.locked, None
        if not right:
            return self._failed(user), None
        if user.expired:
            return Sign.expired, None
        if not user.totp_secret:
            user.failures = 0
        return (Sign.second_step if user.totp_secret else Sign.ok), self._open(user)

    def _failed(self, user: User) -> Sign:
        user.failures += 1
        limit = self._knobs.number("failure_limit")
        user.locked = bool(limit) and user.failures >= limit
        return Sign.wrong

    def _open(self, user: User) -> Session:
        if self._knobs.text("sessions_per_user") == "last":
            for other in self.sessions.values():
                other.ended = other.ended or other.user is user
        now = self._now()
        session = Session(secrets.token_urlsafe(24), user, now, now, passed=not user.totp_secret)
        self.sessions[session.id] = session
        return session

    def try_code(self, session: Session, code: str) -> Sign:
        """Judge a second step; a code counts once, and half a minute either way."""
        user = session.user
        counter = int(self._now().timestamp()) // STEP
        for each in (counter, counter - 1, counter + 1):
            same = hmac.compare_digest(code_at(user.totp_secret, each).encode(), code.strip().encode())
            if same and each not in user.used_codes:
                user.used_codes.add(each)
                user.failures = 0
                session.passed = True
                return Sign.ok
        if self._failed(user) and user.locked:
            session.ended = True
            return Sign.locked
        return Sign.wrong

    def session_of(self, session_id: str, *, counts: bool) -> Session | None:
        """The session with that cookie, if it has not run out; a page request counts against its limit (2.3)."""
        session = self.sessions.get(session_id)
        if session is None or session.ended:
            return None
        now = self._now()
        if (
            self._past("idle_seconds", session.used, now)
            or self._past("total_seconds", session.started, now)
            or (counts and 0 < self._knobs.number("request_limit") <= session.requests)
        ):
            session.ended = True
            return None
        session.used = now
        session.requests += counts
        return session

    def _past(self, knob: str, since: datetime, now: datetime) -> bool:
        limit = self._knobs.number(knob)
        return limit > 0 and (now - since).total_seconds() >= limit

    def end(self, session: Session) -> None:
        """Signed out, or thrown out."""
        session.ended = True

    def end_all(self) -> None:
        """Every session is over."""
        for session in self.sessions.values():
            session.ended = True
