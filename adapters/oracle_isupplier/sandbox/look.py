"""What differs with every start of the server, and what an address is sealed with (facts 4.3, 4.5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import string

from .knobs import Knobs

_WORDS = (
    "PoNumber CreateInvBtn SearchInvoiceNum SearchPoNumber SearchRelNumber SearchPaymentNumber SearchInvoiceStatus"
    " SearchPaymentStatus SearchInvoiceAmountFrom SearchInvoiceAmountTo SearchDueAmountFrom SearchDueAmountTo"
    " SearchInvoiceDateFrom SearchInvoiceDateTo SearchDueDateFrom SearchDueDateTo customizeSubmitButton clearButton"
    " advancedSearchButton ExportBtn SrchBtn Value_0 Okay ReturnTo FileName AkDescription AkAttachmentCategory"
    " FileInput_oafileUpload URLInput AkAttachR1 AkAttachR2 attType attachTitle attachDescription categoryList"
    " FileInput addTableRow1 SubmitButton ActionGoBtn"
)
CONFIRMED = frozenset(_WORDS.split())
"""Item ids that sources name (facts 2, 4.9, 5, 6, 7.1). All others are unknown, and here volatile."""


class Look:
    """Ids, classes and seals of one start. `seed` makes them repeatable."""

    def __init__(self, knobs: Knobs, seed: int | None) -> None:
        self.random = random.Random(seed)  # noqa: S311 - looks and delays, nothing to guard
        self._knobs = knobs
        self._key = self.random.randbytes(32)
        self._number = self.random.randrange(3, 200)
        self._classes: dict[str, str] = {}

    def css(self, logical: str) -> str:
        """The compressed class name of this start for a logical one."""
        if logical not in self._classes:
            while (made := f"x{self._letters(2)}") in self._classes.values():
                pass
            self._classes[logical] = made
        return self._classes[logical]

    def _letters(self, length: int) -> str:
        return "".join(self.random.choice(string.ascii_lowercase + string.digits) for _ in range(length))

    def prefix(self) -> str:
        """What stands before ids in tables: `N58:`, or nothing."""
        knob = self._knobs.text("id_prefix")
        if knob == "none":
            return ""
        return f"N{self._number if knob == 'per_start' else self.random.randrange(3, 999)}:"

    def item(self, name: str) -> str:
        """The id of an item: as sources have it, or volatile where none does."""
        knob = self._knobs.text("unconfirmed_ids")
        if name in CONFIRMED or knob == "plain":
            return name
        made = hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()
        return f"Isp{made[:4]}{name}" if knob == "suffixed" else f"Isp{made[:10]}"

    def token(self) -> str:
        """A parameter of a button, new with every page."""
        return "".join(self.random.choice(string.ascii_letters + string.digits) for _ in range(10))

    def seal(self, text: str) -> str:
        """A MAC of 22 characters with the two dots that end it on real pages."""
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:22] + ".."

    def is_sealed(self, text: str, seal: str) -> bool:
        """Whether that is the text's seal."""
        return hmac.compare_digest(self.seal(text).encode(), seal.encode())

    def between(self, low: float, high: float) -> float:
        """A number in a range, as delays want it."""
        return low if high <= low else self.random.uniform(low, high)
