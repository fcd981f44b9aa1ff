"""Signing in by somebody else's identity provider: OpenID Connect Core 1.0, the authorization code flow with PKCE.

One sign-in is two steps. `begin` answers where the browser is sent and what must come back with it (`Try`: state, nonce
and the verifier of RFC 7636); `finish` takes what the browser brought back, has the code exchanged and looks at the ID
token: its signature by one of the provider's own public keys and by no algorithm but those that have one, issuer,
audience, times and nonce (Core, section 3.1.3.7). What the provider is and where its doors are it says itself
(Discovery 1.0); that and its keys are kept for an hour, and keys are read again when a token names one that is not
known.

Nothing that comes from outside is believed before that, nothing of it raises anything but `OpenIdTrouble`, and no code,
token or secret is in its words.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from gateway.adapter import SIGN_IN, Account
from gateway.client_certificate import tls_for
from gateway.connection import Limits, open_connection
from gateway.errors import PortalError, SettingWrong
from gateway.identity import Identity
from gateway.json_answer import value_from
from gateway.secrets import value_of
from gateway.settings import OpenIdSettings, Settings

log = structlog.get_logger("clearbill.openid")

BACK = "/sign-in/openid/done"
"""The door to which the provider sends browsers back."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""What may sign an ID token. Never `none`, and never one whose key both sides share: everybody has the public one."""

