"""Hand-overs on disk: a packet's JSON with its files beside it, or a ZIP that holds both.

    NAME.json   the packet; each file that `documents` names stands in the folder NAME/ or beside NAME.json
    NAME.zip    holds packet.json and the files beside it

Everything is measured before it is opened, and nothing leaves its place: no links, no paths, no nested or encrypted
archives, no more than MAX_HAND_OVER_BYTES. What is wrong is refused with the file's name and the cure.
"""

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gateway.errors import PacketRefused, Problem
from gateway.packet import MAX_DOCUMENTS, MAX_JSON_BYTES, json_from

MAX_DOCUMENT_BYTES = 50 * 1024 * 1024  # as at intake
MAX_HAND_OVER_BYTES = 200 * 1024 * 1024
MAX_ENTRIES = MAX_DOCUMENTS + 20  # documents, the packet itself and what desktop programs add
PACKET_NAME = "packet.json"

_KINDS = "Give a .json file with its files beside it, or a .zip that holds packet.json and the files."
_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})  # desktop programs leave these everywhere
_FORBIDDEN = frozenset('/\\:*?"<>|')


class HandOver(NamedTuple):
    """What a source hands over: the packet's JSON values, and its files' bytes by name."""

    handed: object
    files: dict[str, bytes]


def read(path: Path) -> HandOver:
    """Reads one hand-over. Raises PacketRefused, naming the file, the fault and the cure."""
    match path.suffix.lower():
        case ".json":
            return _from_folder(path)
        case ".zip":
            return _from_zip(path)
        case _ if path.is_dir():
            raise _refused(path.name, "is a folder.", _KINDS)
        case _:
            raise _refused(path.name, "is neither a .json nor a .zip file.", _KINDS)


def files_beside(path: Path) -> list[Path]:
    """The files that belong to a hand-over and stand outside it; none for a ZIP. A packet that cannot be read has
    those of its own folder."""
    if path.suffix.lower() != ".json":
        return []
    own = list(_files_of_folder(path.with_suffix("")))
    try:
        handed = json_from(_bytes_of(path, MAX_JSON_BYTES))
    except PacketRefused:
        return own
    taken = {file.name for file in own}
    beside = [path.parent / name for name in _names_in(handed) if name not in taken]
    return own + [file for file in beside if file != path and file.is_file() and not file.is_symlink()]


# --- a packet and the files beside it -----------------------------------------------------------------------------


def _from_folder(path: Path) -> HandOver:
    handed = json_from(_bytes_of(path, MAX_JSON_BYTES))
    places = {file.name: file for file in _files_of_folder(path.with_suffix(""))}
    for name in _names_in(handed):
        if name not in places and name != path.name and os.path.lexists(path.parent / name):
            places[name] = path.parent / name
    if len(places) > MAX_ENTRIES:
        raise _refused(path.stem, f"has {len(places)} files; at most {MAX_DOCUMENTS} are taken.", "Split the packet.")
    files: dict[str, bytes] = {}
    total = 0
    for name, file in sorted(places.items()):
        files[name] = _bytes_of(file, MAX_DOCUMENT_BYTES)
        total += len(files[name])
        if total > MAX_HAND_OVER_BYTES:
            raise _too_large(f"the files of {path.name}", total, MAX_HAND_OVER_BYTES)
    return HandOver(handed, files)


