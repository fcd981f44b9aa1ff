"""The watched folder: packets dropped as files are taken in like any other hand-over.

A hand-over is a ZIP, or a `.json` beside its files (`gateway.handover`). Write under another name and rename when it is
whole: names beginning with a dot or ending in `.part` are left alone. What was taken moves to `done/`, what was refused
to `refused/` beside a `.txt` that says why. A crash in between repeats the hand-over, which intake answers with the
same packet.
"""

import threading
from itertools import count
from pathlib import Path

import structlog

from gateway.errors import ClearbillError, Refused
from gateway.handover import files_beside, read
from gateway.house import House
from gateway.intake import accept
from gateway.secrets import scrub
from gateway.store.database import DatabaseTrouble

log = structlog.get_logger("clearbill.folder")

_LOOK_EVERY = 2.0  # seconds


class Folder:
    """A thread that takes in what appears in the inbox."""

    def __init__(self, house: House, inbox: Path) -> None:
        self._house = house
        self._inbox = inbox
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begins to look; the folder is made if it is not there."""
        self._inbox.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops after the hand-over under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                take_in(self._house, self._inbox)
            except (OSError, DatabaseTrouble) as fault:
                log.error("inbox_trouble", inbox=str(self._inbox), error=scrub(str(fault)))
            self._stop.wait(_LOOK_EVERY)


def take_in(house: House, inbox: Path) -> int:
    """Takes every hand-over that is there now; answers how many were accepted. Raises OSError, DatabaseTrouble."""
    taken = 0
    for path in sorted(inbox.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in (".json", ".zip") or not path.is_file():
            continue
        try:
            handed, files = read(path)
            accepted = accept(house, handed, files)
        except Refused as fault:
            _refuse(inbox, path, fault)
            log.warning("hand_over_refused", file=path.name, what=scrub(str(fault)))
        else:
            _put_away(path, inbox / "done")
            log.info("hand_over_accepted", file=path.name, packet=accepted.packet_id, repeated=accepted.repeated)
            taken += 1
    return taken


def _refuse(inbox: Path, path: Path, fault: ClearbillError) -> None:
    folder = inbox / "refused"
    folder.mkdir(exist_ok=True)
    note = folder / f"{_free_stem(path, folder)}{path.suffix}.txt"
    note.write_text(f"{scrub(str(fault))}\n", encoding="utf-8")
    _put_away(path, folder)


def _put_away(path: Path, folder: Path) -> None:
    """Moves a hand-over, and its files into a folder of its name, over nothing that was put away before; the
    descriptive file goes first, so that a crash never takes it in half."""
    folder.mkdir(exist_ok=True)
    beside = files_beside(path)
    stem = _free_stem(path, folder)
    path.replace(folder / f"{stem}{path.suffix}")
    for file in beside:
        (folder / stem).mkdir(exist_ok=True)
        file.replace(folder / stem / file.name)


def _free_stem(path: Path, folder: Path) -> str:
    """`week`, or `week-2` where a `week` of last week is there already."""
    stems = (path.stem if n == 1 else f"{path.stem}-{n}" for n in count(1))
    return next(stem for stem in stems if not (folder / f"{stem}{path.suffix}").exists())
