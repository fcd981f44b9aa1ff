"""The way in to what runs behind the desk: accounts, work, and, for admins, users, tokens and secrets."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from gateway.commands.overview import account_state
from gateway.desk.guard import seen_by
from gateway.desk.pages import Pages
from gateway.identity import Visitor
from gateway.store import accounts, client_pauses, inbox
from gateway.store.people import Role

_ROOMS = (
    ("/admin/users", "Users", "who may sign in, and what they may do"),
    ("/admin/tokens", "Tokens", "which programs may speak to the doors"),
    ("/admin/secrets", "Secrets", "whether they can be read, and what runs out"),
)
"""Address, name and use of what is for admins alone."""


def add_admin(desk: FastAPI, pages: Pages) -> None:
    """The door `/admin`."""
    house = pages.house

    @desk.get("/admin")
    def index(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))]) -> Response:
        with house.database.read() as tx:
            now = house.database.now(tx)
            states = [one for one in accounts.every(tx) if one.key in house.settings.accounts]
            lines = house.queue.lines(tx).values()
            told = {
                "accounts": len(states),
                "troubled": sum(account_state(one, now) != "working" for one in states),
                "waiting": sum(one.waiting + one.aside for one in lines),
                "dead": sum(one.dead for one in lines),
                "unplaced": sum(one.number for one in inbox.unplaced(tx)),
                "paused": len(client_pauses.every(tx)),
            }
        return pages.show(request, "admin.html", rooms=_ROOMS if visitor.role.reaches(Role.admin) else (), **told)
