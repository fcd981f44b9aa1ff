"""What is known of a client certificate without showing it to anybody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.client_certificate import certificate_from, holds_until
from gateway.doctor import Health, examine
from gateway.errors import SettingWrong
from gateway.settings import settings_from
from tests.tls import authority, issued, needs_openssl


def _never(reference: str, setting: str) -> str:
    raise AssertionError("no secret's value is asked for")


def _named(path: Path) -> dict[str, str]:
    return {"client_certificate": f"file:{path}", "client_key": f"file:{path.with_suffix('.key')}"}


@needs_openssl
def test_the_day_it_runs_out_is_read_from_the_certificate(tmp_path: Path) -> None:
    certificate = certificate_from(_named(issued(authority(tmp_path, "ca"), "we", days=40)), "x", _never)
    assert certificate is not None
    left = holds_until(certificate) - datetime.now(UTC)
    assert timedelta(days=39) < left < timedelta(days=41)


@pytest.mark.parametrize(
    "content",
    [
        "nothing of the kind",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_is_told_by_its_setting(tmp_path: Path, content: str) -> None:
    path = tmp_path / "we.pem"
    path.write_text(content, "ascii")
    certificate = certificate_from({"client_certificate": f"file:{path}"}, "accounts.x.secrets", _never)
    assert certificate is not None
    with pytest.raises(SettingWrong, match=r"accounts\.x\.secrets\.client_certificate"):
        holds_until(certificate)


@needs_openssl
@pytest.mark.parametrize(("days", "health"), [(90, Health.ok), (5, Health.warn)])
def test_the_doctor_says_how_long_ours_holds(tmp_path: Path, days: int, health: Health) -> None:
    path = issued(authority(tmp_path, "ca"), "we", days=days)
    account = {"portal": "ariba", "secrets": _named(path), "ca_file": "ca.pem"}
    settings = settings_from({"accounts": {"network": account}}, tmp_path / "clearbill.yaml")
    assert settings.accounts["network"].ca_file == tmp_path / "ca.pem"
    (line,) = [line for line in examine(settings, ask_portals=False) if "client certificate" in line.says]
    assert (line.health, line.subject) == (health, "account network")
