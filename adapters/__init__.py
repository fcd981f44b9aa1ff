"""The register of portals: one folder below this one is one portal, and it is loaded only when asked for.

So an installation that bills through an API never loads a browser, and a new portal is a new folder, not an entry here.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from gateway.errors import SettingWrong


def keys() -> tuple[str, ...]:
    """The portals there are, by folder name, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


def load(portal: str) -> Any:
    """The portal's `Adapter` class (`gateway.adapter` says what it is made from and what it can do).

    Raises SettingWrong where no folder has that name: the name comes from an account's settings.
    """
    if portal not in keys():
        raise SettingWrong("portal", f"there is no adapter for {portal!r}; choose one of: {', '.join(keys())}")
    return import_module(f"{__name__}.{portal}").Adapter
