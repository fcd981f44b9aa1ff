"""What is wrong with a checklist file: file, line, field, what, and the cure."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import SettingWrong


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a checklist file. `line` counts from 1; `field` is dotted (`documents[2].kind`); `beside`
    is the other file, where two that are right by themselves cannot stand together."""

    file: str
    line: int
    field: str
    message: str
    cure: str
    beside: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.message} {self.cure}".rstrip()


class ChecklistBroken(SettingWrong):
    """Checklist files cannot be used. `faults` lists all that was found, each once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("checklist", "\n".join(str(fault) for fault in self.faults))
