"""The desk over a year's work: how long the server takes for each page, and what it asks of the database for it.

The database is filled once (`tests.bench.copies`) and kept for the next run in a folder that is named; another schema
or other stories make another one. The pages are asked for in turn, round by round, so that whatever else the machine
does meets all of them; measured is from a request's arrival at the app to the last byte of its answer.
"""

import asyncio
import dataclasses
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import httpx
import psycopg
import sqlalchemy as sa
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import identity, metrics
from gateway.desk.guard import cookie_name
from gateway.house import House, open_house
from gateway.settings import SAMPLE_CHECKLISTS, settings_from
from gateway.store import packets, people, tables
from gateway.store.database import Database, Tx
from gateway.store.people import Role
from gateway.store.tallies import counted as counted_up
from gateway.verdict import Stage, Status
from gateway.web.app import app_for
from tests.bench import copies, stories
from tests.bench.copies import Home, fill
from tests.bench.pour import pourer_for
from tests.bench.result import Figure
from tests.bench.tally import Tally, counted
from tests.databases.binaries import NO_BINARIES, find
from tests.databases.server import PostgresqlServer
from tests.gateway.fake_portal import FakePortal, FakePortals

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""The house's clock: what was kept from an earlier run has not grown older."""
MOST = 150.0  # milliseconds, the median
ROUNDS = 16
KEPT = Path(tempfile.gettempdir()) / f"clearbill-bench-{os.getuid()}"
HOMES = (
    Home("northlight-power", "northlight-coupa"),
    Home("cedar-valley-electric", "cedar-valley-coupa"),
    Home("harbor-grid", "harbor-grid-coupa"),
    Home("summit-ridge-electric", "summit-ridge-ariba"),
    Home("blue-mesa-power", "blue-mesa-ariba"),
    Home("copper-creek-electric", "copper-creek-isupplier"),
)
_TOKEN, _SESSION = "a token of the bench", "a session of the bench"
_HEADERS = {"Authorization": f"Bearer {_TOKEN}"}


def desk(
    folder: Path, *, quick: bool, count: int = 200_000, database: str = "sqlite", keep: Path = KEPT
) -> list[Figure]:
    """Every page over `count` packets, on SQLite or PostgreSQL."""
    count, rounds, kept = (600, 3, folder) if quick else (count, ROUNDS, keep)
    with _filled(kept, database, count) as url, counted() as tally, opened(url, folder) as house:
        found = asyncio.run(looked_at(house, tally, rounds))
    told = f"{count:,} packets on {database}"
    return [one.figure(f"{name}, {told}", None if quick else MOST) for name, one in found.items()]


async def looked_at(house: House, tally: Tally, rounds: int, but: tuple[str, ...] = ()) -> "dict[str, Found]":
    """Every page so often, by a browser that has signed in; none whose name begins as `but` says."""
    timed = _Timed(app_for(house))
    pages = {name: path for name, path in _pages(house).items() if not name.startswith(but)}
    found = {name: Found() for name in pages}
    cookies = {cookie_name(house.settings, "session"): _SESSION}
    door = httpx.ASGITransport(timed)
    async with httpx.AsyncClient(transport=door, base_url="http://desk", cookies=cookies, headers=_HEADERS) as client:
        for _ in range(rounds):
            for name, path in pages.items():
                if found[name].is_clear:
                    continue
                tally.begin()
                answer = await client.get(path)
                assert answer.status_code in (200, 303), f"{path}: {answer.status_code} {answer.text[:500]}"
                found[name].add(timed.took, tally)
    return found


class _Timed:
    """ASGI: the milliseconds that the last request took."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.took = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await self._app(scope, receive, send)
        self.took = 1_000 * (time.perf_counter() - began)


@dataclass
class Found:
    """What one page took: milliseconds of each round; what the last one asked of the database."""

    took: list[float] = field(default_factory=list)
    asked: Tally = field(default_factory=Tally)

    @property
    def is_clear(self) -> bool:
        """Whether more looks would say nothing new: a page that takes seconds need not be waited for so often."""
        return len(self.took) > 4 and sum(self.took) > 20 * MOST

    def add(self, milliseconds: float, tally: Tally) -> None:
        """One more look."""
        self.took.append(milliseconds)
        self.asked = dataclasses.replace(tally)

    def figure(self, what: str, limit: float | None) -> Figure:
        """As a line of the bench's table; the first look, which makes statements and templates, is left out."""
        took = self.took[1:]
        ninth = quantiles(took, n=10, method="inclusive")[-1]
        asked = f"{self.asked.statements} statements, {self.asked.rows} rows"
        told = f"{min(took):,.0f} at best, p90 {ninth:,.0f} ms, {asked}"
        return Figure("desk", what, median(took), "ms", limit, told)


