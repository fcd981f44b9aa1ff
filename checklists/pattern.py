"""Patterns of a client's own: regular expressions in RE2's syntax, which takes a time that grows with the text alone.

A checklist is data, and one unlucky pattern must not hold whoever checks with it: Python's own expressions may go back
and forth over forty characters for years.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False  # the caller is told
MOST_CHARACTERS = 1_000
_COUNTLESS: Final = re.compile(r"\{(?:\d*,)?\d{5,}[^}]*\}")


class Pattern:
    """A compiled pattern. Raises ValueError, in words for whoever wrote it, where it is none.

    `groups`: the names of its named groups. A match answers `groupdict()` and `[name]` as Python's do."""

    __slots__ = ("_compiled", "groups", "text")

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"is longer than {MOST_CHARACTERS} characters")
        if repeated := _COUNTLESS.search(text):  # RE2 takes these for plain text
            raise ValueError(f"is not a regular expression: {repeated.group()} repeats more often than it may")
        try:
            self._compiled = re2.compile(text, options=_OPTIONS)
        except re2.error as fault:
            said = fault.args[0]
            said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
            raise ValueError(
                f"is not a regular expression as RE2 reads them (no look-around, no back-references): {said}"
            ) from None
        groups: Mapping[str, int] = self._compiled.groupindex
        self.text, self.groups = text, frozenset(groups)

    def fits(self, value: str) -> bool:
        """Whether the whole value is as the pattern says."""
        return self._compiled.fullmatch(value) is not None

    def search(self, line: str) -> Any:
        """The first match within the line, or None."""
        return self._compiled.search(line)

    def finditer(self, line: str) -> Iterator[Any]:
        """Every match within the line, in order."""
        found: Iterator[Any] = self._compiled.finditer(line)
        return found

    def __reduce__(self) -> tuple[type["Pattern"], tuple[str]]:
        return Pattern, (self.text,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)
