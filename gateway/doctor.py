"""What a doctor looks at in an installation, one line for each thing: well, doubtful or wrong, and what to do about it.

Looking changes nothing, anywhere. A portal whose account is stopped is not asked: one more refused sign-in could lock
it for good.
"""

import os
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import adapters
from checklists.checklist import Checklist
from checklists.fault import ChecklistBroken
from checklists.library import load_folder
from gateway.adapter import Ability
from gateway.client_certificate import certificate_from, holds_until, tls_for
from gateway.errors import ClearbillError, NotFound, PortalError, SettingWrong
from gateway.notices.post import secrets_of
from gateway.openid import OpenId, OpenIdTrouble, come_back_to
from gateway.order import UnreadOrder
from gateway.portals import Portals
from gateway.secrets import value_of
from gateway.settings import SAMPLE_CHECKLISTS, AccountSettings, Settings
from gateway.store import accounts, inbox, notices, orders, people
from gateway.store.accounts import AccountRecord
from gateway.store.database import Database, DatabaseTrouble
from gateway.store.inbox import Kept, Unplaced
from gateway.store.notices import ChannelRecord
from gateway.store.people import Role
from gateway.store.queue import Queue

_SOON = timedelta(days=21)  # certificates that run out sooner are warned of
_CONNECT_SECONDS = 10.0
_PLACED_WITHIN = timedelta(days=1)  # what a portal delivers finds its place in moments, or when its doubt is settled
_NOWHERE = (".invalid", ".test", ".example")  # names that lead nowhere on purpose (RFC 2606)


