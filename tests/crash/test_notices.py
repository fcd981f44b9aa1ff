"""A worker is killed while it tells people what needs them: nothing goes untold, and a repeat can be known as one."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from gateway.house import open_house
from gateway.intake import accept
from gateway.packet import canonical_json, json_from
from gateway.settings import load
from gateway.store import notices, tables
from gateway.store.queue import NOTICES
from gateway.worker import work_once
from tests.crash.cast import Being
from tests.crash.deaths import POINTS_OF_A_NOTICE
from tests.gateway.mail_server import mail_server
from tests.packets import packet

CLIENT = "river-power"
GONE = ("after_the_answer_of_a_notice", "before_recording_of_a_notice")
"""Where the mail server has the message when its sender dies."""


@pytest.mark.parametrize(
    ("point", "database"),
    [*((point, "sqlite") for point in POINTS_OF_A_NOTICE), (GONE[0], "postgresql")],
)
def test_a_notice_survives_the_death_of_its_sender(
    point: str, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with mail_server() as server:
        config = settings(tmp_path, request.getfixturevalue(f"{database}_url"), server.port)
        with open_house(load(config), upgrade=True) as house:
            handed: Any = json_from(canonical_json(packet("INV-1")))
            accept(house, {**handed, "client": CLIENT}, {})
            while work_once(house):
                pass  # it is before a person now: its client wants purchase orders of another form
            with house.queue.write() as tx:
                yesterday = datetime.now(UTC) - timedelta(days=2)
                notices.channel(tx, "office", lock=True)
                notices.change_channel(tx, "office", digest_for=yesterday)
                house.queue.enqueue(tx, "notices", NOTICES, "notices:office")
            being = Being("worker", ("--config", str(config), "--fate", f"{point}:1:kill"), {}, tmp_path / "log")
            try:
                assert being.ends(90) == -signal.SIGKILL, (tmp_path / "log").read_text("utf-8")
            finally:
                being.bury()
            assert len(server.taken) == (1 if point in GONE else 0)
            with house.database.write() as tx:  # its lease runs out
                tx.execute(tables.work.update().where(tables.work.c.kind == "notices").values(due_at=0.0))
                freed = {"ready_at": 0.0, "busy_until": 0.0}
                tx.execute(sa.update(tables.slot).where(tables.slot.c.account == NOTICES).values(freed))
            while work_once(house, apart=NOTICES):
                pass
            with house.database.read() as tx:
                told = notices.latest(tx, "office", 10)
        assert [one.outcome for one in told] == ["sent"]
        assert len(server.taken) == (2 if point in GONE else 1)
        assert set(server.ids) == {told[0].message_id}


def settings(folder: Path, url: str, port: int) -> Path:
    """An office that closes for a minute at midnight, far from here, and is told of everything after that."""
    far_from_midnight = "UTC" if 2 <= datetime.now(UTC).hour < 22 else "Etc/GMT-8"
    (folder / "checklists").mkdir()
    form = {"pattern": r"99\d{8}", "says": "99 and eight digits", "example": "9912345678"}
    checklist = {"client": CLIENT, "name": CLIENT, "account": CLIENT, "orders": {"form": form}}
    (folder / "checklists" / f"{CLIENT}.yaml").write_text(yaml.safe_dump(checklist), "utf-8")
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    told = {
        "hours": {"opens": "00:00", "closes": "23:59", "days": days},
        "digest_at": ["00:00"],
        "mail": {"host": "127.0.0.1", "port": port, "security": "none", "sender": "clearbill@billing.example"},
        "channels": {"office": {"to": "billing@billing.example"}},
    }
    named = {
        "supplier_domain": "DUNS",
        "supplier_identity": "1",
        "buyer_domain": "NetworkID",
        "buyer_identity": "river",
    }
    at = {"url": "http://127.0.0.1:9", "transport": "cxml", "status_source": "none", "supplier_id": "1", **named}
    (folder / "secret").write_text("of-no-use-to-anybody", "utf-8")
    account = {"portal": "coupa", "poll_seconds": 0, "orders_seconds": 0, "settings": at}
    account["secrets"] = {"shared_secret": f"file:{folder}/secret"}
    values = {"database": url, "checklists": "checklists", "accounts": {CLIENT: account}, "notices": told}
    values["time_zone"] = far_from_midnight
    config = folder / "clearbill.yaml"
    config.write_text(yaml.safe_dump(values), "utf-8")
    return config
