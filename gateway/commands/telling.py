"""Events in words: one small function for each kind of event, so that a time-line reads like a story.

A kind that is not in the table is told by its name; a test holds the table against the kinds that the program writes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.commands.wording import ACTORS, place
from gateway.store.events import Event

Data = Mapping[str, Any]

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "received": "the portal has it",
        "in_process": "the buyer is working on it",
        "under_query": "the buyer disputes it or asks us",
        "rejected": "rejected",
        "accepted": "approved for payment",
        "paid": "paid",
        "cancelled": "cancelled",
        "unknown": "a word that Clearbill does not know",
    }
)

_PARTS = {
    "intake": "intake",
    "checklist": "checklist",
    "format": "document",
    "pipeline": "Clearbill",
    "corrections": "corrections",
    "worker": "Clearbill",
    "watch": "watch",
    "health": "Clearbill",
    "openid": "company sign-in",
}


def who_in_words(who: str) -> str:
    """Who did it: a part of the program, a correction rule, the portal, or a person by name."""
    kind, _, name = who.partition(":")
    if kind == "portal" and name:
        return "portal"
    return f"rule {name}" if kind == "rule" and name else _PARTS.get(who, who)


def event_in_words(event: Event) -> str:
    """What happened, in one or a few sentences."""
    telling = TELLINGS.get(event.kind)
    return telling(event.data) if telling else f"{event.kind.replace('_', ' ').capitalize()}.{_why(event.data)}"


def reason_in_words(reason: Data) -> str:
    """A reason: our name for the trouble, where it is, and the portal's own words, unchanged."""
    return _reason((reason,))


def reasons_in_words(reasons: Sequence[Data]) -> str:
    """Several reasons in one line; what was said of several places, or read from the same words, is told once."""
    groups: dict[tuple[str, ...], list[Data]] = {}
    for reason in reasons:
        code = "" if reason.get("read_by") else str(reason.get("code", ""))
        key = (code, *(str(reason.get(name, "")) for name in ("portal_code", "portal_text", "sentence")))
        groups.setdefault(key, []).append(reason)
    return "; ".join(_reason(same) for same in groups.values())


def _reason(same: Sequence[Data]) -> str:
    """Reasons that share their words; the rules that read them are told, for what was read may be wrong."""
    reason = same[0]
    if reason.get("sentence"):
        finding = f"{reason['finding']}: " if reason.get("finding") else ""
        return f"{finding}{reason['sentence']}"
    codes = dict.fromkeys(str(one.get("code", "other")) for one in same)
    told = ", ".join(_trouble(code, [one for one in same if one.get("code", "other") == code]) for code in codes)
    if rules := ", ".join(dict.fromkeys(str(one["read_by"]) for one in same if one.get("read_by"))):
        told += f", read by {rules}"
    if reason.get("portal_text"):
        told += f': "{reason["portal_text"]}"'
    return f"{told} (code {reason['portal_code']})" if reason.get("portal_code") else told


def _trouble(code: str, same: Sequence[Data]) -> str:
    told = re.sub(r"^po\b", "PO", code.replace("_", " "))
    if told == "other" and same[0].get("portal_text"):
        told = "in the portal's words"
    places = ", ".join(place(str(one["path"])) for one in same if one.get("path"))
    return f"{told} ({places})" if places else told


def changes_in_words(patch: Sequence[Data]) -> list[str]:
    """A difference between two revisions, one change a line: `order 1, number: 12345 -> 0000012345`."""
    return [f"{place(str(change['path']))}: {_value(change, 'was')} -> {_value(change, 'value')}" for change in patch]


def _value(change: Data, side: str) -> str:
    if side not in change:
        return "(nothing)"
    value = change[side]
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {inner}" for name, inner in value.items()) + "}"
    return str(value) if value != "" else "(empty)"


def order_in_words(name: str, what: Data) -> str:
    """An order for which a second person is asked, and what it will do: as a sentence that names what was given."""
    telling = _ORDERS.get(name)
    return telling(what) if telling else f"{name.replace('_', ' ').capitalize()}."