class Health(StrEnum):
    """How a thing is."""

    ok = "ok"
    warn = "warn"  # it works, and deserves a look
    fail = "fail"  # something does not work


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: what, how it is, what was seen, and what to do ("" where nothing is)."""

    subject: str
    health: Health
    says: str
    do: str = ""


def examine(settings: Settings, *, ask_portals: bool = True) -> Iterator[Line]:
    """Looks at one thing after the other; slow things (portals) come last."""
    yield _time_zone(settings)
    checklists, lines = _checklists(settings)
    yield from lines
    yield from _inbox(settings)
    yield from _door_tokens(settings)
    yield from _company_sign_in(settings, ask=ask_portals)
    states, lines = _database(settings)
    yield from lines
    yield from _what_leaves(settings)
    if not settings.accounts:
        words = "No portal account is set up, so nothing can be sent."
        yield Line("accounts", Health.warn, words, "Name one under `accounts` in the settings.")
    for key, account in settings.accounts.items():
        yield from examine_account(key, account, states.get(key), ask_portals=ask_portals)
    yield from _accounts_wanted(settings, checklists)


# --- the machine and its folders ----------------------------------------------------------------------------------


def _time_zone(settings: Settings) -> Line:
    if settings.time_zone == "UTC":
        words = "The office's calendar is UTC: days begin and end at midnight UTC."
        return Line("time zone", Health.warn, words, "Set `time_zone`, such as America/Chicago, unless UTC is meant.")
    return Line("time zone", Health.ok, f"The office's calendar is {settings.time_zone}.")


def _checklists(settings: Settings) -> tuple[dict[str, Checklist], list[Line]]:
    try:
        found = dict(load_folder(settings.checklists).on(_today(settings)))
    except ChecklistBroken as broken:
        cure = (
            f"Correct the files; `clearbill checklist check {settings.checklists}` checks them again. Until then what "
            "was last found right of each stays in force."
        )
        return {}, [Line("checklists", Health.fail, str(fault), cure) for fault in broken.faults]
    where = f"{len(found)} in {settings.checklists}"
    if not found:
        words = f"There is no checklist in {settings.checklists}, so no client is known."
        return found, [Line("checklists", Health.fail, words, "Put one YAML file for each client there.")]
    if settings.checklists.resolve() == SAMPLE_CHECKLISTS.resolve():
        words = f"{where}: these are the samples."
        return found, [Line("checklists", Health.warn, words, "Set `checklists` to a folder of your own clients.")]
    return found, [Line("checklists", Health.ok, f"{where}: {', '.join(found)}.")]


def _today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.time_zone)).date()


def _inbox(settings: Settings) -> Iterator[Line]:
    inbox = settings.inbox
    if inbox is None:
        return
    if not inbox.exists():
        words = f"{inbox} is not there yet; `clearbill serve` makes it."
        yield Line("inbox", Health.warn, words, "Start `clearbill serve`, or make the folder.")
    elif not inbox.is_dir() or not os.access(inbox, os.R_OK | os.W_OK | os.X_OK):
        words = f"{inbox} is not a folder in which this user may read and write."
        yield Line("inbox", Health.fail, words, "Correct `inbox`, or the folder's rights.")
    else:
        refused = sum(1 for _ in (inbox / "refused").glob("*.txt")) if (inbox / "refused").is_dir() else 0
        words = f"{inbox} can be read and written."
        if refused:
            cure = "Read the .txt beside each, mend it, and put it into the inbox again."
            yield Line("inbox", Health.warn, f"{words} Refused hand-overs in refused/: {refused}.", cure)
        else:
            yield Line("inbox", Health.ok, words)


def _company_sign_in(settings: Settings, *, ask: bool) -> Iterator[Line]:
    """Whether people can come in by the provider (`desk.openid`)."""
    subject, openid = "company sign-in", settings.desk.openid
    if openid is None:
        return
    if openid.client_secret:
        yield from _secrets(subject, {"desk.openid.client_secret": openid.client_secret})
    back = come_back_to(settings)
    if not settings.public_url:
        words = f"The provider sends browsers back to {back}, which is right on this machine alone."
        yield Line(subject, Health.warn, words, "Set `public_url` to the address at which people reach the pages.")
    if not ask:
        return
    try:
        keys = OpenId(openid, back).number_of_keys()
    except (OpenIdTrouble, SettingWrong) as fault:
        words = f"{openid.issuer} cannot be used: {getattr(fault, 'why', '') or fault}"
        yield Line(subject, Health.fail, words, "Correct `desk.openid`, or ask whoever runs the provider.")
        return
    words = f"{openid.issuer} answers, with {keys} keys for signatures; it must know the address {back}"
    cure = "" if keys else "Ask whoever runs the provider: without RSA or EC keys nobody can come in."
    yield Line(subject, Health.ok if keys else Health.fail, words, cure)


def _door_tokens(settings: Settings) -> Iterator[Line]:
    if not settings.tokens:
        words = "Nobody may hand packets over by HTTP: no bearer token is set up."
        yield Line("HTTP door", Health.warn, words, "Name tokens under `tokens` if somebody should.")
        return
    yield from _secrets("HTTP door", {f"tokens.{one.name}.secret": one.secret for one in settings.tokens})


def _what_leaves(settings: Settings) -> Iterator[Line]:
    """Whether the secrets of notices and traces are there, and whether a message could lead to the desk."""
    channels = settings.notices.channels
    for key in channels:
        if references := secrets_of(settings.notices, key):
            yield from _secrets(f"notices {key}", references)
    if channels and not settings.public_url:
        words = "Messages name invoices without a link to them: nobody has said how others reach these pages."
        yield Line("notices", Health.warn, words, "Set `public_url`.")
    if settings.tracing is not None and settings.tracing.headers:
        references = {f"tracing.headers.{name}": secret for name, secret in settings.tracing.headers.items()}
        yield from _secrets("traces", references)


def _secrets(subject: str, references: Mapping[str, str]) -> Iterator[Line]:
    """Whether references (by setting) lead to secrets, and who else could read them; never a secret itself."""
    there, open_files = 0, []
    for setting, reference in references.items():
        try:
            value_of(reference, setting)
        except SettingWrong as fault:
            yield Line(subject, Health.fail, str(fault), "Put the secret there, or correct the reference.")
            continue
        there += 1
        if reference.startswith("file:") and Path(reference.removeprefix("file:")).stat().st_mode & 0o077:
            open_files.append(reference.removeprefix("file:"))
    if open_files:
        words = f"Other users of this machine can read {len(open_files)} of its secrets."
        yield Line(subject, Health.warn, words, f"chmod 600 {' '.join(open_files)}")
    elif there:
        yield Line(subject, Health.ok, f"{there} of {len(references)} secrets are where the settings say.")


# --- the database and the queue -----------------------------------------------------------------------------------


def _database(settings: Settings) -> tuple[dict[str, AccountRecord], list[Line]]:
    """The accounts' states, as far as the database can tell, and how it is itself."""
    path = _sqlite_path(settings)
    if path is not None and not path.exists():
        words = f"{path} is not there yet; it is made when first used."
        return {}, [Line("database", Health.warn, words, "Nothing, or `clearbill db upgrade` to make it now.")]
    try:
        with closing(Database(settings.database, pool=1)) as database:
            if not database.schema_is_current():
                words = "The schema is another version's."
                cure = "Back the database up, then `clearbill db upgrade`."
                return {}, [Line("database", Health.fail, words, cure)]
            states, lines = _looked_into(database, set(settings.notices.channels))
            return states, [*lines, *_four_eyes(settings, database)]
    except SettingWrong as fault:
        return {}, [Line("database", Health.fail, str(fault), "Correct `database` in the settings.")]
    except DatabaseTrouble as fault:
        first = str(getattr(fault, "orig", None) or fault).strip().splitlines()
        words = f"It cannot be reached: {first[0] if first else type(fault).__name__}."
        return {}, [Line("database", Health.fail, words, "Check that it runs, its address and the rights.")]


