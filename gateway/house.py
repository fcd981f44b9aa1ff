"""Everything a running part of Clearbill needs, opened once: settings, database, queue, checklists, portals."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from checklists.checklist import Checklist, load_folder
from gateway.connection import Limits, Observer
from gateway.errors import NotFound, SettingWrong
from gateway.portals import Portals
from gateway.settings import AccountSettings, Settings
from gateway.store import accounts
from gateway.store.database import Database
from gateway.store.queue import DESK, Queue


@dataclass(frozen=True)
class House:
    """One installation, open. Closing it ends connections to database and portals."""

    settings: Settings
    database: Database
    queue: Queue
    checklists: Mapping[str, Checklist]
    portals: Portals

    def checklist(self, client: str) -> Checklist:
        """The checklist of a client. Raises NotFound, listing those there are."""
        found = self.checklists.get(client)
        if found is None:
            known = ", ".join(sorted(self.checklists)) or "none"
            raise NotFound(f"there is no client {client!r} here; the clients with a checklist are: {known}.")
        return found

    def account_settings(self, key: str) -> AccountSettings:
        """The settings of an account that a stored packet names."""
        return self.settings.account(key)


@contextmanager
def open_house(
    settings: Settings,
    *,
    clock: Callable[[], datetime] | None = None,
    observe: Observer | None = None,
    limits: Limits | None = None,
    upgrade: bool = False,
) -> Iterator[House]:
    """Opens an installation. A new SQLite file gets its schema at once; any other database only with `upgrade`.

    Raises SettingWrong where the schema is not this program's, or a checklist or account is wrong."""
    checklists = load_folder(settings.checklists)
    database = Database(settings.database, clock, pool=settings.workers + 4)
    portals = Portals(settings.accounts, observe, limits)
    try:
        if upgrade or database.is_new_file():
            database.upgrade()
        elif not database.schema_is_current():
            raise SettingWrong(
                "database", "has another version's schema. Run `clearbill db upgrade` (back it up first)."
            )
        house = House(settings, database, Queue(database), checklists, portals)
        _set_up_accounts(house)
        yield house
    finally:
        portals.close()
        database.close()


def _set_up_accounts(house: House) -> None:
    """Gives every account its row and slots, as the settings say now."""
    house.queue.open_slots(DESK, house.settings.workers)
    for key, settings in house.settings.accounts.items():
        with house.database.write() as tx:
            accounts.ensure(tx, key)
        house.queue.open_slots(key, settings.concurrency)
