"""The keys of the pages, for reading; the same list stands in the dialog that `?` opens."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.identity import Visitor
from gateway.store.people import Role


def add_keys(desk: FastAPI, pages: Pages) -> None:
    """The door `/keys`."""

    @desk.get("/keys")
    def show(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]) -> Response:
        return pages.show(request, "keys.html")