def _four_eyes(settings: Settings, database: Database) -> Iterator[Line]:
    """Whether there is somebody to agree to what another orders, where the settings want two."""
    if not (above := settings.desk.four_eyes_above):
        return
    with database.read() as tx:
        able = [one.name for one in people.every(tx) if not one.disabled and one.role.reaches(Role.approver)]
    limits = ", ".join(f"{amount:,} {currency}" for currency, amount in sorted(above.items()))
    words = f"Two people decide about invoices above {limits}, and in every other currency"
    if len(able) > 1:
        yield Line("four eyes", Health.ok, f"{words}; those who may agree: {', '.join(able)}.")
        return
    who = f"only {able[0]} may agree, and to nothing that {able[0]} ordered" if able else "nobody may agree"
    cure = "Make another user an approver: `clearbill user role NAME approver`."
    yield Line("four eyes", Health.warn if able else Health.fail, f"{words}; {who}.", cure)


def _looked_into(database: Database, channels: Collection[str]) -> tuple[dict[str, AccountRecord], list[Line]]:
    queue = Queue(database)
    with database.read() as tx:
        states = {state.key: state for state in accounts.every(tx)}
        jobs = queue.waiting(tx)
        unread = [(key, one) for key in states for one in orders.unread(tx, key)]
        heralds = [state for state in notices.channels(tx) if state.key in channels]
        since = database.now(tx) - _PLACED_WITHIN
        late = [one for one in inbox.unplaced(tx) if one.oldest < since]
        said = {one.account: inbox.unplaced_before(tx, since, 3, one.account) for one in late}
    kind = database.engine.dialect.name
    lines = [Line("database", Health.ok, f"{kind} can be reached and has this version's schema.")]
    ready = sum(count for (_, state), count in jobs.items() if state == "ready")
    dead = sum(count for (_, state), count in jobs.items() if state == "dead")
    if dead:
        words = f"Work given up after its last try: {dead}; waiting: {ready}."
        cure = "`clearbill queue dead` shows why; mend the cause, then `clearbill queue revive JOB`."
        lines.append(Line("queue", Health.fail, words, cure))
    else:
        lines.append(Line("queue", Health.ok, f"Work waiting: {ready}; none was given up."))
    lines += [_unread_order(key, one) for key, one in unread]
    lines += [_channel(state) for state in heralds]
    return states, lines + [_unplaced(one, said[one.account]) for one in late]


