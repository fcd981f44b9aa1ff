"""DTD validation: the DTD the document names, else the newest of its family (facts 10).

The project's own DTDs (its wording of the standard's content models) are the default; a directory of official ones, one
folder per version, takes their place where given.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from gateway.standin.dtds import Dtds

from .envelope import FAMILY, Envelope, Refused, whitespace_removed

OWN = Path(__file__).resolve().parents[3] / "formats" / "schemas"


class Validators:
    """DTDs by family and version. Raises `FileNotFoundError` at once when there is none for invoices."""

    def __init__(self, directory: Path | None = None) -> None:
        self._files = _found(directory) if directory else {}
        for family, versions in _found_own().items():
            self._files.setdefault(family, versions)
        if "InvoiceDetail" not in self._files:
            raise FileNotFoundError(f"no InvoiceDetail DTD under {directory or OWN}")
        self._dtds = Dtds()

    def check(self, envelope: Envelope, *, lenient: bool) -> None:
        """Raises `Refused`: 406 with the validator's first sentences, 450 for a version that is too new."""
        family = FAMILY.get(envelope.name, "cXML")
        path = self._path(family, envelope.doctype)
        if lenient:
            whitespace_removed(envelope.root, _empty_elements(path))
        errors = self._dtds.errors(path, envelope.root)
        if errors:
            raise Refused("invalid", reason="; ".join(f"line {line}: {message}" for message, line in errors[:5]))

    def _path(self, family: str, doctype: tuple[str, str] | None) -> Path:
        """The version named; of those there are the next newer one, since versions only add."""
        versions = self._files.get(family)
        if versions is None:
            raise Refused("not_implemented", what=f"{family}.dtd")
        newest = max(versions)
        if doctype is None:
            return versions[newest]
        name, version = doctype
        if name != family:
            raise Refused("invalid", reason=f"the document names {name}.dtd, the request belongs to {family}.dtd")
        if _rank(version) > _rank(newest):
            raise Refused("not_implemented", what=f"cXML version {version}")
        return versions[min(each for each in versions if _rank(each) >= _rank(version))]


def _found(directory: Path) -> dict[str, dict[str, Path]]:
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(directory.glob("*/*.dtd")):
        files.setdefault(path.stem, {})[path.parent.name] = path
    return files


def _found_own() -> dict[str, dict[str, Path]]:
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(OWN.glob("*-1.*.dtd")):
        family, _, version = path.stem.rpartition("-")
        files.setdefault(family, {})[version] = path
    return files


def _rank(version: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in version.split(".") if piece.isdecimal())


@cache
def _empty_elements(path: Path) -> frozenset[str]:
    declared: str = path.read_text(encoding="utf-8", errors="replace")
    return frozenset(re.findall(r"<!ELEMENT\s+([\w.:-]+)\s+EMPTY\s*>", declared)) or frozenset({"none"})


def dtd_of(family: str) -> Path:
    """The newest DTD of ours of a family, for tests of what the sandbox itself writes."""
    versions = _found_own()[family]
    return versions[max(versions)]
