"""One PostgreSQL server on loopback, from `initdb` to a stop that leaves no process behind."""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 60
"""A cold disk and two busy cores: far more than a start takes, which is below a second."""


class ServerFailed(RuntimeError):
    """The server did not start; the text holds what it said."""


class PostgresqlServer:
    """A server in a folder of its own, run by another system user where we are root (PostgreSQL refuses root).

    A folder that a stopped server left behind is taken up again, with all its databases."""

    def __init__(self, binaries: Path, folder: Path, fsync: str) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "postgresql.log"
        self._fsync = fsync
        self._account = _account()
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(mode=0o755, exist_ok=True)
        if self._account:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        self._binaries = self._reachable(binaries)
        if (self._data / "PG_VERSION").exists():
            self._password = (folder / "password").read_text()
        else:
            self._initialise()

    def start(self) -> str:
        """Starts the server and answers with the URL of its `postgres` database.

        A free port can be taken by someone else before the server has it, hence several tries.
        """
        for _ in range(5):
            port = _free_port()
            self._process = self._launch(port)
            url = f"postgresql://postgres:{self._password}@127.0.0.1:{port}/postgres"
            if self._is_up(url):
                return url
        raise ServerFailed(f"PostgreSQL did not start; its log ends:\n{self._log_end()}")

    def stop(self) -> None:
        """Asks for a fast stop, then an immediate one, then kills."""
        if self._process is None:
            return
        for sign, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            self._process.send_signal(sign)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, copied beside the data where the other user cannot enter their folder (as under /root)."""
        if self._account is None or self._can_run(binaries):
            return binaries
        installed, package = binaries.parent, binaries.parents[1]
        copies = self._folder / "copies"
        shutil.copytree(installed, copies / package.name / installed.name, symlinks=True, dirs_exist_ok=True)
        # A wheel keeps its shared libraries beside the package, and the binaries look for them by relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copies / libraries.name, dirs_exist_ok=True)
        return copies / package.name / installed.name / binaries.name

    def _can_run(self, binaries: Path) -> bool:
        try:
            return self._run(binaries / "postgres", "--version").returncode == 0
        except PermissionError:
            return False

    def _initialise(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        if self._account:
            os.chown(password_file, self._account.pw_uid, self._account.pw_gid)
        made = self._run(
            self._binaries / "initdb",
            f"--pgdata={self._data}",
            "--username=postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        if made.returncode:
            raise ServerFailed(f"initdb failed: {made.stderr.decode(errors='replace')}")

    def _run(self, *command: str | Path) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(command, capture_output=True, cwd=self._folder, env=_ENVIRONMENT, **self._as_account())

    def _launch(self, port: int) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self._folder),
            "fsync": self._fsync,
            "max_connections": "200",
            "shared_buffers": "64MB",
            "log_min_messages": "fatal",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=_ENVIRONMENT,
                preexec_fn=_end_with_parent,
                **self._as_account(),
            )

    def _is_up(self, url: str) -> bool:
        """Waits until the server answers; False as soon as its process has ended."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                # The answer must be ours, not that of a stranger who took the port first.
                return self._process.poll() is None
        self.stop()
        return False

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:] if self._log.exists() else "(no log)"


_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C"}


def _account() -> pwd.struct_passwd | None:
    """The system user who runs the server: None (ourselves) unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerFailed("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """On Linux the kernel stops the server (SIGQUIT: at once) should the process that keeps it be killed."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGQUIT)
