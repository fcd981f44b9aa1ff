"""Notices: one message and not forty, of what is new or has become urgent, in the office's hours, never lost."""

import dataclasses
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway import doctor
from gateway.doctor import Health
from gateway.errors import SettingWrong
from gateway.health import pause_account, resume_account
from gateway.notices import post
from gateway.notices.herald import preview
from gateway.notices.hours import Hours
from gateway.settings import OfficeHours, settings_from
from gateway.store import notices
from gateway.store.notices import NoticeRecord
from gateway.store.queue import NOTICES
from gateway.worker import Workers, work_once
from tests.gateway.desk.stage import open_desk
from tests.gateway.desk.stage import words as page_words
from tests.gateway.mail_server import PASSWORD, MailServer, Posted, mail_server, posted, tls_of
from tests.gateway.stage import BEGIN, NORTH, Clock, Scene, open_scene
from tests.gateway.stage import CLIENTS as ALL_CLIENTS
from tests.tls import authority, issued, needs_openssl

_FORM = {"orders": ALL_CLIENTS["example-power"]["orders"]}
CLIENTS = {client: {**rules, **_FORM} for client, rules in ALL_CLIENTS.items()}
NEW_YORK = ZoneInfo("America/New_York")
DESK = "https://billing.example"
MINUTE, HOUR = 60.0, 3600.0
CUT_OFF = {"weekday": "tuesday", "hour": "17:00", "time_zone": "America/New_York"}
SENDER = {"host": "127.0.0.1", "security": "none", "sender": "clearbill@billing.example"}


class Office(Scene):
    """A scene whose people are written to."""

    def ring_heralds(self) -> None:
        """The timer rings for every channel, and what it orders is done."""
        for channel in self.house.settings.notices.channels:
            with self.house.queue.write() as tx:
                self.house.queue.enqueue(tx, "notices", NOTICES, f"notices:{channel}")
        while work_once(self.house, apart=NOTICES):
            pass

    def at(self, hour: int, minute: int = 0, *, day: int = 10) -> None:
        """It is this time in New York in March 2026, and the timer rings."""
        self.clock.now = datetime(2026, 3, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)
        self.work()
        self.ring_heralds()

    def stop(self, number: str, **changes: Any) -> str:
        """A packet is stopped by its checklist, for a purchase order that is none."""
        packet_id = self.hand_over(number, orders=[{"number": "99"}], **changes)
        self.work()
        return packet_id

    def told(self, channel: str = "desk") -> tuple[NoticeRecord, ...]:
        with self.house.database.read() as tx:
            return notices.latest(tx, channel, 100)

    def channel(self, key: str = "desk") -> notices.ChannelRecord:
        with self.house.database.read() as tx:
            return notices.channel(tx, key)


@contextmanager
def office(
    url: str,
    folder: Path,
    server: MailServer,
    *,
    channels: Mapping[str, Any] | None = None,
    mail: Mapping[str, Any] | None = None,
    clients: Mapping[str, Mapping[str, Any]] = CLIENTS,
    **settings: Any,
) -> Iterator[Office]:
    told = {
        "mail": {**SENDER, "port": server.port, **(mail or {})},
        "channels": channels or {"desk": {"to": "billing@billing.example"}},
        **settings,
    }
    with open_scene(
        url, folder, clients=clients, clock=Clock(), time_zone="America/New_York", public_url=DESK, notices=told
    ) as scene:
        opened = Office(scene.house, scene.portals, scene.clock)
        opened.at(7, 45)  # a new channel notes the day before's set time
        yield opened
        opened.look_over()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as standing:
        yield standing


@pytest.fixture
def desk(scene_url: str, tmp_path: Path, server: MailServer) -> Iterator[Office]:
    with office(scene_url, tmp_path, server) as opened:
        yield opened


@pytest.fixture
def lite_desk(sqlite_url: str, tmp_path: Path, server: MailServer) -> Iterator[Office]:
    with office(sqlite_url, tmp_path, server) as opened:
        yield opened


