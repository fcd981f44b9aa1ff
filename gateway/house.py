"""Everything a running part of Clearbill needs, opened once: settings, database, queue, checklists, portals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from checklists.checklist import Checklist
from checklists.library import load_folder
from gateway.checklist_shelf import Shelf
from gateway.connection import Limits, Observer
from gateway.errors import NotFound, SettingWrong
from gateway.portals import Portals
from gateway.settings import AccountSettings, Settings
from gateway.store import accounts
from gateway.store.database import Database
from gateway.store.queue import DESK, NOTICES, Queue


@dataclass(frozen=True)
class House:
    """One installation, open. Closing it ends connections to database and portals."""

    settings: Settings
    database: Database
    queue: Queue
    shelf: Shelf
    portals: Portals

    def checklist(self, client: str, made: datetime | None = None) -> Checklist:
        """The checklist that a client's packet is held to: the version in force on the day, in the office's calendar,
        on which the packet was made (`generated_at`); today's without one. Raises NotFound, listing those there are."""
        found = self.find_checklist(client, made)
        if found is not None:
            return found
        library = self.shelf.library
        if client in library.versions:
            raise NotFound(
                f"no version of the checklist of {client!r} is in force on {self._day(made)}. Give one of its files "
                "that day, with `from` and `to`."
            )
        known = ", ".join(sorted(library.versions)) or "none"
        raise NotFound(f"there is no client {client!r} here; the clients with a checklist are: {known}.")

    def known_client(self, client: str) -> None:
        """Raises NotFound for a client of whom no checklist, of whatever day, is on the shelf."""
        if client not in self.shelf.library.versions:
            self.checklist(client)

    def find_checklist(self, client: str, made: datetime | None = None) -> Checklist | None:
        """As `checklist`; None where there is none."""
        return self.shelf.library.find(client, self._day(made))

    def _day(self, moment: datetime | None) -> date:
        if moment is None:
            with self.database.read() as tx:
                moment = self.database.now(tx)
        return moment.astimezone(ZoneInfo(self.settings.time_zone)).date()

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
    database = Database(settings.database, clock, pool=settings.workers + 4)
    portals = Portals(settings.accounts, observe, limits)
    try:
        new = database.is_new_file()
        if new:
            load_folder(settings.checklists)  # what cannot begin leaves nothing behind
        if upgrade or new:
            database.upgrade()
        elif not database.schema_is_current():
            raise SettingWrong(
                "database", "has another version's schema. Run `clearbill db upgrade` (back it up first)."
            )
        house = House(settings, database, Queue(database), Shelf(settings.checklists, database), portals)
        house.shelf.open()
        _set_up_accounts(house)
        yield house
    finally:
        portals.close()
        database.close()


def _set_up_accounts(house: House) -> None:
    """Gives every account its row and slots, as the settings say now."""
    house.queue.open_slots(DESK, house.settings.workers)
    if house.settings.notices.channels:
        house.queue.open_slots(NOTICES, 1)
    for key, settings in house.settings.accounts.items():
        with house.database.write() as tx:
            accounts.ensure(tx, key)
        house.queue.open_slots(key, settings.concurrency)
