"""`checklist backtest`: what a client's own rule would have done with what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from checklists.client_rules import breaks
from checklists.conditions import ConditionFailed
from checklists.library import rules_from, text_of
from checklists.rules import ClientRule
from gateway.commands.layout import facts
from gateway.commands.terminal import DONE, Terminal
from gateway.errors import NotFound
from gateway.house import House
from gateway.store.past import PastAttempt, sent_since

_MOST_NAMED = 20


@dataclass
class Tally:
    """What a rule would have done, in transmissions."""

    rule: ClientRule
    refused: int = 0
    caught: list[PastAttempt] = field(default_factory=list)
    accepted: int = 0
    stopped: list[PastAttempt] = field(default_factory=list)
    undecided: int = 0
    undecided_found: int = 0
    failed: list[str] = field(default_factory=list)  # why it could not be evaluated, each once

    def count(self, rule: ClientRule, past: PastAttempt, zone: ZoneInfo) -> None:
        """Adds one transmission as this client's rule of that code has it; what cannot be evaluated would have been
        stopped."""
        try:
            found = breaks(rule, past.content, past.sent_at.astimezone(zone).date())
        except ConditionFailed as fault:
            found = True
            self.failed.append(f"{past.packet_id}: {fault}")
        if past.refused:
            self.refused += 1
            self.caught.extend([past] * found)
        elif past.accepted:
            self.accepted += 1
            self.stopped.extend([past] * found)
        else:
            self.undecided += 1
            self.undecided_found += found


def backtest(terminal: Terminal, rule: str, since: str, client: str) -> int:
    """Raises NotFound for a rule or client that there is not, ChecklistBroken, BadParameter."""
    with terminal.house() as house:
        zone = ZoneInfo(house.settings.time_zone)
        begin = _day(since)
        if client:
            house.known_client(client)
        clients = _rules_by_client(house, rule, client)
        tallies = {one.code: Tally(one) for rules in clients.values() for one in rules}
        start = datetime(begin.year, begin.month, begin.day, tzinfo=zone).astimezone(UTC)
        with house.database.read() as tx:
            for past in sent_since(tx, start, client):
                for one in clients.get(past.client, clients.get("", ())):
                    tallies[one.code].count(one, past, zone)
    for tally in tallies.values():
        _show(terminal, tally)
    terminal.answer({"since": begin, "client": client, "rules": [_values(one) for one in tallies.values()]})
    return DONE


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2026-11-01.", param_hint="--since") from None


def _rules_by_client(house: House, rule: str, client: str) -> Mapping[str, Sequence[ClientRule]]:
    """Client -> the rules asked about; "" stands for every client, where the rule is in a file of its own."""
    if rule.endswith((".yaml", ".yml")):
        path = Path(rule)
        return {"": rules_from(text_of(path, path.name), path.name)}
    found = {
        key: [one]  # the latest of the latest version
        for key, versions in house.shelf.library.versions.items()
        if not client or key == client
        for one in versions[-1].rules
        if one.code == rule
    }
    if not found:
        raise NotFound(f"no checklist has a rule {rule!r}; name one, or a YAML file with a rule.")
    return found


def _show(terminal: Terminal, tally: Tally) -> None:
    terminal.show(terminal.heading(f"{tally.rule.code}: {tally.rule.sentence}"))
    rows = [
        ("Would have caught", f"{len(tally.caught)} of {tally.refused} that were refused or rejected"),
        ("Would have stopped", f"{len(tally.stopped)} of {tally.accepted} that were accepted"),
        ("Not decided yet", f"{tally.undecided_found} of {tally.undecided} would have been stopped"),
    ]
    rows.extend(("Caught", words) for words in _named(tally.caught))
    rows.extend(("Stopped", words) for words in _named(tally.stopped))
    if tally.failed:
        rows.append(("Could not be asked", f"{len(tally.failed)}, which would have been stopped; {tally.failed[0]}"))
    terminal.show(facts(rows))


def _named(found: Sequence[PastAttempt]) -> Iterator[str]:
    for past in found[:_MOST_NAMED]:
        why = f", refused for {', '.join(past.reasons)}" if past.reasons else ""
        yield f"invoice {past.content.invoice.number}, {past.packet_id}{why}"
    if len(found) > _MOST_NAMED:
        yield f"and {len(found) - _MOST_NAMED} more"


def _values(tally: Tally) -> dict[str, object]:
    return {
        "rule": tally.rule.code,
        "would_have_caught": len(tally.caught),
        "refused": tally.refused,
        "would_have_stopped_good": len(tally.stopped),
        "accepted": tally.accepted,
        "undecided": tally.undecided,
        "undecided_found": tally.undecided_found,
        "could_not_be_evaluated": len(tally.failed),
        "caught": [past.packet_id for past in tally.caught],
        "stopped_good": [past.packet_id for past in tally.stopped],
    }