def words(server: MailServer, n: int = -1) -> str:
    part = server.taken[n].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


# --- one message --------------------------------------------------------------------------------------------------


def test_forty_stops_are_one_message_at_the_set_time_and_told_once(desk: Office, server: MailServer) -> None:
    for n in range(40):
        desk.stop(f"A-{n}")
    desk.ring_heralds()
    assert server.taken == []
    desk.at(8, 1)
    desk.at(8, 2)
    desk.at(12, 59)
    assert len(server.taken) == 1
    assert server.taken[0]["Subject"] == "Clearbill: 40 invoices wait for a person"
    told = words(server)
    assert told.count(f"{DESK}/packets/") == 20
    assert "... and 20 more." in told
    assert "In all, 40 invoices wait for a person: 160,816.00 USD." in told
    assert [one.outcome for one in desk.told()] == ["sent"]


def test_the_next_digest_tells_only_what_is_new(desk: Office, server: MailServer) -> None:
    desk.stop("A-1")
    desk.at(8)
    desk.stop("A-2")
    desk.at(13)
    assert ["A-1" in words(server, n) for n in (0, 1)] == [True, False]
    assert "A-2, Example-Power, 4,020.40 USD" in words(server)
    assert "In all, 2 invoices wait" in words(server)


def test_nothing_is_sent_when_there_is_nothing_new_nor_when_all_is_settled(desk: Office, server: MailServer) -> None:
    desk.at(8)
    packet_id = desk.stop("A-1")
    desk.at(13)
    from gateway.decisions import stop  # a person ends it

    stop(desk.house, packet_id, "pat", "A duplicate.")
    desk.at(13, 5)
    desk.at(8, day=11)
    desk.at(13, day=11)
    assert len(server.taken) == 1
    assert preview(desk.house, "desk") is None


def test_what_comes_after_an_empty_set_time_waits_for_the_next(desk: Office, server: MailServer) -> None:
    desk.at(8)
    desk.stop("A-1")
    desk.at(9)
    assert server.taken == []
    desk.at(13)
    assert len(server.taken) == 1


def test_a_set_time_that_was_slept_through_is_made_up_for_in_office_hours(desk: Office, server: MailServer) -> None:
    desk.stop("A-1")
    desk.at(11)
    assert len(server.taken) == 1


def test_a_packet_that_stops_again_is_told_again(desk: Office, server: MailServer) -> None:
    packet_id = desk.stop("A-1")
    desk.at(8)
    from gateway.decisions import check_again

    desk.clock.passes(MINUTE)
    check_again(desk.house, packet_id, "pat")
    desk.work()
    desk.at(13)
    assert len(server.taken) == 2


# --- urgency ------------------------------------------------------------------------------------------------------


def with_cut_off(url: str, folder: Path, server: MailServer, **more: Any) -> Any:
    clients = {**CLIENTS, "example-power": {**CLIENTS["example-power"], "cut_off": CUT_OFF}}
    return office(url, folder, server, clients=clients, **more)


def test_what_is_due_before_a_cut_off_today_is_told_at_once(scene_url: str, tmp_path: Path, server: MailServer) -> None:
    with with_cut_off(scene_url, tmp_path, server) as desk:
        desk.at(8)
        desk.stop("A-1")
        desk.stop("B-1", client="southern-grid")  # due in two days
        desk.at(9)
        assert len(server.taken) == 1
        assert server.taken[0]["Subject"] == "Clearbill: 1 invoice waits: urgent, due Tue 10 Mar 17:00"
        assert server.taken[0]["Importance"] == "high"
        assert "B-1" not in words(server)
        desk.at(13)
        assert "A-1" not in words(server)
        assert "B-1" in words(server)


