"""The portals that Clearbill can speak to: one folder each, found by name and imported only when asked.

A portal is a folder beside this file with an `__init__.py` that exports `Adapter`; nothing registers it anywhere.
Importing lazily keeps an API portal from loading a browser.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from gateway.adapter import Adapter
from gateway.errors import NotFound

_FOLDER = Path(__file__).parent


def keys() -> tuple[str, ...]:
    """Every portal's key (its folder's name), in alphabetical order. Imports nothing."""
    return tuple(
        sorted(
            folder.name
            for folder in _FOLDER.iterdir()
            if folder.name.isidentifier() and (folder / "__init__.py").is_file()
        )
    )


def drives_a_browser(key: str) -> bool:
    """Whether a portal's adapter takes a `browser` beside its HTTP client. Raises NotFound for an unknown portal."""
    load(key)
    return bool(getattr(import_module(f"{__name__}.{key}"), "DRIVES_A_BROWSER", False))


def load(key: str) -> Callable[..., Adapter]:
    """The adapter class of one portal: `load("coupa")(account, http)`. Raises NotFound for an unknown portal."""
    if key not in keys():
        raise NotFound(f"there is no portal {key!r}; the portals are: {', '.join(keys()) or 'none'}.")
    adapter: Callable[..., Adapter] = import_module(f"{__name__}.{key}").Adapter
    return adapter
