"""The tables, the types in them and the chain of events, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import SettingWrong
from gateway.packet import Packet
from gateway.store import accounts, events, packets, tables
from gateway.store.database import Database, blob, keep_blob
from gateway.store.packets import Commitment
from gateway.verdict import Level, Outcome, Reason, ReasonCode, Stage, Status, Verdict
from tests.packets import packet
from tests.strategies import packets as any_packet

NOW = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def database(scene_url: str) -> Iterator[Database]:
    opened = Database(scene_url, lambda: NOW, pool=4)
    if opened.is_new_file():
        opened.upgrade()
    yield opened
    opened.close()


def kept(tx: sa.Connection, number: str = "INV-1", **changes: Any) -> packets.PacketRecord:
    record = packets.load(tx, packets.insert(tx, packet(number, **changes), "north", NOW))
    assert record is not None
    return record


# --- schema -------------------------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_upgrading_twice_changes_nothing_and_keeps_what_is_there(database: Database) -> None:
    with database.write() as tx:
        record = kept(tx)
    assert database.schema_is_current()
    database.upgrade()
    with database.read() as tx:
        assert packets.load(tx, record.id) == record


def test_a_new_file_is_told_from_one_of_another_version(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert database.is_new_file()
    assert not database.schema_is_current()
    database.upgrade()
    assert not database.is_new_file()
    assert database.schema_is_current()
    database.close()


def test_sqlite_is_durable_and_watches_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.write() as tx:
        said = [
            tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    database.close()
    assert said == ["wal", 2, 1]


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", ""])
def test_another_database_is_refused_with_those_that_are_taken(url: str) -> None:
    with pytest.raises(SettingWrong, match="sqlite:///FILE"):
        Database(url)


# --- types --------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.decimals(-(10**13), 10**13, places=4))
def test_money_comes_back_exactly(amount: Decimal) -> None:
    money = tables.Money()
    dialect = sa.create_mock_engine("sqlite://", lambda *_: None).dialect
    stored = money.process_bind_param(amount, dialect)
    assert isinstance(stored, int)
    assert money.process_result_value(stored, dialect) == amount


@pytest.mark.parametrize("amount", ["0.00001", "1e14", "-1e14", "99999999999999.99991"])
def test_money_that_would_not_come_back_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="exactly"):
        tables.Money().process_bind_param(Decimal(amount), sa.create_mock_engine("sqlite://", lambda *_: None).dialect)


def test_sums_of_money_are_exact_in_the_database(database: Database) -> None:
    with database.write() as tx:
        record = kept(tx)
        drawn = [Commitment("PO", line, Decimal("0.1"), Decimal(1)) for line in range(1, 11)]
        packets.commit_orders(tx, record, drawn)
        assert tx.execute(sa.select(sa.func.sum(tables.commitment.c.amount))).scalar_one() == Decimal("1.0")


def test_times_come_back_aware_in_utc_to_the_microsecond(database: Database) -> None:
    with database.write() as tx:
        record = kept(tx)
        elsewhere = NOW.astimezone(timezone(timedelta(hours=-6)))
        tx.execute(tables.packet.update().values(act_by=elsewhere))
        found = packets.load(tx, record.id)
    assert found is not None
    assert found.act_by == NOW
    assert found.act_by.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with database.write() as tx:
        kept(tx)
    with pytest.raises(sa.exc.StatementError, match="zone"), database.write() as tx:
        tx.execute(tables.packet.update().values(act_by=NOW.replace(tzinfo=None)))


# --- events -------------------------------------------------------------------------------------------------------


def test_events_are_chained_for_each_subject(database: Database) -> None:
    with database.write() as tx:
        for n in range(4):
            events.record(tx, "a", NOW, "happened", "test", n=n)
            events.record(tx, "b", NOW, "happened", "test", n=-n)
    with database.read() as tx:
        assert [event.data["n"] for event in events.history(tx, "a")] == [0, 1, 2, 3]
        assert [event.n for event in events.history(tx, "b")] == [1, 2, 3, 4]
        assert events.broken_link(tx, "a") is None
        assert events.broken_link(tx, "nobody") is None


@pytest.mark.parametrize("statement", ["UPDATE event SET who = 'x'", "DELETE FROM event", "UPDATE event SET n = n + 1"])
def test_the_database_itself_refuses_to_change_history(database: Database, statement: str) -> None:
    with database.write() as tx:
        events.record(tx, "a", NOW, "happened", "test")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.write() as tx:
        tx.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE event SET who = 'somebody' WHERE n = 2", 2),
        ("UPDATE event SET data = '{}' WHERE n = 1", 1),
        ("DELETE FROM event WHERE n = 2", 3),
        ("DELETE FROM event WHERE n = 1", 2),
        ("UPDATE event SET hash = previous WHERE n = 3", 3),
    ],
)
def test_a_chain_that_was_tampered_with_is_found_out(sqlite_url: str, statement: str, broken: int) -> None:
    database = Database(sqlite_url)
    database.upgrade()
    with database.write() as tx:
        for n in range(3):
            events.record(tx, "a", NOW, "happened", "test", n=n)
        tx.exec_driver_sql("DROP TRIGGER event_no_update")
        tx.exec_driver_sql("DROP TRIGGER event_no_delete")
        tx.exec_driver_sql(statement)
        assert events.broken_link(tx, "a") == broken
    database.close()


def test_what_is_no_longer_the_last_event_cannot_be_written_twice(database: Database) -> None:
    with database.write() as tx:
        events.record(tx, "a", NOW, "happened", "test")
        row = tx.execute(sa.select(tables.event)).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        tx.execute(tables.event.insert().values(**values))


# --- packets ------------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=any_packet())
def test_a_packet_comes_back_from_the_store_as_it_went_in(database: Database, drawn: Packet) -> None:
    with database.write() as tx:
        packet_id = packets.insert(tx, drawn, "north", NOW)
        if packet_id:
            assert packets.body(tx, packet_id, 1) == drawn
            record = packets.load(tx, packet_id)
            assert record is not None
            assert (record.stage, record.invoice_number) == (Stage.received, drawn.invoice.number)


def test_a_source_id_is_taken_once(database: Database) -> None:
    with database.write() as tx:
        first = packets.insert(tx, packet(), "north", NOW)
        assert packets.insert(tx, packet(note="other"), "north", NOW) == ""
        assert packets.by_source(tx, "tests", "tests/INV-1001") is not None
    assert first


def test_a_credit_note_counts_negative(database: Database) -> None:
    with database.write() as tx:
        assert kept(tx, "A").total == Decimal("4020.40")
        assert kept(tx, "C", type="381").total == Decimal("-4020.40")


def test_bytes_are_kept_once_and_come_back(database: Database) -> None:
    with database.write() as tx:
        first, again = keep_blob(tx, b"\x00\xff" * 1000), keep_blob(tx, b"\x00\xff" * 1000)
        assert first == again
        assert blob(tx, first) == b"\x00\xff" * 1000
        with pytest.raises(LookupError):
            blob(tx, "0" * 64)


def test_an_invoice_number_belongs_to_one_packet_of_an_account(database: Database) -> None:
    with database.write() as tx:
        one, other = kept(tx, "A"), kept(tx, "B")
        from dataclasses import replace

        same = replace(other, invoice_number="A")
        assert packets.reserve_number(tx, one) == ""
        assert packets.reserve_number(tx, one) == ""
        assert packets.reserve_number(tx, same) == one.id
        assert packets.reserve_number(tx, replace(same, account="south")) == ""
        packets.release_numbers(tx, one.id)
        assert packets.reserve_number(tx, same) == ""


def test_nothing_is_receipted_without_a_reference(database: Database) -> None:
    with database.write() as tx:
        attempt = packets.begin_attempt(tx, kept(tx), "ref", "0" * 64, NOW)
        assert attempt.outcome is Outcome.maybe_sent
        with pytest.raises(ValueError, match="reference"):
            packets.end_attempt(tx, attempt.id, Outcome.receipted, NOW)


def test_a_verdict_comes_back_with_its_reasons_and_only_once(database: Database) -> None:
    reasons = (Reason(ReasonCode.tax_mismatch, "/invoice/lines/0/tax", "417", 'Tax code "GB-20" ist ungültig'),)
    said = Verdict(Status.rejected, Level.buyer, reasons, portal_status="Disputed", at=NOW)
    with database.write() as tx:
        record = kept(tx)
        attempt = packets.begin_attempt(tx, record, "ref", "0" * 64, NOW)
        assert packets.add_verdict(tx, attempt, said, NOW, b"<raw/>")
        assert not packets.add_verdict(tx, attempt, said, NOW + timedelta(1))
        assert [verdict for _, verdict, _ in packets.verdicts(tx, record.id)] == [said]
        assert packets.latest_verdict_time(tx, attempt.id) == NOW


def test_an_account_keeps_its_row_when_it_is_set_up_again(database: Database) -> None:
    with database.write() as tx:
        accounts.ensure(tx, "north")
        accounts.change(tx, "north", notices_cursor="17")
        accounts.ensure(tx, "north")
        assert accounts.load(tx, "north").notices_cursor == "17"
        assert [one.key for one in accounts.every(tx)] == ["north"]
        with pytest.raises(LookupError):
            accounts.load(tx, "nobody")