# --- the pages ----------------------------------------------------------------------------------------------------


def _pages(house: House) -> Mapping[str, str]:
    """What is looked at: a name, and the address."""
    with house.database.read() as tx:
        long = _one(tx, tables.packet.c.revision == sa.select(sa.func.max(tables.packet.c.revision)).scalar_subquery())
        paper = packets.body(tx, long, 1).documents[0].sha256
        held = _one(tx, tables.packet.c.stage == Stage.held, tables.packet.c.revision == 1)
        rejected = _one(tx, tables.packet.c.stage == Stage.held, tables.packet.c.status == Status.rejected)
        done = _one(tx, tables.packet.c.stage == Stage.accepted)
        query = sa.select(tables.packet).where(tables.packet.c.stage == Stage.held)
        order = (tables.packet.c.act_by, tables.packet.c.total.desc(), tables.packet.c.id)
        size = tx.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
        far = tx.execute(query.order_by(*order).offset(size * 3 // 4).limit(1)).one()
        number = tx.execute(sa.select(tables.packet.c.invoice_number).where(tables.packet.c.id == held)).scalar_one()
        sent = sa.select(tables.attempt.c.document_sha256).where(tables.attempt.c.packet_id == long).limit(1)
        document = tx.execute(sent).scalar_one()
    client, account = HOMES[0].client, HOMES[0].account
    worklist = {
        "work list": "/",
        "work list of a client": f"/?client={client}",
        "work list of an account": f"/?account={account}",
        "work list by reason": "/?reason=po_closed",
        "work list by a reason nobody has": "/?reason=replaced",
        "work list by owner": "/?owner=alex",
        "work list of nobody's": "/?owner=-",
        "work list by who acts": "/?who=portal_admin",
        "work list, filtered thrice": f"/?client={client}&reason=po_closed&who=client_ap",
        "work list of what is due this week": "/?due=week",
        "work list with these words": "/?words=closed",
        "work list, what is new": f"/live/list?since={NOW:%Y-%m-%dT%H:%M:%S}%2B00:00",
        "progress": "/progress",
        "progress, what is new": "/live/progress",
        "work list, far down": f"/?after={far.act_by:%Y-%m-%dT%H:%M:%S%z}|{far.total}|{far.id}".replace("+", "%2B"),
    }
    packet = {
        "find by number": f"/find?q={number}",
        "find what is not there": "/find?q=NP-NOT-THERE",
        "packet, held": f"/packets/{held}",
        "packet, done": f"/packets/{done}",
        "packet, 40 revisions, 500 events, 300 lines": f"/packets/{long}",
        "the same, its last lines": f"/packets/{long}?line=299",
        "the same, earlier events": f"/packets/{long}?before=200",
        "a document of it": f"/packets/{long}/view/{document}",
        "a paper of it": f"/packets/{long}/view/{paper}",
        "two revisions of it side by side": f"/packets/{long}/compare?first=1",
        "what is new of a packet": f"/live/packets/{held}?since=1",
        "edit a packet": f"/packets/{rejected}/edit",
        "packet by HTTP": f"/v1/packets/{done}",
    }
    reports = {
        "reports": "/reports",
        "reports of a client": f"/reports?client={client}",
        "reports of an account": f"/reports?account={account}",
        "reports of a month": "/reports?since=2026-10-01&until=2026-11-01",
        **{f"reports by {by}": f"/reports?by={by}" for by in ("client", "account", "month")},
    }
    rest = {
        "clients": "/clients",
        "a client": f"/clients/{client}",
        "figures by HTTP": "/v1/metrics",
        "figures of a client by HTTP": f"/v1/metrics?client={client}",
        "a scrape of /metrics": "/metrics",
    }
    return {**worklist, **packet, **reports, **rest}


def _one(tx: Tx, *conditions: sa.ColumnElement[bool]) -> str:
    """A packet from the middle of those that meet the conditions."""
    query = sa.select(tables.packet.c.id).where(*conditions).order_by(tables.packet.c.id)
    count = tx.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    return str(tx.execute(query.offset(count // 2).limit(1)).scalar_one())


# --- the house ----------------------------------------------------------------------------------------------------


@contextmanager
def opened(url: str, folder: Path) -> Iterator[House]:
    """A house over this database, with somebody signed in, and portals that are never asked."""
    os.environ["BENCH_DESK_TOKEN"] = _TOKEN
    accounts = {home.account: {"portal": "coupa", "settings": {"url": "http://127.0.0.1:9"}} for home in HOMES}
    tokens = [{"name": "bench", "secret": "env:BENCH_DESK_TOKEN"}]
    content = {"database": url, "checklists": str(SAMPLE_CHECKLISTS), "accounts": accounts, "tokens": tokens}
    settings = settings_from(content, folder / "clearbill.yaml")
    with open_house(settings, clock=lambda: NOW) as house:
        with house.database.write() as tx:
            for name in ("coordinator", *stories.PEOPLE):
                people.insert(tx, name, Role.coordinator, "no password fits", NOW)
            people.drop_old_sessions(tx, NOW, datetime(9000, 1, 1, tzinfo=UTC))
            people.begin_session(tx, identity.digest(_SESSION), "coordinator", NOW)
        with counted_up(house.database):
            pass  # what reports count is counted as packets come, and not all at once as they did here
        portals = {home.account: FakePortal(home.account, lambda: NOW) for home in HOMES}
        yield dataclasses.replace(house, portals=FakePortals(portals))  # type: ignore[arg-type]


# --- the database -------------------------------------------------------------------------------------------------


@contextmanager
def _filled(keep: Path, database: str, count: int) -> Iterator[str]:
    """The URL of a database with so many packets: that of an earlier run, or a new one."""
    keep.mkdir(mode=0o711, parents=True, exist_ok=True)
    name = f"{database}-{count}-{_edition()}"
    for old in keep.glob(f"{database}-{count}-*"):
        if old.name != name:
            shutil.rmtree(old)
    folder = keep / name
    folder.mkdir(mode=0o711, exist_ok=True)
    if database == "sqlite":
        _fill_once(f"sqlite:///{folder / 'clearbill.db'}", folder, count)
        yield f"sqlite:///{folder / 'clearbill.db'}"
        return
    binaries = find()
    assert binaries is not None, NO_BINARIES
    server = PostgresqlServer(binaries, folder / "postgresql", "off")
    try:
        admin = server.start()
        with psycopg.connect(admin, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'desk'").fetchone():
                connection.execute("CREATE DATABASE desk TEMPLATE template0")
        url = f"{admin.replace('postgresql://', 'postgresql+psycopg://', 1).removesuffix('/postgres')}/desk"
        _fill_once(url, folder, count)
        yield url
    finally:
        server.stop()


def _fill_once(url: str, folder: Path, count: int) -> None:
    done = folder / "filled"
    if done.exists():
        return
    database = Database(url)
    emptied(database)
    database.upgrade()
    database.close()
    with tempfile.TemporaryDirectory() as scratch:
        book = stories.told(Path(scratch))
    with pourer_for(url) as pourer:
        fill(pourer, book, count, HOMES, NOW)
    database = Database(url)
    with metrics.counted(database) as tx:  # as a house in service has done long before
        assert metrics.measure(tx, NOW).packets == count
    database.close()
    done.touch()


def emptied(database: Database) -> None:
    """Takes away whatever is there: a run that broke off may have left something."""
    if database.engine.dialect.name == "sqlite":
        path = Path(str(database.engine.url.database))
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
        return
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


def _edition() -> str:
    """What a filled database depends on: the schema, and how rows are made."""
    sources = (Path(tables.__file__), Path(stories.__file__), Path(copies.__file__))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
