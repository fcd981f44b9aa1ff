"""Tokens of programs: listed with what they are for, made (shown once), ended; for admins."""

from typing import Annotated

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway import program_tokens
from gateway.commands.wording import Calendar
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotPossible, legible
from gateway.identity import Visitor
from gateway.store import api_tokens
from gateway.store.people import Role

PAGE = 25
MEANING = {
    "packets:write": "hand packets over",
    "packets:read": "look at packets",
    "metrics:read": "read figures",
}


def add_programs(desk: FastAPI, pages: Pages) -> None:
    """The door `/admin/tokens` and the end of one."""
    house = pages.house

    def shown(request: Request, after: str = "", made: tuple[str, str] | None = None) -> Response:
        with house.database.read() as tx:
            found = api_tokens.page(tx, legible(after), PAGE + 1)
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
        following = found[PAGE - 1].name if len(found) > PAGE else ""
        named = [one.name for one in house.settings.tokens]
        told = {"tokens": found[:PAGE], "made": made, "named": named, "meaning": MEANING, "following": following}
        return pages.show(request, "tokens.html", 200, calendar=calendar, **told)

    @desk.get("/admin/tokens")
    def every(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.admin))], after: str = "") -> Response:
        return shown(request, after)

    @desk.post("/admin/tokens")
    def add(
        request: Request,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))],
        scopes: Annotated[list[str] | None, Form()] = None,
        name: Annotated[str, Form()] = "",
    ) -> Response:
        if not scopes:
            raise NotPossible("choose at least one thing that the token is for. Nothing was made.")
        name = legible(name.strip().lower())
        return shown(request, made=(name, program_tokens.make(house, name, scopes, visitor.name)))

    @desk.post("/admin/tokens/{name}/end")
    def end(name: str, visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))]) -> Response:
        program_tokens.end(house, legible(name), visitor.name)
        return RedirectResponse("/admin/tokens", status_code=303)
