"""Portal accounts: how each stands, what waits for it, orders to stop, resume and check it.

A coordinator may look; an admin orders, for an account serves many clients.
"""

import re
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway import health
from gateway.account_check import last_check, order_check
from gateway.commands.wording import Calendar
from gateway.desk.files import shown_as
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.kept import KeptBytes, answer_with
from gateway.desk.pages import Pages
from gateway.desk.standing import standing
from gateway.errors import NotFound, NotPossible, legible
from gateway.house import House
from gateway.identity import Visitor
from gateway.secrets import scrub_bytes
from gateway.store import accounts, events
from gateway.store.accounts import AccountRecord
from gateway.store.database import Tx, blob
from gateway.store.people import Role
from gateway.store.queue import Line

PAGE = 50
EVENTS = 20
_EMPTY = Line(0, 0, 0, 0, 0.0)
_LONGEST_WHY = 1_000


def add_accounts(desk: FastAPI, pages: Pages) -> None:
    """The doors `/admin/accounts` and `/admin/accounts/{account}`, with the orders about one."""
    house = pages.house

    @desk.get("/admin/accounts")
    def every(
        request: Request, visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))], after: str = ""
    ) -> Response:
        keys = [key for key in sorted(house.settings.accounts) if key > legible(after)][: PAGE + 1]
        with house.database.read() as tx:
            calendar = Calendar(house.settings.time_zone, house.database.now(tx))
            states = {one.key: standing(house, one, calendar) for one in accounts.every(tx)}
            lines = house.queue.lines(tx)
        return pages.show(
            request,
            "accounts.html",
            states=[states[key] for key in keys[:PAGE]],
            lines={key: lines.get(key, _EMPTY) for key in keys},
            following=keys[PAGE - 1] if len(keys) > PAGE else "",
            calendar=calendar,
        )

    @desk.get("/admin/accounts/{account}")
    def one(
        request: Request, account: str, visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))]
    ) -> Response:
        with house.database.read() as tx:
            told = _everything(house, tx, _known(house, tx, account))
        return pages.show(request, "account.html", **told)

    @desk.get("/admin/accounts/{account}/kept/{sha256}")
    def kept(
        request: Request,
        account: str,
        sha256: str,
        visitor: Annotated[Visitor, Depends(seen_by(Role.coordinator))],
        save: str = "",
    ) -> Response:
        with house.database.read() as tx:
            state = _known(house, tx, account)
            file = next((each for each in _pictures(tx, state.key) if each["sha256"] == sha256), None)
            if file is None:
                raise NotFound("nothing of this kind is kept of this account.")
            content = blob(tx, sha256)
        content = content if shown_as(content) else scrub_bytes(content)
        back = f"/admin/accounts/{state.key}"
        return answer_with(pages, request, KeptBytes(str(file["name"]), content, back, state.key), save)

    @desk.post("/admin/accounts/{account}/{order}")
    def decide(
        account: str,
        order: str,
        visitor: Annotated[Visitor, Depends(ordered_by(Role.admin))],
        why: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        with house.database.read() as tx:
            key = _known(house, tx, account).key
            present = state_word(house, tx, key)
        # Whether it rests or fails changes by itself while somebody reads; whether it is stopped is what counts.
        if order != "check" and (seen == "stopped") != (present == "stopped"):
            raise NotPossible(f"the account is {present} by now. Nothing was done; look at it again.")
        _carry_out(house, key, order, visitor.name, legible(why.strip())[:_LONGEST_WHY])
        return RedirectResponse(f"/admin/accounts/{key}", status_code=303)


def _carry_out(house: House, key: str, order: str, who: str, why: str) -> None:
    match order:
        case "stop" if not why:
            raise NotPossible("say why it is stopped; whoever looks for its invoices reads it.")
        case "stop":
            health.pause_by_person(house, key, who, why)
        case "resume":
            health.resume_account(house, key, who, why)
        case "check":
            order_check(house, key, who)
        case _:
            raise NotPossible("this is no order that there is; nothing was done.")


def _known(house: House, tx: Tx, account: str) -> AccountRecord:
    """The account that an address names, if the settings have it. Raises NotFound."""
    if account not in house.settings.accounts:
        raise NotFound("there is no such account in the settings.")
    return accounts.load(tx, account)


def state_word(house: House, tx: Tx, key: str) -> str:
    """The account's state in a word, to which an order is bound."""
    calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    return standing(house, accounts.load(tx, key), calendar).word


def _everything(house: House, tx: Tx, state: AccountRecord) -> dict[str, Any]:
    calendar = Calendar(house.settings.time_zone, house.database.now(tx))
    check = last_check(tx, state.key)
    return {
        "state": standing(house, state, calendar),
        "line": house.queue.lines(tx).get(state.key, _EMPTY),
        "orders_read": calendar.ago(state.orders_read_at),
        "check": check,
        "under_way": check is not None and check.is_under_way(calendar.now),
        "lines": [(one["health"], without_commands(one["says"]), without_commands(one["do"])) for one in _found(check)],
        "pictures": _pictures(tx, state.key),
        "happened": events.newest(tx, f"account:{state.key}", EVENTS)[::-1],
        "clients": sorted(
            (key, versions[-1].name)
            for key, versions in house.shelf.library.versions.items()
            if any(version.account == state.key for version in versions)
        ),
        "calendar": calendar,
    }


def _found(check: Any) -> Any:
    return check.lines if check is not None else ()


def _pictures(tx: Tx, key: str) -> list[dict[str, Any]]:
    """What was kept of the account's last trouble, the newest first."""
    last = events.last_of_kind(tx, f"account:{key}", "evidence")
    return list(last.data["files"]) if last is not None else []


def without_commands(words: str) -> str:
    """The doctor's words without what is typed at a command line."""
    words = re.sub(r"`clearbill account resume [^`]*`", "resume the account here", words)
    words = re.sub(r"Start `clearbill serve` or `clearbill worker`", "Have the program started on its machine", words)
    words = re.sub(r"`clearbill serve` or `clearbill worker` runs", "the program runs on its machine", words)
    return re.sub(r"`(clearbill [^`]*)`", r"\1 (on its machine)", words)