def test_urgent_messages_keep_apart_unless_what_is_due_cannot_wait(
    sqlite_url: str, tmp_path: Path, server: MailServer
) -> None:
    with with_cut_off(sqlite_url, tmp_path, server) as desk:
        desk.stop("A-1")
        desk.at(14)
        assert len(server.taken) == 1
        for minute in range(1, 50, 7):
            desk.stop(f"A-1{minute}")
            desk.at(14, minute)
        assert len(server.taken) == 1
        desk.at(15)
        assert server.taken[-1]["Subject"] == "Clearbill: 7 invoices wait: all urgent, first due Tue 10 Mar 17:00"
        desk.at(16, 30)
        desk.stop("A-2")
        desk.at(16, 31)
        assert len(server.taken) == 3
        desk.stop("A-3")
        desk.at(16, 33)  # five minutes apart at least
        assert len(server.taken) == 3
        desk.at(16, 36)
        assert len(server.taken) == 4


def test_what_was_told_as_new_is_told_once_more_when_it_becomes_urgent(desk: Office, server: MailServer) -> None:
    desk.stop("A-1")  # due on Thursday at 07:45
    desk.at(8)
    desk.at(13, day=11)
    assert ["urgent" in server.taken[n]["Subject"] for n in range(len(server.taken))] == [False, True]
    desk.at(8, day=12)
    desk.at(13, day=13)
    assert len(server.taken) == 2


def test_on_friday_what_is_due_before_monday_is_urgent(lite_desk: Office, server: MailServer) -> None:
    lite_desk.at(14, day=13)
    packet_id = lite_desk.stop("A-1")  # due on Sunday at 14:00
    lite_desk.at(14, 1, day=13)
    assert "urgent, due Sun 15 Mar 14:00" in server.taken[-1]["Subject"]
    assert f"{DESK}/packets/{packet_id}" in words(server)


def test_put_off_and_due_again_is_urgent_again(lite_desk: Office, server: MailServer) -> None:
    from gateway.arrangements import put_off

    packet_id = lite_desk.stop("A-1")
    lite_desk.at(13, day=11)
    put_off(lite_desk.house, packet_id, datetime(2026, 3, 17, 13, tzinfo=UTC), "pat")
    lite_desk.at(13, day=16)
    assert len(server.taken) == 1
    lite_desk.at(7, 31, day=17)
    assert len(server.taken) == 2


# --- quiet hours --------------------------------------------------------------------------------------------------


def test_nobody_is_written_to_at_night_on_weekends_or_when_the_office_is_closed(
    sqlite_url: str, tmp_path: Path, server: MailServer
) -> None:
    hours = {"closed_on": ["2026-03-16"]}
    with with_cut_off(sqlite_url, tmp_path, server, hours=hours) as desk:
        desk.at(19, day=13)
        desk.stop("A-1")
        for day, hour in ((13, 20), (14, 10), (15, 12), (16, 10), (17, 7)):
            desk.at(hour, day=day)
            assert server.taken == [], (day, hour)
        desk.at(7, 30, day=17)
        assert len(server.taken) == 1


def hours(**changes: Any) -> Hours:
    return Hours(OfficeHours(**changes), NEW_YORK)


def test_a_set_time_is_the_offices_own_before_and_after_the_clocks_change() -> None:
    eight = (time(8),)
    friday, monday = (datetime(2026, 3, day, 14, tzinfo=UTC) for day in (6, 9))
    assert hours().last_of(eight, friday) == datetime(2026, 3, 6, 13, tzinfo=UTC)
    assert hours().last_of(eight, monday) == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert hours().next_of(eight, friday) == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert hours().horizon(friday) == datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_or_repeat_comes_once() -> None:
    sundays = hours(opens="01:00", closes="20:00", days=("sunday",))
    skipped = sundays.last_of((time(2, 30),), datetime(2026, 3, 8, 12, tzinfo=UTC))
    assert skipped == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    once = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 for the first time
    assert sundays.last_of((time(1, 30),), once) == once
    assert sundays.last_of((time(1, 30),), once + timedelta(hours=1)) == once
    assert sundays.is_open(once)


