"""What a network answers when asked for its profile: which requests it takes, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from formats.cxml.branches import Node, attribute, child, children, text_of
from formats.cxml.incoming import content_named, envelope_from
from formats.cxml.reader import DEFAULT_LIMIT, instant_from


@dataclass(frozen=True, slots=True)
class Transaction:
    """Where one kind of request goes, and the options that hold there."""

    url: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """The requests that a network takes, by name. `effective` is None where it cannot be read."""

    transactions: Mapping[str, Transaction]
    options: Mapping[str, str]
    effective: datetime | None


def profile_from(body: bytes, limit: int = DEFAULT_LIMIT) -> Profile:
    """The ProfileResponse in a body. Raises Unreadable where there is none; then `response_from` may tell why."""
    profile = content_named(envelope_from(body, limit), "ProfileResponse")
    transactions = {
        attribute(each, "requestName"): Transaction(text_of(child(each, "URL")), _options_of(each))
        for each in children(profile, "Transaction")
    }
    return Profile(transactions, _options_of(profile), instant_from(attribute(profile, "effectiveDate")))


def _options_of(parent: Node) -> Mapping[str, str]:
    return {attribute(each, "name"): text_of(each) for each in children(parent, "Option")}
