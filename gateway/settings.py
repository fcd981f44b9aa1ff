"""The settings of one installation: a YAML file that names places, accounts and references to secrets, never secrets.

Found by `--config`, else the environment variable CLEARBILL_CONFIG, else `clearbill.yaml` in the working folder.
Relative paths are meant from the file's own folder.
"""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from checklists.sections import WEEKDAYS, ClockTime, Weekday
from gateway.currency import is_currency
from gateway.errors import SettingWrong
from gateway.verdict import Actor

SAMPLE_CHECKLISTS = Path(__file__).parent.parent / "checklists" / "clients"

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
SecretReference = Annotated[str, StringConstraints(pattern=r"^(env|file|keyring):.+$")]
Seconds = Annotated[float, Field(ge=0, le=86_400 * 31)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$")]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone on this machine, such as America/Chicago") from None
    return name


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountSettings(_Section):
    """One sign-in at one portal, and how it is to be used.

    `requests_per_second` counts reads as well. `settling_seconds`: how long after a broken answer the portal is asked
    whether it has the invoice. `silence_hours`: how long nothing may be heard of an invoice, until it is learned from
    how long a client takes (`gateway.patience`). `order_balance_counts`: which of our invoices the portal's
    "invoiced" figure includes. `ca_file`: authorities (PEM) that are trusted for this portal besides the usual ones.
    A client certificate is named by the secrets `client_certificate`, `client_key` and `client_key_password`, the
    first two as `file:`.
    """

    portal: Key
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 20.0
    poll_seconds: Seconds = 300.0
    orders_seconds: Seconds = 3600.0
    settling_seconds: Seconds = 60.0
    silence_hours: Annotated[float, Field(gt=0, le=24 * 366)] = 120.0
    order_balance_counts: Literal["accepted", "submitted"] = "accepted"
    ca_file: Path | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, SecretReference] = Field(default_factory=dict)


class Token(_Section):
    """Who may hand packets over by HTTP: a name for the events and a reference to the bearer token."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    secret: SecretReference


def _proxies(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if network.prefixlen == 0:
        raise ValueError("everybody is no proxy of yours: name the addresses of your own proxies")
    return network


def _currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is no currency that can be billed in, such as USD")
    return code


Currency = Annotated[str, AfterValidator(_currency)]
Proxies = Annotated[IPv4Network | IPv6Network, AfterValidator(_proxies)]


class OpenIdSettings(_Section):
    """A provider of identities by which people sign in (`gateway.openid`).

    `name_claim` names a person in events here; `roles_claim` holds groups, of which `roles` says what each may do; one
    that begins with / is a way into the claims. Where `roles` is given the highest counts and is renewed at each
    sign-in, and whoever is in none of its groups is not let in. `unknown_people`: whether somebody must have been added
    before, or is made a user at the first sign-in."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+$", max_length=200)]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: SecretReference | None = None
    scopes: tuple[Annotated[str, StringConstraints(pattern=r"^[!-~]+$")], ...] = ("openid", "profile", "email")
    name_claim: Annotated[str, StringConstraints(min_length=1)] = "preferred_username"
    roles_claim: Annotated[str, StringConstraints(min_length=1)] = "groups"
    roles: dict[str, Literal["viewer", "coordinator", "approver", "admin"]] = Field(default_factory=dict)
    unknown_people: Literal["refused", "made"] = "refused"
    title: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "company account"
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        host = (urlsplit(self.issuer).hostname or "") if self.issuer.startswith("http:") else ""
        if host and host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("the issuer must be reached by https")
        if "openid" not in self.scopes:
            raise ValueError("the scope openid must be asked for")
        if self.unknown_people == "made" and not self.roles:
            raise ValueError("people are made users only where `roles` says what their groups may do")
        return self


class DeskSettings(_Section):
    """The coordinators' pages. A session ends after `idle_minutes` without a click and `session_hours` after sign-in.

    `secure_cookies`: `auto` asks browsers for HTTPS unless the doors are open on this machine only. `trusted_proxies`:
    networks of the proxies before the doors, whose word is taken for who calls (`gateway.web.proxies`).
    `passwords`: whether people of Clearbill's own may sign in beside those of `openid`.
    `four_eyes_above`: amounts by currency; about an invoice above them two persons decide (`gateway.four_eyes`)."""

    idle_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    session_hours: Annotated[float, Field(gt=0, le=168)] = 12.0
    secure_cookies: Literal["auto", "always", "never"] = "auto"
    trusted_proxies: tuple[Proxies, ...] = ()
    openid: OpenIdSettings | None = None
    passwords: bool = True
    four_eyes_above: dict[Currency, Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)


class OfficeHours(_Section):
    """When the office may be written to, by its own clock (`time_zone`): between two times, on these days.

    Nights are quiet hours, and so are the days `closed_on`, whatever day of the week they are."""

    opens: ClockTime = time(7, 30)
    closes: ClockTime = time(18, 0)
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS[:5]
    closed_on: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("the office must open before it closes, on the same day")
        return self


class MailServer(_Section):
    """Where mail is handed in (RFC 6409). `security`: `starttls` (usually port 587), `tls` from the first byte (465),
    or `none`, which is for a server on this machine. `sender`: the address it comes from. `ca_file`: authorities (PEM)
    that are trusted instead of the usual ones."""

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: MailAddress
    user: Annotated[str, StringConstraints(max_length=320)] = ""
    password: SecretReference | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("mail leaves this machine encrypted only: set `security` to starttls or tls")
        if bool(self.user) != (self.password is not None):
            raise ValueError("a user needs a password, and a password a user")
        return self


