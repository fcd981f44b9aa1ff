"""Bearer tokens: who may speak to the doors. Compared in constant time, all of them, whatever matches."""

import hashlib
import hmac
from collections.abc import Sequence

from gateway.secrets import value_of
from gateway.settings import Token


class Tokens:
    """The tokens of one installation, kept as digests."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._digests = [
            (token.name, _digest(value_of(token.secret, f"tokens.{n}.secret"))) for n, token in enumerate(tokens)
        ]

    def name_of(self, authorization: str) -> str:
        """Whose token an `Authorization` header carries; "" when it is nobody's."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ""
        digest = _digest(given.strip())
        found = ""
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
