"""Which browser is started, and what is said where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.browser import SETTING, browser_on_this_machine
from gateway.errors import SettingWrong

ROOT = Path(__file__).parents[2]


def _program(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    return program


def test_the_machines_own_browser_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("gateway.browser.ELSEWHERE", ())
    assert browser_on_this_machine() is None, "none there: Playwright's own is meant"
    chrome = _program(tmp_path, "google-chrome")
    assert browser_on_this_machine() == str(chrome)
    chromium = _program(tmp_path, "chromium")
    assert browser_on_this_machine() == str(chromium)


def test_another_browser_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _program(tmp_path, "my-browser")
    monkeypatch.setenv(SETTING, str(mine))
    assert browser_on_this_machine() == str(mine)
    monkeypatch.setenv(SETTING, str(tmp_path / "nowhere"))
    with pytest.raises(SettingWrong, match="nowhere"):
        browser_on_this_machine()


def test_set_up_hears_that_there_is_no_browser() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "gateway.browser"],
        cwd=ROOT,
        env={**os.environ, SETTING: "none"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert SETTING in told.stderr


def test_a_program_that_is_no_browser_is_named_in_the_answer(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "gateway.browser"],
        cwd=ROOT,
        env={**os.environ, SETTING: str(_program(tmp_path, "my-browser"))},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert "my-browser does not start" in told.stderr


def test_what_playwright_switches_off_stays_off(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = _program(tmp_path, "my-browser")
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\n')
    command = [sys.executable, "-m", "gateway.browser"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, SETTING: str(program)}, capture_output=True, check=False)
    mark = "--disable-features="
    lists = [line.removeprefix(mark).split(",") for line in asked.read_text().splitlines() if line.startswith(mark)]
    assert len(lists) == 2, "Playwright's own and ours"
    assert set(lists[0]) <= set(lists[1]), "the second replaces the first"