_ORDERS: Mapping[str, Callable[[Data], str]] = {
    "correct": lambda what: "Make the proposed correction; it is checked again and, if nothing is found, sent.",
    "amend": lambda what: "Make these changes; it is checked again and, if nothing is found, sent.",
    "sent_as": lambda what: (
        f"Record that the portal has it as {what.get('portal_reference')}. Nothing is sent; it waits for the portal's "
        "answer."
    ),
    "not_sent": lambda what: "Record that the portal does not have it; it is checked and sent again.",
    "void": lambda what: "Have it taken back at the portal; the reason goes to the portal.",
    "credit": lambda what: (
        f"Send credit note {what.get('number')} over the whole invoice; the reason stands on the credit note."
    ),
}


# --- one for each kind --------------------------------------------------------------------------------------------


def _why(data: Data) -> str:
    told = f' Reason: "{data["why"]}".' if isinstance(data.get("why"), str) and data["why"] else ""
    return f"{told} Agreed to by {data['agreed_by']}." if data.get("agreed_by") else told


def _minute(moment: Any) -> str:
    """An instant as events have it, to the minute."""
    return str(moment)[:16].replace("T", " ")


def _what(data: Data) -> str:
    return f" {data['what']}" if data.get("what") else ""


def _said(data: Data) -> str:
    """What the portal said: its own word, ours, its reasons."""
    word = f'"{data["portal_status"]}"' if data.get("portal_status") else "nothing in words"
    told = f"{word} ({STATUSES.get(str(data.get('status', '')), data.get('status', ''))})"
    reasons = reasons_in_words(data.get("reasons", ()))
    return f"{told}: {reasons}" if reasons else told


def _received(data: Data) -> str:
    papers = len(data.get("documents", ()))
    count = f"{papers} paper" + ("" if papers == 1 else "s")
    return f"Handed over with {count}, for {data.get('client')} by account {data.get('account')}."


def _built(data: Data) -> str:
    warnings = data.get("warnings", ())
    told = f"Passed the checklist; the {data.get('format')} document was built."
    for order in data.get("orders_by_register", ()):
        told += f" It names the present version of order {order['number']} ({order['payload_id']})."
    told += "".join(f" {paper_in_words(paper)}" for paper in data.get("papers", ()))
    return told + "".join(f" Warning {reason_in_words(one)}" for one in warnings)


def paper_in_words(paper: Data) -> str:
    """What a paper that leaves was made from, and how."""
    made_of = ", ".join(str(source["name"]) for source in paper["made_of"])
    done = "; ".join(str(one) for one in paper["done"])
    if not done:
        return f"{paper['name']} is {made_of}." if made_of != paper["name"] else f"{made_of} goes as it is."
    return f"{paper['name']} is made of {made_of}: {done}."


def _held(data: Data) -> str:
    who = ACTORS.get(str(data.get("who_acts", "")), data.get("who_acts", ""))
    reasons = data.get("why", ())
    told = reasons_in_words(reasons) if isinstance(reasons, list) else ""
    said = f' (the portal says "{data["portal_status"]}")' if told and data.get("portal_status") else ""
    proposed = f" Proposed: {'; '.join(changes_in_words(data['proposed']))}." if data.get("proposed") else ""
    return f"Needs a decision{said}: {_ended(told or str(data.get('action', '')))}{proposed} Waits for {who}."


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _corrected(data: Data) -> str:
    codes = dict.fromkeys(str(one.get("code")) for one in data.get("reasons", ()))
    reasons = ", ".join(_reason(({"code": code},)) for code in codes)
    return f"{data.get('says')} This answers {reasons} and makes revision {data.get('new_revision')}."


def _rejected(data: Data) -> str:
    reasons = reasons_in_words(data.get("reasons", ()))
    return f"Refused: {reasons or _said(data)}."


def _sending(data: Data) -> str:
    return f"Transmission {data.get('attempt')} began."


def _recorded_as_sent(data: Data) -> str:
    if data.get("by_hand"):
        return f"Entered the invoice at the portal by hand, where it is {data.get('portal_reference')}.{_why(data)}"
    return f"Saw the invoice at the portal as {data.get('portal_reference')}; recorded as sent.{_why(data)}"


