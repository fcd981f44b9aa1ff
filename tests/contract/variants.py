"""The ways in which an account may use a portal, where there is more than one, and what its refusals mean to us.

A portal not named here runs the suite once, with its stand-in's own account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.verdict import ReasonCode as R


@dataclass(frozen=True)
class Variant:
    """`settings` are laid over the stand-in's account; `refusals`: what `portal.rejects(kind)` must mean to us."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    refusals: Mapping[str, R] = field(default_factory=dict)
    reads_by_time: bool = True  # False: the source of statuses has no filter by time, every pass lists everything
    requests: int = 1  # to submit one invoice with its papers, signing in included
    knobs: Mapping[str, Any] = field(default_factory=dict)  # of the stand-in
    reading: Mapping[str, Any] = field(default_factory=dict)  # where the stand-in must be told to fail a read
    asking: frozenset[str] = frozenset()  # the stand-in's doors at which a POST is a question
    tells_new: bool = True  # False: what was taken and not looked at yet is no news there
    approved: str = "approved"  # the portal's word for it
    closing: str = "close"  # what the portal tells of the end of an order
    reference: str = "id"  # which of the stand-in's own fields the portal shows us as its reference
    signing_in: str = ""  # the stand-in's door at which credentials are shown, where it is a door of its own
    breaks: tuple[tuple[str, int], ...] = ()  # (door, requests let through before): where a page is not one request
    kinds: frozenset[str] = frozenset()  # what breaks there, where trying all of them takes too long
    quick: frozenset[str] = frozenset()  # the tests of every run, where all of them take minutes; the rest is `driven`
    saved_by_word: bool = False  # True: the status alone tells a saved invoice from a submitted one
    stand_in: str = "sandbox"  # the module of its `Portal`, where a portal is several products


_COUPA_MODEL = {
    "duplicate_number": R.duplicate_number,
    "line_type": R.po_line_kind,
    "payment_term_missing": R.payment_term_missing,
    "bill_to": R.bill_to_mismatch,
    "currency_differs": R.currency_mismatch,
    "order_not_invoiceable": R.po_closed,
    "tax_mismatch": R.tax_mismatch,
    "image_scan_required": R.attachment_missing,
}
_COUPA_CXML = {
    **_COUPA_MODEL,
    "order_not_found": R.po_unknown,
    "order_of_other_supplier": R.po_not_ours,
    "order_line_not_found": R.po_line_unknown,
    "charges_not_permitted": R.charges_not_permitted,
    "unparsable": R.document_invalid,
    "dtd": R.document_invalid,
    "unsupported_version": R.document_invalid,
    "not_allowed": R.not_enabled,
    "too_large": R.too_many_lines,
    "order_line_closed": R.po_closed,
    "uom_differs": R.unit_mismatch,
}

_COUPA_REST = {
    "duplicate_number": R.duplicate_number,
    "payment_term_missing": R.payment_term_missing,
    "currency_differs": R.currency_mismatch,
    "tax_mismatch": R.tax_mismatch,
}
_ARIBA = {
    "duplicate": R.duplicate_number,
    "no_id": R.field_missing,
    "order_obsolete": R.po_obsolete,
    "order_external": R.po_unknown,
    "supplier_tax_id": R.tax_id_missing,
    "non_po_pricing": R.po_missing,
    "summary_and_detail": R.document_invalid,
    "role_in_partner": R.document_invalid,
    "network_error": R.portal_fault,
    "403": R.not_enabled,
    "406": R.document_invalid,
    "450": R.document_invalid,
    "417": R.other,
    "currency": R.other,  # the stand-in's own words: the network's are not known
}
_QUICK = {"throttle": False}  # the suite asks faster than 25 times a second; connection.py's pace is tested elsewhere

# All papers of the suite bear one payloadID, which the network would answer as one; and refusals come at once.
_AT_ONCE = {**_QUICK, "payload_repeated": "process", "rule_failures": "at_once", "http_status": "mirror"}
_ARIBA_ASKS = frozenset({"poll", "profile"})

