"""Corrections that ended well often enough to be proposed as rules: what each would do, and the decision about it.

An approver decides: a coordinator's decision is about one packet, this one about every packet to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from gateway import learning
from gateway.commands.telling import changes_in_words
from gateway.commands.wording import Calendar, place
from gateway.corrections import RULES
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotFound, NotPossible, legible
from gateway.identity import Visitor
from gateway.store import proposals
from gateway.store.database import Tx
from gateway.store.people import Role
from gateway.store.proposals import Lesson, Proposal, State

PAGE = 25
MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A proposal in words: the rule, where it would work, and what it was learned from (packet, day, changes)."""

    one: Proposal
    says: str
    places: tuple[str, ...]
    times: int
    evidence: tuple[tuple[str, str, tuple[str, ...]], ...]


def add_proposing(desk: FastAPI, pages: Pages) -> None:
    """The doors `/proposals` and `/proposals/{number}/decide`."""
    house = pages.house

    @desk.get("/proposals")
    def every(
        request: Request,
        visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))],
        after: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    ) -> Response:
        with house.database.read() as tx:
            found = proposals.page(tx, after, PAGE + 1)
            told = tuple(_told(tx, one) for one in found[:PAGE])
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        following = found[PAGE - 1].id if len(found) > PAGE else 0
        return pages.show(request, "proposals.html", proposals=told, calendar=calendar, following=following)

    @desk.post("/proposals/{number}/decide")
    def decide(
        number: int,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.approver))],
        order: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
    ) -> Response:
        carry_out = {"accept": learning.accept, "decline": learning.decline}.get(order)
        if carry_out is None:
            raise NotPossible("this is no order that there is; nothing was done.")
        with house.database.read() as tx:
            present = proposals.load(tx, number) if number < _MOST else None
        if present is None:
            raise NotFound("there is no such proposal.")
        carry_out(house, number, visitor.name, legible(why.strip())[:1000], seen=seen or "unseen")
        known = present.client in house.shelf.library.versions
        return RedirectResponse(f"/clients/{present.client}#proposals" if known else "/proposals", status_code=303)


_MOST = 1_000_000_000


def of_client(tx: Tx, client: str) -> tuple[Told, ...]:
    """A client's proposals in words, the open ones first."""
    found = sorted(proposals.of_client(tx, client), key=lambda one: (one.state is not State.open, one.id))
    return tuple(_told(tx, one) for one in found)


def _told(tx: Tx, one: Proposal) -> Told:
    evidence = proposals.lessons(tx, one.client, one.rule, one.places)
    rule = next((rule for rule in RULES if rule.code == one.rule), None)
    says = rule.says if rule else "This version of Clearbill has no such rule; accepting it does nothing."
    return Told(one, says, tuple(place(each) for each in one.places), len(evidence), _in_words(evidence))


def _in_words(evidence: Sequence[Lesson]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    newest = evidence[-MOST_EVIDENCE:][::-1]
    return tuple((one.packet_id, f"{one.at:%Y-%m-%d}", tuple(changes_in_words(one.diff))) for one in newest)