def _amended(data: Data) -> str:
    return f"Amended the packet; this is revision {data.get('new_revision')}.{_why(data)}"


def _checked_again(data: Data) -> str:
    made = f" This is revision {data['new_revision']}." if data.get("new_revision") else ""
    return f"Had it checked again.{made}{_why(data)}"


def _credit_ordered(data: Data) -> str:
    return f"Ordered credit note {data.get('number')} (packet {data.get('credit_note')}).{_why(data)}"


def _not_at_portal(data: Data) -> str:
    return f"The portal was asked and does not have transmission {data.get('attempt')}; it will be sent again."


def _answered(data: Data) -> str:
    came = f"took it as {data['portal_reference']}" if data.get("portal_reference") else "refused it"
    return f"The portal's answer to transmission {data.get('attempt')} came after the stop: it {came}."


def _overdue(data: Data) -> str:
    who = ACTORS.get(str(data.get("who_acts", "")), "whoever was to act")
    return f"The deadline passed without anything from {who}."


def _moment(data: Data) -> str:
    """The moment until which something was put off, as events keep it."""
    try:
        until = datetime.fromisoformat(str(data.get("until")))
    except ValueError:
        return str(data.get("until"))
    return f"{until.day} {until:%b %Y, %H:%M} {until.tzname() or ''}".strip()


def _evidence(data: Data) -> str:
    names = ", ".join(str(one.get("name", "")) for one in data.get("files", ()))
    return f"What was seen at the portal is kept: {names}." if names else "What was seen at the portal is kept."


def _second(words: str) -> Callable[[Data], str]:
    """What a second person, or whoever asked for one, said to an order."""
    return lambda data: f"{words} what {data.get('asked_by')} asked for: {_named(data)}.{_why(data)}"


def _named(data: Data) -> str:
    return _SHORT_ORDERS.get(str(data.get("order")), str(data.get("order")))


_SHORT_ORDERS = {
    "correct": "the proposed correction",
    "amend": "changes to the packet",
    "sent_as": "that the portal has it",
    "not_sent": "that the portal does not have it",
    "void": "to void it",
    "credit": "to credit it",
}


def _second_asked(data: Data) -> str:
    what = data.get("what", {})
    changes = "; ".join(changes_in_words(data.get("diff", ())))
    told = f" Changes: {changes}." if changes else ""
    return f"Asked for a second person's agreement. {order_in_words(str(data.get('order')), what)}{told}{_why(what)}"


def _order_unread(data: Data) -> str:
    named = f"Purchase order {data['number']}" if data.get("number") else "A purchase order"
    return f"{named} came and could not be read ({data.get('why')}); its document {data.get('payload_id')} is kept."


