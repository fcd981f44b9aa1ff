"""Clients: each one's checklist for reading, as `clearbill checklist CLIENT` tells it."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.commands.rules import rules_in_words
from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.errors import legible
from gateway.identity import Visitor
from gateway.store.people import Role


def add_clients(desk: FastAPI, pages: Pages) -> None:
    """The doors `/clients` and `/clients/{client}`."""
    house = pages.house

    @desk.get("/clients")
    def every(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]) -> Response:
        found = {key: house.find_checklist(key) for key in sorted(house.shelf.library.versions)}
        return pages.show(request, "clients.html", clients=found)

    @desk.get("/clients/{client}")
    def one(request: Request, client: str, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]) -> Response:
        checklist = house.checklist(legible(client))
        versions = house.shelf.library.versions[checklist.client]
        rules = tuple(rules_in_words(checklist))
        return pages.show(request, "client.html", checklist=checklist, versions=versions, rules=rules)
