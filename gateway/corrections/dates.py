"""The invoice date, moved only where the client has agreed to it."""

from collections.abc import Sequence

from gateway.corrections.limits import DATE
from gateway.corrections.rule import Context, Rule, with_invoice
from gateway.packet import Packet
from gateway.verdict import Reason, ReasonCode


def _dated_today(packet: Packet, reasons: Sequence[Reason], context: Context) -> Packet | None:
    """The invoice dated today; not where the days of the work are objected to, nor where it would then be due before
    its own date."""
    today, invoice = context.today, packet.invoice
    if any(reason.path not in _ITS_DATE for reason in reasons):
        return None
    if today is None or (invoice.due_on is not None and invoice.due_on < today):
        return None
    return with_invoice(packet, issued_on=today)


_ITS_DATE = frozenset({"", "/invoice", "/invoice/issued_on"})

RULES: tuple[Rule, ...] = (
    Rule(
        code=DATE,
        serves=frozenset({ReasonCode.date_out_of_window}),
        licence=("/invoice/issued_on",),
        says="The invoice is dated on the day on which it is sent, since its own lies outside the client's window.",
        source="client's checklist, dates and corrections.also; Ariba, buyers' rules on invoice dates",
        apply=_dated_today,
        by_word=True,
        after_a_no=True,  # it asks for no window: every invoice of the client would be dated anew
    ),
)
