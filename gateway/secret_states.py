"""Every secret that the settings refer to: by whom it is used and for what, and whether it can be read; never a value,
and nothing that is told by one, such as its length."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.doctor import Line, own_certificate
from gateway.errors import SettingWrong
from gateway.secrets import value_of
from gateway.settings import Settings

_REFERENCE = re.compile(r"(env|file|keyring):.+")
_NOT_SECRETS = re.compile(r"accounts\.[^.]+\.settings(\.|$)")


@dataclass(frozen=True, slots=True)
class SecretState:
    """One reference. `owner`: an account's key, or "" for the installation; `purpose`: its place in the settings;
    `trouble`: why it cannot be read, "" where it can; `open_to`: whether other users of the machine can read it."""

    owner: str
    purpose: str
    reference: str
    trouble: str
    open_to_others: bool


def secret_states(settings: Settings) -> Iterator[SecretState]:
    """Every reference in the settings, the accounts' last, each read once now."""
    for path, reference in sorted(_references("", settings.model_dump(mode="json")), key=_order):
        owner, _, purpose = path.removeprefix("accounts.").partition(".secrets.")
        of_account = path.startswith("accounts.") and bool(purpose)
        trouble = _trouble(reference, path)
        yield SecretState(
            owner if of_account else "",
            (purpose if of_account else path).replace("_", " "),
            reference,
            trouble,
            not trouble and _is_open(reference),
        )


def certificates(settings: Settings) -> Iterator[Line]:
    """The accounts' own client certificates and until when they hold."""
    for key, account in settings.accounts.items():
        yield from own_certificate(f"account {key}", key, account)


def _order(found: tuple[str, str]) -> tuple[bool, str]:
    return found[0].startswith("accounts."), found[0]


def _references(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """(dotted place, reference) of everything that looks like one; portals' own settings hold none."""
    if _NOT_SECRETS.match(path):
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _references(f"{path}.{name}".lstrip("."), inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _references(f"{path}.{position + 1}", inner)
    elif isinstance(value, str) and _REFERENCE.fullmatch(value):
        yield path, value


def _trouble(reference: str, setting: str) -> str:
    try:
        value_of(reference, setting)
    except SettingWrong as fault:
        return str(fault).removeprefix(f"setting {fault.setting}: ")
    return ""


def _is_open(reference: str) -> bool:
    scheme, _, name = reference.partition(":")
    return scheme == "file" and bool(Path(name).stat().st_mode & 0o077)
