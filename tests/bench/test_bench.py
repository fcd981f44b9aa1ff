"""The benches work; how fast things are is for `make bench` to say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_every_bench_runs_to_its_end_with_small_numbers() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.bench", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for bench in ("through", "polls", "line", "reckoning", "push", "isupplier", "flat", "preflight"):
        assert bench in done.stdout
    assert "MISS" not in done.stdout
