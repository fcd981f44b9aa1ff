"""The tables at the end of the demonstration, and how to keep looking."""

import shlex
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.corrections import NUMBER_SUFFIX, RULES
from gateway.demo.result import CLEAN, Ending, Result
from gateway.demo.told import WHO, first_reason
from gateway.store.packets import PacketRecord

_SAYS = {rule.code: rule.says for rule in (*RULES, NUMBER_SUFFIX)}


def print_closing(console: Console, result: Result) -> None:
    """Prints everything a newcomer wants to know at the end; the longest first, so that the figures stay in view."""
    console.print(_headed("What waits for whom", _waiting(result)))
    console.print(_headed("Troubles, and where they ended", _troubles(result)))
    console.print(_headed("Corrections by rule", _corrections(result)))
    console.print(_headed("Figures", _figures(result)))
    console.print(_headed("Against the portals' own lists", _reckoning(result)))
    console.print(_headed("Keep looking", Text(keep_looking(result))))


def keep_looking(result: Result) -> str:
    """The commands that show more of what the demonstration left in its folder."""
    config = shlex.quote(str(result.folder / "clearbill.yaml"))
    example = result.before_people[0].invoice_number if result.before_people else ""
    rows = [
        (f"clearbill status --config {config}", "what waits for whom"),
        (f"clearbill status {example} --config {config}", "one packet, event by event") if example else ("", ""),
        (f"clearbill report rejections --config {config}", "refusals by reason"),
        (f"clearbill report metrics --config {config}", "the figures"),
        (f"clearbill user add NAME --role admin --config {config}", "makes you a user of the coordinators' pages"),
        (f"clearbill serve --config {config}", "opens the pages and the HTTP doors; the portals' stand-ins have ended"),
    ]
    return "\n".join(f"{command}\n    {words}" for command, words in rows if command)


def _headed(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", "bold"), Padding(body, (0, 0, 0, 2)))


def _grid(*justified: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for justify in justified:
        table.add_column(justify="right" if justify == "right" else "left")
    return table


def _figures(result: Result) -> Table:
    metrics = result.metrics
    table = _grid("left", "right", "left")
    handed = len(result.endings)
    table.add_row("handed over", str(handed), f"{result.refused} refused at intake, which names what is wrong")
    table.add_row("packets taken in", str(metrics.packets), "each ends accepted, stopped, or before a person")
    table.add_row("accepted", str(metrics.accepted), "by the buyers")
    table.add_row("held", str(metrics.held), f"before a person; {_money(metrics.money_held.items())}")
    table.add_row("stopped", str(metrics.stopped), "ended by a person")
    shares = (
        ("portal first-pass", metrics.portal_first_pass, "taken by the portal at the first transmission"),
        ("buyer first-pass", metrics.buyer_first_pass, "of decided ones, accepted with nothing on the way"),
        ("preflight catch", metrics.preflight_catch, "stopped by the checklist before the first transmission"),
        ("touchless", metrics.touchless, "of accepted ones, no person decided anything"),
    )
    for name, share, words in shares:
        shown = "-" if share.rate is None else f"{share.rate:.1%}"
        table.add_row(name, shown, f"{share.hits} of {share.of} {words}")
    cycle = f"nine of ten within {_seconds(metrics.cycle_time_p90_s)}; from generated to accepted"
    table.add_row("cycle time (median)", _seconds(metrics.cycle_time_p50_s), cycle)
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _money(amounts: Iterable[tuple[str, Decimal]]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(amounts)) or "no money held up"


def _corrections(result: Result) -> RenderableType:
    found = sorted(result.metrics.corrections.items())
    if not found:
        return Text("none")
    table = _grid("left", "right", "left")
    for rule, times in found:
        table.add_row(rule, str(times), _SAYS.get(rule, ""))
    return table


def _troubles(result: Result) -> Table:
    """Each end, and the troubles that came to it; how often, where more than once."""
    table = _grid("left", "right", "left")
    for end, endings in groupby(sorted(result.endings, key=_end_first), key=lambda ending: ending.end):
        found = Counter(ending.trouble.replace("_", " ") for ending in endings)
        words = ", ".join(f"{name} ({times})" if times > 1 else name for name, times in found.items())
        table.add_row(end.replace("_", " "), str(found.total()), words)
    return table


def _end_first(ending: Ending) -> tuple[str, bool, str]:
    return ending.end, ending.trouble != CLEAN, ending.trouble


def _waiting(result: Result) -> RenderableType:
    """For each who must act: invoice, amount, by when, why, and the next step."""
    parts: list[RenderableType] = []
    for who, records in groupby(result.before_people, key=lambda record: record.who_acts):
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for record in records:
            table.add_row(*_stop(record))
        parts += [Text(f"{WHO[who]}", "yellow"), Padding(table, (0, 0, 1, 2))]
    return Group(*parts) if parts else Text("nothing waits")


def _stop(record: PacketRecord) -> tuple[RenderableType, RenderableType]:
    by = f"by {record.act_by:%a %d %b %H:%M} UTC" if record.act_by else ""
    what = f"{record.invoice_number}\n{record.total:,.2f} {record.currency}\n{by}"
    return Text(what), Group(Text(_reason(record)), Text(f"-> {record.action}", "dim"))


def _reason(record: PacketRecord) -> str:
    return first_reason(record.why) or f'The portal says: "{record.portal_status}"'


def _reckoning(result: Result) -> RenderableType:
    table = _grid("left", "right", "left")
    table.add_row("lost", str(len(result.lost)), "every acknowledged packet is final, at its portal, or with a person")
    table.add_row("doubles", str(len(result.duplicates)), "no portal holds an invoice alive more than once")
    table.add_row("unexpected", str(len(result.unexpected)), "every case ended as its trouble lets one expect")
    faults = [*result.lost, *result.duplicates, *result.unexpected]
    return Group(table, *(Text(f"! {escape(fault)}", "red") for fault in faults))
