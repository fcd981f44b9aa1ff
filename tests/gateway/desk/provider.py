"""A stand-in of an identity provider on loopback, written from OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated
Logout 1.0 and RFC 7636; never from the code that signs in by it.

It behaves as it should until a test tells it otherwise: `claims` changes what an ID token says, `signs` how it is
signed, `answers` what a door answers instead, `refuses` which error the person's sign-in ends with.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "clearbill", "the clients secret of the stand-in"
Claims = dict[str, Any]
Signs = Callable[["Provider", Claims], str]


@dataclass
class Provider:
    """What it knows and how it behaves. `person`: the claims of whoever signs in there now; `leads_to`: where
    the registered address leads, where a test has no server of that name."""

    clock: Callable[[], datetime]
    redirect: str
    leads_to: str = ""
    url: str = ""
    person: Claims = field(default_factory=lambda: {"sub": "248289761001", "preferred_username": "Robin"})
    told_besides: Claims = field(default_factory=dict)
    claims: Callable[[Claims], Claims] = lambda claims: claims
    signs: Signs = field(default=lambda provider, claims: provider.signed(claims))
    refuses: str = ""
    adds: Mapping[str, str] = field(default_factory=dict)
    described: Claims = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    secret_in: str = "header"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    keys: list[RSAKey | ECKey] = field(default_factory=list)

    # --- keys and tokens ------------------------------------------------------------------------------------------

    def rotate(self, kind: str = "RSA") -> None:
        """From now on another key signs, and the one before is shown no longer."""
        named = {"kid": secrets.token_hex(4), "use": "sig"}
        key = RSAKey.generate_key(2048, named) if kind == "RSA" else ECKey.generate_key("P-256", named)
        self.keys = [key]

    def signed(self, claims: Claims, key: RSAKey | ECKey | None = None, **header: str) -> str:
        """A token by the provider's newest key, or by one that is given."""
        key = key or self.keys[-1]
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        named = {"alg": algorithm, "kid": str(key.kid), **header}
        return jws.serialize_compact(named, json.dumps(claims), key, algorithms=[algorithm])

    def id_token(self, code: Mapping[str, str], access: str) -> str:
        now = int(self.clock().timestamp())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": code["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            **self.person,
        }
        return self.signs(self, self.claims(claims))

    # --- doors ----------------------------------------------------------------------------------------------------

    def configuration(self) -> Claims:
        """Discovery, section 3."""
        doors = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        doors |= {"userinfo_endpoint": "me", "end_session_endpoint": "out"}
        way = "client_secret_basic" if self.secret_in == "header" else "client_secret_post"
        return {
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in doors.items()},
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": [way],
            **self.described,
        }

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Core, section 3.1.2: where the browser goes, the person being signed in already."""
        assert asked["redirect_uri"] == self.redirect, "only what is registered"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        told = {"state": asked["state"], **self.adds}
        if self.refuses:
            told |= {"error": self.refuses, "error_description": "Ring this number."}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            told["code"] = code
        return f"{self.leads_to or self.redirect}?{urlencode(told)}"

    def exchange(self, asked: Mapping[str, str], authorization: str) -> tuple[int, Claims]:
        """Core, section 3.1.3; RFC 6749, section 2.3.1; RFC 7636, section 4.6."""
        if not self._knows(asked, authorization):
            return 401, {"error": "invalid_client"}
        code = self.codes.pop(asked.get("code", ""), None)  # good once
        challenge = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if code is None or code["code_challenge"] != proof or asked.get("redirect_uri") != self.redirect:
            return 400, {"error": "invalid_grant", "error_description": f"{asked.get('code')} is no code"}
        token = secrets.token_urlsafe(16)
        self.access[token] = str(self.person["sub"])
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": self.id_token(code, token)}

    def me(self, authorization: str) -> tuple[int, Claims]:
        """Core, section 5.3."""
        subject = self.access.get(authorization.removeprefix("Bearer "))
        return (200, {"sub": subject, **self.told_besides}) if subject else (401, {"error": "invalid_token"})

    def _knows(self, asked: Mapping[str, str], authorization: str) -> bool:
        if self.secret_in == "body":
            return (asked.get("client_id"), asked.get("client_secret")) == (CLIENT, SECRET)
        given = base64.b64decode(authorization.removeprefix("Basic ") or "").decode()
        return tuple(map(unquote, given.split(":", 1))) == (CLIENT, SECRET)


# --- tokens that must not be believed -----------------------------------------------------------------------------


def unsigned(provider: Provider, claims: Claims) -> str:
    """RFC 7519, section 6."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def by_the_public_key(provider: Provider, claims: Claims) -> str:
    """HS256 with the public key as its secret, which everybody has (RFC 8725, section 2.1)."""
    key = provider.keys[-1]
    signed = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(claims)}"
    proof = hmac.new(key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"


def by_another_key(provider: Provider, claims: Claims) -> str:
    """Signed by a key of nobody, under the name of the provider's."""
    return provider.signed(claims, RSAKey.generate_key(2048, {"kid": str(provider.keys[-1].kid)}))


def by_a_key_of_its_own(provider: Provider, claims: Claims) -> str:
    """It brings along the key by which it can be checked (RFC 8725, section 2.6)."""
    key = RSAKey.generate_key(2048, {"kid": "brought-along"})
    head = {"alg": "RS256", "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(head, json.dumps(claims), key, algorithms=["RS256"])


def changed_afterwards(provider: Provider, claims: Claims) -> str:
    first, _, last = provider.signed(claims).split(".")
    return f"{first}.{_part({**claims, 'sub': 'somebody else'})}.{last}"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@cache
def _first_key() -> RSAKey:
    """One for all providers of a run: to make a key takes longer than all else."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


# --- the server ---------------------------------------------------------------------------------------------------


@contextmanager
def provider_open(clock: Callable[[], datetime], redirect: str) -> Iterator[Provider]:
    """A provider that listens on this machine until the block ends."""
    provider = Provider(clock, redirect)
    provider.keys = [_first_key()]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            authorization = self.headers.get("authorization", "")
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_one_each(parts.query)))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answers: dict[str, Callable[[], tuple[int, Claims]]] = {
                "/.well-known/openid-configuration": lambda: (200, provider.configuration()),
                "/keys": lambda: (200, {"keys": [key.as_dict(private=False) for key in provider.keys]}),
                "/me": lambda: provider.me(authorization),
            }
            self._answer(parts.path, answers.get(parts.path, lambda: (404, {})))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            authorization = self.headers.get("authorization", "")
            self._answer(self.path, lambda: provider.exchange(_one_each(body), authorization))

        def _answer(self, path: str, usual: Callable[[], tuple[int, Claims]]) -> None:
            provider.asked.append(path)
            if path in provider.answers:
                status, content = provider.answers[path]
            else:
                status, said = usual()
                content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


def _one_each(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, strict_parsing=bool(query)).items()}
