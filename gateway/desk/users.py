"""Users: who may sign in, as what, and orders about them; for admins."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway import identity, user_orders
from gateway.commands.wording import Calendar
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.errors import NotFound, NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.store import people
from gateway.store.database import Tx
from gateway.store.people import PersonRecord, Role

PAGE = 25
MEANING = {
    Role.viewer: "looks at everything and changes nothing",
    Role.coordinator: "decides about packets, pauses clients",
    Role.approver: "that, and what asks for a second person, and rules to come",
    Role.admin: "all that, and accounts, users, tokens",
}


@dataclass(frozen=True, slots=True)
class User:
    """A person in the list: the record, sessions that are open, and when one was last used."""

    one: PersonRecord
    sessions: int
    seen: str

    @property
    def signs_in(self) -> str:
        """In words."""
        if self.one.disabled:
            return "may not sign in"
        if not self.one.password_hash:
            return "by the company account"
        return "with a first password, not changed yet" if self.one.password_once else "with a password"


def add_users(desk: FastAPI, pages: Pages) -> None:
    """The door `/admin/users` and the orders about one."""
    house = pages.house

    def shown(request: Request, after: str = "", made: tuple[str, str] | None = None) -> Response:
        with house.database.read() as tx:
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            found = people.page(tx, legible(after), PAGE + 1)
            users = _users(tx, found[:PAGE], calendar)
        following = found[PAGE - 1].name if len(found) > PAGE else ""
        told: dict[str, Any] = {"users": users, "made": made, "following": following}
        told |= {"meaning": MEANING, "ways": _ways(house)}
        return pages.show(request, "users.html", 200, calendar=calendar, **told)

    @desk.get("/admin/users")
    def every(request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.admin))], after: str = "") -> Response:
        return shown(request, after)

    @desk.post("/admin/users")
    def add(
        request: Request,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))],
        name: Annotated[str, Form()] = "",
        role: Annotated[str, Form()] = "",
        comes: Annotated[str, Form()] = "password",
    ) -> Response:
        name = legible(name.strip().lower())
        if comes not in _ways(house):
            raise NotPossible("nobody comes in that way here. Nothing was done.")
        if comes == "company":
            identity.expect_person(house, name, _role(role), visitor.name)
            return RedirectResponse("/admin/users", status_code=303)
        return shown(request, made=(name, user_orders.invite(house, name, _role(role), visitor.name)))

    @desk.post("/admin/users/{name}/{order}")
    def decide(
        request: Request,
        name: str,
        order: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))],
        role: Annotated[str, Form()] = "",
        was: Annotated[str, Form()] = "",
    ) -> Response:
        with house.database.read() as tx:
            known = people.load(tx, legible(name))
        if known is None:
            raise NotFound("there is no such user.")
        if order in ("role", "disable", "password") and known.name == visitor.name:
            raise NotPossible(
                "that would lock you out; another admin can do it. Your own password is changed on its page."
            )
        if was != state_of(known):
            raise NotPossible(f"{known.name} is {state_of(known)} by now. Nothing was done; look at the list again.")
        match order:
            case "role":
                identity.set_role(house, known.name, _role(role), visitor.name)
            case "disable":
                identity.disable(house, known.name, visitor.name)
            case "enable":
                identity.enable(house, known.name, visitor.name)
            case "sessions":
                user_orders.end_sessions(house, known.name, visitor.name)
            case "password":
                return shown(request, made=(known.name, user_orders.renew(house, known.name, visitor.name)))
            case _:
                raise NotPossible("this is no order that there is; nothing was done.")
        return RedirectResponse("/admin/users", status_code=303)


def _ways(house: House) -> dict[str, str]:
    """How a new user may come in: by name and in words."""
    desk = house.settings.desk
    ways = {"company": f"by the company account ({desk.openid.title})"} if desk.openid else {}
    return ways | ({"password": "with a password"} if desk.passwords or not desk.openid else {})


def state_of(one: PersonRecord) -> str:
    """To what an order about a user is bound."""
    return f"{one.role.value}, disabled" if one.disabled else one.role.value


def _users(tx: Tx, found: tuple[PersonRecord, ...], calendar: Calendar) -> list[tuple[User, str]]:
    sessions = people.open_sessions(tx, [one.name for one in found])
    users = []
    for one in found:
        number, seen = sessions.get(one.name, (0, None))
        users.append((User(one, number, calendar.ago(seen) if seen else ""), state_of(one)))
    return users


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise NotPossible(f"choose one of the roles: {', '.join(Role)}.") from None