_FUSION = {
    "duplicate_number": R.duplicate_number,
    "duplicate_number_short": R.duplicate_number,
    "amount_missing": R.field_missing,
    "order_line_unknown": R.po_line_unknown,
    "value_missing": R.field_missing,
    "not_in_list": R.other,
    "record_exists": R.other,
    "order_closed": R.po_closed,
    "currency_differs": R.currency_mismatch,
}
# The other side of everything that the facts about Fusion leave open.
_FUSION_OTHERWISE = {
    "action_url": "collection",
    "nested_lines": False,
    "line_amount_attribute": "Amount",
    "attachment_fields": "datatype",
    "changes_by_time": False,
    "amount_on_draft": "hidden",
    "holds_readable": True,
    "error_form": "text",
}

VARIANTS: Mapping[str, Mapping[str, Variant]] = {
    "coupa": {
        "cxml": Variant({"transport": "cxml", "token_delay_seconds": 0}, _COUPA_CXML, knobs=_QUICK),
        "rest": Variant({"transport": "rest", "token_delay_seconds": 0}, _COUPA_REST, requests=6, knobs=_QUICK),
        "cxml-csp": Variant(
            {"status_source": "csp_rest", "token_delay_seconds": 0, "scopes": ["csp.invoices.read"]},
            reads_by_time=False,
            knobs=_QUICK,
            reading={"buyer": "csp"},
        ),
    },
    "ariba": {
        "queue": Variant(
            {"delivery": "pending"},
            _ARIBA,
            reads_by_time=True,
            knobs=_AT_ONCE,
            asking=_ARIBA_ASKS,
            tells_new=False,
            approved="reconciled",
            closing="cancel",
        ),
        "lookup": Variant(
            {"delivery": "lookup", "version": "1.2.020"}, knobs=_AT_ONCE, asking=_ARIBA_ASKS, closing="cancel"
        ),
    },
    "oracle_isupplier": {
        "ebs": Variant(
            # Found in its list by invoice date, which the suite's packets have in the past; short waits for dead pages.
            {"currency": "USD", "window_days": 1000, "page_seconds": 8, "submit_seconds": 10, "canary": False},
            {"duplicate": R.duplicate_number, "order_not_open": R.po_closed, "over_billing": R.quantity_mismatch},
            reads_by_time=False,
            saved_by_word=True,
            asking=frozenset({"login", "page", "post", "ppr"}),
            approved="Approved",
            reference="number",
            signing_in="login",
            breaks=(("submit", 0),),
            kinds=frozenset({"lost_answer", "http_500", "garbage_after_commit"}),
            quick=frozenset(
                {
                    "test_it_is_an_adapter",
                    "test_rendering_is_repeatable_and_carries_a_mark_instead_of_secrets",
                    "test_an_accepted_invoice_has_the_portals_reference_and_stands_there_once",
                    "test_a_silent_portal_is_maybe_sent_and_can_be_found",
                    "test_refused_credentials_are_tried_once",
                    "test_orders_are_read_with_their_lines",
                    "test_an_unreadable_cursor_starts_over_instead_of_losing_rows",
                }
            ),
        ),
        "fusion": Variant({}, _FUSION, requests=7, approved="Workflow approved", stand_in="sandbox.fusion"),
        "fusion-otherwise": Variant(
            {
                "auth": "oauth",
                "actions": "collection",
                "lines": "one_by_one",
                "field_names": {"LineAmount": "Amount"},
                "attachments": "datatype",
                "changes": "by_list",
            },
            _FUSION,
            reads_by_time=False,
            requests=10,
            knobs=_FUSION_OTHERWISE,
            approved="Workflow approved",
            stand_in="sandbox.fusion",
        ),
    },
}
PLAIN = {"": Variant()}


def variants_of(key: str) -> Mapping[str, Variant]:
    """The variants of one portal."""
    return VARIANTS.get(key, PLAIN)
