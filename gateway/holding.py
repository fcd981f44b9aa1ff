"""Stops: a packet put before a person, always with who must act, what to do, by when, and why."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from checklists.finding import Finding
from gateway.changes import ProposedChange
from gateway.house import House
from gateway.next_steps import next_step
from gateway.store import packets
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord, reason_json
from gateway.verdict import Actor, Reason, Stage

_PATIENCE = timedelta(days=2)  # where the client's checklist names neither cut-off nor escalation


def hold(
    house: House,
    tx: Tx,
    record: PacketRecord,
    now: datetime,
    by: str,
    *,
    who: Actor,
    action: str,
    why: Sequence[Mapping[str, Any]] = (),
    told: Mapping[str, Any] = MappingProxyType({}),
    proposed: ProposedChange | None = None,
    **changes: Any,
) -> None:
    """Puts a packet before a person; `told` is what else its event says, `proposed` a change that the person may
    accept. The caller has locked its row."""
    if draft := packets.draft_left(tx, record):
        action = f"{action} An unfinished draft of it stands at the portal ({draft}); sending again finishes it."
    if proposed is not None:
        action = f"{action} {_offer(proposed)}"
        told = {**told, "proposed": proposed.patch, "rules": list(proposed.rules), "needs": list(proposed.needs)}
    packets.move(
        tx,
        record,
        Stage.held,
        now,
        by,
        "held",
        who_acts=who,
        action=action,
        act_by=deadline(house, record, now),
        why=packets.as_text(why),
        proposed=json.dumps(proposed.values()) if proposed else "",
        data={**told, "why": list(why)},
        **changes,
    )


def _offer(proposed: ProposedChange) -> str:
    because = "; ".join(proposed.needs)
    return f"Proposed: {proposed.says} It is left to you because {because}. Accept it, or decide otherwise."


def hold_for_reasons(
    house: House,
    tx: Tx,
    record: PacketRecord,
    now: datetime,
    by: str,
    reasons: Sequence[Reason],
    who: Actor = Actor.nobody,
    **changes: Any,
) -> None:
    """Puts a packet before whoever the portal's reasons point at, with the next step for them."""
    step = next_step(reasons, who)
    why = [reason_json(reason) for reason in reasons]
    hold(house, tx, record, now, by, who=step.who, action=step.action, why=why, **changes)


def finding_json(finding: Finding) -> dict[str, str]:
    """A finding as JSON has it, in the shape of a reason so that both are shown alike."""
    return {
        "code": finding.reason.value if finding.reason else "",
        "path": finding.path,
        "portal_code": "",
        "portal_text": "",
        "finding": finding.code,
        "sentence": finding.sentence,
        "cure": finding.cure,
        "severity": finding.severity.value,
        "who_acts": finding.who_acts.value,
    }


def deadline(house: House, record: PacketRecord, now: datetime) -> datetime:
    """By when whoever must act on a packet that is put before a person now has to."""
    checklist = house.find_checklist(record.client, record.generated_at)
    office = now.astimezone(ZoneInfo(house.settings.time_zone))
    named = checklist.act_by(office) if checklist is not None else None
    return named if named is not None else now + _PATIENCE
