"""The commands of `report`: what `gateway.reports`, `gateway.metrics` and `gateway.report_parts` count, for eyes or
files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import typer
from rich.console import RenderableType
from rich.table import Table

from gateway import metrics as figures
from gateway import reports
from gateway.commands.layout import facts, hanging, table
from gateway.commands.telling import reason_in_words
from gateway.commands.terminal import Terminal
from gateway.commands.wording import money, totals
from gateway.house import House
from gateway.metrics import Metrics, Share
from gateway.report_parts import ORDERS_IN_FILE, ORDERS_IN_PDF, About, Question, part
from gateway.report_words import KINDS
from gateway.reports import Rejections
from gateway.sheets import Sheet, as_csv, as_rich, as_xlsx, duration
from gateway.store.database import Tx


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about; "" asks for all. `by`: what it is told apart by, comma-separated. Days are UTC."""

    client: str = ""
    account: str = ""
    by: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the report is to be written; one that is to be written somewhere is not shown."""

    csv: Path | None = None
    xlsx: Path | None = None
    pdf: Path | None = None

    @property
    def none(self) -> bool:
        """Whether the report is to be shown."""
        return self.csv is None and self.xlsx is None and self.pdf is None


def rejections(terminal: Terminal, scope: Scope, files: Files) -> None:
    """Why packets were stopped, refused, rejected or queried. Raises NotPossible, NotFound."""
    with terminal.house() as house, figures.counted(house.database) as tx:
        _known(house, scope)
        about = _about(house, tx, scope)
        by = [name.strip() for name in scope.by.split(",")] if scope.by else reports.DIMENSIONS
        period = about.period
        rows = reports.rejections(
            tx, since=period.since, until=period.until, by=by, client=scope.client, account=scope.account
        )
        _write(terminal, reports.rejections_sheet(rows), files)
        _write_pdf(terminal, ("pareto", "trend", "rejections"), about, files)
    if not rows:
        terminal.show("Nothing was stopped, refused, rejected or queried in this time.")
    elif files.none:
        _show_rejections(terminal, rows)
    terminal.answer({"since": period.since, "until": period.until, "rejections": [asdict(row) for row in rows]})


def metrics(terminal: Terminal, scope: Scope, month: str, files: Files) -> None:
    """The key figures, all together or by client, account, month or week. Raises NotPossible, NotFound."""
    with terminal.house() as house, figures.counted(house.database) as tx:
        _known(house, scope)
        first, after = figures.bounds_of_month(month) if month else (None, None)
        about = _about(house, tx, scope, first, after)
        found = about.measured(scope.by)
        _write(terminal, reports.metrics_sheet(found, by=scope.by), files)
        _write_pdf(terminal, ("figures", "first-pass", "cycle", "spent"), about, files)
    if files.none:
        _show(terminal, found)
    told = {"by": scope.by, "figures": {key: one.as_json() for key, one in found.items()}} if scope.by else None
    terminal.answer(told or found[""].as_json())


def one_part(terminal: Terminal, name: str, scope: Scope, files: Files) -> None:
    """One part of the reports as a table. Raises NotPossible, NotFound."""
    with terminal.house() as house, figures.counted(house.database) as tx:
        _known(house, scope)
        about = _about(house, tx, scope)
        found = part(name, about)
        _write(terminal, found.sheet, files)
        _write_pdf(terminal, (name,), about, files)
    if files.none:
        terminal.show(as_rich(found.sheet) if found.sheet.rows else "Nothing to show.")
        for sentence in found.says:
            terminal.tell(sentence)
    names = [column.name for column in found.sheet.columns]
    terminal.answer({name: [dict(zip(names, row, strict=True)) for row in found.sheet.rows]})


def _about(house: House, tx: Tx, scope: Scope, first: datetime | None = None, after: datetime | None = None) -> About:
    since = first.date() if first else _day("--since", scope.since)
    until = after.date() if after else _day("--until", scope.until)
    by = scope.by if scope.by in get_args(figures.By) else ""
    question = Question(scope.client, scope.account, since, until, by, orders=ORDERS_IN_FILE)
    return About(house, tx, house.database.now(tx), question)


def _known(house: House, scope: Scope) -> None:
    """Raises where the client or account asked for is not one of ours: an empty report would say too much."""
    if scope.client:
        house.known_client(scope.client)
    if scope.account:
        house.account_settings(scope.account)


def _day(option: str, text: str) -> date | None:
    """Raises BadParameter."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2026-11-01.", param_hint=option) from None


def _write(terminal: Terminal, sheet: Sheet, files: Files) -> None:
    if files.csv is not None:
        terminal.write_file(files.csv, as_csv(sheet))
    if files.xlsx is not None:
        terminal.write_file(files.xlsx, as_xlsx(sheet))