class NoticeChannel(_Section):
    """Where notices go, one message to one place, and of what: an empty list asks for all.

    `to` takes a mail address. The others take a secret reference to an address that a JSON document is posted to:
    `chat` {"text": ...} as chat rooms' incoming webhooks have it, `webhook` the notice as data, signed with `key`."""

    to: MailAddress | None = None
    chat: SecretReference | None = None
    webhook: SecretReference | None = None
    key: SecretReference | None = None
    clients: tuple[Key, ...] = ()
    accounts: tuple[Key, ...] = ()
    owners: tuple[str, ...] = ()  # users' names; "-" for what nobody has taken
    who_acts: tuple[Actor, ...] = ()
    digest: bool = True
    urgent: bool = True

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(one is not None for one in (self.to, self.chat, self.webhook)) != 1:
            raise ValueError("name one place: `to`, `chat` or `webhook`")
        if (self.webhook is None) != (self.key is None):
            raise ValueError("`webhook` and `key` go together: what is posted is signed with the key")
        return self


class NoticeSettings(_Section):
    """Who is written to when something needs a person, and when: a digest at set times, and at once what is due before
    the next office day has begun, but no two such messages within `urgent_minutes` while that can wait."""

    hours: OfficeHours = OfficeHours()
    digest_at: tuple[ClockTime, ...] = (time(8, 0), time(13, 0))
    urgent_minutes: Annotated[float, Field(ge=1, le=1440)] = 60.0
    mail: MailServer | None = None
    channels: dict[Key, NoticeChannel] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for moment in self.digest_at:
            if not self.hours.opens <= moment < self.hours.closes:
                raise ValueError(f"digest_at {moment:%H:%M} is outside the office's hours")
        if self.mail is None and any(channel.to for channel in self.channels.values()):
            raise ValueError("a channel names a mail address: say under `mail` through which server it goes")
        return self


class TracingSettings(_Section):
    """Where traces go, by OTLP over HTTP (`gateway.tracing`), and the share of packets that are traced."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#@]+$")]
    headers: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")], SecretReference] = Field(
        default_factory=dict
    )
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0


class Settings(_Section):
    """Everything an installation decides."""

    database: str = "sqlite:///clearbill.db"
    checklists: Path = SAMPLE_CHECKLISTS
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8470
    inbox: Path | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"  # the seller's calendar
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    lease_seconds: Annotated[float, Field(ge=5, le=3600)] = 180.0
    max_upload_mb: Annotated[int, Field(ge=1, le=500)] = 50
    max_push_kb: Annotated[int, Field(ge=16, le=16_384)] = 1024  # of one document that a network pushes
    public_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s?#]+)?$")] = (
        ""  # the doors, seen from outside
    )
    learn_after: Annotated[int, Field(ge=1, le=1000)] = 3  # good ends of one correction before it is proposed
    tokens: tuple[Token, ...] = ()
    accounts: dict[Key, AccountSettings] = Field(default_factory=dict)
    desk: DeskSettings = DeskSettings()
    notices: NoticeSettings = NoticeSettings()
    tracing: TracingSettings | None = None

    @property
    def address_outside(self) -> str:
        """Where others reach the doors, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def account(self, key: str) -> AccountSettings:
        """The settings of one account. Raises SettingWrong where a checklist names an account that is not set up."""
        found = self.accounts.get(key)
        if found is None:
            raise SettingWrong(f"accounts.{key}", "is missing, and a client's checklist sends through it. Add it.")
        return found


def load(path: Path) -> Settings:
    """Reads a settings file. Raises SettingWrong with file, field and cure."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise SettingWrong(str(path), f"cannot be read ({fault.strerror}). Name the file with --config.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise SettingWrong(str(path), f"is not YAML: {' '.join(str(fault).split())}") from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise SettingWrong(str(path), "must hold settings by name.")
    return settings_from(content, path)


def settings_from(content: Mapping[str, Any], path: Path) -> Settings:
    """Settings from plain values; relative paths are taken from the folder of `path`."""
    try:
        found = Settings.model_validate(content)
    except ValidationError as faults:
        lines = []
        for fault in faults.errors(include_url=False, include_context=False, include_input=False):
            field = ".".join(str(part) for part in fault["loc"])
            lines.append(f"{field}: {fault['msg'].removeprefix('Value error, ')}")
        raise SettingWrong(str(path), "; ".join(lines)) from None
    folder = path.parent.resolve()
    changes: dict[str, Any] = {"checklists": folder / found.checklists}
    if found.inbox is not None:
        changes["inbox"] = folder / found.inbox
    if found.database.startswith("sqlite:///") and not found.database.startswith("sqlite:////"):
        changes["database"] = f"sqlite:///{folder / found.database.removeprefix('sqlite:///')}"
    changes["accounts"] = {
        key: account.model_copy(update={"ca_file": folder / account.ca_file}) if account.ca_file else account
        for key, account in found.accounts.items()
    }
    openid = found.desk.openid
    if openid is not None and openid.ca_file is not None:
        there = openid.model_copy(update={"ca_file": folder / openid.ca_file})
        changes["desk"] = found.desk.model_copy(update={"openid": there})
    if found.notices.mail is not None and found.notices.mail.ca_file is not None:
        mail = found.notices.mail.model_copy(update={"ca_file": folder / found.notices.mail.ca_file})
        changes["notices"] = found.notices.model_copy(update={"mail": mail})
    return found.model_copy(update=changes)
