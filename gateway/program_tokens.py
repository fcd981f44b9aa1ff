"""Tokens by which programs come to the HTTP doors: made, shown once, ended."""

import re
from collections.abc import Collection

from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.store import api_tokens
from gateway.web.tokens import SCOPES, digest_of, new_token

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def make(house: House, name: str, scopes: Collection[str], who: str) -> str:
    """Makes a token; what is answered is kept nowhere. Raises NotPossible."""
    if not _NAME.fullmatch(name):
        raise NotPossible(f"{name!r} cannot be a token's name: use small letters, digits and . _ -, up to 63.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise NotPossible(f"there is no scope {', '.join(unknown)}; there are: {', '.join(SCOPES)}.")
    token = new_token()
    with house.database.write() as tx:
        if not api_tokens.insert(tx, name, digest_of(token), set(scopes), house.database.now(tx), who):
            raise NotPossible(f"there was a token {name!r} before; give the new one another name.")
    return token


def end(house: House, name: str, who: str) -> None:
    """Ends a token; one that has ended stays so. Raises NotFound."""
    with house.database.write() as tx:
        known = api_tokens.load(tx, name, lock=True)
        if known is None:
            known_names = ", ".join(one.name for one in api_tokens.every(tx)) or "none"
            raise NotFound(f"there is no token {name!r}; there are: {known_names}.")
        if known.ended_at is None:
            api_tokens.end(tx, known, house.database.now(tx), who)
