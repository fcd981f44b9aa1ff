"""Opening PDFs from outside: what a file refers to and does not have is not looked for, and reading has an end.

A PDF whose table of objects is wrong is mended by looking through the whole file, for each object anew; a hostile one
has thousands of them.
"""

import io
import time

from pypdf import PdfReader
from pypdf.generic import IndirectObject, NullObject, PdfObject

MOST_SECONDS = 5.0
"""Processor time within which all that is asked of a file must be answered; fifty pages of text take a fifth of one."""


class TakesTooLong(Exception):
    """Reading this file took more than `MOST_SECONDS`."""


class LimitedReader(PdfReader):
    """pypdf's reader over bytes, for one thread. Raises TakesTooLong besides what that raises."""

    def __init__(self, content: bytes) -> None:
        self._until = time.thread_time() + MOST_SECONDS
        super().__init__(io.BytesIO(content))

    def get_object(self, indirect_reference: int | IndirectObject) -> PdfObject | None:
        """An object of the file; one that its table does not list is null (ISO 32000-2, 7.3.10)."""
        if time.thread_time() > self._until:
            raise TakesTooLong("reading it takes too long")
        number, generation = (
            (indirect_reference, 0)
            if isinstance(indirect_reference, int)
            else (indirect_reference.idnum, indirect_reference.generation)
        )
        listed = number in self.xref.get(generation, {}) or (generation == 0 and number in self.xref_objStm)
        return super().get_object(indirect_reference) if listed else NullObject()
