"""The one way commands speak: answers on standard output, words on standard error, faults as an exit code.

With `--json` standard output carries one JSON object and nothing else. Whatever is written is scrubbed of secrets and
of control characters first: portals' words end up on this screen.

Exit codes: 0 done; 1 refused or not possible, which is the caller's to mend; 2 mistyped; 3 trouble with settings,
database or a portal; 4 a defect of Clearbill's own.
"""

import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from gateway.errors import ClearbillError, NotPossible, PacketRefused, Refused, SettingWrong
from gateway.secrets import scrub

if TYPE_CHECKING:
    from gateway.house import House
    from gateway.settings import Settings

DONE, REFUSED, USAGE, TROUBLE, DEFECT = 0, 1, 2, 3, 4
_INTERRUPTED, _PIPE_CLOSED = 130, 141
_SETTINGS_FILE = Path("clearbill.yaml")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Foreign words made fit for a terminal: no secret, no control or direction-changing character."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", scrub(text).replace("\r\n", "\n"))


class Screen(Console):
    """A console on which every plain string is taken as it is: no markup, no emoji, and made fit by `plain`."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """As Rich does, after `plain`."""
        return super().render_str(plain(text), **options)

    def on_broken_pipe(self) -> None:
        """Whoever read us has gone: nothing is left to say, and nothing went wrong."""
        _drop_output()
        raise SystemExit(_PIPE_CLOSED)


@dataclass
class Terminal:
    """What a command is given: where the settings are, how to answer, how to tell."""

    json: bool = False
    config: Path | None = None
    debug: bool = False

    @cached_property
    def out(self) -> Screen:
        """Standard output: answers meant for reading. Nothing goes here with `--json` but `answer`."""
        return Screen()

    @cached_property
    def err(self) -> Screen:
        """Standard error: progress, remarks, faults."""
        return Screen(stderr=True)

    def show(self, what: RenderableType = "") -> None:
        """Part of the answer for people; kept back with `--json`."""
        if not self.json:
            self.out.print(what)

    def heading(self, words: str) -> Text:
        """A line that stands over a part of the answer."""
        return self.out.render_str(words, style="bold")

    def tell(self, words: str) -> None:
        """A remark beside the answer; never on standard output."""
        self.err.print(words)

    def tell_exactly(self, words: str) -> None:
        """As `tell`, for what is to be copied: lines are left as they are, however long."""
        self.err.print(words, soft_wrap=True)

    def answer(self, values: Mapping[str, Any]) -> None:
        """The answer as one JSON object; kept back without `--json`."""
        if self.json:
            sys.stdout.write(json.dumps(_values(values), ensure_ascii=True, indent=2) + "\n")
            sys.stdout.flush()

    def write_file(self, path: Path, content: bytes) -> None:
        """Writes an answer to a file. Raises NotPossible where it cannot be written."""
        try:
            path.write_bytes(content)
        except OSError as fault:
            words = fault.strerror or type(fault).__name__
            raise NotPossible(f"{path} cannot be written ({words}). Name another file.") from None
        self.tell(f"Written to {path}.")

    def has_settings(self) -> bool:
        """Whether an installation was named or is in this folder."""
        return self.config is not None or _SETTINGS_FILE.exists()

    def settings(self) -> "Settings":
        """The installation's settings. Raises SettingWrong."""
        from gateway.settings import load

        log_to_standard_error("error")  # commands speak for themselves
        if not self.has_settings():
            raise SettingWrong(
                str(_SETTINGS_FILE),
                "is not in this folder. Go to the folder that holds it, name a file with --config, or set "
                "CLEARBILL_CONFIG.",
            )
        return load(self.config or _SETTINGS_FILE)

    @contextmanager
    def house(self) -> "Iterator[House]":
        """The installation, open. Raises SettingWrong."""
        from gateway.house import open_house

        with open_house(self.settings()) as house:
            yield house

    def refuse(self, fault: ClearbillError) -> int:
        """Tells a fault in its own words and answers the exit code it stands for."""
        if self.json:
            self.answer({"error": _kind_of(fault), **fault_values(fault)})
        for line in fault_lines(fault):
            self.tell(line)
        return REFUSED if isinstance(fault, Refused) else TROUBLE

    def defect(self, fault: Exception, trouble: str = "") -> int:
        """Tells what nobody foresaw in one line, and keeps the details in a file."""
        path = _kept_details(fault)
        words = trouble or f"Clearbill met a defect of its own ({type(fault).__name__})."
        if self.json:
            self.answer({"error": "trouble" if trouble else "defect", "message": words, "details": str(path)})
        self.tell(f"{words} The details are in {path}." + ("" if trouble else " Please report them."))
        if self.debug:
            self.tell("".join(traceback.format_exception(fault)))
        return TROUBLE if trouble else DEFECT


def run(terminal: Terminal, command: Callable[[], int | None]) -> int:
    """Runs a command and answers its exit code; no fault passes by here as a traceback."""
    try:
        code = command() or DONE
        sys.stdout.flush()
    except ClearbillError as fault:
        return terminal.refuse(fault)
    except (typer.Exit, typer.BadParameter):
        raise  # mistyped: Typer tells it with the command's usage
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return _PIPE_CLOSED
    except Exception as fault:
        return terminal.defect(fault, _outside_trouble(fault))
    return code


def fault_lines(fault: ClearbillError) -> Sequence[str]:
    """A fault as lines for reading: each problem of a packet on its own."""
    if isinstance(fault, PacketRefused):
        return [f"  - {problem}" for problem in fault.problems]
    words = str(fault)
    return (words[:1].upper() + words[1:]).splitlines()


def fault_values(fault: ClearbillError) -> dict[str, Any]:
    """A fault as JSON has it: the words, and a packet's problems with path and cure."""
    problems = [asdict(problem) for problem in fault.problems] if isinstance(fault, PacketRefused) else []
    return {"message": str(fault), "problems": problems}


def log_to_standard_error(level: str) -> None:
    """Logs from this level on go to standard error, scrubbed: a line for eyes on a terminal, JSON elsewhere."""
    import structlog

    on_terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,  # which job, and of which packet
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrubbed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _scrubbed(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last look at a log line: no secret in any of its texts."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in event.items()}


def _kind_of(fault: ClearbillError) -> str:
    """`PacketRefused` as `packet_refused`: the same names as at the HTTP door."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(fault).__name__).lower()


def _outside_trouble(fault: Exception) -> str:
    """Words for what is not Clearbill's own doing: the database or the machine; "" otherwise."""
    if isinstance(fault, OSError):
        name = f" {fault.filename}" if fault.filename else ""
        return f"The machine refused{name}: {fault.strerror or type(fault).__name__}."
    if "sqlalchemy" in sys.modules:
        from gateway.store.database import DatabaseTrouble

        if isinstance(fault, DatabaseTrouble):
            first = scrub(str(getattr(fault, "orig", fault))).strip().splitlines()
            return f"The database does not answer as it should: {first[0] if first else type(fault).__name__}."
    return ""


def _kept_details(fault: Exception) -> Path:
    handle, name = tempfile.mkstemp(prefix="clearbill-", suffix=".log")  # readable by this user alone
    with open(handle, "w", encoding="utf-8") as file:
        file.write(scrub("".join(traceback.format_exception(fault))))
    return Path(name)


def _drop_output() -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())


def _values(value: Any) -> Any:
    """Values as JSON has them: exact decimals and times as text, secrets blotted."""
    if isinstance(value, Mapping):
        return {str(key): _values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_values(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(value.isoformat() if isinstance(value, datetime | date) else str(value))
