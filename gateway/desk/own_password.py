"""One's own password: everybody changes it here, and whoever came in with a first password must."""

from typing import Annotated

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import Response

from gateway import user_orders
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.desk.throttle import Throttle
from gateway.errors import NotPossible
from gateway.identity import LONGEST_PASSWORD, SHORTEST_PASSWORD, Visitor
from gateway.store import people
from gateway.store.people import Role


def add_own_password(desk: FastAPI, pages: Pages) -> None:
    """The door `/password`."""
    house, throttle = pages.house, Throttle()

    def asked(request: Request, visitor: Visitor, status: int = 200, words: str = "") -> Response:
        with house.database.read() as tx:
            known = people.load(tx, visitor.name)
        told = {"words": words, "has_one": bool(known and known.password_hash)}
        told |= {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD}
        return pages.show(request, "password.html", status, **told)

    @desk.get("/password")
    def page(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.viewer))]) -> Response:
        return asked(request, visitor)

    @desk.post("/password")
    def change(
        request: Request,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.viewer))],
        present: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        if throttle.may_try(visitor.name, "own password"):
            return asked(request, visitor, 429, "Too many tries. Wait a quarter of an hour.")
        if new != again:
            return asked(request, visitor, 409, "The two spellings of the new password differ. Nothing was changed.")
        try:
            user_orders.change_own(house, visitor.name, present, new)
        except NotPossible as fault:
            words = str(fault)
            return asked(request, visitor, 409, words[:1].upper() + words[1:])
        throttle.came_in(visitor.name, "own password")
        request.state.visitor = None  # every session has ended
        return pages.show(request, "password_changed.html")
