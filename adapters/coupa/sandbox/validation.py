"""DTD validation in libxml2's words, which are Coupa's (facts 2.4).

The project's own DTD (its wording of the standard's content models) is the default; a directory of official DTDs, one
folder per version, takes its place where given.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from gateway.standin.dtds import Dtds

from .texts import Refusal

OWN_DTD = Path(__file__).resolve().parents[3] / "formats" / "schemas" / "InvoiceDetail-1.2.020.dtd"
GOT = re.compile(r"(, got \([^()]*?) ?\)")


class Validators:
    """DTDs by version."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._dtds = Dtds()
        self._paths: dict[str, Path] = {}
        if not self._path_for("1.2.020").is_file():
            raise FileNotFoundError(f"no DTD at {self._path_for('1.2.020')}; give the directory of the official DTDs")

    def _path_for(self, version: str) -> Path:
        """The DTD of that version; of the versions there are, else the next newer one, else the newest."""
        if self._directory is None:
            return OWN_DTD
        found = {path.parent.name: path for path in sorted(self._directory.glob("*/InvoiceDetail.dtd"))}
        newer = [path for name, path in found.items() if name >= version]
        return (newer or list(found.values()) or [self._directory / version / "InvoiceDetail.dtd"])[0 if newer else -1]

    def _path_of(self, version: str) -> Path:
        """The same, remembered; versions are a sender's to invent, so not more than a hundred are."""
        if len(self._paths) >= 100:
            return self._paths.get(version, OWN_DTD)
        return self._paths.setdefault(version, self._path_for(version))

    def check(self, root: etree._Element, version: str, *, blank: bool) -> None:
        """Raises `Refusal` (406) with the validator's sentence, twice, as Coupa's page shows it."""
        errors = self._dtds.errors(self._path_of(version), root)
        if not errors:
            return
        sentences = [f"Error: {GOT.sub(_got(blank), message)} at :{line}." for message, line in errors[:20]]
        raise Refusal("dtd", {"first": sentences[0], "all": ", ".join(sentences)})


def _got(blank: bool) -> str:
    return r"\1 )" if blank else r"\1)"
