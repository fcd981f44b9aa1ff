"""The benches work; how fast things are is for `make bench` to say."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES

ROOT = Path(__file__).parents[2]
BY_BROWSER = {"isupplier", "flat"}


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_bench_runs_to_its_end_with_small_numbers() -> None:
    _runs(sorted(BENCHES.keys() - BY_BROWSER))


@pytest.mark.driven
@pytest.mark.timeout(300)
def test_every_bench_of_a_browser_runs_to_its_end_with_small_numbers() -> None:
    _runs(sorted(BY_BROWSER))


def _runs(names: Sequence[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.bench", "--quick", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for bench in names:
        assert bench in done.stdout
    assert "MISS" not in done.stdout
