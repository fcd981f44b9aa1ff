"""The control API, `/_sandbox/…`: the same small language for every portal's sandbox, in JSON.

What only this portal has: `users`, `sessions`, `show`, `delays`, `profile`, `look`, holds and releases of an invoice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gateway.standin.messages import Answer, ControlError, Request, json_answer, json_object

from .configuration import number
from .holds import HOLDS, RELEASES
from .listing import invoice_row, invoices, order_row
from .profiles import COLUMNS, LABELS, PROFILES
from .records import Invoice, User
from .seeding import seed
from .tenant import Tenant
from .texts import REFUSALS, TEXTS

if TYPE_CHECKING:
    from .site import Site

MAX_SEED = 100_000
Result = tuple[int, object]


class Control:
    """Answers control requests for the tenant a URL leads to."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def answer(self, request: Request, tenant: Tenant, path: str) -> Answer:
        """JSON always; errors as `{"error": words}`."""
        segments = [unquote(piece) for piece in path.removeprefix("/_sandbox/").rstrip("/").split("/")]
        try:
            with tenant.lock:
                return json_answer(*self._act(request, tenant, segments))
        except ControlError as error:
            return json_answer(error.status, {"error": str(error)})
        except ValueError as error:
            return json_answer(400, {"error": str(error)})
        except (TypeError, KeyError, ArithmeticError) as error:
            return json_answer(400, {"error": f"missing or wrong: {error}"})

    def _act(self, request: Request, tenant: Tenant, segments: list[str]) -> Result:
        method, body = request.method, json_object(request.body)
        if segments[0] == "invoices" and len(segments) > 1:
            return _invoice(tenant, method, segments[1:], body)
        if segments[0] == "orders" and len(segments) == 3 and method == "POST":
            return _order_action(tenant, segments[1], segments[2], body)
        if segments[0] == "users" and len(segments) == 2 and method == "POST":
            return _user(tenant, segments[1], body)
        table = self._plain(tenant, body)
        act = table.get((method, segments[0])) if len(segments) == 1 else None
        if act is None:
            there = sorted(f"{verb} {name}" for verb, name in table)
            raise ControlError(404, f"no {method} /_sandbox/{'/'.join(segments)}; there are {', '.join(there)}")
        return act()

    def _plain(self, tenant: Tenant, body: dict[str, Any]) -> dict[tuple[str, str], Callable[[], Result]]:
        return {
            ("GET", "health"): lambda: (200, {"portal": "oracle_isupplier", "ok": True}),
            ("GET", "invoices"): lambda: (200, {"invoices": invoices(tenant)}),
            ("GET", "orders"): lambda: (200, {"orders": [order_row(each) for each in tenant.books.orders.values()]}),
            ("POST", "orders"): lambda: _put_orders(tenant, body),
            ("GET", "received"): lambda: (200, {"requests": tenant.received.as_json()}),
            ("DELETE", "received"): lambda: done(tenant.received.forget),
            ("GET", "faults"): lambda: (200, {"faults": tenant.faults.as_json() + tenant.page_faults.as_json()}),
            ("POST", "faults"): lambda: done(lambda: tenant.arm(body)),
            ("DELETE", "faults"): lambda: done(tenant.clear_faults),
            ("GET", "knobs"): lambda: (200, tenant.knobs.as_json()),
            ("POST", "knobs"): lambda: _knobs(tenant, body),
            ("POST", "refusals"): lambda: _refuse(tenant, body),
            ("DELETE", "refusals"): lambda: done(tenant.accept_again),
            ("GET", "texts"): lambda: (200, {key: asdict(text) for key, text in TEXTS.items()}),
            ("GET", "holds"): lambda: (200, {"holds": HOLDS, "releases": RELEASES}),
            ("GET", "profile"): lambda: (200, profile_row(tenant)),
            ("POST", "look"): lambda: done(tenant.look_again),
            ("GET", "sessions"): lambda: (200, {"sessions": _sessions(tenant), "tries": tenant.desk.tries}),
            ("DELETE", "sessions"): lambda: done(tenant.desk.end_all),
            ("GET", "users"): lambda: (200, {"users": [_shown(user) for user in tenant.desk.users.values()]}),
            ("GET", "delays"): lambda: (200, {"count": tenant.delays.count, "seconds": tenant.delays.seconds}),
            ("POST", "show"): lambda: (200, {"shown": _show(tenant)}),
            ("POST", "seed"): lambda: _seed(tenant, body),
            ("POST", "reset"): lambda: done(tenant.reset),
            ("GET", "buyers"): lambda: (200, {"buyers": [_described(each) for each in self._site.tenants.values()]}),
            ("POST", "buyers"): lambda: self._add_buyer(body),
        }

    def _add_buyer(self, body: dict[str, Any]) -> Result:
        name = str(body.get("name", ""))
        self._site.add(name, body.get("config") or {})
        return 201, {"name": name, "prefix": f"/{name}"}


def done(act: Callable[[], object]) -> Result:
    """Do it and say so."""
    act()
    return 200, {"ok": True}


def _described(tenant: Tenant) -> dict[str, object]:
    return {"name": tenant.config.name, "prefix": tenant.prefix, "profile": tenant.profile.name}


def _shown(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "expired": user.expired,
        "locked": user.locked,
        "failures": user.failures,
        "second_step": bool(user.totp_secret),
    }