def test_a_closed_day_has_no_set_time() -> None:
    closed = hours(closed_on=(date(2026, 3, 10),))
    assert not closed.is_open(BEGIN)
    assert closed.last_of((time(8),), BEGIN) == datetime(2026, 3, 9, 12, tzinfo=UTC)


# --- who is told of what ------------------------------------------------------------------------------------------


def test_a_channel_is_told_of_what_concerns_it_alone(scene_url: str, tmp_path: Path, server: MailServer) -> None:
    channels = {
        "north": {"to": "north@billing.example", "accounts": [NORTH]},
        "grid": {"to": "grid@billing.example", "clients": ["southern-grid"]},
        "nobodys": {"to": "lead@billing.example", "owners": ["-"]},
        "field": {"to": "field@billing.example", "who_acts": ["field"]},
    }
    with office(scene_url, tmp_path, server, channels=channels) as desk:
        desk.stop("A-1")
        desk.stop("B-1", client="southern-grid")
        desk.at(8)
    told = {str(one["To"]).partition("@")[0]: str(one.get_body(("plain",)).get_content()) for one in server.taken}  # type: ignore[union-attr]
    assert {to: ("A-1" in text, "B-1" in text) for to, text in told.items()} == {
        "north": (True, False),
        "grid": (False, True),
        "lead": (True, True),
    }


def test_a_stopped_account_is_told_at_once_and_again_when_it_stops_again(desk: Office, server: MailServer) -> None:
    def stops() -> None:
        with desk.house.queue.write() as tx:
            pause_account(desk.house, tx, NORTH, "It refused us: account 12345678.")

    stops()
    desk.at(9)
    desk.at(13)
    assert [str(one["Subject"]) for one in server.taken] == ["Clearbill: A portal account is stopped"]
    assert "The portal account north is stopped" in words(server)
    assert "12345678" not in words(server)
    resume_account(desk.house, NORTH, "pat")
    desk.clock.passes(HOUR)
    stops()
    desk.at(15)
    assert len(server.taken) == 2


def test_given_up_work_is_told_in_the_digest(lite_desk: Office, server: MailServer) -> None:
    with lite_desk.house.queue.write() as tx:
        lite_desk.house.queue.enqueue(tx, "no such work", "", "strange", max_attempts=1)
    lite_desk.at(8)
    lite_desk.at(13)
    assert len(server.taken) == 1
    assert "gave up after its last try: 1" in words(server)


# --- what stands in a message -------------------------------------------------------------------------------------

HOSTILE = '<b>&"] Bcc: x@evil.example'


def test_nothing_from_outside_breaks_out_of_a_message(sqlite_url: str, tmp_path: Path, server: MailServer) -> None:
    clients = {**CLIENTS, "example-power": {**CLIENTS["example-power"], "name": HOSTILE}}
    with posted() as room:
        (tmp_path / "room").write_text(room.url, "utf-8")
        channels = {"desk": {"to": "billing@billing.example"}, "room": {"chat": f"file:{tmp_path}/room"}}
        with office(sqlite_url, tmp_path, server, clients=clients, channels=channels) as desk:
            desk.stop("<!channel> @all [x](http://evil.example)"[:40])
            desk.at(8)
    assert server.taken[0]["Bcc"] is None
    html = server.taken[0].get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert "&lt;b&gt;&amp;" in page
    assert "<b>" not in page
    (text,) = room.texts
    for broken in ("<!channel>", "@all", "[x](", "<b>"):
        assert broken not in text
    assert "channel" in text


def test_a_message_holds_no_word_of_the_portal_and_no_secret(lite_desk: Office, server: MailServer) -> None:
    from gateway.verdict import ReasonCode

    lite_desk.portal.next_time(lite_desk.portal.refuses(ReasonCode.other, text="Remit to IBAN DE89370400440532013000"))
    lite_desk.hand_over("A-1")
    lite_desk.work()
    lite_desk.at(8)
    whole = server.taken[0].as_string()
    assert "DE89" not in whole
    assert "DE89" not in words(server)
    assert "Read the portal's words and decide." in words(server)


