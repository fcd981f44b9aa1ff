"""The two ways out: mail handed in by SMTP (RFC 5321, 6409), and JSON posted to one address.

Nothing is tried twice here. What failed says whether it can have arrived: `NotGone` it cannot, `MaybeGone` it can.
The address comes from the settings alone; redirects are not followed and what is answered is read to a small limit, so
that a notice leads nowhere that the settings do not name.
"""

import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.errors import ClearbillError, SettingWrong
from gateway.notices.bulletin import as_chat, as_html, as_text, bulletin_from
from gateway.secrets import scrub, value_of
from gateway.settings import LOOPBACK, MailServer, NoticeChannel, NoticeSettings
from gateway.store.notices import NoticeRecord

STEP_SECONDS = 10.0
"""Between two signs of life of the other side."""
WHOLE_SECONDS = 30.0
"""For one message in all."""
_ANSWER_BYTES = 65_536
_WORDS = 300


class NotGone(ClearbillError):
    """The message has not been taken; the words say why."""


class MaybeGone(ClearbillError):
    """The message may have been taken: no answer, or one that does not say."""


def send(settings: NoticeSettings, key: str, notice: NoticeRecord) -> None:
    """Sends one notice through the channel `key`. Raises NotGone, MaybeGone, and SettingWrong for a missing secret."""
    channel = settings.channels[key]
    if channel.to is not None and settings.mail is not None:
        _hand_in(settings.mail, _mail(settings.mail, channel.to, notice), channel.to)
    elif channel.chat is not None:
        body = json.dumps({"text": as_chat(bulletin_from(notice.told["bulletin"]))}).encode()
        _post(value_of(channel.chat, f"notices.channels.{key}.chat"), body, notice, None)
    elif channel.webhook is not None and channel.key is not None:
        signing_key = value_of(channel.key, f"notices.channels.{key}.key")
        _post(value_of(channel.webhook, f"notices.channels.{key}.webhook"), _data(notice), notice, signing_key)


def secrets_of(settings: NoticeSettings, key: str) -> dict[str, str]:
    """The secret references that a channel leans on, by setting."""
    channel: NoticeChannel = settings.channels[key]
    found = {f"notices.channels.{key}.{name}": getattr(channel, name) for name in ("chat", "webhook", "key")}
    if channel.to is not None and settings.mail is not None:
        found["notices.mail.password"] = settings.mail.password
    return {setting: reference for setting, reference in found.items() if reference is not None}


# --- mail ---------------------------------------------------------------------------------------------------------


def _mail(server: MailServer, to: str, notice: NoticeRecord) -> EmailMessage:
    """The message; the same for every try, its Message-ID and date among it."""
    told = bulletin_from(notice.told["bulletin"])
    message = EmailMessage(policy=_SEVEN_BIT)
    message["From"] = server.sender
    message["To"] = to
    message["Subject"] = f"Clearbill: {told.headline}"
    message["Date"] = format_datetime(notice.made_at)
    message["Message-ID"] = notice.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to us
    if told.urgent:
        message["Importance"] = "high"
    message.set_content(scrub(as_text(told)))
    message.add_alternative(scrub(as_html(told)), subtype="html")
    message.set_boundary(f"part-{notice.message_id.strip('<>').partition('@')[0]}")
    return message


def _hand_in(server: MailServer, message: EmailMessage, to: str) -> None:
    password = value_of(server.password, "notices.mail.password") if server.password else ""
    begun = False
    try:
        with _opened(server) as smtp:
            if server.user:
                smtp.login(server.user, password)
            _agreed(smtp.mail(server.sender), "the sender")
            _agreed(smtp.rcpt(to), "the recipient")
            begun = True
            _agreed(smtp.data(message.as_bytes()), "the message")
    except smtplib.SMTPDataError as fault:  # DATA itself was refused: nothing of the message went
        raise NotGone(f"the mail server refused the message: {_legible(fault.smtp_code, fault.smtp_error)}") from None
    except smtplib.SMTPResponseException as fault:
        raise NotGone(f"the mail server refused us: {_legible(fault.smtp_code, fault.smtp_error)}") from None
    except (smtplib.SMTPException, OSError) as fault:
        words = scrub(f"{type(fault).__name__}: {fault}")[:_WORDS]
        if begun:
            raise MaybeGone(f"the mail server fell silent while it had the message ({words})") from None
        raise NotGone(f"the mail server {server.host}:{server.port} cannot be used ({words})") from None


