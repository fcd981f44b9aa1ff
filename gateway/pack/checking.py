"""Holding a pack against itself, without the database: every file against the manifest, the events as a chain, and
what the chain names against what is there. A pack comes from anywhere: it is read with limits, and nothing is unpacked.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from gateway.changes import applied
from gateway.errors import NotPossible, PacketRefused
from gateway.pack.contents import chain_path, chained
from gateway.pack.writing import FORMAT, MANIFEST, SUMS, sums_of
from gateway.packet import Packet, canonical_json
from gateway.store.dossier import StoredEvent
from gateway.store.events import FIRST

MOST_FILES = 200_000
MOST_BYTES = 20_000_000_000
_MOST_JSON = 200_000_000
_AT_ONCE = 1 << 20

Advance = Callable[[int, int], None]
"""Told how many files were looked at, of how many."""


@dataclass
class Checked:
    """What was found. `faults` are sentences, each about one thing that is not as it was packed; `blotted` are files in
    which a secret was blotted out."""

    packet: str = ""
    invoice_number: str = ""
    files: int = 0
    events: int = 0
    manifest_sha256: str = ""
    last_event_sha256: str = ""
    faults: list[str] = field(default_factory=list)
    blotted: list[str] = field(default_factory=list)


def check(path: Path, advance: Advance = lambda done, of: None) -> Checked:
    """A pack, looked over. Raises NotPossible for what is no pack."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _Look(archive, advance).over()
    except OSError as fault:
        raise NotPossible(f"{path} cannot be read ({fault.strerror or type(fault).__name__}).") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as fault:
        raise NotPossible(f"{path} is not a whole ZIP file ({fault}); get it again.") from None