def test_a_mail_says_that_a_machine_wrote_it(lite_desk: Office, server: MailServer) -> None:
    lite_desk.stop("Ä-1")
    lite_desk.at(8)
    (mail,) = server.taken
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "clearbill@billing.example"
    assert str(mail["Message-ID"]).endswith("@billing.example>")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "Ä-1" in words(server)
    assert mail.get_charset() is None or mail["Content-Transfer-Encoding"] != "8bit"


# --- what goes wrong ----------------------------------------------------------------------------------------------

REFUSALS = [
    ({"RCPT": "550 no such user"}, "refused the recipient: 550 no such user"),
    ({"RCPT": "451 greylisted"}, "refused the recipient: 451 greylisted"),
    ({"MAIL": "552 too much"}, "refused the sender: 552 too much"),
    ({"DATA": "452 later"}, "refused the message: 452 later"),
]


@pytest.mark.parametrize(("refuses", "says"), REFUSALS)
def test_what_is_refused_is_sent_later_as_a_notice_of_its_own(
    lite_desk: Office, server: MailServer, refuses: dict[str, str], says: str
) -> None:
    server.refuses = refuses
    lite_desk.stop("A-1")
    lite_desk.at(8)
    state = lite_desk.channel()
    assert state.failures == 1
    assert says in state.last_failure
    server.refuses = {}
    lite_desk.stop("A-2")
    lite_desk.at(8, 0)  # not before the wait is over
    assert server.taken == []
    lite_desk.at(8, 2)
    assert lite_desk.channel().failures == 0
    assert {"A-1", "A-2"} <= set(words(server).replace(",", " ").split())
    assert [one.outcome for one in lite_desk.told()] == ["sent", "failed"]


def test_a_message_refused_after_its_last_byte_counts_as_not_gone(lite_desk: Office, server: MailServer) -> None:
    server.after_data = "554 spam"
    lite_desk.stop("A-1")
    lite_desk.at(8)
    assert [one.outcome for one in lite_desk.told()] == ["failed"]


def test_a_server_that_hangs_up_after_the_message_gets_the_same_message_again(desk: Office, server: MailServer) -> None:
    server.after_data = ""
    desk.stop("A-1")
    desk.at(8)
    assert [one.outcome for one in desk.told()] == ["sending"]
    server.after_data = "250 taken"
    desk.stop("A-2")
    desk.at(8, 2)
    assert len(server.taken) == 2
    assert server.taken[0].as_bytes() == server.taken[1].as_bytes()
    assert [(one.outcome, one.tries) for one in desk.told()] == [("sent", 2)]
    desk.at(13)
    assert "A-2" in words(server)
    assert "A-1," not in words(server)


def test_tries_grow_further_apart_and_are_told_by_doctor_and_work_list(
    lite_desk: Office, server: MailServer, tmp_path: Path
) -> None:
    server.refuses = {"RCPT": "550 no such user"}
    lite_desk.stop("A-1")
    lite_desk.at(8)
    for _ in range(5 * 12):
        lite_desk.clock.passes(5 * MINUTE)
        lite_desk.ring_heralds()
    assert 6 <= lite_desk.channel().failures <= 12
    lines = [line for line in doctor.examine(lite_desk.house.settings, ask_portals=False) if "notices" in line.subject]
    assert [(line.subject, line.health) for line in lines] == [("notices desk", Health.fail)]
    assert "550 no such user" in lines[0].says
    without_tls = lite_desk.house.settings.model_copy(update={"public_url": ""})
    house = dataclasses.replace(lite_desk.house, settings=without_tls)
    with open_desk(Scene(house, lite_desk.portals, lite_desk.clock)) as pages:
        assert "Notices do not go out through desk" in page_words(pages.signed_in().see("/"))