def _sessions(tenant: Tenant) -> list[dict[str, object]]:
    return [
        {
            "user": each.user.name,
            "passed": each.passed,
            "requests": each.requests,
            "ended": each.ended,
            "started": each.started.isoformat(),
        }
        for each in tenant.desk.sessions.values()
    ]


def _user(tenant: Tenant, name: str, body: dict[str, Any]) -> Result:
    user = tenant.desk.users.get(name.upper())
    if user is None:
        raise ControlError(404, f"no user {name!r}; GET /_sandbox/users lists them")
    takes = ("expired", "locked", "totp_secret", "password")
    if unknown := set(body) - set(takes):
        raise ControlError(400, f"a user takes {', '.join(takes)}, not {', '.join(sorted(unknown))}")
    user.expired = body.get("expired", user.expired) is True
    user.locked = body.get("locked", user.locked) is True
    user.failures = 0 if body.get("locked") is False else user.failures
    user.totp_secret = str(body.get("totp_secret", user.totp_secret))
    user.password = str(body.get("password", user.password))
    return 200, _shown(user)


def profile_row(tenant: Tenant) -> dict[str, Any]:
    """How a tenant's portal is dressed."""
    profile = tenant.profile
    return {
        "name": profile.name,
        "branding": profile.branding,
        "login": profile.login,
        "navigator": profile.navigator,
        "responsibility": profile.responsibility,
        "attachments": profile.attachments,
        "rows": profile.rows,
        "tax_step": profile.tax_step,
        "remit_to": profile.remit_to,
        "labels": {key: profile.label(key) for key in LABELS},
        "columns": {table: profile.order_of(table) for table in COLUMNS},
        "profiles": list(PROFILES),
    }


def _found(tenant: Tenant, key: str) -> Invoice:
    numbered = tenant.books.numbered(key)
    invoice = numbered[-1] if numbered else tenant.books.invoices.get(int(key) if key.isdecimal() else -1)
    if invoice is None:
        raise ControlError(404, f"no invoice with number or id {key!r}; GET /_sandbox/invoices lists them")
    return invoice


def _invoice(tenant: Tenant, method: str, segments: list[str], body: dict[str, Any]) -> Result:
    invoice, books = _found(tenant, segments[0]), tenant.books
    acts: dict[str, Callable[[], object]] = {
        "status": lambda: books.say(invoice, _word(body), str(body.get("comment") or "")),
        "holds": lambda: books.hold_all(invoice, _codes(body)),
        "release": lambda: books.release(invoice, str(body.get("code") or ""), str(body.get("how") or RELEASES[0])),
        "pay": lambda: books.pay(invoice, number(body["amount"], "amount") if "amount" in body else None),
        "show": lambda: setattr(invoice, "visible", True),
    }
    if segments[1:] and (method != "POST" or len(segments) != 2 or segments[1] not in acts):
        raise ControlError(404, f"an invoice takes POST {', '.join(acts)}")
    if segments[1:]:
        acts[segments[1]]()
    return 200, invoice_row(invoice, tenant)


def _word(body: dict[str, Any]) -> str:
    word = body.get("status")
    if not isinstance(word, str) or not 0 < len(word) <= 50:
        raise ControlError(400, "status must be one of the portal's words, or any other of up to 50 characters")
    return word


def _codes(body: dict[str, Any]) -> list[str]:
    codes = body.get("codes") or ([body["code"]] if "code" in body else [])
    if not isinstance(codes, list) or not codes:
        raise ControlError(400, 'send {"codes": ["QTY REC", "PRICE"]}; GET /_sandbox/holds lists them')
    return [str(code) for code in codes]


def _put_orders(tenant: Tenant, body: dict[str, Any]) -> Result:
    given = body.get("orders")
    if not isinstance(given, list) or not all(isinstance(order, dict) for order in given):
        raise ControlError(400, 'send {"orders": [{"number": …, "lines": [{"type": "quantity", "quantity": …}]}]}')
    return 200, {"orders": [order.shown for order in tenant.books.put_orders(given)]}


def _order_action(tenant: Tenant, order_number: str, action: str, body: dict[str, Any]) -> Result:
    try:
        changed = tenant.books.change_order(order_number, action, **body)
    except LookupError:
        raise ControlError(404, f"no order {order_number!r}; POST /_sandbox/orders puts orders") from None
    return 200, {"orders": [order_row(order) for order in changed]}


def _knobs(tenant: Tenant, body: dict[str, Any]) -> Result:
    tenant.knobs.change(body)
    return 200, tenant.knobs.as_json()


def _refuse(tenant: Tenant, body: dict[str, Any]) -> Result:
    times = body.get("times", 1)
    if not isinstance(times, int) or not 0 < times <= 1_000_000:
        raise ControlError(400, "times must be a whole number of 1 or more")
    try:
        tenant.refuse_next(str(body.get("kind")), times)
    except KeyError as error:
        raise ControlError(400, f"kind {error} is unknown; there are {', '.join(REFUSALS)}") from None
    return 200, {"ok": True}


def _show(tenant: Tenant) -> int:
    """Let View Invoices show everything that was submitted."""
    hidden = [each for each in tenant.books.invoices.values() if each.submitted_at and not each.visible]
    for invoice in hidden:
        invoice.visible = True
    return len(hidden)


def _seed(tenant: Tenant, body: dict[str, Any]) -> Result:
    count = body.get("invoices")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= MAX_SEED:
        raise ControlError(400, f"invoices must be a whole number from 1 to {MAX_SEED}")
    first, last = seed(tenant.books, count, str(body.get("status", "In-Process")))
    return 200, {"first_id": first, "last_id": last}
