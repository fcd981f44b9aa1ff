"""`audit pack`: a packet's evidence pack as a file; `audit verify PACK.zip`: one held against itself, no database."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.commands.decisions import login, one_packet
from gateway.commands.terminal import DONE, TROUBLE, Terminal
from gateway.errors import NotPossible
from gateway.pack.checking import Advance, Checked, check
from gateway.pack.taking import take
from gateway.pack.writing import written

_MOST_TOLD = 50


def pack(terminal: Terminal, which: str, out: Path | None, who: str) -> None:
    """Writes a packet's pack to a file that appears when it is whole. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        packet_id = one_packet(house, which)
        target = out or Path(f"clearbill-{packet_id}.zip")
        if not target.parent.is_dir():
            raise NotPossible(f"there is no folder {target.parent}; name a file in one that there is.")
        taken = take(house, packet_id, who or login())
        with _new_file(target) as handle, _bar(terminal, "Packing") as advance:
            for done, content in enumerate(written(house.database, taken), 1):
                handle.write(content)
                advance(min(done, len(taken.pieces)), len(taken.pieces))
    terminal.tell(f"Written to {target}.")
    terminal.show(f"Files: {len(taken.pieces)}. SHA-256 of the manifest: {taken.manifest_sha256}")
    terminal.show("The packet's history has kept who took it. README.txt inside says how to check it.")
    terminal.answer({"packet": packet_id, "file": str(target), "manifest_sha256": taken.manifest_sha256})


def verify_pack(terminal: Terminal, path: Path) -> int:
    """Answers 3 where a pack is not as it was packed. Raises NotPossible for what is no pack."""
    with _bar(terminal, "Checking") as advance:
        found = check(path, advance)
    _show(terminal, found)
    terminal.answer(
        {
            "pack": str(path),
            "packet": found.packet,
            "files": found.files,
            "events": found.events,
            "faults": found.faults,
            "blotted": found.blotted,
            "manifest_sha256": found.manifest_sha256,
            "last_event_sha256": found.last_event_sha256,
        }
    )
    return TROUBLE if found.faults else DONE


def _show(terminal: Terminal, found: Checked) -> None:
    for fault in found.faults[:_MOST_TOLD]:
        terminal.show(fault)
    if len(found.faults) > _MOST_TOLD:
        terminal.show(f"... and {len(found.faults) - _MOST_TOLD} more.")
    if found.blotted:
        terminal.show(f"Files in which a secret was blotted out: {len(found.blotted)}.")
    whole = "It is not as it was packed." if found.faults else "Nothing was changed since it was packed."
    terminal.show(
        f"Invoice {found.invoice_number}, packet {found.packet}. Files: {found.files}; events: {found.events}; faults: "
        f"{len(found.faults)}. {whole}"
    )
    terminal.show(f"SHA-256 of the manifest: {found.manifest_sha256}")
    terminal.show(f"SHA-256 of the last event: {found.last_event_sha256}")
    if not found.faults:
        terminal.tell("Whoever made it all anew is found by comparing: `clearbill status` tells when it was taken.")


@contextmanager
def _bar(terminal: Terminal, words: str) -> Iterator[Advance]:
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn())
    screen = terminal.err
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def _new_file(target: Path) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
    """A file beside the target that takes its place when all of it is written; readable by this user alone."""
    try:
        handle = tempfile.NamedTemporaryFile(dir=target.parent, prefix=".clearbill-", delete=False)  # noqa: SIM115
    except OSError as fault:
        raise NotPossible(f"{target} cannot be written ({fault.strerror}). Name another file.") from None
    try:
        with handle:
            yield handle
        os.replace(handle.name, target)
    except BaseException:
        os.unlink(handle.name)
        raise