def test_a_long_outage_ends_with_one_message_of_what_still_waits(lite_desk: Office, server: MailServer) -> None:
    server.refuses = {"MAIL": "421 closed"}
    packet_ids = []
    for day in (10, 11, 12):
        packet_ids.append(lite_desk.stop(f"A-{day}"))
        for hour in (8, 10, 13, 15):
            lite_desk.at(hour, day=day)
    from gateway.decisions import stop

    stop(lite_desk.house, packet_ids[0], "pat", "Settled by telephone.")
    server.refuses = {}
    lite_desk.at(8, day=13)
    lite_desk.at(13, day=13)
    assert len(server.taken) == 1
    assert "A-10," not in words(server)
    assert "A-11," in words(server)


def test_a_server_that_never_answers_is_left_after_a_while(
    lite_desk: Office, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "STEP_SECONDS", 0.2)
    server.silent = True
    lite_desk.stop("A-1")
    lite_desk.at(8)
    assert "cannot be used" in lite_desk.channel().last_failure


def test_a_defect_of_ours_is_seen_as_a_failing_channel(
    lite_desk: Office, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given: Any) -> None:
        raise RuntimeError("broken within")

    lite_desk.stop("A-1")
    with monkeypatch.context() as broken:
        broken.setattr("gateway.notices.herald.send", breaks)
        lite_desk.at(8)
        assert "broken within" in lite_desk.channel().last_failure
    lite_desk.at(8, 2)
    assert "A-1," in words(server)
    assert lite_desk.channel().failures == 0


def test_a_missing_secret_is_told_by_its_setting(sqlite_url: str, tmp_path: Path, server: MailServer) -> None:
    mail = {"user": "billing", "password": "env:NO_SUCH_VARIABLE"}
    with office(sqlite_url, tmp_path, server, mail=mail) as desk:
        desk.stop("A-1")
        desk.at(8)
        assert "notices.mail.password" in desk.channel().last_failure


# --- encryption ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return issued(authority(tmp_path_factory.mktemp("mail"), "authority"), "server")