@contextmanager
def _opened(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A conversation that ends by itself, however slowly the other side speaks; nobody waits for its good-bye."""
    tls = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    us = socket.gethostname()
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, us, timeout=STEP_SECONDS, context=tls)
    else:
        smtp = smtplib.SMTP(server.host, server.port, us, timeout=STEP_SECONDS)
    patience = threading.Timer(WHOLE_SECONDS, _hang_up, (smtp,))
    patience.daemon = True
    patience.start()
    try:
        if server.security == "starttls":
            smtp.starttls(context=tls)  # raises where the server does not offer it: nothing goes in the clear
        smtp.ehlo_or_helo_if_needed()
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.putcmd("QUIT")
    finally:
        patience.cancel()
        smtp.close()


def _hang_up(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        _shut(smtp.sock)


def _shut(connection: socket.socket) -> None:
    """Whoever waits for the other side gets an error at once; nothing where the connection has gone already."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _agreed(answer: tuple[int, bytes], what: str) -> None:
    if answer[0] not in _YES:
        raise NotGone(f"the mail server refused {what}: {_legible(*answer)}")


def _legible(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return scrub(f"{code} {' '.join(text.split())}")[:_WORDS]


_SEVEN_BIT = SMTP.clone(cte_type="7bit")  # servers that take no more are still there (RFC 6152 is optional)
_YES = (250, 251)


# --- JSON ---------------------------------------------------------------------------------------------------------


def _data(notice: NoticeRecord) -> bytes:
    """The notice as data: what a bulletin holds, its id, kind and time."""
    told = bulletin_from(notice.told["bulletin"])
    values = {"id": notice.message_id, "kind": notice.kind, "made_at": notice.made_at.isoformat(), "more": told.more}
    return json.dumps({**told.values(), **values}).encode()


def signature(key: str, moment: int, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 (RFC 2104) over the moment, a full stop and the body."""
    digest = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _post(url: str, body: bytes, notice: NoticeRecord, key: str | None) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SettingWrong("notices.channels", "an address that notices are posted to must begin with https://.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": notice.message_id, "User-Agent": "clearbill"}
    if key is not None:
        headers["Clearbill-Signature"] = signature(key, int(time.time()), body)
    try:
        with (
            httpx.Client(timeout=STEP_SECONDS, follow_redirects=False, trust_env=False) as client,
            _ended_in_time() as seen,
            client.stream("POST", url, content=body, headers=headers, extensions={"trace": seen}) as answer,
        ):
            status = answer.status_code
            _drop(answer)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as fault:
        raise NotGone(f"the address cannot be reached ({scrub(str(fault)) or type(fault).__name__})") from None
    except (httpx.HTTPError, httpx.StreamError) as fault:
        raise MaybeGone(f"no whole answer came ({scrub(str(fault)) or type(fault).__name__})") from None
    if 300 <= status < 400:
        raise NotGone(f"the address answers HTTP {status} and leads elsewhere, where nothing is posted")
    if 400 <= status < 500:
        raise NotGone(f"the address refused it: HTTP {status}")
    if not 200 <= status < 300:
        raise MaybeGone(f"the address answered HTTP {status}")


@contextmanager
def _ended_in_time() -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """A conversation that ends by itself: every connection that the client tells of is shut after the time for all."""
    opened: list[socket.socket] = []

    def seen(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            opened.append(info["return_value"].get_extra_info("socket"))

    def end() -> None:
        for connection in opened:
            _shut(connection)

    patience = threading.Timer(WHOLE_SECONDS, end)
    patience.daemon = True
    patience.start()
    try:
        yield seen
    finally:
        patience.cancel()


def _drop(answer: httpx.Response) -> None:
    """What is answered does not matter beyond its status: it is read to a limit and dropped."""
    read = 0
    for piece in answer.iter_raw():
        read += len(piece)
        if read > _ANSWER_BYTES:
            return
