"""DTDs lent to one thread at a time: libxml2 builds a DTD's automata on use, so none is shared."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxml import etree

Error = tuple[str, int]
"""libxml2's message and the line of the document."""


class Dtds:
    """DTDs by file, read when first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Path, list[etree.DTD]] = {}

    def errors(self, path: Path, root: etree._Element) -> list[Error]:
        """What the DTD in that file has against a document; empty when it is valid."""
        with self._lent(path) as dtd:
            if dtd.validate(root):
                return []
            return [(str(entry.message), entry.line) for entry in dtd.error_log.filter_from_errors()]

    @contextmanager
    def _lent(self, path: Path) -> Iterator[etree.DTD]:
        with self._lock:
            idle = self._idle.setdefault(path, [])
            dtd = idle.pop() if idle else None
        if dtd is None:
            with path.open("rb") as file:
                dtd = etree.DTD(file)
        try:
            yield dtd
        finally:
            with self._lock:
                idle.append(dtd)
