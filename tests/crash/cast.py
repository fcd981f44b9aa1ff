"""Who may be killed: workers and suppliers, each a process of its own.

They are forked from one server process that has the product loaded already, so that dying and coming back is quick.
"""

import importlib
import os
import signal
import sys
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

_START = 30.0  # seconds; generous, for machines that are busy with other tests
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["tests.crash.worker", "tests.crash.handing_in", "tests.crash.receiver", "adapters.coupa", "adapters.ariba"]
)


class Being:
    """One process that may be struck. `log` receives its standard error."""

    def __init__(self, module: str, options: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._begun, begins = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_live, args=(module, tuple(options), dict(environment), str(log), begins), daemon=True
        )
        self._says_so = False
        self._process.start()
        begins.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def begun(self) -> None:
        """Returns when it says that it has begun, or is gone already."""
        if not self._says_so:
            assert self._begun.poll(_START), f"process {self.pid} does not begin"
            self._says_so = True

    def strike(self, number: signal.Signals) -> None:
        """Sends a signal; nothing when it is gone."""
        if self._process.is_alive():
            os.kill(self.pid, number)

    def ends(self, within: float = _START) -> int | None:
        """Its exit code, negative for a signal; None when it lives on."""
        self._process.join(within)
        return self._process.exitcode

    def lives(self) -> bool:
        """Whether it is still there."""
        return self._process.is_alive()

    def bury(self) -> None:
        """Leaves nothing of it."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._begun.close()


def _live(module: str, options: Sequence[str], environment: Mapping[str, str], log: str, begins: Connection) -> None:
    os.environ.update(environment)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), sys.stderr.fileno())
    warnings.simplefilter("error")
    play = importlib.import_module(f"tests.crash.{module}")
    sys.exit(play.main(options, begun=lambda: begins.send_bytes(b"begun")))