def _channel(state: ChannelRecord) -> Line:
    """How a channel of notices is doing."""
    subject = f"notices {state.key}"
    if state.failures:
        words = f"Nobody is told through it; failures in a row: {state.failures}. {state.last_failure}"
        return Line(subject, Health.fail, words, f"Mend that; `clearbill notices test {state.key}` tries it.")
    last = f"it last went at {state.sent_at:%Y-%m-%d %H:%M} UTC." if state.sent_at else "nothing was sent yet."
    return Line(subject, Health.ok, f"Working; {last}")


def _unplaced(one: Unplaced, first: Sequence[Kept]) -> Line:
    """Words of a portal that nothing here is known by: nobody else will read them."""
    told = "; ".join(f"{each.kind} about {each.number or 'no number'}: {each.told!r}" for each in first)
    words = f"What the portal delivered and nothing here is known by: {one.number}, since {one.oldest:%Y-%m-%d}. {told}"
    cure = "`clearbill queue unplaced` shows them all. Look at these invoices and orders at the portal."
    return Line(f"account {one.account}", Health.warn, words, cure)


def _unread_order(key: str, one: UnreadOrder) -> Line:
    named = f"purchase order {one.number}" if one.number else "a purchase order"
    words = f"The document {one.payload_id} of {named} could not be read: {one.why}. It is kept."
    return Line(f"account {key}", Health.warn, words, "Ask the client's buyer to send the order again.")


def _sqlite_path(settings: Settings) -> Path | None:
    return Path(settings.database.removeprefix("sqlite:///")) if settings.database.startswith("sqlite:///") else None


# --- portal accounts ----------------------------------------------------------------------------------------------


def examine_account(
    key: str, account: AccountSettings, state: AccountRecord | None, *, ask_portals: bool = True
) -> Iterator[Line]:
    """Looks at one account: secrets, certificate, how it stands and, unless it is stopped, its portal."""
    subject = f"account {key}"
    references = {f"accounts.{key}.secrets.{name}": reference for name, reference in account.secrets.items()}
    yield from _secrets(subject, references)
    yield from own_certificate(subject, key, account)
    yield _state(subject, key, account, state)
    if not ask_portals:
        return
    if state is not None and state.paused:
        yield Line(subject, Health.warn, "The portal was not asked: the account is stopped.", "Resume it first.")
        return
    yield _asked(subject, key, account)
    for host, port in sorted(_https_places(account)):
        yield _certificate(subject, host, port)


def _state(subject: str, key: str, account: AccountSettings, state: AccountRecord | None) -> Line:
    """What the workers have made of this account."""
    now = datetime.now(UTC)
    if state is None:
        return Line(
            subject, Health.warn, "No worker has used it yet.", "Start `clearbill serve` or `clearbill worker`."
        )
    if state.paused:
        return Line(subject, Health.fail, f"It is stopped, and nothing is sent: {state.action}", _resume(key))
    if state.failures:
        since = f" since {state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else ""
        words = f"Failures in a row: {state.failures}{since}. {state.last_failure}"
        return Line(subject, Health.warn, words, "It is tried again by itself; if it lasts, ask the portal's support.")
    late = timedelta(seconds=3 * account.poll_seconds + 60)
    if account.poll_seconds and state.polled_at is not None and now - state.polled_at > late:
        words = f"Statuses were last read at {state.polled_at:%Y-%m-%d %H:%M} UTC, which is long ago."
        return Line(subject, Health.warn, words, "Check that `clearbill serve` or `clearbill worker` runs.")
    if state.polled_at is None and _is_only_pushed_to(key, account):
        return Line(subject, Health.ok, "Working; its portal pushes statuses, and none are asked for.")
    if state.polled_at is None:
        words = "No statuses were read yet."
        return Line(
            subject, Health.warn, words, "Start `clearbill serve` or `clearbill worker`; see the next line too."
        )
    return Line(subject, Health.ok, f"Working; statuses were last read at {state.polled_at:%Y-%m-%d %H:%M} UTC.")


def _is_only_pushed_to(key: str, account: AccountSettings) -> bool:
    """False as well where it cannot be set up: the line about asking the portal says why."""
    portals = Portals({key: account})
    try:
        abilities = portals.adapter(key).abilities
    except ClearbillError:
        return False
    finally:
        portals.close()
    return Ability.push in abilities and Ability.poll not in abilities


