"""The fixtures themselves: empty, apart from each other, and nothing left running when a run is killed."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.databases.binaries import NO_BINARIES, OVERRIDE, find

ROOT = Path(__file__).parent.parent


def make_a_table(url: str) -> list[str]:
    """The tables found there before, after making one more."""
    engine = create_engine(url)
    try:
        before = inspect(engine).get_table_names()
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE packet (id INTEGER PRIMARY KEY)"))
        return before
    finally:
        engine.dispose()


def test_a_test_gets_an_empty_database(database_url: str) -> None:
    assert make_a_table(database_url) == []


def test_the_next_test_does_not_see_the_tables_of_the_one_before(database_url: str) -> None:
    assert make_a_table(database_url) == []


def test_both_databases_can_be_had_in_one_test(sqlite_url: str, postgresql_url: str) -> None:
    assert sqlite_url.startswith("sqlite:///")
    assert postgresql_url.startswith("postgresql+psycopg://")


def test_the_server_waits_for_the_disk_and_listens_on_loopback_only(
    postgresql_server: str, pytestconfig: pytest.Config
) -> None:
    with psycopg.connect(postgresql_server) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'listen_addresses')"
        ).fetchall()
    fsync = pytestconfig.getoption("postgresql_fsync")
    assert dict(rows) == {"fsync": fsync, "synchronous_commit": "on", "listen_addresses": "127.0.0.1"}


def test_the_server_asks_for_a_password(postgresql_server: str) -> None:
    user, place = postgresql_server.rsplit("@", 1)
    with pytest.raises(psycopg.OperationalError, match="authentication"):
        psycopg.connect(f"{user.rsplit(':', 1)[0]}:wrong@{place}")


def is_alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="waits for processes by pidfd, which is Linux's")
@pytest.mark.parametrize("victim", ["run", "keeper"])
def test_a_killed_process_of_the_run_takes_the_server_with_it(victim: str, tmp_path: Path) -> None:
    """Another run is started as a process of its own, its server brought up, and the process killed outright."""
    binaries = find()
    if binaries is None:
        pytest.skip(NO_BINARIES)
    program = (
        "import sys, psycopg; from pathlib import Path; from tests.databases.run import TestRun\n"
        "run = TestRun.open(); url = run.postgresql(Path(sys.argv[1]), 'off')\n"
        "postmaster = (run.directory / 'postgresql/data/postmaster.pid').read_text().split()[0]\n"
        "print(run._keeper.pid, postmaster, run.directory, flush=True); sys.stdin.read(); run.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(binaries)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        keeper, postmaster, directory = run.stdout.readline().split()
        watched = [os.pidfd_open(int(pid)) for pid in (keeper, postmaster)]
        os.kill(run.pid if victim == "run" else int(keeper), signal.SIGKILL)
        wait_for_end(watched)
        assert not is_alive(int(postmaster))
    assert not Path(directory).exists()


def wait_for_end(pidfds: list[int]) -> None:
    """A pidfd becomes readable when its process ends; pytest-timeout bounds the wait."""
    for pidfd in pidfds:
        select.select([pidfd], [], [])
        os.close(pidfd)


def test_without_binaries_the_test_is_skipped_aloud(tmp_path: Path) -> None:
    ran = run_a_test_without_binaries(tmp_path, ci="")
    assert ran.returncode == 0, ran.stdout
    assert f"{NO_BINARIES}: 1 tests did not run" in ran.stdout


def test_without_binaries_a_run_in_ci_fails(tmp_path: Path) -> None:
    ran = run_a_test_without_binaries(tmp_path, ci="true")
    assert ran.returncode == 1
    assert NO_BINARIES in ran.stdout


def run_a_test_without_binaries(tmp_path: Path, ci: str) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import *\nfrom tests.conftest import _postgresql_admin\n"
    )
    (tmp_path / "test_one.py").write_text("def test_one(postgresql_url):\n    assert postgresql_url\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            "-c",
            os.devnull,
            str(tmp_path),
        ],
        env={
            **os.environ,
            OVERRIDE: "none",
            "CI": ci,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
