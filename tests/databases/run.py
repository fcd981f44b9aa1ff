"""What the processes of one test run share: a directory outside pytest's private ones, and three locks in it.

`alive`   held by the controlling process for as long as it lives; the keeper of the server waits for it.
`start`   held by whoever starts the server, so that the workers of a run start one between them.
`keeper`  held by the keeper until the server is gone; the controlling process waits for it before it returns.
"""

import fcntl
import json
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.databases.server import ServerFailed

_ROOT = Path(__file__).resolve().parents[2]


class TestRun:
    """One test run as its controlling process (`open`) or one of its workers (`join`) sees it."""

    __test__ = False

    def __init__(self, directory: Path, alive: IO[str] | None, keeper_lock: IO[str] | None) -> None:
        self.directory = directory
        self._alive = alive
        self._keeper_lock = keeper_lock
        self._keeper: subprocess.Popen[str] | None = None

    @classmethod
    def open(cls) -> "TestRun":
        directory = Path(tempfile.mkdtemp(prefix="clearbill-tests-", dir=_open_to_all()))
        # The server's own user must reach its folder inside.
        directory.chmod(0o711)
        alive = (directory / "alive").open("w")
        fcntl.flock(alive, fcntl.LOCK_EX)
        return cls(directory, alive, (directory / "keeper").open("w"))

    @classmethod
    def join(cls, directory: Path) -> "TestRun":
        return cls(directory, None, None)

    def postgresql(self, binaries: Path, fsync: str) -> str:
        """The URL of this run's server, which the first caller of all its processes starts."""
        known = self.directory / "server.json"
        with (self.directory / "start").open("w") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            if not known.exists():
                known.write_text(json.dumps(self._start_keeper(binaries, fsync)))
            answer: dict[str, str] = json.loads(known.read_text())
        if "error" in answer:
            raise ServerFailed(answer["error"])
        return answer["url"]

    def close(self) -> None:
        """In the controlling process: ends the server, waits until it is gone and removes the directory."""
        if self._alive is None or self._keeper_lock is None:
            return
        self._alive.close()
        with self._keeper_lock as gone:
            fcntl.flock(gone, fcntl.LOCK_EX)
        if self._keeper is not None:
            self._keeper.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start_keeper(self, binaries: Path, fsync: str) -> dict[str, str]:
        """Starts the keeper in a session of its own: Ctrl-C at the terminal is for the tests."""
        with (self.directory / "keeper.log").open("w") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.databases.keeper", str(self.directory), str(binaries), fsync],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=_ROOT,
                text=True,
                start_new_session=True,
            )
        assert self._keeper.stdout is not None
        with self._keeper.stdout as answers:
            line = answers.readline()
        if not line:
            return {"error": f"the server's keeper broke off: {(self.directory / 'keeper.log').read_text()[-3000:]}"}
        answer: dict[str, str] = json.loads(line)
        return answer


def _open_to_all() -> Path:
    """A temporary folder that another system user can enter and whose path leaves room for a socket's name."""
    for folder in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        way = [folder, *folder.resolve().parents]
        if len(str(folder)) <= 40 and all(part.stat().st_mode & stat.S_IXOTH for part in way if part.exists()):
            return folder
    return Path(tempfile.gettempdir())
