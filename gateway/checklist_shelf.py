"""The checklists that are in force in a running installation: its folder's files, as they were last found right.

A file that changes is read again while the program runs. One that is broken is refused, loudly and once for each text,
and what was last found right of it stays in force, also over a restart, since the database keeps it. Looking up a
checklist takes no lock and asks nobody; `look` is for a timer.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

import structlog

from checklists.fault import ChecklistBroken, Fault
from checklists.library import PORTALS, Library, files_of, library_from, readable_texts
from gateway.store import checklist_files
from gateway.store.checklist_files import LONGEST_NAME
from gateway.store.database import Database

log = structlog.get_logger("clearbill.checklists")

_Seen = tuple[tuple[str, int, int, int], ...]


class Shelf:
    """One folder's checklists. `library` is replaced as a whole and never changed in place."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database
        self._looking = threading.Lock()
        self._seen: _Seen | None = None
        self.library = Library({})
        self.faults: tuple[Fault, ...] = ()

    def open(self) -> None:
        """The first look. Raises ChecklistBroken where a file is wrong and this database has not yet seen the folder
        right: a new installation begins with right files or not at all."""
        with self._database.read() as tx:
            begun = bool(checklist_files.kept(tx))
        self._seen = _files_seen(self._folder)
        self._read(may_leave_out=begun)

    def look(self) -> bool:
        """Reads the folder again if one of its files changed; says whether one did. Raises DatabaseTrouble."""
        with self._looking:
            seen = _files_seen(self._folder)
            if seen == self._seen:
                return False
            self._read(may_leave_out=True)
            self._seen = seen
            return True

    def _read(self, *, may_leave_out: bool) -> None:
        with self._database.read() as tx:
            kept = {name: file.text for name, file in checklist_files.kept(tx).items()}
        texts, faults = _texts(self._folder, kept)
        library, used, more = best_of(texts, kept)
        told = (*faults, *more)
        if told and not may_leave_out:
            raise ChecklistBroken(told)
        self._keep(kept, used)
        self.library, self.faults = library, told
        for fault in told:
            stays = "the version last found right" if fault.file in used else "nothing"
            log.error(
                "checklist_refused",
                file=fault.file,
                line=fault.line,
                field=fault.field,
                what=fault.message,
                cure=fault.cure,
                in_force=stays,
            )

    def _keep(self, kept: Mapping[str, str], used: Mapping[str, str]) -> None:
        """Writes down what is in force now, where that has changed."""
        new = {name: text for name, text in used.items() if kept.get(name) != text}
        gone = kept.keys() - used.keys()
        if not new and not gone:
            return
        with self._database.write() as tx:
            now = self._database.now(tx)
            for name in sorted(gone):
                checklist_files.take_out_of_force(tx, name, now)
            for name, text in sorted(new.items()):
                checklist_files.put_in_force(tx, name, text, now)


def best_of(texts: Mapping[str, str], kept: Mapping[str, str]) -> tuple[Library, Mapping[str, str], tuple[Fault, ...]]:
    """The library of these texts, each broken one replaced by what was kept of it, or left out where nothing was.

    Answers the library, the texts that it is made of, and the faults of those that were not used."""
    used = dict(texts)
    removed = {name: text for name, text in kept.items() if name.startswith(PORTALS) and name not in texts}
    faults: list[Fault] = []
    while True:
        try:
            return library_from(used), used, tuple(dict.fromkeys(faults))
        except ChecklistBroken as broken:
            for name, fault in _blamed(broken, used, kept).items():
                if used[name] == texts.get(name):  # a fault that only the replacing brought about would mislead
                    faults.append(fault)
                _put_back(name, used, kept, removed)


def _blamed(broken: ChecklistBroken, used: Mapping[str, str], kept: Mapping[str, str]) -> Mapping[str, Fault]:
    """Name -> fault of the files to be put back. A portal's come first, since its clients' may be wrong only because of
    it; and where two files clash, the one that changed gives way."""
    blamed: dict[str, Fault] = {}
    for fault in [one for one in broken.faults if one.file.startswith(PORTALS)] or broken.faults:
        changed = [name for name in (fault.file, fault.beside) if name in used and kept.get(name) != used[name]]
        blamed.setdefault(changed[0] if changed else fault.file, fault)
    return blamed


def _put_back(name: str, used: dict[str, str], kept: Mapping[str, str], removed: dict[str, str]) -> None:
    """Takes a file back to what was kept of it. One that is wrong without having changed may miss a portal's file that
    was `removed`, which stays as long as it is inherited; else there is nothing right to take it back to."""
    before = kept.get(name)
    if before is not None and before != used[name]:
        used[name] = before
    elif before is not None and removed:
        used.update(removed)
        removed.clear()
    else:
        del used[name]


def _texts(folder: Path, kept: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
    """The folder's texts, with what was kept of the files that cannot be read; all of it where the folder is gone."""
    texts, faults = readable_texts(folder)
    missing = [one for one in faults if one.file == str(folder)]
    if not missing and kept and not any(not name.startswith(PORTALS) for name in texts) and not faults:
        cure = "Mount or fill the folder; take clients out one by one."
        missing = [Fault(str(folder), 1, "", "holds no client's file any more.", cure)]
    if missing:
        return kept, tuple(missing)
    long = [name for name in texts if len(name) > LONGEST_NAME]
    told = [Fault(name, 1, "", f"has a name of more than {LONGEST_NAME} characters.", "Rename it.") for name in long]
    unread = {fault.file: kept[fault.file] for fault in faults if fault.file in kept}
    return {**{name: text for name, text in texts.items() if name not in long}, **unread}, (*faults, *told)


def _files_seen(folder: Path) -> _Seen:
    """What tells one state of the folder from another."""
    seen = []
    for name, file in files_of(folder).items():
        try:
            stat = file.stat()
        except OSError:
            seen.append((name, 0, 0, 0))
            continue
        seen.append((name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(seen)
