"""The demonstration in words: one short sentence for each event and for each thing that happens at a portal."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.demo.packets import Step
from gateway.store.events import Event
from gateway.verdict import Actor

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
        "lost_answer": "takes the next invoice, but its answer will be lost",
        "http_500": "answers the next invoice with HTTP 500 and takes nothing",
        "http_502": "takes the next invoice, but answers HTTP 502",
        "slow": "takes its time over the next invoice",
        "refuse_password": "refuses our sign-in at the next invoice",
    }
)

_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "payment_term_missing": "refuses the next invoice: the supplier record has no payment term",
        "unparsable": "says that it cannot read the next invoice",
        "not_allowed": "has switched invoicing by cXML off for us",
    }
)


def step_told(step: Step, number: str) -> str:
    """What a step of a case's script does at the portal."""
    order = step.target.split("/")[0]
    match step.verb:
        case "fault":
            return _FAULTS.get(step.body["kind"], f"has a fault: {step.body['kind']}")
        case "refuse":
            return _REFUSALS.get(step.body["kind"], f"refuses the next invoice: {step.body['kind']}")
        case "orders":
            return f"issues purchase order {step.body['orders'][0]['number']} anew"
        case "order" if step.target.endswith("/receive"):
            return f"books the receipt on purchase order {order}"
        case "order":
            return f"changes purchase order {order}: {step.target.rpartition('/')[2]}"
        case "dispute":
            return f'disputes {number}: "{step.body["comment"]}"'
        case "status":
            comment = f': "{step.body["comment"]}"' if step.body.get("comment") else ""
            return f"sets {number} to {step.body['status']}{comment}"


def event_told(event: Event, number: str, client: str) -> tuple[str, str] | None:
    """Who acted and what was done, for an event of a packet; None for what would only fill the screen.

    `number` is the packet's invoice number, `client` the client's key."""
    words = _EVENTS.get(event.kind)
    if words is None:
        return None
    who, what = words(event.data)
    return (client if who == "portal" else who, f"{number} {what}")


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


_Words = Callable[[Mapping[str, Any]], tuple[str, str]]


def _corrected(data: Mapping[str, Any]) -> tuple[str, str]:
    return "correction", f"revision {data['new_revision']} by {' and '.join(data['rules'])}: {data['says']}"


def _held(data: Mapping[str, Any]) -> tuple[str, str]:
    who = WHO[Actor(data.get("who_acts", Actor.us))]
    return "held", f"waits for {who}: {first_reason(data.get('why')) or data.get('action', '')}"


def _rejected(data: Mapping[str, Any]) -> tuple[str, str]:
    said = next((reason["portal_text"] for reason in reversed(data["reasons"]) if reason.get("portal_text")), "")
    by = "refused at the door" if data["level"] == "portal" else "rejected by the buyer"
    return "portal", f'{by}: "{said}"' if said else by


_EVENTS: Mapping[str, _Words] = MappingProxyType(
    {
        "built": lambda data: ("checklist", "passed the checklist; its document is built"),
        "in_doubt": lambda data: ("pipeline", "is in doubt: the portal will be asked before anything is sent again"),
        "settled_not_sent": lambda data: ("pipeline", "is not at the portal, as it says itself: sent again"),
        "not_sent": lambda data: ("pipeline", "was not taken at the door"),
        "corrected": _corrected,
        "held": _held,
        "rejected": _rejected,
        "verdict": lambda data: ("portal", f"is {data.get('portal_status', '')} (no. {data['portal_reference']})"),
        "accepted": lambda data: ("portal", "accepted by the buyer"),
    }
)
