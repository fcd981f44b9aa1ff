"""One account's settings for the network, read once and checked: every fault names the setting and the cure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from formats.cxml import ARIBA, HEADER_CREDIT_MEMO, LINE_LEVEL_CREDIT_MEMO, Credential, CreditStyle, Identity
from gateway.errors import SettingWrong
from gateway.packet import PayCode

Delivery = Literal["pending", "push", "lookup", "none"]
Mode = Literal["production", "test"]

NETWORK = "AN01000000001"  # the network itself, seen as Sender (Ariba facts, section 1)
TEST_SUFFIX = "-T"  # of a test account's ANID (section 1)

_ALIASES = {"supplier_anid": "supplier_identity", "buyer_anid": "buyer_identity", "rest_url": "lookup_url"}
_CREDITS: Mapping[str, CreditStyle] = MappingProxyType({"lines": LINE_LEVEL_CREDIT_MEMO, "header": HEADER_CREDIT_MEMO})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account says about one supplier and one buyer on the network. No secret is among it.

    `url`: where cXML is posted (it differs by data centre). Identities are ANIDs where the domain is NetworkID; then
    the suffix -T tells test from production. `delivery`: where statuses come from, `orders_from`: where orders come
    from. `lookup_url` and `token_url`: the REST look-up of invoice headers, whose shape here is the stand-in's own.
    `pay_codes`: the buyer's words for ST, OT and DT where they are not the standard's. `abilities`: what the network
    grants (`pending_queue`, `push`), from which the two sources are taken where they are not set.
    """

    url: str
    supplier_identity: str = ""
    buyer_identity: str = ""
    supplier_domain: str = "NetworkID"
    buyer_domain: str = "NetworkID"
    network_domain: str = "NetworkID"
    network_identity: str = NETWORK
    supplier_name: str = ""
    deployment_mode: Mode | Literal[""] = ""
    version: Literal["1.2.020", "1.2.037", "1.2.069"] = "1.2.069"
    proof: Literal["shared_secret", "certificate"] = "shared_secret"
    delivery: Delivery | Literal[""] = ""
    orders_from: Literal["pending", "none", ""] = ""
    max_messages: int = 50
    lookup_url: str = ""
    token_url: str = ""
    token_renew_share: float = 0.85  # of a token's life
    credit: Literal["lines", "header"] = "lines"
    pay_codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    abilities: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The network's host as it is named in messages."""
        return urlsplit(self.url).netloc

    @property
    def is_pushed_to(self) -> bool:
        """Whether the network may hand documents to us by itself."""
        return self.delivery == "push" or "push" in self.abilities

    @property
    def line(self) -> str:
        """The supplier's side, whose queue and pushes all its buyers share."""
        return f"{self.host} {self.supplier_domain} {self.supplier_identity}"

    @property
    def mode(self) -> Mode:
        """Test or production, as checked."""
        return "test" if self.deployment_mode == "test" else "production"

    @property
    def credit_style(self) -> CreditStyle:
        """How a credit note is written."""
        return _CREDITS[self.credit]

    @property
    def pay_code_words(self) -> dict[PayCode, str]:
        """The buyer's words for our pay codes, only those that are set."""
        return {PayCode(code): word for code, word in self.pay_codes.items()}

    def identity(self) -> Identity:
        """From the supplier to the buyer."""
        return self._to(Credential(self.buyer_domain, self.buyer_identity))

    def identity_to_network(self) -> Identity:
        """From the supplier to the network itself, for its queue and its profile."""
        return self._to(Credential(self.network_domain, self.network_identity))

    def _to(self, receiver: Credential) -> Identity:
        supplier = Credential(self.supplier_domain, self.supplier_identity)
        return Identity(supplier, receiver, deployment_mode=self.mode, proof=self.proof)


def settings_from(given: Mapping[str, Any]) -> Settings:
    """Reads an account's settings. Raises SettingWrong, naming the setting."""
    given = {_ALIASES.get(name, name): value for name, value in given.items()}
    known = {row.name for row in fields(Settings)}
    for name in given:
        if name not in known:
            raise SettingWrong(
                name, f"Ariba accounts have no such setting; the settings are {', '.join(sorted(known))}"
            )
    readers = {**dict.fromkeys(known, _text), **_READERS}
    read = {name: readers[name](name, value) for name, value in given.items() if value is not None}
    if not read.get("url"):
        raise SettingWrong(
            "url", "is missing: where the network takes cXML, such as https://service.ariba.com/service/…/cxml.asp"
        )
    for name in ("supplier_identity", "buyer_identity"):
        if not read.get(name):
            raise SettingWrong(name, "is missing: the ANID, such as AN01234567890 (or an identity of the set domain)")
    return _with_sources(_with_mode(Settings(**read)))


