"""One account's settings for iSupplier, read once and checked: every fault names the setting and the cure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from adapters.oracle_isupplier.ebs.mapping import ACTORS, MEANINGS
from adapters.oracle_isupplier.ebs.profile import Profile, profile_from
from gateway.errors import SettingWrong


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account says about one sign-in at one buyer's iSupplier. No secret is among it.

    `url`: the web tier, such as https://ebs.buyer.example:4443. `responsibility`: the entry of the home page's menu
    that leads to the portal. `organization`: the operating unit where one order number stands in several (facts, 9.1).
    `currency`: what amounts are in where the site shows no column for it. `second_factor`: `totp` where a step asks for
    a code, whose seed is the secret `totp_seed`. `window_days`: how far back statuses are read, by invoice date.

    `page_seconds`, `submit_seconds`: how long a page and the answer to Submit may take; `press_within_seconds`: how
    long after its beginning a submission may still press Submit; `visible_after_seconds`: how long a new invoice may
    stay out of View Invoices (6.1), so that its absence proves nothing before. `requests_per_session`,
    `session_minutes`, `idle_minutes`: when to sign in anew, before the portal's own limits (1,000 requests, 4 hours,
    30 minutes, 2.3).
    """

    url: str
    user: str
    transport: str = "ebs"
    sign_in_path: str = "/OA_HTML/AppsLocalLogin.jsp"
    sign_out_path: str = "/OA_HTML/OALogout.jsp?menu=Y"
    responsibility: str = ""
    organization: str = ""
    currency: str = ""
    second_factor: str = "none"
    attachment_category: str = ""
    window_days: int = 180
    page_seconds: int = 60
    submit_seconds: int = 120
    press_within_seconds: int = 150
    visible_after_seconds: int = 600
    requests_per_session: int = 900
    session_minutes: int = 210
    idle_minutes: int = 25
    canary: bool = True
    profile: Profile = field(default_factory=Profile)

    @property
    def host(self) -> str:
        """The web tier as it is named in messages."""
        return urlsplit(self.url).netloc


def settings_from(given: Mapping[str, Any]) -> Settings:
    """Reads an account's settings. Raises SettingWrong, naming the setting."""
    known = {row.name for row in fields(Settings)}
    for name in given:
        if name not in known:
            raise SettingWrong(name, f"iSupplier accounts have no such setting; there are {', '.join(sorted(known))}")
    read = {name: _READERS.get(name, _text)(name, value) for name, value in given.items() if value is not None}
    if not read.get("url"):
        raise SettingWrong("url", "is missing: the web tier of the buyer's portal, such as https://ebs.buyer.example")
    if not read.get("user"):
        raise SettingWrong("user", "is missing: the name to sign in with; its password is the secret `password`")
    settings = Settings(**read)
    return settings if not settings.responsibility else _with_responsibility(settings)


def _with_responsibility(settings: Settings) -> Settings:
    labels = {**settings.profile.labels, "responsibility": (settings.responsibility,)}
    return replace(settings, profile=replace(settings.profile, labels=MappingProxyType(labels)))


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SettingWrong(name, f"must be text, not {value!r}")
    return str(value).strip()


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(name, f"must be an address that starts with https://, without a query, not {value!r}")
    if parts.username or parts.password:
        raise SettingWrong(name, "must not carry a user name or password; the password is a secret of the account")
    return str(value).rstrip("/")


def _path(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise SettingWrong(name, f"must be a path that starts with /, not {value!r}")
    return value


def _count(lowest: int, highest: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise SettingWrong(name, f"must be a whole number from {lowest} to {highest}, not {value!r}")
        return value

    return read


def _choice(*allowed: Any) -> Callable[[str, Any], Any]:
    def read(name: str, value: Any) -> Any:
        if value not in allowed:
            raise SettingWrong(name, f"must be one of {', '.join(map(str, allowed))}, not {value!r}")
        return value

    return read


def _profile(name: str, value: Any) -> Profile:
    profile = Profile() if value == "plain" else profile_from(value)
    for part, allowed in (("statuses", MEANINGS), ("holds", ACTORS)):
        for word, meaning in getattr(profile, part).items():
            if meaning not in allowed:
                raise SettingWrong(f"profile.{part}.{word}", f"must be one of {', '.join(allowed)}, not {meaning!r}")
    return profile


_READERS: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {
        "url": _address,
        "sign_in_path": _path,
        "sign_out_path": _path,
        "second_factor": _choice("none", "totp"),
        "transport": _choice("ebs"),
        "window_days": _count(1, 1000),
        "page_seconds": _count(1, 600),
        "submit_seconds": _count(1, 900),
        "press_within_seconds": _count(5, 900),
        "visible_after_seconds": _count(0, 864_000),
        "requests_per_session": _count(50, 100_000),
        "session_minutes": _count(5, 1440),
        "idle_minutes": _count(1, 1440),
        "canary": _choice(True, False),
        "profile": _profile,
    }
)
