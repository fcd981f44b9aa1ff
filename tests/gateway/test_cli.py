"""How every command behaves: one JSON object on standard output, words on standard error, exit codes, no secrets."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from gateway.cli import app
from gateway.commands.terminal import Terminal, plain, run
from gateway.errors import NotPossible, PacketRefused, PortalUnavailable, Problem, SettingWrong
from gateway.secrets import remember
from tests.gateway.office import ACCOUNT, CLIENT, Office, open_office

ROOT = Path(__file__).parent.parent.parent
LOOKS = [
    ("status",),
    ("status", "INV-1001"),
    ("report", "rejections"),
    ("report", "metrics"),
    ("report", "metrics", "--by", "client"),
    ("report", "trend"),
    ("report", "ageing"),
    ("report", "orders"),
    ("checklist",),
    ("checklist", CLIENT),
    ("checklist", "check", "checklists"),
    ("checklist", "schema"),
    ("proposals",),
    ("doctor",),
    ("packet", "schema"),
    ("queue", "dead"),
    ("db", "upgrade"),
]
"""Commands that change nothing, as typed in a folder with one packet at the portal."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with one packet at the portal, shared by tests that only look."""
    with open_office(tmp_path_factory.mktemp("office")) as office:
        office.works("orders")
        office.submitted()
        office.works("poll")
        yield office


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_with_json_standard_output_is_one_object(
    busy: Office, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(busy.folder)
    ran = busy.run(*words, "--json")
    assert ran.code == 0, ran.err
    assert isinstance(ran.json, dict)


@pytest.mark.parametrize("words", [words for words in LOOKS if words[-1] != "schema"], ids=" ".join)
@pytest.mark.parametrize("columns", [80, 120])
def test_without_json_words_fit_the_screen(
    busy: Office, words: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(busy.folder)
    ran = busy.run(*words, columns=columns)
    assert ran.code == 0, ran.err
    assert ran.out.strip()
    assert max(len(line) for line in (ran.out + ran.err).splitlines()) <= columns


def test_no_command_shows_a_secret(busy: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(busy.folder)
    secrets = [file.read_text().strip() for file in (busy.folder / "secrets").iterdir()]
    said = "".join(ran.out + ran.err for words in LOOKS for ran in (busy.run(*words), busy.run(*words, "--json")))
    assert said
    assert not [secret for secret in secrets if secret in said]


# --- settings and mistyping ---------------------------------------------------------------------------------------


def clearbill(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CLEARBILL")}
    env |= {"PYTHONPATH": str(ROOT), **environment}
    typed = [sys.executable, "-m", "gateway.cli", *words]
    return subprocess.run(typed, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def test_without_settings_the_way_out_is_told(tmp_path: Path) -> None:
    ran = clearbill("status", cwd=tmp_path)
    assert ran.returncode == 3
    assert ran.stdout == ""
    assert "clearbill.yaml" in ran.stderr
    assert "--config" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_settings_are_found_by_the_environment(busy: Office, tmp_path: Path) -> None:
    ran = clearbill("status", "--json", cwd=tmp_path, CLEARBILL_CONFIG=str(busy.config))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["accounts"][0]["key"] == ACCOUNT


def test_wrong_settings_are_told_by_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "clearbill.yaml").write_text("prot: 8470\n")
    ran = clearbill("doctor", "--json", cwd=tmp_path)
    assert ran.returncode == 3
    told = json.loads(ran.stdout)
    assert told["error"] == "setting_wrong"
    assert "prot" in told["message"]


def test_a_mistyped_command_is_a_usage_error(busy: Office) -> None:
    assert busy.run("sumbit").code == 2
    assert busy.run("submit").code == 2
    assert busy.run("status", "--limit", "0").code == 2
    told = busy.run("report", "rejections", "--since", "yesterday")
    assert told.code == 2
    assert "2026-11-01" in told.err


def test_reports_are_written_as_one_asks_for_them(busy: Office, tmp_path: Path) -> None:
    for name in ("rejections", "metrics", "trend", "ageing", "orders"):
        files = {ending: tmp_path / f"{name}.{ending}" for ending in ("csv", "xlsx", "pdf")}
        ran = busy.run("report", name, *(word for ending, file in files.items() for word in (f"--{ending}", str(file))))
        assert ran.code == 0, ran.err
        assert files["csv"].read_bytes().count(b"\r\n") >= 1
        assert files["xlsx"].read_bytes().startswith(b"PK")
        assert files["pdf"].read_bytes().startswith(b"%PDF-")
    assert "Undecided" in busy.run("report", "ageing").out


def test_whoever_stops_reading_gets_no_traceback(busy: Office) -> None:
    """As `clearbill packet schema | head -1`, with a reader that is gone before the first word."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for words in (["packet", "schema"], ["status"]):
        typed = [sys.executable, "-m", "gateway.cli", *words, "--config", str(busy.config)]
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            ran = subprocess.run(typed, env=env, stdout=gone, stderr=subprocess.PIPE, text=True, timeout=60)
        assert ran.returncode == 141, ran.stderr
        assert "Traceback" not in ran.stderr
        assert "BrokenPipe" not in ran.stderr


def test_ctrl_c_ends_a_command_quietly(tmp_path: Path) -> None:
    typed = [sys.executable, "-u", "-m", "gateway.cli", "sandbox", "coupa"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        typed, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None
        assert "listens at http://127.0.0.1:" in ran.stdout.readline()
        ran.send_signal(signal.SIGINT)
        _, err = ran.communicate(timeout=30)
    assert ran.returncode == 0
    assert "Traceback" not in err


def test_the_sandbox_says_how_to_use_it(tmp_path: Path) -> None:
    typed = [sys.executable, "-u", "-m", "gateway.cli", "sandbox", "coupa", "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        typed, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None
        said = ""
        while not said.endswith("\n}\n"):
            said += ran.stdout.readline()
        ran.terminate()
        rest, _ = ran.communicate(timeout=30)
    assert rest == ""
    assert json.loads(said)["account"]["url"] == json.loads(said)["url"]


def test_a_portal_without_sandbox_is_refused(busy: Office) -> None:
    ran = busy.run("sandbox", "nowhere", "--json")
    assert ran.code == 1
    assert ran.json["error"] == "not_found"
    assert "coupa" in ran.err


def test_every_command_explains_itself(busy: Office) -> None:
    for group in (None, *app.registered_groups):
        commands = (group.typer_instance if group and group.typer_instance else app).registered_commands
        for each in commands:
            assert each.callback is not None
            assert each.callback.__doc__, each
            words = ([group.name] if group and group.name else []) + [each.name or each.callback.__name__]
            ran = busy.run(*words, "--help")
            assert ran.code == 0, (words, ran.err)
            assert "--json" in ran.out


# --- faults -------------------------------------------------------------------------------------------------------


def raising(fault: BaseException) -> object:
    def command() -> int:
        raise fault

    return command


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (NotPossible("no."), 1),
        (PacketRefused([Problem("/invoice", "is wrong.", "Mend it.")]), 1),
        (SettingWrong("port", "is wrong."), 3),
        (PortalUnavailable("Coupa", "is down"), 3),
        (PermissionError(13, "Permission denied", "clearbill.db"), 3),
        (KeyError("x"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_fault_becomes_its_exit_code(
    fault: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(Terminal(), raising(fault)) == code  # type: ignore[arg-type]


def test_usage_errors_are_left_to_typer() -> None:
    with pytest.raises(typer.BadParameter):
        run(Terminal(), raising(typer.BadParameter("no")))  # type: ignore[arg-type]


def test_a_defect_is_one_line_and_its_details_are_kept_scrubbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "500")
    remember("hunter2-hunter2")
    assert run(Terminal(), raising(RuntimeError("with hunter2-hunter2"))) == 4  # type: ignore[arg-type]
    err = capsys.readouterr().err
    (details,) = tmp_path.glob("clearbill-*.log")
    assert str(details) in err
    assert len(err.splitlines()) == 1
    assert "Traceback" in details.read_text()
    assert "hunter2" not in details.read_text() + err
    assert details.stat().st_mode & 0o077 == 0


def test_with_debug_the_traceback_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(Terminal(debug=True), raising(RuntimeError("x")))  # type: ignore[arg-type]
    assert "Traceback" in capsys.readouterr().err


def test_foreign_words_cannot_act_on_the_terminal() -> None:
    remember("hunter2-hunter2")
    assert plain("a\x1b[31mb\u202ec hunter2-hunter2\r\nd\te") == "a\ufffd[31mb\ufffdc [secret]\nd\te"


def test_a_screen_takes_words_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().show("[red]as it is[/red] [/x] :smile: \x1b]0;title\x07")
    assert capsys.readouterr().out.startswith("[red]as it is[/red] [/x] :smile: \ufffd]0;title\ufffd")


@pytest.mark.parametrize(
    ("command", "begun", "number"),
    [("serve", '"event": "serving"', signal.SIGTERM), ("worker", '"event": "working"', signal.SIGINT)],
)
def test_what_runs_stops_cleanly_when_told(busy: Office, command: str, begun: str, number: signal.Signals) -> None:
    busy.settings(port=0)
    typed = [sys.executable, "-u", "-m", "gateway.cli", command, "--json", "--config", str(busy.config)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(typed, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stderr is not None
        said = ""
        while begun not in said:
            line = ran.stderr.readline()
            assert line, said
            said += line
        ran.send_signal(number)
        out, err = ran.communicate(timeout=60)
    assert ran.returncode == 0, err
    assert json.loads(out)["stopped"] is True
    assert "Stopped" in err
