"""Secrets stay in: settings hold references, values are read at the moment of use, and whatever is written is scrubbed.

A reference is `env:NAME` (environment variable), `file:PATH` (first line of a file), or `keyring:SERVICE/NAME` (the
optional package `keyring`). `value_of` resolves one and remembers the value, so that `scrub` can blot it out of logs,
errors, recorded answers and pages.
"""

import json
import os
import threading
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from gateway.errors import SettingWrong

BLOT = "[secret]"
_SHORTEST_BLOTTED = 4  # shorter values would blot ordinary words

_known: set[str] = set()
_longest_first: tuple[str, ...] = ()
_lock = threading.Lock()


def value_of(reference: str, setting: str) -> str:
    """The secret that `reference` points at. Raises SettingWrong, naming `setting` and never a value."""
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name:
        value = os.environ.get(name, "")
        if not value:
            raise SettingWrong(
                setting, f"the environment variable {name} is not set. Set it, or correct the reference."
            )
    elif scheme == "file" and name:
        value = _from_file(Path(name), setting)
    elif scheme == "keyring" and name:
        value = _from_keyring(name, setting)
    else:
        raise SettingWrong(
            setting, "must be a reference such as env:NAME, file:PATH or keyring:SERVICE/NAME, never the secret itself."
        )
    remember(value)
    return value


def remember(value: str) -> None:
    """From now on `scrub` blots this value out, also where it was escaped for XML, JSON, a URL or a form."""
    global _longest_first
    if len(value) < _SHORTEST_BLOTTED or value in _known:
        return
    with _lock:
        _known.update(_spellings(value))
        _longest_first = tuple(sorted(_known, key=len, reverse=True))


def _spellings(value: str) -> set[str]:
    in_json = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True)}
    return {value, escape(value), quote(value, safe=""), quote_plus(value), *in_json}


def scrub(text: str) -> str:
    """`text` without any secret value that this process has used."""
    for value in _longest_first:
        if value in text:
            text = text.replace(value, BLOT)
    return text


def scrub_bytes(content: bytes) -> bytes:
    """As `scrub`, for bytes in any encoding that keeps ASCII."""
    for value in _longest_first:
        encoded = value.encode()
        if encoded in content:
            content = content.replace(encoded, BLOT.encode())
    return content


def _from_file(path: Path, setting: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except OSError as fault:
        raise SettingWrong(setting, f"the file {path} cannot be read ({fault.strerror}).") from None
    if not value:
        raise SettingWrong(setting, f"the first line of the file {path} is empty.")
    return value


def _from_keyring(name: str, setting: str) -> str:
    try:
        import keyring
    except ImportError:
        raise SettingWrong(
            setting, "the package `keyring` is not installed. Install it, or use env: or file:."
        ) from None
    service, _, user = name.partition("/")
    value = keyring.get_password(service, user)
    if not value:
        raise SettingWrong(setting, f"the keyring holds nothing for {service}/{user}.")
    return str(value)
