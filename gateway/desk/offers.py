"""What a person may order about a packet as it stands, and what each order will do, said beforehand.

What is offered is what `gateway.decisions` would carry out now; it is asked again there, under the packet's lock.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gateway.adapter import Ability
from gateway.decisions import ALIVE
from gateway.store.packets import AttemptRecord, PacketRecord
from gateway.verdict import FINAL_STAGES, Outcome, Stage


@dataclass(frozen=True, slots=True)
class Situation:
    """What an offer depends on."""

    record: PacketRecord
    attempts: Sequence[AttemptRecord]
    abilities: Collection[Ability]
    credited: bool = False

    @property
    def held(self) -> bool:
        return self.record.stage is Stage.held

    @property
    def in_doubt(self) -> bool:
        return any(one.outcome is Outcome.maybe_sent for one in self.attempts)

    @property
    def alive(self) -> bool:
        """Whether the portal holds it and may yet pay it."""
        return self.record.status in ALIVE

    @property
    def by_hand(self) -> bool:
        """Whether somebody says to have entered it at the portal, and nothing was transmitted since."""
        return bool(self.attempts) and bool(self.attempts[-1].by_hand) and self.last is Outcome.receipted

    @property
    def last(self) -> Outcome | None:
        return self.attempts[-1].outcome if self.attempts else None

    @property
    def may_go_again(self) -> bool:
        return self.held and not self.in_doubt and not self.alive


@dataclass(frozen=True, slots=True)
class Offer:
    """One order: what it is called, what it will do, what was done, which fields it needs, and when it is offered.

    `needs`: names of the form's fields; `why` is always there, and must be filled in where it is named here."""

    order: str
    label: str
    does: str
    done: str
    when: Callable[[Situation], bool]
    needs: tuple[str, ...] = ()
    grave: bool = False


OFFERS = (
    Offer(
        "check_again",
        "Check it again",
        "Sends it through the checklist again as it is and, if nothing is found, to the portal. Where the portal has "
        "answered this revision, it goes as a new one, under the number that the client's rules ask for.",
        "It goes through the checklist again and, if nothing is found, to the portal.",
        lambda now: now.may_go_again,
    ),
    Offer(
        "attach",
        "Attach a paper",
        "Adds the file to the papers as a new revision, which is checked again and, if nothing is found, sent.",
        "The paper is attached; it is checked again and, if nothing is found, sent.",
        lambda now: now.may_go_again,
        ("kind", "paper"),
    ),
    Offer(
        "sent_as",
        "The portal has it",
        "Records that you saw the invoice at the portal, under the reference that it bears there. Nothing is sent; it "
        "then waits for the portal's answer.",
        "Recorded as sent under the portal's reference; it now waits for the portal's answer.",
        lambda now: now.held and now.last is Outcome.maybe_sent,
        ("reference",),
    ),
    Offer(
        "by_hand",
        "Done in the portal by hand",
        "Records that the invoice was entered at the portal by hand, and the reference that it bears there. Nothing is "
        "sent; the portal is asked for it from now on. What was sent before stays as it is recorded.",
        "Recorded as entered by hand, in your name; the portal is asked for it from now on.",
        lambda now: (
            now.held and not now.in_doubt and (now.by_hand or not (now.alive and now.last is Outcome.receipted))
        ),
        ("reference",),
    ),
    Offer(
        "not_sent",
        "The portal does not have it",
        "Records that you looked and the invoice is not at the portal. It is checked and sent again: look carefully, "
        "for nobody is asked again.",
        "Recorded as not sent; it is checked and sent again.",
        lambda now: now.held and (now.last is Outcome.maybe_sent or (now.by_hand and not now.record.portal_status)),
        grave=True,
    ),
    Offer(
        "wait",
        "Leave it with the portal",
        "Nothing is sent. The portal's next word moves it on, and it leaves this list until then.",
        "It waits at the portal; the portal's next word moves it on.",
        lambda now: now.held and now.last is Outcome.receipted,
    ),
    Offer(
        "put_off",
        "Wait until a day",
        "Nothing is sent. It stays on the work list and is due at nine in the morning of that day.",
        "Put off; it is due on the day that you named.",
        lambda now: now.held,
        ("until",),
    ),
    Offer(
        "leave",
        "Leave it until something changes",
        "Nothing is sent. It leaves the top of the list and comes back by itself when the portal, one of its orders or "
        "the client's checklist says something new, and at the latest at nine in the morning of the day that you name.",
        "It comes back when something new is said of it, and at the latest on the day that you named.",
        lambda now: now.held,
        ("until",),
    ),
    Offer(
        "void",
        "Void it at the portal",
        "Has the invoice taken back at the portal. The reason goes to the portal and is kept.",
        "Voiding is ordered; the page shows what the portal says.",
        lambda now: (
            now.alive
            and not now.credited
            and now.last is Outcome.receipted
            and not now.by_hand
            and bool({Ability.void, Ability.cancel} & set(now.abilities))
        ),
        ("why",),
        grave=True,
    ),
    Offer(
        "credit",
        "Credit it",
        "Hands over a credit note over the whole invoice, as a packet of its own, under the number that you give it. "
        "The reason stands on the credit note.",
        "The credit note was handed over for sending.",
        lambda now: now.alive and not now.credited and bool(now.attempts) and now.record.total > 0,
        ("number", "why"),
        grave=True,
    ),
    Offer(
        "stop",
        "Stop it for good",
        "Ends the packet; nothing of it will be sent any more, and this cannot be undone. The reason is kept.",
        "Stopped for good; nothing of it will be sent.",
        lambda now: now.record.stage not in (*FINAL_STAGES, Stage.sending) and not now.in_doubt and not now.alive,
        ("why",),
        grave=True,
    ),
    Offer(
        "take",
        "Give it to somebody",
        "Nothing is sent. The work list shows who has taken it.",
        "The work list shows who has taken it.",
        lambda now: now.record.stage not in FINAL_STAGES,
        ("owner",),
    ),
    Offer(
        "comment",
        "Comment",
        "Nothing is sent. The comment stands among what happened, with your name.",
        "The comment is kept.",
        lambda now: True,
        ("text",),
    ),
)

CORRECT = Offer(
    "correct",
    "Accept the correction",
    "Makes a new revision with exactly these changes, which is checked again and, if nothing is found, sent.",
    "Corrected; it is checked again and, if nothing is found, sent.",
    lambda now: now.may_go_again and now.record.proposed is not None,
)
EDITED = "It is a new revision now, which is checked again and, if nothing is found, sent."
DONE = {offer.order: offer.done for offer in (CORRECT, *OFFERS)} | {"edit": EDITED}
"""What is said after an order was carried out."""


def offers(now: Situation) -> tuple[Offer, ...]:
    """What may be ordered, in the order in which it is shown; a proposed correction stands apart."""
    return tuple(offer for offer in OFFERS if offer.when(now))
