"""The promises, asked of a house and its portals after everything has come to rest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.house import House
from gateway.pipeline import PIPELINE
from gateway.store import events, packets
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.store.tables import packet, work
from gateway.verdict import FINAL_STAGES, Actor, Outcome, Stage

AtPortal = Mapping[str, Sequence[Mapping[str, Any]]]
_APPROVED = ("approved", "paid")


def unsettled(house: House, at_portal: AtPortal) -> list[str]:
    """What still moves: packets that owe a step, work that is queued for one, approvals that were not heard."""
    approved = {(client, one["number"]) for client, rows in at_portal.items() for one in rows if _is_approved(one)}
    with house.database.read() as tx:
        moving = packets.in_stages(tx, PIPELINE)
        queued = tx.execute(sa.select(work.c.dedupe).where(work.c.kind == "advance", work.c.state == "ready"))
        waiting = packets.in_stages(tx, [Stage.waiting], limit=100_000)
    deaf = [one for one in waiting if (one.client, one.invoice_number) in approved]
    return [
        *(f"{one.source_id} is {one.stage}" for one in moving),
        *(f"{row.dedupe} is queued" for row in queued),
        *(f"{one.source_id} does not know that it is approved" for one in deaf),
    ]


def check_promises(house: House, at_portal: AtPortal, acknowledged: Mapping[str, str]) -> Counter[str]:
    """Raises AssertionError for the first promise that is broken; answers how many packets there are in each stage."""
    with house.database.read() as tx:
        records = packets.listed(tx, packet.c.id != "", limit=1_000_000)
        sent = {record.id: packets.attempts(tx, record.id) for record in records}
        broken = [record.id for record in records if events.broken_link(tx, record.id) is not None]
        broken += [key for key in house.settings.accounts if events.broken_link(tx, f"account:{key}") is not None]
    assert broken == [], "the chain of events is broken"
    _nothing_is_lost(records, acknowledged)
    _everything_has_an_owner(records, sent)
    _nothing_is_there_twice(at_portal)
    for record in records:
        _claims_are_seen(record, sent[record.id], at_portal[record.client])
    _nothing_is_there_unknown(records, sent, at_portal)
    return Counter(record.stage.value for record in records)


def _nothing_is_lost(records: Sequence[PacketRecord], acknowledged: Mapping[str, str]) -> None:
    held = {record.source_id: record.id for record in records}
    assert len(held) == len(records), "one source id became two packets"
    assert {source: held.get(source) for source in acknowledged} == dict(acknowledged), "an acknowledged packet is gone"


def _everything_has_an_owner(records: Sequence[PacketRecord], sent: Mapping[str, Sequence[AttemptRecord]]) -> None:
    for record in records:
        if record.stage in FINAL_STAGES:
            continue
        assert record.stage in (Stage.waiting, Stage.held), f"{record.source_id} is {record.stage} for ever"
        if record.stage is Stage.waiting:
            last = sent[record.id][-1]
            named = last.outcome is Outcome.receipted and last.portal_reference != ""
            assert named, f"{record.source_id} waits for nothing"
        else:
            told = record.who_acts is not Actor.nobody and record.action and record.act_by
            assert told, f"{record.source_id} is held and nobody is told"


def _nothing_is_there_twice(at_portal: AtPortal) -> None:
    for client, rows in at_portal.items():
        doubles = [number for number, count in Counter(row["number"] for row in rows).items() if count > 1]
        assert doubles == [], f"{client} has been sent these invoices more than once"


def _claims_are_seen(
    record: PacketRecord, attempts: Sequence[AttemptRecord], rows: Sequence[Mapping[str, Any]]
) -> None:
    by_reference = {str(row["id"]): row for row in rows}
    for attempt in attempts:
        if attempt.outcome is Outcome.receipted:
            row = by_reference.get(attempt.portal_reference)
            assert row is not None, f"{record.source_id}: the portal has no {attempt.portal_reference}"
            assert row["number"] == attempt.invoice_number, f"{record.source_id}: {attempt.portal_reference} is another"
    if record.stage is Stage.accepted:
        row = by_reference[attempts[-1].portal_reference]
        assert _is_approved(row), f"{record.source_id} is not approved at the portal"


def _nothing_is_there_unknown(
    records: Sequence[PacketRecord], sent: Mapping[str, Sequence[AttemptRecord]], at_portal: AtPortal
) -> None:
    """Whatever the portal holds, one packet knows of it: by its reference, or as a transmission still in doubt; and of
    an unfinished draft whoever has the packet was told."""
    known: Counter[tuple[str, str]] = Counter()
    doubted = set()
    told = {(record.client, record.invoice_number): record.action for record in records}
    for record in records:
        for attempt in sent[record.id]:
            if attempt.outcome is Outcome.receipted:
                known[record.client, attempt.portal_reference] += 1
            elif attempt.outcome is Outcome.maybe_sent:
                doubted.add((record.client, attempt.invoice_number))
    assert [key for key, count in known.items() if count > 1] == [], "two transmissions claim one invoice"
    for client, rows in at_portal.items():
        for row in rows:
            named = row["status"] == "draft" and f"({row['id']})" in told.get((client, row["number"]), "")
            seen = named or (client, str(row["id"])) in known or (client, row["number"]) in doubted
            assert seen, f"{client} holds {row['number']} ({row['id']}, {row['status']}) and nobody here knows"


def _is_approved(row: Mapping[str, Any]) -> bool:
    return row["status"] in _APPROVED
