"""One account's settings for Coupa, read once and checked: every fault names the setting and the cure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from gateway.errors import SettingWrong

Transport = Literal["cxml", "rest"]
StatusSource = Literal["core_rest", "csp_rest", "none"]

# Scopes are named after the domain that owns the object, not after the endpoint (facts 3).
READ_INVOICES = "core.invoice.read"
WRITE_INVOICES = "core.invoice.write"
CREATE_INVOICES = "core.invoice.create"
READ_ORDERS = "core.purchase_order.read"
READ_CSP = "csp.invoices.read"

_ALIASES = {"status": "status_source"}
_CXML_IDENTITIES = ("supplier_domain", "supplier_identity", "buyer_domain", "buyer_identity")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account says about one supplier at one buyer's Coupa. No secret is among it.

    `url`: the buyer's instance. `supplier_id`, `supplier_number`, `supplier_name`: who we are in the buyer's supplier
    list (one is enough), needed where the API client sees other suppliers' invoices too. `supplier_domain` ...
    `buyer_identity`: the cXML credentials. `account_type_id`: the chart of accounts that REST drafts name.
    """

    url: str
    transport: Transport = "cxml"
    status_source: StatusSource = "none"
    csp_url: str = "https://supplier.coupahost.com"
    csp_instance_url: str = ""  # how the CSP names the buyer's instance; the `url` unless it differs
    cxml_path: str = "/cxml/invoices"
    api_path: str = "/api"
    token_path: str = "/oauth2/token"  # noqa: S105 - a path, not a secret
    supplier_domain: str = ""
    supplier_identity: str = ""
    buyer_domain: str = ""
    buyer_identity: str = ""
    deployment_mode: Literal["production", "test"] = "production"
    scopes: tuple[str, ...] = ()
    client_auth: Literal["body", "basic"] = "body"
    token_delay_seconds: float = 5.0  # a new token is not valid at once (facts 3)
    token_renew_hours: float = 20.0  # of the 24 a token lives
    supplier_id: str = ""
    supplier_number: str = ""
    supplier_name: str = ""
    account_type_id: str = ""
    image_scan: bool = True
    poll_from: datetime | None = None
    poll_overlap_seconds: float = 60.0
    dispute_comments: bool = True

    @property
    def host(self) -> str:
        """The buyer's instance as it is named in messages."""
        return urlsplit(self.url).netloc

    @property
    def supplier_reference(self) -> dict[str, str]:
        """Us, as a REST association: by id, else number, else name (facts 4.3)."""
        given = {"id": self.supplier_id, "number": self.supplier_number, "name": self.supplier_name}
        return dict([next((row for row in given.items() if row[1]), ("id", ""))])

    @property
    def supplier_filter(self) -> list[tuple[str, str]]:
        """The query that keeps a list to our own rows; empty where the account does not say who we are."""
        return [(f"supplier[{name}]", value) for name, value in self.supplier_reference.items() if value]


def settings_from(given: Mapping[str, Any]) -> Settings:
    """Reads an account's settings. Raises SettingWrong, naming the setting."""
    given = {_ALIASES.get(name, name): value for name, value in given.items()}
    known = {row.name for row in fields(Settings)}
    for name in given:
        if name not in known:
            raise SettingWrong(
                name, f"Coupa accounts have no such setting; the settings are {', '.join(sorted(known))}"
            )
    readers = {**_READERS, **dict.fromkeys(known - set(_READERS), _text)}
    read = {name: readers[name](name, value) for name, value in given.items() if value is not None}
    if not read.get("url"):
        raise SettingWrong("url", "is missing: the address of the buyer's instance, https://<buyer>.coupahost.com")
    settings = Settings(**read)
    _check_together(settings)
    return settings if settings.scopes else _with_scopes(settings)


def _check_together(settings: Settings) -> None:
    if settings.transport == "cxml":
        for name in _CXML_IDENTITIES:
            if not getattr(settings, name):
                raise SettingWrong(name, "is missing: the buyer's supplier record names it (transport cxml)")
    if settings.transport == "rest" and settings.status_source == "csp_rest":
        raise SettingWrong("status_source", "csp_rest cannot be paired with transport rest; use core_rest")
    if settings.transport == "rest" and not settings.supplier_filter:
        cure = "is missing: a REST draft must name the supplier (or set supplier_number or supplier_name)"
        raise SettingWrong("supplier_id", cure)
    if settings.transport == "rest" and settings.scopes and CREATE_INVOICES not in settings.scopes:
        raise SettingWrong("scopes", f"lacks {CREATE_INVOICES}, without which no draft can be created by REST")


def _with_scopes(settings: Settings) -> Settings:
    """The scopes that the account's transport and status source need, where it names none itself."""
    scopes: tuple[str, ...] = ()
    if settings.status_source == "csp_rest":
        scopes = (READ_CSP,)
    elif settings.transport == "rest":
        scopes = (READ_INVOICES, WRITE_INVOICES, CREATE_INVOICES, READ_ORDERS)
    elif settings.status_source == "core_rest":
        scopes = (READ_INVOICES, READ_ORDERS)
    values = {row.name: getattr(settings, row.name) for row in fields(Settings)}
    return Settings(**{**values, "scopes": scopes})


# --- readers of one setting ---------------------------------------------------------------------------------------


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SettingWrong(name, f"must be text, not {value!r}")
    return str(value)


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(name, f"must be an address such as https://buyer.coupahost.com, not {value!r}")
    if parts.username or parts.password:
        raise SettingWrong(name, "must not carry a user name or password; credentials are secrets of the account")
    return str(value).rstrip("/")


def _path(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise SettingWrong(name, f"must be a path that starts with /, not {value!r}")
    return value.rstrip("/")


def _choice(*allowed: str) -> Any:
    def read(name: str, value: Any) -> str:
        if value not in allowed:
            raise SettingWrong(name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return read


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise SettingWrong(name, f"must be a number from 0 to 86400, not {value!r}")
    return float(value)


def _overlap(name: str, value: Any) -> float:
    if _seconds(name, value) < 2:  # portals write times in whole seconds
        raise SettingWrong(name, f"must be at least 2, or changes within one second could be missed, not {value!r}")
    return float(value)


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingWrong(name, f"must be true or false, not {value!r}")
    return value


def _scopes(name: str, value: Any) -> tuple[str, ...]:
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) and word for word in words):
        raise SettingWrong(name, f"must be a list of scope names such as {READ_INVOICES}, not {value!r}")
    return tuple(words)


def _instant(name: str, value: Any) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise SettingWrong(name, f"must be a time such as 2026-01-01T00:00:00Z, not {value!r}") from None
    if instant.tzinfo is None:
        raise SettingWrong(name, f"must carry a time zone, as in 2026-01-01T00:00:00Z, not {value!r}")
    return instant


_READERS: Mapping[str, Any] = {
    "url": _address,
    "csp_url": _address,
    "csp_instance_url": _address,
    "cxml_path": _path,
    "api_path": _path,
    "token_path": _path,
    "transport": _choice("cxml", "rest"),
    "status_source": _choice("core_rest", "csp_rest", "none"),
    "deployment_mode": _choice("production", "test"),
    "client_auth": _choice("body", "basic"),
    "scopes": _scopes,
    "token_delay_seconds": _seconds,
    "token_renew_hours": _seconds,
    "poll_overlap_seconds": _overlap,
    "image_scan": _switch,
    "dispute_comments": _switch,
    "poll_from": _instant,
}