@needs_openssl
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_encrypted_and_signed_in(
    sqlite_url: str, tmp_path: Path, certificate: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    context = tls_of(certificate)
    mail = {"security": security, "user": "billing", "password": "env:MAIL_PASSWORD"}
    with mail_server(**{security: context}) as server:
        trusted = {**mail, "ca_file": str(certificate.parent / "authority.pem")}
        with office(sqlite_url, tmp_path, server, mail=trusted) as desk:
            desk.stop("A-1")
            desk.at(8)
        assert (server.signed_in, server.encrypted) == (["billing"], [True])
        assert PASSWORD not in server.taken[0].as_string()


@needs_openssl
def test_a_server_that_is_not_trusted_or_offers_no_encryption_gets_nothing(
    sqlite_url: str, tmp_path: Path, certificate: Path
) -> None:
    contexts: tuple[ssl.SSLContext | None, ...] = (tls_of(certificate), None)
    for n, context in enumerate(contexts):
        folder = tmp_path / str(n)
        folder.mkdir()
        with mail_server(starttls=context) as server:
            with office(f"{sqlite_url}{n}", folder, server, mail={"security": "starttls"}) as desk:
                desk.stop("A-1")
                desk.at(8)
                assert "cannot be used" in desk.channel().last_failure
            assert server.taken == []


# --- rooms and programs -------------------------------------------------------------------------------------------


@pytest.fixture
def room() -> Iterator[Posted]:
    with posted() as standing:
        yield standing


@pytest.fixture
def hook(sqlite_url: str, tmp_path: Path, server: MailServer, room: Posted) -> Iterator[Office]:
    (tmp_path / "url").write_text(room.url, "utf-8")
    (tmp_path / "key").write_text("a-key-to-sign-with", "utf-8")
    channels = {"desk": {"webhook": f"file:{tmp_path}/url", "key": f"file:{tmp_path}/key"}}
    with office(sqlite_url, tmp_path, server, channels=channels) as opened:
        opened.stop("A-1")
        yield opened


def test_a_program_gets_data_that_it_can_trust(hook: Office, room: Posted) -> None:
    hook.at(8)
    ((headers, body),) = room.taken
    moment = headers["clearbill-signature"].partition(",")[0].removeprefix("t=")
    assert headers["clearbill-signature"] == post.signature("a-key-to-sign-with", int(moment), body)
    assert headers["clearbill-signature"] != post.signature("another-key", int(moment), body)
    import json

    told = json.loads(body)
    assert (told["kind"], told["packets"], told["items"][0]["number"]) == ("digest", 1, "A-1")
    assert headers["idempotency-key"] == told["id"] == hook.told()[0].message_id
    assert b"a-key-to-sign-with" not in body


@pytest.mark.parametrize(("status", "outcome"), [(404, "failed"), (302, "failed"), (503, "sending")])
def test_an_answer_says_what_became_of_what_was_posted(hook: Office, room: Posted, status: int, outcome: str) -> None:
    with posted() as elsewhere:
        room.status, room.headers = status, {"Location": elsewhere.url}
        hook.at(8)
        assert elsewhere.taken == []
    assert [one.outcome for one in hook.told()] == [outcome]
    assert room.url not in hook.channel().last_failure


def test_an_answer_that_breaks_off_leaves_a_doubt_and_the_repeat_bears_the_same_key(hook: Office, room: Posted) -> None:
    room.cut = True
    hook.at(8)
    room.cut = False
    hook.at(8, 2)
    keys = {headers["idempotency-key"] for headers, _ in room.taken}
    assert (len(room.taken), len(keys)) == (2, 1)


def test_an_endless_answer_is_not_read_to_its_end(hook: Office, room: Posted) -> None:
    room.body = b"x" * 5_000_000
    hook.at(8)
    assert [one.outcome for one in hook.told()] == ["sent"]


def test_nothing_is_posted_in_the_clear_to_another_machine(hook: Office, room: Posted, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("http://192.0.2.1/hook", "utf-8")
    hook.at(8)
    assert "https://" in hook.channel().last_failure


# --- beside the work on invoices ----------------------------------------------------------------------------------


def test_a_slow_mail_server_costs_no_worker(lite_desk: Office, server: MailServer) -> None:
    """One worker and a silent mail server: the invoice that was handed in meanwhile goes out all the same."""
    server.silent = True
    lite_desk.stop("A-1")
    lite_desk.clock.now = datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
    with lite_desk.house.queue.write() as tx:
        lite_desk.house.queue.enqueue(tx, "notices", NOTICES, "notices:desk")
    assert not work_once(lite_desk.house)  # a worker of invoices passes it over
    workers = Workers(lite_desk.house, 1)
    assert [thread.name for thread in workers._threads] == ["worker-0", "herald"]


# --- settings -----------------------------------------------------------------------------------------------------

MAIL = {"mail": SENDER, "channels": {"a": {"to": "a@b.example"}}}


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"channels": {"a": {}}}, "name one place"),
        ({"channels": {"a": {"to": "a@b.example"}}}, "under `mail`"),
        ({"channels": {"a": {"webhook": "env:URL"}}}, "`webhook` and `key` go together"),
        ({"channels": {"a": {"chat": "https://hooks.example/T000"}}}, "chat"),
        ({**MAIL, "channels": {"a": {"to": "a@b.example\r\nBcc: c@d.example"}}}, "channels.a.to"),
        ({**MAIL, "mail": {**SENDER, "host": "mail.example"}}, "encrypted only"),
        ({**MAIL, "mail": {**SENDER, "user": "x"}}, "a user needs a password"),
        ({**MAIL, "hours": {"opens": "18:00", "closes": "08:00"}}, "open before it closes"),
        ({**MAIL, "digest_at": ["06:00"]}, "outside the office's hours"),
        ({**MAIL, "hours": {"days": []}}, "days"),
    ],
)
def test_a_wrong_setting_is_told(section: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match=says):
        settings_from({"notices": section}, tmp_path / "clearbill.yaml")
