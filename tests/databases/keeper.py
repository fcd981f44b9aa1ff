"""The process that keeps a run's PostgreSQL server: `python -m tests.databases.keeper RUN_DIRECTORY BINARIES FSYNC`.

It starts the server, prints one line of JSON (`{"url": ...}` or `{"error": ...}`), and then waits for the lock that the
test run holds on `RUN_DIRECTORY/alive`. The kernel gives that lock away when the run ends, be it by SIGKILL; then
the server is stopped and the directory removed. Nothing here polls, and nothing outlives the run.
"""

import fcntl
import json
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.databases.server import PostgresqlServer, ServerFailed


def keep(run_directory: Path, binaries: Path, fsync: str) -> int:
    server = None
    run_is_over = False
    # Whoever gets this lock later knows that the keeper is gone and its server with it.
    with (run_directory / "keeper").open("w") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        try:
            server = PostgresqlServer(binaries, run_directory / "postgresql", fsync)
            _answer({"url": server.start()})
            with (run_directory / "alive").open() as alive:
                fcntl.flock(alive, fcntl.LOCK_EX)
            run_is_over = True
        except ServerFailed as failure:
            _answer({"error": str(failure)})
            return 1
        finally:
            if server is not None:
                server.stop()
            if run_is_over:
                shutil.rmtree(run_directory, ignore_errors=True)
    return 0


def _answer(words: dict[str, str]) -> None:
    print(json.dumps(words), flush=True)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    sys.exit(keep(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