def _with_mode(settings: Settings) -> Settings:
    """Test accounts trade only with test accounts, and only with test documents (sections 1 and 3)."""
    modes = {
        name: "test" if identity.upper().endswith(TEST_SUFFIX) else "production"
        for name, domain, identity in (
            ("supplier_identity", settings.supplier_domain, settings.supplier_identity),
            ("buyer_identity", settings.buyer_domain, settings.buyer_identity),
        )
        if domain.casefold() == "networkid"
    }
    if len(set(modes.values())) == 2:
        message = "one is a test account (suffix -T), the other is not; test accounts trade only with test accounts"
        raise SettingWrong("supplier_identity, buyer_identity", message)
    implied = next(iter(modes.values()), settings.deployment_mode or "production")
    if settings.deployment_mode and settings.deployment_mode != implied:
        message = f"is {settings.deployment_mode}, but the ANIDs are those of {implied} accounts (suffix -T means test)"
        raise SettingWrong("deployment_mode", message)
    return _changed(settings, deployment_mode=implied)


def _with_sources(settings: Settings) -> Settings:
    queue = "pending" if "pending_queue" in settings.abilities else "none"
    pushed = "push" if queue == "none" and "push" in settings.abilities else queue
    chosen = _changed(
        settings,
        delivery=settings.delivery or pushed,
        orders_from=settings.orders_from or ("pending" if settings.delivery == "pending" else queue),
    )
    if bool(chosen.lookup_url) != bool(chosen.token_url):
        missing = "token_url" if chosen.lookup_url else "lookup_url"
        raise SettingWrong(missing, "is missing: the look-up needs both lookup_url and token_url")
    if chosen.delivery == "lookup" and not chosen.lookup_url:
        raise SettingWrong("lookup_url", "is missing: delivery lookup reads statuses there")
    return chosen


def _changed(settings: Settings, **changes: Any) -> Settings:
    return Settings(**{row.name: getattr(settings, row.name) for row in fields(Settings)} | changes)


# --- readers of one setting ---------------------------------------------------------------------------------------


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SettingWrong(name, f"must be text, not {value!r}")
    return str(value).strip()


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingWrong(name, f"must be an address that starts with https://, without a query, not {value!r}")
    if parts.username or parts.password:
        raise SettingWrong(name, "must not carry a user name or password; credentials are secrets of the account")
    return str(value)


def _choice(*allowed: str) -> Any:
    def read(name: str, value: Any) -> str:
        if value not in allowed:
            raise SettingWrong(name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return read


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise SettingWrong(name, f"must be a whole number from 1 to 1000, not {value!r}")
    return value


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise SettingWrong(name, f"must be a number between 0 and 1, not {value!r}")
    return float(value)


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise SettingWrong(name, f"must be a list of words such as pending_queue, not {value!r}")
    return tuple(value)


def _pay_codes(name: str, value: Any) -> Mapping[str, str]:
    codes = {code.value for code in PayCode}
    if not isinstance(value, Mapping) or not set(value) <= codes or not all(isinstance(w, str) for w in value.values()):
        raise SettingWrong(name, f"must map {', '.join(sorted(codes))} to the buyer's words, not {value!r}")
    return MappingProxyType(dict(value))


_READERS: Mapping[str, Any] = {
    "url": _address,
    "lookup_url": _address,
    "token_url": _address,
    "deployment_mode": _choice("production", "test"),
    "version": _choice(*ARIBA),
    "proof": _choice("shared_secret", "certificate"),
    "delivery": _choice("pending", "push", "lookup", "none"),
    "orders_from": _choice("pending", "none"),
    "credit": _choice(*_CREDITS),
    "max_messages": _count,
    "token_renew_share": _share,
    "pay_codes": _pay_codes,
    "abilities": _words,
}