def _files_of_folder(folder: Path) -> Iterator[Path]:
    """Everything in a packet's own folder: what its packet does not list is refused at intake, not passed over."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for file in sorted(folder.iterdir()):
        if file.name.lower() not in _LITTER:
            yield file


def _names_in(handed: object) -> list[str]:
    """The file names that a packet lists, without those that are not bare names: intake says what is wrong there."""
    listed = handed.get("documents") if isinstance(handed, dict) else None
    names = [row.get("name") for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return [name for name in dict.fromkeys(names[:MAX_ENTRIES]) if isinstance(name, str) and _is_bare(name)]


def _bytes_of(path: Path, most: int) -> bytes:
    """A plain file's bytes; nothing beyond `most` bytes is read."""
    with _opened(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _too_large(path.name, len(content), most)
    return content


def _opened(path: Path, most: int) -> BinaryIO:
    """A plain file, open for reading; links, folders, devices and what is too large are refused."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as fault:
        if path.is_symlink():
            raise _refused(path.name, "is a link.", "Put the file itself there.") from None
        raise _refused(path.name, f"cannot be read ({fault.strerror}).", "Check the path and the rights.") from None
    facts = os.fstat(handle)
    if stat.S_ISREG(facts.st_mode) and facts.st_size <= most:
        return open(handle, "rb")
    os.close(handle)
    if stat.S_ISREG(facts.st_mode):
        raise _too_large(path.name, facts.st_size, most)
    raise _refused(path.name, "is not a file.", "Put a file there, without folders inside.")


# --- a packet in a ZIP --------------------------------------------------------------------------------------------


def _from_zip(path: Path) -> HandOver:
    try:
        with _opened(path, MAX_HAND_OVER_BYTES) as file, zipfile.ZipFile(file) as archive:
            entries = _entries_of(path.name, archive)
            packet = entries.pop(PACKET_NAME, None)
            if packet is None:
                raise _refused(path.name, f"holds no {PACKET_NAME}.", f"Put the packet in it as {PACKET_NAME}.")
            if packet.file_size > MAX_JSON_BYTES:
                raise _too_large(f"{path.name}/{PACKET_NAME}", packet.file_size, MAX_JSON_BYTES)
            handed = json_from(archive.read(packet))
            return HandOver(handed, {name: archive.read(entry) for name, entry in sorted(entries.items())})
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError) as fault:
        raise _refused(path.name, f"is a damaged ZIP ({fault}).", "Make the ZIP again.") from None
    except (NotImplementedError, RuntimeError) as fault:  # a packing method or flag that this Python cannot undo
        raise _refused(path.name, f"cannot be unpacked ({fault}).", "Make a plain ZIP.") from None


def _entries_of(zip_name: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by bare name, judged by its table of contents before anything is unpacked."""
    listed = archive.infolist()
    if len(listed) > MAX_ENTRIES:
        raise _refused(zip_name, f"holds {len(listed)} files; at most {MAX_ENTRIES} are taken.", "Split the packet.")
    unpacked = sum(entry.file_size for entry in listed)
    if unpacked > MAX_HAND_OVER_BYTES:
        raise _too_large(f"{zip_name}, unpacked", unpacked, MAX_HAND_OVER_BYTES)
    wanted = [entry for entry in listed if not entry.is_dir() and not _is_litter(entry.filename)]
    folder = _common_folder([entry.filename for entry in wanted])
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in wanted:
        where = f"{zip_name}/{entry.filename}"
        name = entry.filename.removeprefix(folder)
        if entry.flag_bits & 1:
            raise _refused(where, "is encrypted.", "Make the ZIP without a password.")
        if not _is_bare(name):
            cure = f"Put every file beside {PACKET_NAME}, under a bare name."
            raise _refused(where, "stands in a folder or has a path in its name.", cure)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(where, "is a link.", "Put the file itself into the ZIP.")
        if entry.file_size > MAX_DOCUMENT_BYTES:
            raise _too_large(where, entry.file_size, MAX_DOCUMENT_BYTES)
        if name in found:
            raise _refused(where, "is there twice.", "Make the ZIP again.")
        found[name] = entry
    return found


def _common_folder(names: list[str]) -> str:
    """`week-12/` where all files stand in that one folder, as "compress this folder" makes it; else nothing."""
    folders = {name.partition("/")[0] if "/" in name else "" for name in names}
    only = folders.pop() if len(folders) == 1 else ""
    return f"{only}/" if only and _is_bare(only) else ""


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].lower() in _LITTER


def _is_bare(name: str) -> bool:
    return name not in ("", ".", "..") and not any(mark in _FORBIDDEN or ord(mark) < 32 for mark in name)


def _too_large(name: str, size: int, most: int) -> PacketRefused:
    limit = f"{most / 1024 / 1024:.0f} MB"
    return _refused(name, f"has {size / 1024 / 1024:.0f} MB; at most {limit} are taken.", "Shrink or split it.")


def _refused(where: str, message: str, cure: str) -> PacketRefused:
    return PacketRefused((Problem(where, message, cure),))
