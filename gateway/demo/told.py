"""The demonstration in words: one short sentence for each event and for each thing that happens at a portal."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.demo.clients import EVERY_CLIENT
from gateway.demo.packets import Step
from gateway.store.events import Event
from gateway.verdict import Actor, Level, Status

WHO: Mapping[Actor, str] = MappingProxyType(
    {
        Actor.us: "the billing office",
        Actor.field: "the crew",
        Actor.client_ap: "the client",
        Actor.portal_admin: "the portal's administrator",
        Actor.nobody: "nobody",
    }
)

_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "lost_answer": "the portal will take the next invoice and lose its answer",
        "http_500": "the portal will answer the next invoice with HTTP 500 and take nothing",
        "http_502": "the portal will take the next invoice and answer HTTP 502",
        "slow": "the portal will take its time over the next invoice",
        "refuse_password": "the portal will refuse our sign-in",
    }
)

_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "INV-98": "the network will not find our tax number in the next invoice",
        "payment_term_missing": "our supplier record there has lost its payment term",
        "unparsable": "the portal will not be able to read the next invoice",
        "not_allowed": "somebody switches invoicing by cXML off for us",
    }
)


def short_name(client: str) -> str:
    """A client's name, short enough for a column."""
    return " ".join(EVERY_CLIENT[client].name.split()[:2])


def step_told(step: Step, number: str) -> str:
    """What a step of a case's script does at the portal."""
    order, _, deed = step.target.rpartition("/")
    match step.verb:
        case "fault":
            return _FAULTS.get(step.body["kind"], f"the portal will have a fault: {step.body['kind']}")
        case "refuse":
            return _REFUSALS.get(step.body["kind"], f"the portal will refuse the next invoice: {step.body['kind']}")
        case "orders":
            return f"the buyer issues purchase order {step.body['orders'][0]['number']} anew, with other lines"
        case "order":
            done = "books the receipt on" if deed == "receive" else f"{deed}s"
            return f"the buyer {done} purchase order {order}"
        case "hold":
            return f"the buyer's matching puts {number} on hold: {', '.join(step.body['codes'])}"
        case "dispute":
            return f'the buyer disputes {number}: "{step.body["comment"]}"'
        case "status":
            comment = f': "{step.body["comment"]}"' if step.body.get("comment") else ""
            return f"the buyer's side sets {number} to {step.body['status']}{comment}"


def event_told(event: Event, number: str, client: str) -> tuple[str, str] | None:
    """Who acted and what was done, for an event of a packet; None for what would only fill the screen.

    `number` is the packet's invoice number, `client` the client's key."""
    words = _EVENTS.get(event.kind)
    told = words(event.data) if words else None
    if told is None:
        return None
    who, what = told
    return (short_name(client) if who == _PORTAL else who, f"{number} {what}")


def first_reason(why: object) -> str:
    """The first reason of a stop: what the checklist found, else the portal's words, else our name for it."""
    reasons = [reason for reason in why if isinstance(reason, Mapping)] if isinstance(why, list | tuple) else []
    if not reasons:
        return ""
    first = reasons[0]
    said = next((reason["portal_text"] for reason in reversed(reasons) if reason.get("portal_text")), "")
    if first.get("sentence"):
        return str(first["sentence"])
    return f'The portal says: "{said}"' if said else str(first.get("code", "")).replace("_", " ")


_Words = Callable[[Mapping[str, Any]], tuple[str, str] | None]
_PORTAL = "portal"


def _corrected(data: Mapping[str, Any]) -> tuple[str, str]:
    return "corrected", f"revision {data['new_revision']} by {' and '.join(data['rules'])}: {data['says']}"


def _held(data: Mapping[str, Any]) -> tuple[str, str]:
    who = WHO[Actor(data.get("who_acts", Actor.us))]
    return "held", f"waits for {who}: {first_reason(data.get('why')) or data.get('action', '')}"


def _rejected(data: Mapping[str, Any]) -> tuple[str, str]:
    said = next((reason["portal_text"] for reason in reversed(data["reasons"]) if reason.get("portal_text")), "")
    by = "refused at the door" if data["level"] == Level.portal else "rejected by the buyer"
    return _PORTAL, f'{by}: "{said}"' if said else by


def _verdict(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Being taken is news, and what is not the usual way of an invoice."""
    word = str(data.get("portal_status", ""))
    if data.get("status") == Status.received and data["portal_reference"]:
        own = data["portal_reference"]  # a network gives no number of its own: it knows the invoice by our document's
        return _PORTAL, "taken" if "@" in own else f"taken, number {own} there"
    if word in _USUAL:
        return None
    return _PORTAL, f"is {word.replace('_', ' ')}"


_USUAL = frozenset({"", "OK", "draft", "new", "processing", "pending_approval", "In-Process", "Confirmation"})
_EVENTS: Mapping[str, _Words] = MappingProxyType(
    {
        "in_doubt": lambda data: ("in doubt", "the portal will be asked before anything is sent again"),
        "settled_not_sent": lambda data: ("in doubt", "is not there, says the portal: sent again"),
        "not_sent": lambda data: ("not sent", f"was turned away at the door: {data.get('what', '')}"),
        "corrected": _corrected,
        "held": _held,
        "rejected": _rejected,
        "verdict": _verdict,
        "accepted": lambda data: (_PORTAL, "accepted"),
    }
)
