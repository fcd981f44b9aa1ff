"""The checklists that are in force in a running installation: its folder's files, as they were last found right.

A file that changes is read again while the program runs. One that is broken is refused, loudly and once for each text,
and what was last found right of it stays in force, also over a restart, since the database keeps it. Looking up a
checklist takes no lock and asks nobody; `look` is for a timer.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from checklists.fault import ChecklistBroken, Fault
from checklists.library import PORTALS, Library, files_of, library_from, readable_texts
from checklists.source import Unreadable, source_from
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
        self._seen: _Seen | None = None  # what was read
        self._last: _Seen | None = None  # what the last look saw
        self.library = Library({})
        self.faults: tuple[Fault, ...] = ()

    def open(self) -> None:
        """The first look. Raises ChecklistBroken where a file is wrong and this database has not yet seen the folder
        right: a new installation begins with right files or not at all. It acts at once, having nothing to compare
        with: nobody must be writing the files while the program starts."""
        with self._database.read() as tx:
            begun = bool(checklist_files.kept(tx))
        self._last = _files_seen(self._folder)
        self._read(self._last, may_leave_out=begun)

    def look(self) -> bool:
        """Reads the folder again if one of its files changed and none has since the last look: a file that is half
        written, or gone for a moment while it is replaced, must not count. Says whether it did. Raises
        DatabaseTrouble."""
        with self._looking:
            seen = _files_seen(self._folder)
            settled, self._last = seen == self._last, seen
            return settled and seen != self._seen and self._read(seen, may_leave_out=True)

    def _read(self, seen: _Seen, *, may_leave_out: bool) -> bool:
        """Brings into force what is right of the folder; not if it changed again while a look reads it."""
        with self._database.read() as tx:
            kept = {name: file.text for name, file in checklist_files.kept(tx).items()}
            removed = checklist_files.removed(tx)
        texts, faults = _texts(self._folder, kept, removed)
        if self._seen is not None and _files_seen(self._folder) != seen:
            return False
        library, used, more = best_of(texts, kept, removed)
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
        self._seen = seen
        return True

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


def best_of(
    texts: Mapping[str, str], kept: Mapping[str, str], removed: Mapping[str, str]
) -> tuple[Library, Mapping[str, str], tuple[Fault, ...]]:
    """The library of these texts, each broken one replaced by what was kept of it, or of it before it
    was removed, if it is back; left out where nothing was.

    A client's file that was right stays in force with the portal's file that it was right with: a portal's that does
    not suit it any more is a broken one. Answers the library, the texts that it is made of, and the faults of those
    that were not used."""
    search = _Search(texts, kept, removed)
    while True:
        try:
            return library_from(search.used), search.used, tuple(dict.fromkeys(search.faults))
        except ChecklistBroken as broken:
            search.replace_what(broken)


class _Search:
    """The search for texts that are right together: `used`, with the `faults` found on the way."""

    def __init__(self, texts: Mapping[str, str], kept: Mapping[str, str], removed: Mapping[str, str]) -> None:
        self._texts = texts
        self._kept = kept
        self._removed = removed
        self._aside: dict[
            str, str | None
        ] = {}  # texts of portals' that clients' do not suit, None once they hold again
        self.used = dict(texts)
        self.faults: list[Fault] = []

    def replace_what(self, broken: ChecklistBroken) -> None:
        """Replaces each file to blame, and tells why. It ends: a portal's is taken back for its clients only once."""
        steps = [(name, fault, self._instead_of(name)) for name, fault in self._blamed(broken).items()]
        now = dict(self.used)
        for name, fault, instead in steps:
            for one, text in instead.items():
                self._tell(name, fault, one, text, now)
                if one != name or one in self._aside:
                    self._aside[one] = now.get(one) if one != name else None
                self.used.pop(one, None)
                if text is not None:
                    self.used[one] = text

    def _blamed(self, broken: ChecklistBroken) -> Mapping[str, Fault]:
        """Name -> fault of the files to be put back. A portal's come first, since its clients' may be wrong only
        because of it; and where two files clash, the one that changed gives way."""
        blamed: dict[str, Fault] = {}
        for fault in [one for one in broken.faults if one.file.startswith(PORTALS)] or broken.faults:
            changed = [name for name in (fault.file, fault.beside) if name in self.used and self._changed(name)]
            blamed.setdefault(changed[0] if changed else fault.file, fault)
        return blamed

    def _changed(self, name: str) -> bool:
        return self.used.get(name) != self._kept.get(name)

    def _instead_of(self, name: str) -> Mapping[str, str | None]:
        """What to replace because this file is wrong: name -> text, None for a file that is left out.

        One that changed goes back to what was kept of it. One that did not is wrong because the portal's that it
        inherits changed or went, and that goes back. Should what was kept of the portal's be wrong by itself, as
        another release may find it, its newer text holds after all."""
        if self._changed(name):
            before = self._kept.get(name, self._removed.get(name))
            return {name: before if before != self.used[name] else None}
        if self._aside.get(name) is not None:
            return {name: self._aside[name]}
        key = _says(self._kept[name], "inherits")
        return {one: self._kept.get(one) for one in self._changed_of_portal(key)} or {name: None}

    def _changed_of_portal(self, key: str | None) -> list[str]:
        """The files of a portal that changed, came or went, without those that were taken back before."""
        names = [one for one in sorted({**self._kept, **self.used}) if one.startswith(PORTALS) and self._changed(one)]
        keys = {one: (_says(self._kept.get(one), "portal"), _says(self.used.get(one), "portal")) for one in names}
        return [one for one in names if key is not None and key in keys[one] and one not in self._aside]

    def _tell(self, blamed: str, fault: Fault, name: str, text: str | None, now: Mapping[str, str]) -> None:
        if text is not None and text == self._texts.get(name):
            self.faults = [one for one in self.faults if one.file != name]  # it is in force after all
        elif name != blamed and name in self._texts and now.get(name) == self._texts[name]:
            self.faults.append(_of_portal(name, self._texts[name], fault))
        elif now[blamed] == self._texts.get(blamed):  # a fault that only the replacing brought about would mislead
            self.faults.append(fault)


def _says(text: str | None, setting: str) -> str | None:
    """The value of a plain setting at the top of a file; None where there is none."""
    try:
        values = source_from(text or "").values
    except Unreadable:
        return None
    value = values.get(setting) if isinstance(values, dict) else None
    return value if isinstance(value, str) else None


def _of_portal(name: str, text: str, fault: Fault) -> Fault:
    """The fault of a portal's file that a client's file, right until now, cannot be laid over any more."""
    spot = source_from(text, name).spot_of(tuple(fault.field.split(".")))
    message = f"does not suit a client's file that was right until now: {replace(fault, cure='')}"
    return Fault(name, spot.line, "", message, "Change both, the client's first, or give the new one its own days.")


def _texts(
    folder: Path, kept: Mapping[str, str], removed: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
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
    before = {**removed, **kept}
    unread = {fault.file: before[fault.file] for fault in faults if fault.file in before}
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