TELLINGS: Mapping[str, Callable[[Data], str]] = MappingProxyType(
    {
        "received": _received,
        "built": _built,
        "sending": _sending,
        "recheck": lambda data: "Another invoice took the number or the order's balance meanwhile; checked again.",
        "in_doubt": lambda data: f"It is not known whether it arrived; the portal will be asked.{_what(data)}",
        "not_sent": lambda data: f"It did not reach the portal and will be sent again.{_what(data)}",
        "settled_not_sent": _not_at_portal,
        "answered": _answered,
        "verdict": lambda data: f"The portal says {_said(data)}.",
        "verdict_late": lambda data: f"An older word of the portal came late and changes nothing: {_said(data)}.",
        "verdict_noted": lambda data: f"The portal said {_said(data)}; that changes nothing here.",
        "rejected": _rejected,
        "accepted": lambda data: f"Accepted: the portal says {_said(data)}.",
        "corrected": _corrected,
        "held": _held,
        "overdue": _overdue,
        "checked_again": _checked_again,
        "recorded_as_sent": _recorded_as_sent,
        "recorded_as_not_sent": lambda data: (
            f"Looked at the portal: it is not there; it may be sent again.{_why(data)}"
        ),
        "left_waiting": lambda data: f"Left it with the portal.{_why(data)}",
        "amended": _amended,
        "correction_ordered": lambda data: f"Had the proposed correction carried out.{_why(data)}",
        "stopped": lambda data: f"Stopped it for good.{_why(data)}",
        "void_ordered": lambda data: f"Ordered it to be voided at the portal.{_why(data)}",
        "voided": lambda data: "Voided at the portal.",
        "void_sending": lambda data: f"The document that voids transmission {data.get('attempt')} began to leave.",
        "void_in_doubt": lambda data: f"It is not known whether the order to void arrived.{_what(data)}",
        "void_taken": lambda data: "The portal took the order to void; the invoice's own status will tell.",
        "void_answered": lambda data: f"The portal says of the order to void: {_said(data)}.",
        "credit_ordered": _credit_ordered,
        "breaker_opened": lambda data: (
            f"Too many failures: the account rests until {_minute(data.get('until'))} UTC.{_what(data)}"
        ),
        "account_paused": lambda data: f"The account was stopped.{_what(data)}",
        "account_resumed": lambda data: f"The account was resumed.{_why(data)}",
        "work_tried_again": lambda data: f"Has work tried again that was given up ({data.get('work')}).{_why(data)}",
        "work_dropped": lambda data: f"Dropped work that was given up ({data.get('work')}).{_why(data)}",
        "check_ordered": lambda data: "Asked for a live check of the account.",
        "account_checked": lambda data: " ".join(
            ("The check found:", *(str(one.get("says")) for one in data.get("lines", ({"says": "nothing."},))))
        ),
        "client_paused": lambda data: f"Was paused: nothing of it is sent.{_why(data)}",
        "client_resumed": lambda data: f"Was resumed; set aside until then: {data.get('waited', 0)}.{_why(data)}",
        "set_aside": lambda data: (
            f"Set aside, ready to be sent: {data.get('by', 'somebody')} has paused the client.{_why(data)}"
        ),
        "order_unread": _order_unread,
        "checklist_in_force": lambda data: "The checklist file came into force.",
        "checklist_removed": lambda data: "The checklist file was removed.",
        "correction_proposed": lambda data: f"Proposed to do {data.get('rule')} before the first transmission.",
        "proposal_accepted": lambda data: f"Accepted the proposal.{_why(data)}",
        "proposal_declined": lambda data: f"Declined the proposal.{_why(data)}",
        "evidence": _evidence,
        "taken": lambda data: f"Given to {data['owner']}." if data.get("owner") else "Given back; nobody has taken it.",
        "commented": lambda data: _ended(str(data.get("text", ""))),
        "anchored": lambda data: f"An anchor was dropped over {data.get('events')} events of all histories.",
        "pack_taken": lambda data: (
            f"Took the evidence pack over the {data.get('events')} events before this one; SHA-256 of its manifest: "
            f"{data.get('manifest_sha256')}."
        ),
        "put_off": lambda data: f"Put off until {_moment(data)}.{_why(data)}",
        "left_until_news": lambda data: (
            f"Left it until something new is said of it, at the latest until {_moment(data)}.{_why(data)}"
        ),
        "news": lambda data: f"It is back on the work list: {data.get('what')}.",
        "person_added": lambda data: f"Became a user, as {data.get('role')}.",
        "role_changed": lambda data: f"Became {data.get('role')} instead of {data.get('was')}; every session ended.",
        "password_changed": lambda data: "Was given a new password; every session ended.",
        "person_disabled": lambda data: "May sign in no more; every session ended.",
        "person_enabled": lambda data: "May sign in again.",
        "person_known": lambda data: (
            "Came with the company account for the first time, and is known by it from now on."
        ),
        "sessions_ended": lambda data: "Was signed out everywhere.",
        "signed_in": lambda data: "Signed in.",
        "token_added": lambda data: f"Was made, for {', '.join(data.get('scopes', ())) or 'nothing'}.",
        "token_ended": lambda data: "Was ended; it opens nothing any more.",
        "second_asked": _second_asked,
        "second_agreed": _second("Agreed to"),
        "second_declined": _second("Declined"),
        "second_withdrawn": _second("Took back"),
        "second_lapsed": _second("Dropped, for the packet had changed,"),
        "signed_out": lambda data: "Signed out.",
    }
)
