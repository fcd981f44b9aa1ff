"""Looking after an installation: `doctor`, `db upgrade`, `account resume|pause`, `queue dead|revive`."""

import getpass
from contextlib import closing
from dataclasses import asdict

from rich.text import Text

from gateway import doctor as examination
from gateway import given_up
from gateway.commands.layout import hanging, table
from gateway.commands.terminal import DONE, TROUBLE, Terminal
from gateway.doctor import Health, Line
from gateway.errors import NotFound
from gateway.health import pause_by_person, resume_account
from gateway.house import House
from gateway.store import inbox
from gateway.store.database import Database

_MOST_SHOWN = 200
_STYLES = {Health.ok: "green", Health.warn: "yellow", Health.fail: "red"}


def doctor(terminal: Terminal, offline: bool) -> int:
    """Looks at everything; 3 where something does not work. Raises SettingWrong where the settings cannot be read."""
    settings = terminal.settings()
    lines = []
    for line in examination.examine(settings, ask_portals=not offline):
        lines.append(line)
        _show(terminal, line)
    failed = sum(line.health is Health.fail for line in lines)
    doubtful = sum(line.health is Health.warn for line in lines)
    if failed:
        terminal.tell(f"Does not work: {failed}; deserves a look: {doubtful}.")
    else:
        terminal.tell(f"Everything works; deserves a look: {doubtful}." if doubtful else "Everything is well.")
    terminal.answer({"well": not failed, "lines": [asdict(line) for line in lines]})
    return TROUBLE if failed else DONE


def _show(terminal: Terminal, line: Line) -> None:
    mark = Text(f"{line.health.value:<4}", style=_STYLES[line.health])
    told = [f"{line.subject}: {line.says}"]
    if line.do:
        told.append(f"To do: {line.do}")
    terminal.show(hanging(mark, *told, indent=0))


def upgrade(terminal: Terminal) -> None:
    """Brings the schema up to date. Raises SettingWrong."""
    settings = terminal.settings()
    with closing(Database(settings.database)) as database:
        current = database.schema_is_current()
        if not current:
            database.upgrade()
    words = "The schema was up to date already." if current else "The schema is up to date now."
    terminal.show(words)
    terminal.answer({"upgraded": not current, "said": words})


# --- accounts -----------------------------------------------------------------------------------------------------


def resume(terminal: Terminal, key: str, why: str, who: str) -> None:
    """Lets an account work again. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        _known(house, key)
        resume_account(house, key, who or getpass.getuser(), why)
    terminal.show(f"The account {key} works again; what waited for it goes on.")
    terminal.answer({"account": key, "state": "working"})


def pause(terminal: Terminal, key: str, why: str, who: str) -> None:
    """Stops an account. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        _known(house, key)
        pause_by_person(house, key, who or getpass.getuser(), why)
    terminal.show(f"The account {key} is stopped: nothing is sent or asked until `clearbill account resume {key}`.")
    terminal.answer({"account": key, "state": "stopped"})


def _known(house: House, key: str) -> None:
    if key not in house.settings.accounts:
        known = ", ".join(house.settings.accounts) or "none"
        raise NotFound(f"there is no account {key!r} in the settings; the accounts are: {known}.")


# --- work that was given up ---------------------------------------------------------------------------------------


def dead_letters(terminal: Terminal) -> None:
    """Lists what was given up after its last try, and why."""
    with terminal.house() as house, house.database.read() as tx:
        letters = [dict(row._mapping) for row in house.queue.dead_letters(tx)]
    if not letters:
        terminal.show("No work was given up.")
    else:
        rows = table("Job", "Work", "Packet", "Account", "Last fault", right=("Job",))
        for row in letters:
            rows.add_row(str(row["id"]), row["kind"], row["packet_id"], row["account"] or "-", row["last_error"])
        terminal.show(rows)
        terminal.show("\nMend the cause, then `clearbill queue revive JOB`.")
    wanted = ("id", "kind", "packet_id", "account", "attempts", "last_error")
    terminal.answer({"dead": [{name: row[name] for name in wanted} for row in letters]})


def unplaced(terminal: Terminal) -> None:
    """Lists what portals delivered that has found no invoice and no order here."""
    with terminal.house() as house, house.database.read() as tx:
        found = inbox.unplaced_before(tx, house.database.now(tx), _MOST_SHOWN)
        total = sum(one.number for one in inbox.unplaced(tx))
    if not found:
        terminal.show("Everything that portals delivered has found its place.")
    else:
        rows = table("Came", "Account", "Document", "From", "Number", "Words")
        for one in found:
            came = f"{one.received_at:%Y-%m-%d %H:%M}"
            rows.add_row(came, one.account, one.kind or "-", one.party or "-", one.number or "-", one.told)
        terminal.show(rows)
        if total > len(found):
            terminal.show(f"\n... and {total - len(found)} more.")
        terminal.show("\nLook at these at the portal: invoices that were entered there by hand are told of as well.")
    wanted = ("id", "account", "kind", "party", "number", "told", "received_at")
    shown = [{name: getattr(one, name) for name in wanted} for one in found]
    terminal.answer({"unplaced": shown, "total": total})


def drop(terminal: Terminal, job: int, why: str, who: str) -> None:
    """Forgets a piece of work that nobody owes any more. Raises NotPossible."""
    with terminal.house() as house:
        given_up.drop(house, job, who or getpass.getuser(), why)
    terminal.show(f"Job {job} is dropped.")
    terminal.answer({"job": job, "dropped": True})


def revive(terminal: Terminal, job: int, why: str, who: str) -> None:
    """Gives a piece of work its tries back. Raises NotPossible."""
    with terminal.house() as house:
        given_up.try_again(house, job, who or getpass.getuser(), why)
    terminal.show(f"Job {job} is tried again.")
    terminal.answer({"job": job, "revived": True})
