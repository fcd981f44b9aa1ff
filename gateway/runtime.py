"""Running: `serve` opens the doors and works, `work` only works. Both stop cleanly on SIGINT and SIGTERM."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
import uvicorn

from gateway.connection import Exchange
from gateway.exposition import observe
from gateway.folder import Folder
from gateway.house import House, open_house
from gateway.schedule import Schedule
from gateway.settings import Settings
from gateway.tracing import exchange, traced
from gateway.web.app import app_for
from gateway.web.proxies import proxies_of
from gateway.worker import Workers

log = structlog.get_logger("clearbill.runtime")


def serve(settings: Settings) -> None:
    """Opens the HTTP doors and the watched folder, runs timers and workers; returns after a clean stop."""
    with traced(settings.tracing), open_house(settings, observe=_observe) as house, _at_work(house):
        config = uvicorn.Config(
            app_for(house),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
            limit_concurrency=200,
            **proxies_of(settings),
        )
        server = uvicorn.Server(config)
        # Ours before uvicorn's own, and again after: it raises once more what stopped it, which by default would end
        # this process before its workers have given back what they hold.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        log.info("serving", host=settings.host, port=settings.port)
        server.run()
        log.info("stopping")


def work(settings: Settings) -> None:
    """Runs timers and workers beside others on the same database; returns after a clean stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with traced(settings.tracing), open_house(settings, observe=_observe) as house, _at_work(house):
        log.info("working", workers=settings.workers)
        while not stop.wait(1.0):  # a signal that another thread received is handled when this one next awakes
            pass
        log.info("stopping")


def _observe(one: Exchange) -> None:
    observe(one)
    exchange(one)


@contextmanager
def _at_work(house: House) -> Iterator[None]:
    """Workers, timers and the inbox, started in this order and stopped in the reverse."""
    house.portals.load_code()
    with ExitStack() as started:
        workers = Workers(house)
        workers.start()
        started.callback(workers.stop)
        schedule = Schedule(house)
        schedule.start()
        started.callback(schedule.stop)
        if house.settings.inbox is not None:
            folder = Folder(house, house.settings.inbox)
            folder.start()
            started.callback(folder.stop)
        yield