def _resume(key: str) -> str:
    return f"Mend that, then `clearbill account resume {key}`."


def _asked(subject: str, key: str, account: AccountSettings) -> Line:
    """Signs in and reads one small thing, as the adapter knows how."""
    known = adapters.keys()
    if account.portal not in known:
        cure = f"The portals are: {', '.join(known)}."
        return Line(subject, Health.fail, f"There is no portal {account.portal!r}.", cure)
    portals = Portals({key: account})
    try:
        return Line(subject, Health.ok, portals.adapter(key).check())
    except PortalError as fault:
        return Line(subject, Health.fail, str(fault), "Check address, credentials and network; then ask the portal.")
    except (SettingWrong, NotFound) as fault:
        return Line(subject, Health.fail, str(fault), f"Correct accounts.{key} in the settings.")
    except ClearbillError as fault:
        return Line(subject, Health.fail, str(fault), "Report this to whoever maintains Clearbill.")
    finally:
        portals.close()


def _accounts_wanted(settings: Settings, checklists: dict[str, Checklist]) -> Iterator[Line]:
    """Checklists that send through an account which is not set up."""
    for checklist in checklists.values():
        if checklist.account not in settings.accounts:
            words = (
                f"The checklist of {checklist.client} sends through account {checklist.account}, which is not set up."
            )
            cure = f"Add accounts.{checklist.account} to the settings, or correct the checklist."
            yield Line(f"client {checklist.client}", Health.warn, words, cure)


# --- certificates -------------------------------------------------------------------------------------------------


def _https_places(account: AccountSettings) -> set[tuple[str, int]]:
    """Hosts and ports of the https addresses among an account's settings."""
    places = set()
    for value in account.settings.values():
        parts = urlsplit(value) if isinstance(value, str) and value.startswith("https://") else None
        if parts is not None and parts.hostname and not parts.hostname.endswith(_NOWHERE):
            places.add((parts.hostname, parts.port or 443))
    return places


def _certificate(subject: str, host: str, port: int) -> Line:
    """How long the portal's certificate still holds; what cannot be read is told by the portal's own line."""
    try:
        with (
            socket.create_connection((host, port), _CONNECT_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            ends = str((secured.getpeercert() or {}).get("notAfter", ""))
    except ssl.SSLCertVerificationError as fault:
        words = f"The certificate of {host} is not trusted: {fault.verify_message}."
        return Line(subject, Health.fail, words, "Do not send; ask the portal, and check this machine's clock.")
    except OSError as fault:
        words = f"The certificate of {host} cannot be read: {fault.strerror or fault}."
        return Line(subject, Health.warn, words, "Check the network.")
    return certificate_line(subject, host, ends, datetime.now(UTC))


def own_certificate(subject: str, key: str, account: AccountSettings) -> Iterator[Line]:
    """Whether the client certificate can be used, and how long it holds."""
    try:
        certificate = certificate_from(account.secrets, f"accounts.{key}.secrets", value_of)
        if certificate is None:
            return
        tls_for(certificate, account.ca_file)
        until = holds_until(certificate)
    except SettingWrong as fault:
        yield Line(subject, Health.fail, str(fault), "Put the certificate and its key there, or correct the reference.")
        return
    words = f"Our client certificate holds until {until:%Y-%m-%d}."
    left = until - datetime.now(UTC)
    if left < timedelta(0):
        yield Line(subject, Health.fail, words, "Renew it, and enter the new one at the portal.")
    elif left < _SOON:
        yield Line(subject, Health.warn, words, "Renew it in time, and enter the new one at the portal.")
    else:
        yield Line(subject, Health.ok, words)


def certificate_line(subject: str, host: str, ends: str, now: datetime) -> Line:
    """What an end of validity, as OpenSSL writes it, means today."""
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    words = f"The certificate of {host} holds until {until:%Y-%m-%d}."
    if until - now < _SOON:
        return Line(subject, Health.warn, words, "The portal must renew it; ask, if the day comes near.")
    return Line(subject, Health.ok, words)
