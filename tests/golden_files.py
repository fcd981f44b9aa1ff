"""Golden files: what a format or a report produced once, was read by a person, and must stay so."""

import difflib
import os
from pathlib import Path


class GoldenFiles:
    """Compares what a test produced with a file; or, when rewriting, makes that the file."""

    def __init__(self, folder: Path, rewrite: bool) -> None:
        if rewrite and os.environ.get("CI"):
            raise RuntimeError("golden files are not rewritten in CI: rewrite them at home, read the diff, commit it")
        self._folder = folder
        self._rewrite = rewrite

    def __call__(self, name: str, produced: bytes) -> None:
        """Compares `produced` with the file `name` (`coupa/po_backed.xml`); AssertionError shows the difference."""
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise ValueError(f"{name!r} leads out of {self._folder}")
        if self._rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(produced)
            return
        if not path.exists():
            raise AssertionError(f"there is no golden file {path}; make it with --rewrite-golden and read it")
        expected = path.read_bytes()
        if produced != expected:
            raise AssertionError(f"{path} differs (--rewrite-golden accepts it):\n{_difference(expected, produced)}")


def _difference(expected: bytes, produced: bytes) -> str:
    before, after = (data.decode("utf-8", "backslashreplace").splitlines() for data in (expected, produced))
    lines = list(difflib.unified_diff(before, after, "golden", "produced", lineterm="", n=2))[:60]
    return "\n".join(lines) or "the same lines with other line ends"
