"""The open sign-ins of this process: one adapter over one connection for each account, opened when first needed."""

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import adapters
from gateway.adapter import Account, Adapter
from gateway.client_certificate import certificate_from, tls_for
from gateway.connection import Limits, Observer, open_connection
from gateway.errors import SettingWrong
from gateway.secrets import value_of
from gateway.settings import AccountSettings


class Portals:
    """Adapters by account key. Safe to share between threads; `close` ends every connection."""

    def __init__(
        self,
        accounts: Mapping[str, AccountSettings],
        observe: Observer | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._accounts = accounts
        self._observe = observe
        self._limits = limits
        self._open: dict[str, tuple[Adapter, ExitStack]] = {}
        self._lock = threading.Lock()

    def adapter(self, key: str) -> Adapter:
        """The adapter of one account. Raises SettingWrong or NotFound where it cannot be set up."""
        with self._lock:
            if key not in self._open:
                self._open[key] = self._opened(key)
            return self._open[key][0]

    def load_code(self) -> None:
        """Imports the adapters that the accounts name, so that no packet waits for it. One that does not exist stops
        only its own account, when that is used."""
        for portal in {settings.portal for settings in self._accounts.values()} & set(adapters.keys()):
            adapters.load(portal)

    def close(self) -> None:
        """Ends every connection; adapters handed out before must not be used afterwards."""
        with self._lock:
            for _, connections in self._open.values():
                connections.close()
            self._open.clear()

    def _opened(self, key: str) -> tuple[Adapter, ExitStack]:
        settings = self._accounts.get(key)
        if settings is None:
            raise SettingWrong(f"accounts.{key}", "is missing. Add the account, or correct the client's checklist.")
        account = Account(key, settings.portal, settings.settings, _secrets_of(key, settings))
        with ExitStack() as connections:
            http = open_connection(
                account,
                observe=self._observe,
                limits=self._limits,
                connections=2 * settings.concurrency,
                tls=_tls_of(key, settings),
            )
            connections.callback(http.close)
            handed: dict[str, Any] = {}
            if adapters.drives_a_browser(settings.portal):
                from gateway.driven import AccountBrowser  # only where it is needed: it loads Playwright

                handed["browser"] = browser = AccountBrowser(account, self._observe)
                connections.callback(browser.close)
            adapter = adapters.load(settings.portal)(account, http, **handed)
            return adapter, connections.pop_all()


def _tls_of(key: str, settings: AccountSettings) -> ssl.SSLContext | None:
    """None where the usual will do."""
    certificate = certificate_from(settings.secrets, f"accounts.{key}.secrets", value_of)
    if certificate is None and settings.ca_file is None:
        return None
    return tls_for(certificate, settings.ca_file)


def _secrets_of(key: str, settings: AccountSettings) -> Callable[[str], str]:
    def secret(name: str) -> str:
        reference = settings.secrets.get(name)
        if reference is None:
            raise SettingWrong(f"accounts.{key}.secrets.{name}", "is missing; the portal asks for it. Add a reference.")
        return value_of(reference, f"accounts.{key}.secrets.{name}")

    return secret
