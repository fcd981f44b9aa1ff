"""What the onlooker sees while the demonstration plays: a table by client and the last events in words, live.

Away from a terminal it says a line now and then instead.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gateway.demo.clients import EVERY_CLIENT
from gateway.demo.play import Act, Play
from gateway.demo.told import event_told
from gateway.house import House
from gateway.store import events
from gateway.store.events import Event
from gateway.store.packets import PacketRecord
from gateway.verdict import Stage

_EVENTS_SHOWN = 12
_LINE_EVERY_SECONDS = 2.0
_PLACES = ("handed in", "refused", "with us", "at portal", "held", "accepted", "corrected")
_PLACE_OF: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.sending: "at portal",
        Stage.waiting: "at portal",
        Stage.held: "held",
        Stage.accepted: "accepted",
        Stage.stopped: "held",
    }
)
_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "held": "yellow",
        "refused": "red",
        "corrected": "magenta",
        "in doubt": "cyan",
        "not sent": "cyan",
        "coordinator": "bold yellow",
    }
)


class Show:
    """The view of one play. `quiet` keeps even a terminal to a line now and then."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet or not console.is_terminal
        self._live: Live | None = None
        self._told: deque[tuple[float, str, str]] = deque(maxlen=_EVENTS_SHOWN)
        self._seen: dict[str, int] = {}
        self._known: Mapping[str, PacketRecord] = {}
        self._started = self._last_line = time.monotonic()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Shows until the block ends; the last picture stays."""
        self._started = self._last_line = time.monotonic()
        if self._quiet:
            yield
            return
        with Live(console=self._console, auto_refresh=False) as self._live:
            yield

    def say(self, words: str) -> None:
        """One line of plain words, at once."""
        self._console.print(escape(words), highlight=False)

    def warn(self, words: str) -> None:
        """One line that must not be overlooked."""
        self._console.print(escape(words), style="bold red", highlight=False)

    def tell(self, who: str, what: str) -> None:
        """One thing that happened, for the list of events."""
        self._told.append((time.monotonic() - self._started, who, " ".join(what.split())))

    def update(self, house: House, play: Play) -> None:
        """Shows the present state of the play."""
        if self._live is None:
            self._line_now_and_then(play)
            return
        for event, record in self._news(house, play):
            told = event_told(event, record.invoice_number, record.client)
            if told is not None:
                self.tell(*told)
        self._live.update(self._view(play), refresh=True)

    def _line_now_and_then(self, play: Play) -> None:
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            total = counted(play, play.acts)
            words = ", ".join(f"{total[place]} {place}" for place in _PLACES if total[place])
            self.say(f"{now - self._started:5.0f} s  {len(play.acts)} packets: {words or 'setting up'}")

    def _news(self, house: House, play: Play) -> list[tuple[Event, PacketRecord]]:
        """Events since the last look, of packets that have changed, in the order of their happening."""
        changed = [one for key, one in play.records.items() if self._known.get(key) != one]
        self._known = play.records
        fresh = []
        with house.database.read() as tx:
            for record in changed:
                known = self._seen.get(record.id, 0)
                fresh += [(event, record) for event in events.history(tx, record.id) if event.n > known]
        for event, record in fresh:
            self._seen[record.id] = max(event.n, self._seen.get(record.id, 0))
        return sorted(fresh, key=lambda pair: pair[0].at)

    # --- the picture ----------------------------------------------------------------------------------------------

    def _view(self, play: Play) -> RenderableType:
        finished = sum(1 for act in play.acts if act.finished)
        head = Table.grid(padding=(0, 2))
        seconds = f"{time.monotonic() - self._started:.0f} s"
        bar = ProgressBar(len(play.acts), finished, width=40)
        head.add_row(Text("Clearbill demonstration", "bold"), bar, f"{finished} of {len(play.acts)} decided", seconds)
        return Group(head, Padding(_by_client(play), (1, 0)), self._events())

    def _events(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(justify="right", style="dim", no_wrap=True, width=5)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for at, who, what in self._told:
            table.add_row(f"{at:.1f}", Text(who, _COLOURS.get(who, "blue")), Text(what))
        return table


def counted(play: Play, acts: list[Act]) -> Counter[str]:
    """How many of these packets stand where; each is also counted as handed in, and as corrected if it was."""
    total: Counter[str] = Counter()
    for act in acts:
        record = play.record_of(act)
        if act.handed_in:
            total["handed in"] += 1
        if act.refused:
            total["refused"] += 1
        if record is not None:
            total[_PLACE_OF.get(record.stage, "with us")] += 1
            total["corrected"] += record.tries > 0
    return total


def _by_client(play: Play) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_footer=True, footer_style="bold")
    every = counted(play, play.acts)
    table.add_column("", footer="all", no_wrap=True)
    for place in _PLACES:
        table.add_column(place, footer=str(every[place]), justify="right")
    for key, client in EVERY_CLIENT.items():
        acts = [act for act in play.acts if act.case.client == key]
        if not acts:
            continue
        here = counted(play, acts)
        table.add_row(client.name, *(str(here[place]) for place in _PLACES))
    return table
