"""No secret in anything that is kept or said, whatever goes wrong: all evidence, archives unpacked, every event and
every log line are read for the password, the seed, the codes, the session and the bank account."""

import io
import json
import logging
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
import structlog

from gateway.store import events
from tests.adapters.oracle_isupplier.ebs.billing import ACCOUNT, Billing, open_billing
from tests.adapters.oracle_isupplier.ebs.conftest import Office

BANK = "SANDBOX-BANK-4711"
OF_WRITES = ("page.html", "trouble.jpeg", "recording.zip")
OF_SIGNING_IN = ("page.html", "trouble.jpeg")
FAULTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "lost answer": ({"kind": "lost_answer", "door": "submit"}, OF_WRITES),
    "cut": ({"kind": "cut", "door": "submit"}, OF_WRITES),
    "error page": ({"kind": "error_page_after", "door": "submit"}, OF_WRITES),
    "garbage": ({"kind": "garbage", "door": "submit"}, OF_WRITES),
    "sign-in page": ({"kind": "login_page", "door": "submit"}, OF_WRITES),
    "maintenance": ({"kind": "maintenance", "door": "post", "after": 6}, OF_WRITES),
}


def _changed(office: Office) -> None:
    office.settings["profile"] = {"columns": {"quantity": "Number of pieces"}}


def _wrong_password(office: Office) -> None:
    office.secrets["password"] = "no-longer-right-at-all"


def _wrong_seed(office: Office) -> None:
    office.secrets["totp_seed"] = pyotp.random_base32()


STOPS: dict[str, Callable[[Office], None]] = {
    "page changed": _changed,
    "wrong password": _wrong_password,
    "wrong code": _wrong_seed,
    "expired": lambda office: office.portal.user(buyer=office.buyer, expired=True),
    "locked": lambda office: office.portal.user(buyer=office.buyer, locked=True),
}


@pytest.mark.driven
@pytest.mark.parametrize("trouble", [*FAULTS, *STOPS])
def test_no_secret_is_kept_or_said_whatever_goes_wrong(
    open_office: Callable[..., Office],
    sqlite_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    trouble: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    office = open_office("plain", totp_secret="default")
    office.settings["second_factor"] = "totp"
    begun = time.time()
    if trouble in FAULTS:
        office.portal.fault(buyer=office.buyer, **FAULTS[trouble][0])
    else:
        STOPS[trouble](office)
    with open_billing(office, sqlite_url, tmp_path) as billing, structlog.testing.capture_logs() as logs:
        packet = billing.hand_over("INV-1")
        billing.work()
        kept, said = _kept(billing, packet)
        names = {name for subject in (packet, f"account:{ACCOUNT}") for name, _ in billing.evidence(subject)}
    if trouble in STOPS:
        shown = 2 if trouble in ("page changed", "wrong code") else 1  # the password, and the code behind a right one
        assert office.sign_ins() == shown, "shown more than once, which could lock the account"
    assert names >= set(FAULTS[trouble][1] if trouble in FAULTS else OF_SIGNING_IN), names
    everything = b"\n".join([kept, said, repr(logs).encode(), caplog.text.encode()])
    hidden = [*office.secrets.values(), BANK, *office.portal._buyer(office.buyer).desk.sessions]
    assert [words for words in hidden if words.encode() in everything] == []
    assert _codes_in(everything, office.secrets["totp_seed"], begun) == []


def _kept(billing: Billing, packet: str) -> tuple[bytes, bytes]:
    """All evidence, unpacked, of the packet and of the account; and all of their events."""
    files = [*billing.evidence(packet), *billing.evidence(f"account:{ACCOUNT}")]
    with billing.house.database.read() as tx:
        told = [repr(event) for subject in (packet, f"account:{ACCOUNT}") for event in events.history(tx, subject)]
    return b"\n".join(_unpacked(content) for _, content in files), json.dumps(told).encode()


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(_unpacked(archive.read(member)) for member in archive.namelist())


def _codes_in(content: bytes, seed: str, begun: float) -> list[str]:
    """One-time codes that were valid meanwhile and stand in `content` as numbers of their own."""
    codes = {pyotp.TOTP(seed).at(int(moment)) for moment in range(int(begun), int(time.time()) + 30, 30)}
    return [code for code in codes if re.search(rb"(?<![\d.])" + code.encode() + rb"(?![\d])", content)]
