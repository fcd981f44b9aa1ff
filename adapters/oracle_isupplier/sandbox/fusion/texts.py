"""What the tenant says when it refuses: code, words, and where the words come from.

Marks: C = read in a document (facts 9.2), M = memory, I = invented here because the real words are not public.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """`words` may hold `{name}` places; an empty `code` is a message that comes without one."""

    code: str
    words: str
    mark: str
    status: int = 400


TEXTS: dict[str, Text] = {
    "duplicate_number": Text(
        "AP-810776", "This invoice number already exists. You must provide a unique invoice number.", "C"
    ),
    "duplicate_number_short": Text(
        "AP-810245", "You must enter a different number. There's already an invoice with that number.", "C"
    ),
    "amount_missing": Text("AP-810879", "You must provide a value for the Amount attribute for line {line}.", "C"),
    "order_line_unknown": Text(
        "AP-810667", "You must provide a valid value for the Purchase Order Line Number attribute.", "C"
    ),
    "value_missing": Text("", "You must enter a value.", "C"),
    "record_exists": Text("", "A record with this combination of values already exists.", "C"),
    "not_in_list": Text("", "{value} is not in the list of values.", "C"),
    "changed_by_another": Text(
        "JBO-25014", "Another user has changed the row with primary key oracle.jbo.Key[{row}].", "C", 412
    ),
    "bad_query": Text("29140", "The query expression {q} is not valid.", "I"),  # the bare number is C, the words are I
    "unauthorized": Text(
        "", "Unauthorized Access: Either you do not have the privilege, or you have not signed in.", "C", 401
    ),
    "forbidden": Text(
        "", "Unauthorized Access: Either you do not have the privilege, or you have not signed in.", "C", 403
    ),
    "not_found": Text("", "Not Found", "I", 404),
    "bad_body": Text("", "The request payload could not be read: {reason}.", "I"),
    "unknown_attribute": Text("", "The attribute {name} is not known to this resource.", "I"),
    "number_too_long": Text("", "The invoice number exceeds the maximum length of 50 characters.", "I"),
    "business_unit": Text("", "The value {value} of the attribute BusinessUnit is not valid.", "I"),
    "order_unknown": Text("", "The purchase order {order} does not exist or is not yours.", "I"),
    "order_closed": Text("", "The purchase order {order} is closed for invoicing.", "I"),
    "currency_differs": Text("", "The invoice currency differs from that of the purchase order {order}.", "I"),
    "over_billed": Text("", "The quantity invoiced for line {line} exceeds the quantity ordered.", "I"),
    "price_differs": Text("", "The unit price for line {line} differs from that of the purchase order.", "I"),
    "sign": Text("", "The invoice amount isn't consistent with the invoice type.", "I"),
    "control_amount": Text("", "The control amount {control} differs from the invoice amount {total}.", "I"),
    "no_lines": Text("", "You must enter at least one line before you submit the invoice.", "I"),
    "already_submitted": Text("", "The invoice {number} was submitted already and can't be changed.", "I"),
    "already_cancelled": Text("", "The invoice {number} is already canceled.", "I"),
    "not_deletable": Text("", "The invoice can't be deleted. Cancel it instead.", "I"),
}

SUBMITTED = "Invoice {number} was submitted for processing."  # I: only that `result` is a string is confirmed
CANCELLED = "Invoice {number} was canceled."  # I
TAXED = "Tax was calculated for invoice {number}."  # I


class Refused(Exception):
    """The tenant says no, with one or more texts already filled in."""

    def __init__(self, *said: Text) -> None:
        super().__init__("; ".join(text.words for text in said))
        self.said = said


def text(key: str, **values: object) -> Text:
    """A text with its places filled."""
    found = TEXTS[key]
    return Text(found.code, found.words.format(**values) if values else found.words, found.mark, found.status)


def scripted(key: str) -> Text:
    """A text for a scripted refusal, its places filled with something plausible. Raises `KeyError`."""
    found = TEXTS[key]
    filler = {"line": 1, "value": "VALUE", "row": 1, "q": "?", "name": "Name", "order": "4500012345", "number": "1"}
    words = found.words.format(**filler, control="1", total="2", reason="scripted")
    return Text(found.code, words, found.mark, found.status)
