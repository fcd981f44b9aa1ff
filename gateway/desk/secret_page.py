"""Secrets: each reference and whether it can be read, and how long certificates hold; never a value. For admins."""

from itertools import groupby
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.identity import Visitor
from gateway.secret_states import certificates, secret_states
from gateway.store.people import Role


def add_secrets(desk: FastAPI, pages: Pages) -> None:
    """The door `/admin/secrets`."""
    house = pages.house

    @desk.get("/admin/secrets")
    def every(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.admin))]) -> Response:
        states = list(secret_states(house.settings))
        groups = [(owner, list(found)) for owner, found in groupby(states, key=lambda one: one.owner)]
        return pages.show(request, "secrets.html", groups=groups, certificates=list(certificates(house.settings)))