_KEPT_SECONDS = 3600.0
_KEYS_AGAIN_SECONDS = 30.0  # between two readings of the keys for tokens that name another
_FAILED_SECONDS = 10.0  # after which a provider that did not answer is asked again
_CLOCKS_APART = 60  # seconds
_LIMITS = Limits(connect=5.0, read=10.0, total=15.0, answer_bytes=1_000_000, tries_of_a_read=2)
_SMALLEST_RSA = 2048  # bits (NIST SP 800-131A)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class OpenIdTrouble(Exception):
    """A sign-in by the provider that led to nothing. The message is for whoever tries; `why` for the log."""

    def __init__(self, words: str, why: str) -> None:
        self.why = why
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider says of itself. `signs_out` is "" where it offers no way to sign out from here."""

    authorizes: str
    exchanges: str
    keys: str
    tells: str
    signs_out: str
    secret_in_body: bool
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Try:
    """One sign-in on its way; it stays in the browser that began it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class OpenId:
    """One provider, as the settings name it; for many threads. `monotonic` is the clock by which answers grow old."""

    def __init__(
        self, settings: OpenIdSettings, come_back_to: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._come_back_to = come_back_to
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._provider: tuple[Provider, float] | None = None
        self._keys: tuple[Sequence[Mapping[str, Any]], float] | None = None
        self._failed_at: float | None = None

    def begin(self) -> tuple[str, Try]:
        """Where the browser is to go, and what must come back. Raises OpenIdTrouble."""
        provider = self.provider()
        one = Try(*(secrets.token_urlsafe(32) for _ in range(3)))
        where = prepare_grant_uri(
            provider.authorizes,
            self._settings.client_id,
            "code",
            redirect_uri=self._come_back_to,
            scope=list(self._settings.scopes),
            state=one.state,
            nonce=one.nonce,
            code_challenge=create_s256_code_challenge(one.verifier),
            code_challenge_method="S256",
        )
        return str(where), one

    def finish(self, one: Try, brought: Mapping[str, str], now: float) -> Identity:
        """Who it is, by what the browser brought back (its `state` is that of the try). `now`: seconds since 1970.
        Raises OpenIdTrouble, SettingWrong."""
        provider = self.provider()
        said = brought.get("iss")
        if (said is None and provider.names_itself) or said not in (None, self._settings.issuer):
            raise _not_believed("the answer is another issuer's")  # RFC 9207: mixed up with another provider
        if "error" in brought:
            raise _refused_there(brought["error"])
        if not brought.get("code"):
            raise _not_believed("the answer has no code")
        with _connection(self._settings) as http:
            tokens = self._exchanged(http, provider, one, brought["code"])
            claims = self._verified(http, provider, tokens, one.nonce, now)
            if self._misses(claims) and provider.tells and tokens.get("access_token"):
                claims = self._told(http, provider, claims, tokens["access_token"])
        return self._identity(claims)

    def provider(self) -> Provider:
        """What the provider says of itself, at most an hour old. Raises OpenIdTrouble."""
        with self._lock:
            now = self._monotonic()
            if self._provider and now - self._provider[1] < _KEPT_SECONDS:
                return self._provider[0]
            if self._failed_at is not None and now - self._failed_at < _FAILED_SECONDS:
                raise _unreachable("it did not answer a moment ago")
            self._failed_at = now
            with _connection(self._settings) as http:
                found = provider_from(_read(http, _discovery(self._settings)), self._settings.issuer)
            self._provider, self._failed_at = (found, now), None
            return found

    def number_of_keys(self) -> int:
        """How many keys the provider has now that can prove anything. Raises OpenIdTrouble."""
        provider = self.provider()
        with _connection(self._settings) as http:
            return len(self._known_keys(http, provider, afresh=True))

    def sign_out_at(self, back_to: str) -> str:
        """Where the provider ends its own session (RP-Initiated Logout 1.0); "" where it offers that to nobody, or has
        not been asked yet."""
        with self._lock:
            found = self._provider[0].signs_out if self._provider else ""
        if not found:
            return ""
        told = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back_to}
        return f"{found}{'&' if '?' in found else '?'}{urlencode(told)}"

    # --- the exchange ---------------------------------------------------------------------------------------------

    def _exchanged(self, http: httpx.Client, provider: Provider, one: Try, code: str) -> Mapping[str, Any]:
        """The tokens that the code is good for (Core, section 3.1.3)."""
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._come_back_to, code=code, code_verifier=one.verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        reference = self._settings.client_secret
        secret = value_of(reference, "desk.openid.client_secret") if reference else ""
        way = "none" if not secret else "client_secret_post" if provider.secret_in_body else "client_secret_basic"
        try:
            auth = ClientAuth(self._settings.client_id, secret, way)
            url, headers, body = auth.prepare("POST", provider.exchanges, headers, body)
            answer = http.post(url, content=body, headers=headers, extensions=dict(SIGN_IN))
        except PortalError as fault:
            raise _unreachable(str(fault)) from None
        except UnicodeError:
            raise SettingWrong("desk.openid.client_secret", "holds characters that HTTP cannot carry.") from None
        found = value_from(answer.content, str)
        if answer.status_code >= 500:
            raise _unreachable(f"the exchange was answered with HTTP {answer.status_code}")
        if answer.status_code != 200 or not isinstance(found, dict):
            error = found.get("error") if isinstance(found, dict) else ""
            raise _refused_there(error if isinstance(error, str) else "")
        if not isinstance(found.get("id_token"), str) or not isinstance(found.get("access_token", ""), str):
            raise _not_believed("the exchange gave no ID token")
        return found

    def _verified(
        self, http: httpx.Client, provider: Provider, tokens: Mapping[str, Any], nonce: str, now: float
    ) -> Mapping[str, Any]:
        """The ID token's claims, after everything that Core, section 3.1.3.7 asks."""
        token = tokens["id_token"]
        header = _header_of(token)
        if header.get("alg") not in ALGORITHMS:
            raise _not_believed("the ID token is signed by no algorithm that is allowed")
        found = self._signed(token, self._fitting(http, provider, header))
        options: Any = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        params = {"nonce": nonce, "client_id": self._settings.client_id, "access_token": tokens.get("access_token")}
        try:
            CodeIDToken(found.claims, found.header, options, params).validate(int(now), _CLOCKS_APART)
        except (JoseError, ValueError, TypeError, OverflowError, AttributeError) as fault:
            claim = getattr(fault, "claim", "") or type(fault).__name__
            raise _not_believed(f"the ID token's {claim} does not hold") from None
        if found.claims["aud"] not in (self._settings.client_id, [self._settings.client_id]):
            raise _not_believed("the ID token is meant for others as well")
        subject = found.claims["sub"]
        if not subject or len(subject) > 255 or not (subject.isascii() and subject.isprintable()):
            raise _not_believed("the ID token's sub names nobody")
        return dict(found.claims)

    def _signed(self, token: str, keys: Sequence[RSAKey | ECKey]) -> Any:
        for key in keys:
            try:
                return jwt.decode(token, key, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError, TypeError, OverflowError, RecursionError):
                continue  # another key may be the one
        raise _not_believed("the ID token is signed by no key of the provider")

    def _fitting(self, http: httpx.Client, provider: Provider, header: Mapping[str, Any]) -> Sequence[RSAKey | ECKey]:
        """The provider's keys that may have signed. Where none may, they are read again: it may have changed them."""
        for afresh in (False, True):
            known = self._known_keys(http, provider, afresh)
            if fitting := [key for one in known if _may_sign(one, header) and (key := _key_from(one))]:
                return fitting
        return ()

    def _known_keys(self, http: httpx.Client, provider: Provider, afresh: bool) -> Sequence[Mapping[str, Any]]:
        with self._lock:
            now = self._monotonic()
            if self._keys and now - self._keys[1] < (_KEYS_AGAIN_SECONDS if afresh else _KEPT_SECONDS):
                return self._keys[0]
            listed = _read(http, provider.keys).get("keys")
            found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            self._keys = (tuple(one for one in found if _key_from(one)), now)
            return self._keys[0]

    # --- who it is ------------------------------------------------------------------------------------------------

    def _misses(self, claims: Mapping[str, Any]) -> bool:
        wanted = [self._settings.name_claim, *([self._settings.roles_claim] if self._settings.roles else [])]
        return any(claim_in(claims, name) is None for name in wanted)

    def _told(self, http: httpx.Client, provider: Provider, claims: Mapping[str, Any], access: str) -> dict[str, Any]:
        """The claims with what the provider tells besides of the same person (Core, section 5.3)."""
        more = _read(http, provider.tells, {"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise _not_believed("what is told besides is about somebody else")
        return {**more, **claims}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        name = claim_in(claims, self._settings.name_claim)
        if not isinstance(name, str) or not name.strip():
            raise OpenIdTrouble(
                "Your company account does not say by what name you are known. Tell whoever looks after it.",
                f"no claim {self._settings.name_claim}",
            )
        if self._settings.name_claim == "email" and claims.get("email_verified") is not True:
            raise OpenIdTrouble(
                "Your company account has not verified your e-mail address, so it is not believed.", "unverified e-mail"
            )
        told = claim_in(claims, self._settings.roles_claim)
        groups = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        named = tuple(one for one in groups if isinstance(one, str))
        return Identity(self._settings.issuer, claims["sub"], name.strip().lower(), named)


def come_back_to(settings: Settings) -> str:
    """The address of that door as browsers see it; it must be registered at the provider, letter for letter."""
    return settings.address_outside + BACK


# --- reading what a provider says ---------------------------------------------------------------------------------


def provider_from(said: Mapping[str, Any], issuer: str) -> Provider:
    """A discovery document (OpenID Connect Discovery 1.0, section 3). Raises OpenIdTrouble."""
    if said.get("issuer") != issuer:
        raise _unreachable("its discovery document names another issuer")
    ways = said.get("token_endpoint_auth_methods_supported")
    methods = ways if isinstance(ways, list) else ["client_secret_basic"]
    return Provider(
        authorizes=_door(said, "authorization_endpoint", issuer),
        exchanges=_door(said, "token_endpoint", issuer),
        keys=_door(said, "jwks_uri", issuer),
        tells=_door(said, "userinfo_endpoint", issuer, needed=False),
        signs_out=_door(said, "end_session_endpoint", issuer, needed=False),
        secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def is_safe(url: str) -> bool:
    """Whether an address may be used for signing in: HTTPS, or plain HTTP to this machine alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.username is None and not parts.fragment and url.isprintable() and " " not in url
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def claim_in(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the way to it: `/realm_access/roles`. None where it is not there."""
    if not name.startswith("/"):
        return claims.get(name)
    found: Any = claims
    for step in name[1:].split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _door(said: Mapping[str, Any], name: str, issuer: str, *, needed: bool = True) -> str:
    url = said.get(name)
    if isinstance(url, str) and is_safe(url) and (url.startswith("https:") or issuer.startswith("http:")):
        return url
    if needed or url is not None:
        raise _unreachable(f"its discovery document has no {name} that can be used")
    return ""


def _discovery(settings: OpenIdSettings) -> str:
    return f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"


def _read(http: httpx.Client, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        answer = http.get(url, headers={"Accept": "application/json", **(headers or {})})
    except PortalError as fault:
        raise _unreachable(str(fault)) from None
    found = value_from(answer.content, str) if answer.status_code == 200 else None
    if not isinstance(found, dict):
        raise _unreachable(f"{urlsplit(url).path} was answered with HTTP {answer.status_code} and no JSON object")
    return found


@contextmanager
def _connection(settings: OpenIdSettings) -> Iterator[httpx.Client]:
    account = Account("company sign-in", "openid", {}, _no_secret)
    tls = tls_for(None, settings.ca_file) if settings.ca_file else None
    with open_connection(account, limits=_LIMITS, tls=tls, connections=2) as http:
        yield http


def _no_secret(name: str) -> str:
    raise SettingWrong("desk.openid", f"has no secret {name!r}.")


def _header_of(token: str) -> Mapping[str, Any]:
    """A token's header, not yet believed (RFC 7515, section 4)."""
    first = token.split(".", 1)[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _may_sign(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    kind = "EC" if str(header["alg"]).startswith("ES") else "RSA"
    named = "kid" not in header or header["kid"] == key.get("kid")
    return named and key.get("kty") == kind and key.get("alg", header["alg"]) == header["alg"]


def _key_from(said: Mapping[str, Any]) -> RSAKey | ECKey | None:
    """A public key for signatures; None for every other kind, also for one too short to prove anything."""
    if said.get("kty") not in ("RSA", "EC") or said.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in said.items() if name in ("kty", "n", "e", "crv", "x", "y", "kid")}
    if said["kty"] == "RSA" and len(str(said.get("n", ""))) * 6 < _SMALLEST_RSA:
        return None
    try:
        key = import_key(public)
    except (JoseError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAKey | ECKey) else None


def _unreachable(why: str) -> OpenIdTrouble:
    return OpenIdTrouble("The company sign-in cannot be reached or used just now. Try again in a moment.", why)


def _not_believed(why: str) -> OpenIdTrouble:
    return OpenIdTrouble(
        "The company sign-in's answer does not hold, so nobody was signed in. Try once more; if it stays so, tell "
        "whoever looks after Clearbill.",
        why,
    )


def _refused_there(error: str) -> OpenIdTrouble:
    """An error that the provider names (RFC 6749, 4.1.2.1 and 5.2; Core, 3.1.2.6); its own free words are not shown."""
    known = error if error.replace("_", "").isalpha() and error.isascii() and len(error) <= 40 else "unknown"
    if known == "access_denied":
        return OpenIdTrouble("You were not let in by the company sign-in, or you stopped there.", known)
    if known == "invalid_grant":
        return OpenIdTrouble("The sign-in took too long or was used already. Try again.", known)
    if known in ("server_error", "temporarily_unavailable"):
        return _unreachable(known)
    return OpenIdTrouble(f"The company sign-in refused ({known}). Tell whoever looks after Clearbill.", known)
