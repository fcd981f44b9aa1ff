"""Learning, in the open: corrections that keep ending well are proposed as preflight rules, and a person decides.

A lesson is a correction rule that mended what a portal or buyer had refused, on an invoice that was accepted
afterwards. When the same rule has mended the same places of a client's packets `learn_after` times, it is proposed.
Accepted by a person, it is carried out on that client's packets before their first transmission, in those places
alone, within the rule's own licence and the client's, and never on money, quantities, rates or parties
(`gateway.corrections`). Each proposal and each decision is an event.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from gateway.changes import covered
from gateway.corrections import NUMBER_SUFFIX, RULES
from gateway.errors import NotFound, NotPossible
from gateway.house import House
from gateway.store import events, proposals
from gateway.store.database import Tx
from gateway.store.packets import PacketRecord
from gateway.store.proposals import Lesson, Proposal, State
from gateway.verdict import Stage

_MOST_EVIDENCE = 20
_LONGEST_NAME = 200  # `gateway.store.tables.proposal`


def note_acceptance(house: House, tx: Tx, record: PacketRecord) -> None:
    """Keeps what the acceptance of this packet teaches, and proposes what has been taught often enough. The caller has
    locked the packet; one that no rule has mended costs nothing."""
    if not record.tries:
        return
    now = house.database.now(tx)
    for lesson in _lessons_of(record, events.history(tx, record.id)):
        if not proposals.keep_lesson(tx, lesson):
            continue
        alike = proposals.lessons(tx, lesson.client, lesson.rule, lesson.places)
        if len(alike) >= house.settings.learn_after:
            told = [one.packet_id for one in alike[:_MOST_EVIDENCE]]
            proposals.propose(tx, lesson.client, lesson.rule, lesson.places, now, packets=told)


def _lessons_of(record: PacketRecord, history: Sequence[events.Event]) -> Iterator[Lesson]:
    """One lesson for each rule that mended what was refused; what the checklist had mended itself teaches nothing."""
    for event in history:
        if event.kind != "corrected" or event.data.get("from") != Stage.correcting.value:
            continue
        for rule in RULES:
            if rule.code not in event.data["rules"] or rule.code == NUMBER_SUFFIX.code or rule.after_a_no:
                continue
            diff = [change for change in event.data["diff"] if covered([change], rule.licence)]
            reasons = [one for one in event.data["reasons"] if one["code"] in rule.serves]
            if diff:
                places = tuple(sorted({_anywhere(change["path"]) for change in diff}))
                yield Lesson(record.id, rule.code, record.client, places, event.at, reasons, diff)


def _anywhere(path: str) -> str:
    """A place with its positions in lists left open: `/invoice/lines/3/unit` -> `/invoice/lines/*/unit`."""
    return re.sub(r"/\d+(?=/|$)", "/*", path)


# --- for people ---------------------------------------------------------------------------------------------------


def snippet(one: Proposal, evidence: Sequence[Lesson]) -> str:
    """The proposed rule as YAML, with what it was learned from."""
    rule = next((rule for rule in RULES if rule.code == one.rule), None)
    told: dict[str, Any] = {
        "client": one.client,
        "before_first_transmission": {
            "correction": one.rule,
            "says": rule.says if rule else "this version of Clearbill has no such rule",
            "places": list(one.places),
            "source": rule.source if rule else "",
        },
        "learned_from": [_evidence(lesson) for lesson in evidence[:_MOST_EVIDENCE]],
    }
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)


def _evidence(lesson: Lesson) -> dict[str, Any]:
    said = (one.get("portal_text") or one.get("portal_code") or one["code"] for one in lesson.reasons)
    return {
        "packet": lesson.packet_id,
        "on": lesson.at.date().isoformat(),
        "refused_for": sorted({one["code"] for one in lesson.reasons}),
        "in_words": sorted(set(said)),
        "changed": [
            {"place": change["path"], "from": change.get("was"), "to": change.get("value")} for change in lesson.diff
        ],
    }


def accept(house: House, proposal_id: int, who: str, why: str = "", *, seen: str = "") -> Proposal:
    """From now on the rule is carried out before the first transmission. `seen`: the state in which the person has seen
    it; in another one nothing is done. Raises NotFound, NotPossible."""
    return _decide(house, proposal_id, State.accepted, who, why, seen)


def decline(house: House, proposal_id: int, who: str, why: str = "", *, seen: str = "") -> Proposal:
    """The rule is not carried out, also where it had been accepted; as `accept`. Raises NotFound, NotPossible."""
    return _decide(house, proposal_id, State.declined, who, why, seen)


def _decide(house: House, proposal_id: int, state: State, who: str, why: str, seen: str) -> Proposal:
    if not who.strip():
        raise NotPossible("say who decides: a rule that is carried out needs a person's name.")
    if len(who) > _LONGEST_NAME:
        raise NotPossible(f"a name has at most {_LONGEST_NAME} characters; this one has {len(who)}.")
    with house.queue.write() as tx:
        one = proposals.load(tx, proposal_id, lock=True)
        if one is None:
            raise NotFound(f"there is no proposal {proposal_id}; `clearbill proposals` lists them.")
        if one.state is state:
            raise NotPossible(f"proposal {proposal_id} is {state.value} already, by {one.decided_by}.")
        if seen not in ("", one.state.value):
            raise NotPossible(
                f"it was decided meanwhile: it is {one.state.value}, by {one.decided_by}. Look at it again."
            )
        proposals.decide(tx, one, state, who, why, house.database.now(tx))
        found = proposals.load(tx, proposal_id)
    if found is None:
        raise RuntimeError("a proposal was decided and is not there")
    return found