class _Look:
    def __init__(self, archive: zipfile.ZipFile, advance: Advance) -> None:
        self._archive = archive
        self._advance = advance
        self._found = Checked()
        self._listed: dict[str, Mapping[str, Any]] = {}
        self._hashes: set[str] = set()  # of all bytes that are there, also as they were stored

    def over(self) -> Checked:
        """Everything, in turn."""
        self._read_manifest()
        self._compare_files()
        self._compare_sums()
        events = self._events()
        self._compare_chain(events)
        self._compare_what_events_name(events)
        self._compare_revisions(events)
        return self._found

    def _fault(self, words: str) -> None:
        self._found.faults.append(words)

    # --- the files ------------------------------------------------------------------------------------------------

    def _read_manifest(self) -> None:
        members = self._archive.infolist()
        if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
            raise NotPossible("it holds more than any pack would; nothing of it was read.")
        if MANIFEST not in self._archive.namelist():
            raise NotPossible(f"it has no {MANIFEST}; it is no evidence pack, or its manifest was taken out.")
        content = self._bytes(MANIFEST)
        try:
            values = json.loads(content)
            self._listed = {str(one["path"]): {**one, "sha256": str(one["sha256"])} for one in values["files"]}
            found = self._found
            found.packet, found.invoice_number = str(values["packet"]), str(values["invoice_number"])
            found.events, found.last_event_sha256 = int(values["events"]), str(values["last_event_sha256"])
            known = values["clearbill_pack"] == FORMAT
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotPossible(f"its {MANIFEST} cannot be read; it was changed, or is not Clearbill's.") from None
        if not known:
            raise NotPossible("it is of a newer kind than this version knows; check it with that version.")
        found.manifest_sha256, found.files = hashlib.sha256(content).hexdigest(), len(self._listed)
        seen: set[str] = set()
        for one in members:
            if one.filename in seen:
                self._fault(f"{one.filename} is there twice.")
            seen.add(one.filename)
        for name in sorted(seen - self._listed.keys() - {MANIFEST, SUMS}):
            self._fault(f"{name} was added: the manifest does not list it.")
        for name in sorted({*self._listed, SUMS} - seen):
            self._fault(f"{name} is missing.")

    def _compare_files(self) -> None:
        there = set(self._archive.namelist())
        for done, (path, told) in enumerate(self._listed.items(), 1):
            if path in there:
                sha256, size = self._hash_of(path)
                if (sha256, size) != (told.get("sha256"), told.get("size")):
                    self._fault(f"{path} was changed.")
                self._hashes.add(sha256)
                if kept := told.get("kept_sha256"):
                    self._hashes.add(str(kept))
                    self._found.blotted.append(path)
            self._advance(done, len(self._listed))

    def _compare_sums(self) -> None:
        if SUMS in self._archive.namelist():
            wanted = sums_of(self._bytes(MANIFEST), list(self._listed.values()))
            if self._hash_of(SUMS)[0] != hashlib.sha256(wanted).hexdigest():
                self._fault(f"{SUMS} is not what the manifest says.")

    def _hash_of(self, path: str) -> tuple[str, int]:
        """(SHA-256, size), some at a time; the ZIP's own sum may be wrong as well."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(path) as file:
                while some := file.read(_AT_ONCE):
                    digest.update(some)
                    size += len(some)
        except zipfile.BadZipFile:
            return "", size
        return digest.hexdigest(), size

    def _bytes(self, path: str) -> bytes:
        if self._archive.getinfo(path).file_size > _MOST_JSON:
            raise NotPossible(f"{path} in it is larger than any that Clearbill writes.")
        return self._archive.read(path)

    def _json(self, path: str) -> Any:
        """A file of the pack as JSON; None where it is not there or cannot be read, which was told."""
        try:
            return json.loads(self._bytes(path))
        except KeyError:
            return None
        except (ValueError, zipfile.BadZipFile):
            self._fault(f"{path} cannot be read.")
            return None

    # --- the chain ------------------------------------------------------------------------------------------------

    def _events(self) -> list[StoredEvent]:
        told = self._json("events.json")
        names = StoredEvent.__dataclass_fields__
        try:
            return [StoredEvent(**{name: one[name] for name in names}) for one in told or []]
        except (KeyError, TypeError):
            self._fault("events.json is not a list of events.")
            return []

    def _compare_chain(self, events: list[StoredEvent]) -> None:
        found, previous = self._found, FIRST
        for n, one in enumerate(events, 1):
            if (one.n, one.subject) != (n, found.packet):
                self._fault(f"event {n} is missing, or is not this packet's.")
                break
            if one.previous != previous:
                self._fault(f"event {n} does not follow the one before it.")
            if hashlib.sha256(chained(one)).hexdigest() != one.hash and chain_path(n) not in found.blotted:
                self._fault(f"event {n} is not what its hash says.")
            listed = self._listed.get(chain_path(n), {})
            if one.hash not in (listed.get("sha256"), listed.get("kept_sha256")):
                self._fault(f"event {n} is not what {chain_path(n)} says.")
            previous = one.hash
        if (len(events), previous) != (found.events, found.last_event_sha256):
            self._fault(f"the chain does not end with event {found.events} as the manifest says.")

    def _compare_what_events_name(self, events: list[StoredEvent]) -> None:
        for one in events:
            try:
                missing = [(what, sha256) for sha256, what in _named_by(one) if sha256 not in self._hashes]
            except (TypeError, KeyError, ValueError):
                self._fault(f"event {one.n} ({one.kind}) does not tell what such an event tells.")
                continue
            for what, sha256 in missing:
                self._fault(f"event {one.n} ({one.kind}) names {what} with SHA-256 {sha256}, and it is not here.")

    def _compare_revisions(self, events: list[StoredEvent]) -> None:
        """What an event says that a person or rule changed is what differs between the two revisions."""
        for one in events:
            data = _data(one)
            n = data.get("new_revision")
            if not isinstance(n, int) or "diff" not in data:
                continue
            before, after = (self._packet(number) for number in (n - 1, n))
            if before is None or after is None:
                self._fault(f"event {one.n} made revision {n}, which is not here or cannot be read.")
            elif self._json(f"revisions/{n:03d}/diff.json") != data["diff"]:
                self._fault(f"revisions/{n:03d}/diff.json is not what event {one.n} says.")
            elif not _leads_to(before, data["diff"], after):
                self._fault(f"revision {n} is not revision {n - 1} with the changes of event {one.n}.")

    def _packet(self, n: int) -> Packet | None:
        try:
            return Packet.model_validate_json(self._bytes(f"revisions/{n:03d}/packet.json"))
        except (KeyError, ValueError, zipfile.BadZipFile):
            return None


def _leads_to(before: Packet, patch: Any, after: Packet) -> bool:
    try:
        return canonical_json(applied(patch, before)) == canonical_json(after)
    except (ValueError, PacketRefused, KeyError, IndexError, TypeError):
        return False


def _data(one: StoredEvent) -> Mapping[str, Any]:
    try:
        values = json.loads(one.data)
    except ValueError:
        return {}  # its hash has told already
    return cast(Mapping[str, Any], values) if isinstance(values, dict) else {}


def _named_by(one: StoredEvent) -> Iterator[tuple[str, str]]:
    """(SHA-256, what it is) of bytes that an event names."""
    data = _data(one)
    if one.kind == "received":
        yield str(data.get("content_sha256")), "the packet as it was handed over"
        yield from ((str(sha256), f"the paper {name}") for name, sha256 in data.get("documents", ()))
    if document := data.get("document_sha256"):
        yield str(document), "the document"
    if one.kind in ("built", "evidence"):
        files = [*data.get("papers", ()), *data.get("files", ())]
        yield from ((str(file["sha256"]), str(file["name"])) for file in files)