def _write_pdf(terminal: Terminal, names: Sequence[str], about: About, files: Files) -> None:
    if files.pdf is None:
        return
    from gateway.report_pdf import as_pdf  # slow to import, and only this one needs it

    short = replace(about, question=replace(about.question, orders=ORDERS_IN_PDF))
    terminal.write_file(files.pdf, as_pdf([part(name, short) for name in names], short))


# --- rejections for reading ---------------------------------------------------------------------------------------


def _show_rejections(terminal: Terminal, rows: Sequence[Rejections]) -> None:
    sides: dict[str, list[Rejections]] = {"At the portals": [], "Before sending": []}
    for row in rows:
        sides["Before sending" if row.kind == "preflight" else "At the portals"].append(row)
    for side, listed in sides.items():
        if listed:
            terminal.show(terminal.heading(f"{side} ({sum(row.count for row in listed):,})"))
            for row in listed:
                _show_rejection(terminal, row)


def _show_rejection(terminal: Terminal, row: Rejections) -> None:
    what = reason_in_words({"code": row.reason}) if row.reason else "for any reason"
    kind = "" if row.kind == "preflight" else f", {KINDS[row.kind]}"
    whose = ", ".join(name for name in (row.client, row.account) if name)
    first = f"{what[:1].upper()}{what[1:]}{kind}: {row.share:.0%}, {money(row.money, row.currency)}"
    lines = [f"{first}, {whose}" if whose else first]
    if row.example:
        lines.append(f"for example: {row.example}")
    terminal.show(hanging(f"{row.count:>4,} x", *lines, indent=0))


# --- the figures for reading --------------------------------------------------------------------------------------


def _show(terminal: Terminal, found: Mapping[str, Metrics]) -> None:
    if not any(one.packets for one in found.values()):
        terminal.show("No packets in this scope yet, so there is nothing to count.")
    elif "" in found:
        terminal.show(facts(_all_of(found[""])))
    else:
        terminal.show(_side_by_side(found))
        terminal.tell(
            "1st pass: portal / buyer. Caught: by the checklist, before sending. --csv and --xlsx have every figure."
        )


def _all_of(one: Metrics) -> list[tuple[str, RenderableType]]:
    return [
        (
            "Packets",
            f"{one.packets:,}: {one.accepted:,} accepted, {one.held:,} before a person, {one.stopped:,} stopped",
        ),
        ("Portal first pass", _share(one.portal_first_pass, "taken by the portal at the first transmission")),
        ("Buyer first pass", _share(one.buyer_first_pass, "accepted with nothing on the way")),
        ("Caught before sending", _share(one.preflight_catch, "stopped by the checklist first")),
        ("Touchless", _share(one.touchless, "of the accepted without a person's decision")),
        ("Cycle time", _cycle(one)),
        ("Where it went", _spent(one)),
        ("Refusals and queries", f"{one.rejections:,}; sent again {one.resubmissions:,} times"),
        ("Corrected by rule", ", ".join(f"{rule} {count}" for rule, count in one.corrections.items()) or "none"),
        ("Money held up", totals(one.money_held) or "none"),
        ("Oldest undecided", _duration(one.oldest_undecided_s)),
        ("Silent", f"{one.silent:,} packets wait longer at their portal than they should"),
    ]


def _side_by_side(found: Mapping[str, Metrics]) -> Table:
    figures = ("Packets", "Accepted", "Held", "1st pass", "Caught", "Half within")
    rows = table("", *figures, right=figures, whole=("",))
    for key, one in found.items():
        counts = (f"{count:,}" for count in (one.packets, one.accepted, one.held))
        first = f"{_rate(one.portal_first_pass_rate)} / {_rate(one.buyer_first_pass_rate)}"
        rows.add_row(key, *counts, first, _rate(one.preflight_catch_rate), _duration(one.cycle_time_p50_s))
    return rows


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.0%}"


def _share(share: Share, meaning: str) -> str:
    """A share with what it is a share of; nothing to divide by is said, not shown as 0 or 100 %."""
    return f"{share.rate:.1%} {meaning} ({share.hits:,} of {share.of:,})" if share.rate is not None else "none yet"


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def _cycle(one: Metrics) -> str:
    if one.cycle_time_p50_s is None or one.cycle_time_p90_s is None:
        return "nothing accepted yet"
    half, most = duration(one.cycle_time_p50_s), duration(one.cycle_time_p90_s)
    return f"half within {half}, nine of ten within {most}, from the packet's making to the buyer's acceptance"


def _spent(one: Metrics) -> str:
    parts = {
        "at the portal": one.seconds_portal,
        "with us": one.seconds_ours,
        "before a person": one.seconds_person,
        "in correction": one.seconds_correction,
    }
    whole = sum(parts.values())
    if not whole:
        return "nothing accepted yet"
    return ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in parts.items())
