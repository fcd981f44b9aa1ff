"""Writing a pack: its manifest first, then a ZIP that leaves as it grows, never more of it in memory than one piece.

Nothing in the ZIP depends on when, where or by whom it is written: the same pieces make the same bytes. They are stored
and not compressed, since compressors differ; papers and pictures would hardly grow smaller anyway.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.pack.contents import Piece
from gateway.store.database import Database
from gateway.store.dossier import Dossier

FORMAT = 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_A_PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that is ready to be written: its pieces, and the manifest over them."""

    packet_id: str
    pieces: tuple[Piece, ...]
    manifest: bytes
    sums: bytes

    @property
    def manifest_sha256(self) -> str:
        """By what the pack is known."""
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def file_name(self) -> str:
        """What to save it as."""
        return f"clearbill-{self.packet_id}.zip"


def packed(database: Database, of: Dossier, pieces: Sequence[Piece]) -> Pack:
    """The pack of these pieces; each is read once for its hash."""
    files = []
    for piece in pieces:
        with database.read() as tx:
            content = piece.read(tx)
        told = {"path": piece.path, "what": piece.what, "size": len(content)}
        told["sha256"] = hashlib.sha256(content).hexdigest()
        if piece.kept_sha256 not in ("", told["sha256"]):
            told["kept_sha256"] = piece.kept_sha256
        files.append(told)
    values = {
        "clearbill_pack": FORMAT,
        "packet": of.packet["id"],
        "invoice_number": of.packet["invoice_number"],
        "client": of.packet["client"],
        "events": of.events,
        "last_event_sha256": of.head,
        "files": files,
    }
    manifest = f"{json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)}\n".encode()
    return Pack(str(of.packet["id"]), tuple(pieces), manifest, sums_of(manifest, files))


def sums_of(manifest: bytes, files: Sequence[Mapping[str, Any]]) -> bytes:
    """The hashes as `sha256sum -c` takes them, the manifest's first."""
    lines = [f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n"]
    return "".join([*lines, *(f"{one['sha256']}  {one['path']}\n" for one in files)]).encode()


def written(database: Database, pack: Pack) -> Iterator[bytes]:
    """The ZIP, piece by piece. Raises ValueError where a piece is not any more what the manifest says."""
    sink = _Sink()
    promised = {one["path"]: one["sha256"] for one in json.loads(pack.manifest)["files"]}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path, content in ((MANIFEST, pack.manifest), (SUMS, pack.sums)):
            archive.writestr(_entry(path), content)
        yield sink.drained()
        for piece in pack.pieces:
            with database.read() as tx:
                content = piece.read(tx)
            if hashlib.sha256(content).hexdigest() != promised[piece.path]:
                raise ValueError(f"{piece.path} changed while the pack was written")
            archive.writestr(_entry(piece.path), content)
            yield sink.drained()
    yield sink.drained()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _NO_TIME)
    entry.create_system = 3  # Unix, whatever this machine is
    entry.external_attr = _A_PLAIN_FILE
    return entry


class _Sink(io.RawIOBase):
    """What was written since it was last drained; `zipfile` goes back no further than the piece it is at."""

    def __init__(self) -> None:
        super().__init__()
        self._gone = 0
        self._here = io.BytesIO()

    def writable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Within what was not drained yet."""
        return True

    def tell(self) -> int:
        """From the beginning of the whole file."""
        return self._gone + self._here.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To a place that was not drained yet."""
        if whence != io.SEEK_SET or offset < self._gone:
            raise io.UnsupportedOperation("what has left cannot be written again")
        return self._gone + self._here.seek(offset - self._gone)

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Takes all of it."""
        return self._here.write(content)

    def drained(self) -> bytes:
        """What was written since the last time."""
        content = self._here.getvalue()
        self._gone += len(content)
        self._here = io.BytesIO()
        return content
