"""One account's settings for Fusion's REST, read once and checked: every fault names the setting and the cure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from gateway.errors import SettingWrong


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account says about one supplier user at one buyer's Fusion. No secret is among it.

    `url`: the buyer's Fusion host. `business_unit`: the buyer's unit billed through this account; one account each.
    What the public documentation leaves open is a setting: `actions`, `lines`, `attachments`, `changes`, `holds`,
    `field_names` (our attribute name -> the site's).
    """

    url: str
    business_unit: str
    supplier: str = ""
    supplier_site: str = ""
    api_version: str = "11.13.18.05"
    auth: Literal["basic", "oauth"] = "basic"
    token_url: str = ""
    scope: str = "urn:opc:resource:consumer::all"
    actions: Literal["item", "collection"] = "item"
    lines: Literal["nested", "one_by_one"] = "nested"
    attachments: Literal["type", "datatype"] = "type"
    attachment_category: str = "From Supplier"  # the category that Payables staff see (facts 4.9)
    changes: Literal["by_time", "by_list"] = "by_time"
    holds: bool = False
    compare_totals: bool = True
    field_names: Mapping[str, str] = field(default_factory=dict)
    description_length: int = 240
    poll_from: datetime | None = None
    poll_overlap_seconds: float = 60.0

    @property
    def host(self) -> str:
        """The buyer's Fusion as it is named in messages."""
        return urlsplit(self.url).netloc

    @property
    def base(self) -> str:
        """Where every resource hangs."""
        return f"{self.url}/fscmRestApi/resources/{self.api_version}"

    def called(self, name: str) -> str:
        """An attribute's name at this site."""
        return self.field_names.get(name, name)


def settings_from(given: Mapping[str, Any]) -> Settings:
    """Reads an account's settings. Raises SettingWrong, naming the setting."""
    known = {row.name for row in fields(Settings)}
    for name in given:
        if name not in known | {"transport"}:
            cure = f"Fusion accounts have no such setting; the settings are {', '.join(sorted(known))}"
            raise SettingWrong(name, cure)
    read = {
        name: _READERS.get(name, _text)(name, value)
        for name, value in given.items()
        if name != "transport" and value is not None
    }
    if not read.get("url"):
        raise SettingWrong("url", "is missing: the buyer's Fusion host, https://<buyer>.fa.<centre>.oraclecloud.com")
    if not read.get("business_unit"):
        raise SettingWrong("business_unit", "is missing: the buyer's business unit that this account bills")
    settings = Settings(**read)
    if settings.auth == "oauth" and not settings.token_url:
        raise SettingWrong("token_url", "is missing: the identity domain's address that issues tokens (auth oauth)")
    if settings.actions == "collection" and not settings.supplier:
        raise SettingWrong("supplier", "is missing: actions of the list name the supplier (actions collection)")
    return settings


# --- readers of one setting ---------------------------------------------------------------------------------------


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SettingWrong(name, f"must be text, not {value!r}")
    return str(value)


def _unit(name: str, value: Any) -> str:
    text = _text(name, value)
    if len(text) > 240:
        raise SettingWrong(name, "is longer than the 240 characters Fusion has for it")
    return text


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(name, f"must be an address such as https://buyer.fa.us2.oraclecloud.com, not {value!r}")
    if parts.username or parts.password:
        raise SettingWrong(name, "must not carry a user name or password; credentials are secrets of the account")
    return str(value).rstrip("/")


def _version(name: str, value: Any) -> str:
    text = _text(name, value)
    if not re.fullmatch(r"[0-9A-Za-z.]{1,40}", text):
        raise SettingWrong(name, f"must be a version such as 11.13.18.05 or latest, not {value!r}")
    return text


def _choice(*allowed: str) -> Any:
    def read(name: str, value: Any) -> str:
        if value not in allowed:
            raise SettingWrong(name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return read


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingWrong(name, f"must be true or false, not {value!r}")
    return value


_READ_BACK = frozenset({"InvoiceNumber", "BusinessUnit", "Supplier", "InvoiceCurrency"})


def _names(name: str, value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else [("", "")]
    attribute = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
    for read_back in _READ_BACK & set(dict(pairs)):
        raise SettingWrong(name, f"cannot rename {read_back}, by which invoices are read back")
    if not all(isinstance(word, str) and attribute.fullmatch(word) for pair in pairs for word in pair):
        raise SettingWrong(name, f"must map attribute names to attribute names (LineAmount: Amount), not {value!r}")
    return dict(value)


def _length(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 20 <= value <= 4_000:
        raise SettingWrong(name, f"must be a whole number from 20 to 4000, not {value!r}")
    return value


def _overlap(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 2 <= value <= 86_400:
        raise SettingWrong(name, f"must be a number from 2 to 86400, not {value!r}")
    return float(value)


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
    "token_url": _address,
    "business_unit": _unit,
    "api_version": _version,
    "auth": _choice("basic", "oauth"),
    "actions": _choice("item", "collection"),
    "lines": _choice("nested", "one_by_one"),
    "attachments": _choice("type", "datatype"),
    "changes": _choice("by_time", "by_list"),
    "holds": _switch,
    "compare_totals": _switch,
    "field_names": _names,
    "description_length": _length,
    "poll_from": _instant,
    "poll_overlap_seconds": _overlap,
}
