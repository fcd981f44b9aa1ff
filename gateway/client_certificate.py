"""A client certificate: what some portals take, on a host of their own, in place of a shared secret.

The certificate and its key stay in their files: the settings name them by `file:` references, OpenSSL reads them, and
no byte of the key passes through this program.
"""

import base64
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from gateway.errors import SettingWrong

CERTIFICATE, KEY, PASSWORD = "client_certificate", "client_key", "client_key_password"
"""The names of the references, among an account's secrets."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _UTC_TIME, _VERSION = 0x30, 0x17, 0xA0


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Where the certificate (with its chain, PEM) and its key lie. `setting` names them in errors."""

    certificate: Path
    key: Path
    password: Callable[[], str]
    setting: str


def certificate_from(
    references: Mapping[str, str], setting: str, value_of: Callable[[str, str], str]
) -> ClientCertificate | None:
    """The certificate that an account's references name; None where they name none. The key may stand in the same file.

    Raises SettingWrong where a reference is no file."""
    if CERTIFICATE not in references:
        return None
    certificate = _path(references[CERTIFICATE], f"{setting}.{CERTIFICATE}")
    key = _path(references[KEY], f"{setting}.{KEY}") if KEY in references else certificate

    def password() -> str:
        return value_of(references[PASSWORD], f"{setting}.{PASSWORD}") if PASSWORD in references else ""

    return ClientCertificate(certificate, key, password, f"{setting}.{CERTIFICATE}")


def _path(reference: str, setting: str) -> Path:
    scheme, _, name = reference.partition(":")
    if scheme != "file" or not name:
        raise SettingWrong(setting, "must be a reference such as file:PATH: certificates and keys are read from files.")
    return Path(name)


def tls_for(certificate: ClientCertificate | None, ca_file: Path | None) -> ssl.SSLContext:
    """How a connection proves itself and whom it trusts: the usual authorities, and those in `ca_file`.

    Raises SettingWrong."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as fault:
            raise SettingWrong("ca_file", f"{ca_file} cannot be used ({_reason(fault)}).") from None
    if certificate is not None:
        try:
            # A key without a password never asks for one; with one, OpenSSL must not ask at the terminal.
            context.load_cert_chain(certificate.certificate, certificate.key, certificate.password)
        except (OSError, ssl.SSLError, ValueError) as fault:
            where = f"{certificate.certificate} with the key {certificate.key}"
            message = f"{where} cannot be used ({_reason(fault)}). Both must be PEM, and the key its own."
            raise SettingWrong(certificate.setting, message) from None
    return context


def holds_until(certificate: ClientCertificate) -> datetime:
    """When the certificate runs out (RFC 5280, section 4.1.2.5). Raises SettingWrong where it cannot be read."""
    try:
        pem = _PEM.search(certificate.certificate.read_text("ascii"))
        if pem is None:
            raise ValueError("it holds no certificate")
        return _end_of_validity(base64.b64decode("".join(pem[1].split()), validate=True))
    except (OSError, ValueError, IndexError) as fault:
        message = f"{certificate.certificate} cannot be read ({_reason(fault)})."
        raise SettingWrong(certificate.setting, message) from None


def _reason(fault: Exception) -> str:
    return getattr(fault, "reason", None) or getattr(fault, "strerror", None) or str(fault)


# --- the one date in a certificate, by its DER (ITU-T X.690) --------------------------------------------------------


def _end_of_validity(der: bytes) -> datetime:
    _, start, _ = _field(der, 0)  # Certificate
    _, at, _ = _field(der, start)  # TBSCertificate
    tag, _, after = _field(der, at)
    fields = [after] if tag == _VERSION else [at]
    for _ in range(3):  # serialNumber, signature, issuer
        fields.append(_field(der, fields[-1])[2])
    tag, at, _ = _field(der, fields[-1])
    if tag != _SEQUENCE:
        raise ValueError("it has no validity where one stands")
    _, _, at = _field(der, at)  # notBefore
    tag, start, end = _field(der, at)
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(der[start:end].decode("ascii"), form).replace(tzinfo=UTC)


def _field(der: bytes, at: int) -> tuple[int, int, int]:
    """(tag, where the content begins, where it ends) of the element that begins at `at`."""
    size, start = der[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[at + 2 : start])
    if start + size > len(der):
        raise ValueError("it is cut off")
    return der[at], start, start + size
