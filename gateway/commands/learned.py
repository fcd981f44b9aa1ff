"""`proposals`: what corrections have taught, for a person to accept or decline."""

import getpass

from gateway import learning
from gateway.commands.layout import facts, table
from gateway.commands.terminal import Terminal
from gateway.errors import NotFound
from gateway.house import House
from gateway.store import proposals
from gateway.store.database import Tx
from gateway.store.proposals import Lesson, Proposal, State

_WORDS = {State.open: "waits for a decision", State.accepted: "carried out", State.declined: "declined"}


def show(terminal: Terminal, proposal_id: int | None) -> None:
    """All proposals, or one with its evidence. Raises NotFound."""
    with terminal.house() as house, house.database.read() as tx:
        if proposal_id is not None:
            _show_one(terminal, tx, proposal_id)
            return
        found = [(one, _evidence(tx, one)) for one in proposals.every(tx)]
    if not found:
        terminal.show("Nothing is proposed: no correction has ended well often enough yet.")
    else:
        rows = table("No.", "Client", "Correction", "Places", "Ended well", "State", right=("No.", "Ended well"))
        for one, evidence in found:
            places = ", ".join(one.places)
            rows.add_row(str(one.id), one.client, one.rule, places, str(len(evidence)), _WORDS[one.state])
        terminal.show(rows)
        terminal.show("\n`clearbill proposals NO` shows one with its evidence; `accept NO` or `decline NO` decides.")
    terminal.answer({"proposals": [_values(one, evidence) for one, evidence in found]})


def _show_one(terminal: Terminal, tx: Tx, proposal_id: int) -> None:
    one = proposals.load(tx, proposal_id)
    if one is None:
        raise NotFound(f"there is no proposal {proposal_id}; `clearbill proposals` lists them.")
    evidence = _evidence(tx, one)
    by = f", by {one.decided_by} on {one.decided_at:%Y-%m-%d}" if one.decided_at else ""
    terminal.show(terminal.heading(f"Proposal {one.id}: {one.rule} for {one.client}"))
    terminal.show(facts([("State", _WORDS[one.state] + by), ("Ended well", f"{len(evidence)} times")]))
    terminal.show()
    terminal.show(learning.snippet(one, evidence))
    terminal.answer({"proposal": _values(one, evidence)})


def decide(terminal: Terminal, proposal_id: int, state: State, who: str, why: str) -> None:
    """Accepts or declines. Raises NotFound, NotPossible."""
    with terminal.house() as house:
        order = learning.accept if state is State.accepted else learning.decline
        one = order(house, proposal_id, who or getpass.getuser(), why)
        evidence = _seen(house, one)
    words = (
        f"From now on {one.rule} is carried out on {one.client}'s packets before they are first sent."
        if state is State.accepted
        else f"{one.rule} is not carried out on {one.client}'s packets ahead."
    )
    terminal.show(words)
    terminal.answer({"said": words, "proposal": _values(one, evidence)})


def _seen(house: House, one: Proposal) -> tuple[Lesson, ...]:
    with house.database.read() as tx:
        return _evidence(tx, one)


def _evidence(tx: Tx, one: Proposal) -> tuple[Lesson, ...]:
    return proposals.lessons(tx, one.client, one.rule, one.places)


def _values(one: Proposal, evidence: tuple[Lesson, ...]) -> dict[str, object]:
    return {
        "id": one.id,
        "client": one.client,
        "rule": one.rule,
        "places": list(one.places),
        "state": one.state.value,
        "made_at": one.made_at,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
        "packets": [lesson.packet_id for lesson in evidence],
        "yaml": learning.snippet(one, evidence),
    }
