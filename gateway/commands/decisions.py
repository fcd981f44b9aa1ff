"""`decide`, `void`, `credit`: what a person orders about one packet, under that person's name."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import typer

from gateway import decisions
from gateway.commands.telling import changes_in_words
from gateway.commands.terminal import Terminal
from gateway.errors import NotFound, NotPossible
from gateway.handover import read
from gateway.house import House
from gateway.store import packets
from gateway.views import packet_summary


@dataclass(frozen=True, slots=True)
class Orders:
    """What may be decided; exactly one is given."""

    check_again: bool
    correct: bool
    sent_as: str
    not_sent: bool
    wait: bool
    stop: bool
    amend: Path | None


def decide(terminal: Terminal, which: str, orders: Orders, why: str, who: str, seen: str = "") -> None:
    """Carries out the one order given; `seen` goes with `correct`, as `decisions.correct` has it. Raises NotPossible,
    NotFound, PacketRefused; BadParameter for none or two."""
    given = [field.name for field in fields(orders) if getattr(orders, field.name)]
    if len(given) != 1:
        options = ", ".join(f"--{field.name.replace('_', '-')}" for field in fields(orders))
        raise typer.BadParameter(f"say what to do with exactly one of {options}.")
    if seen and not orders.correct:
        raise typer.BadParameter("--seen goes with --correct: it names the proposal that you looked at.")
    with terminal.house() as house:
        packet_id = one_packet(house, which)
        who = who or login()
        words = (
            _correct(house, packet_id, who, why, seen)
            if orders.correct
            else _DECISIONS[given[0]](house, packet_id, orders, who, why)
        )
        _done(terminal, house, packet_id, given[0], words)


def void(terminal: Terminal, which: str, why: str, who: str) -> None:
    """Orders an invoice to be voided at its portal. Raises NotPossible, NotFound."""
    with terminal.house() as house:
        packet_id = one_packet(house, which)
        decisions.void(house, packet_id, who or login(), why)
        _done(terminal, house, packet_id, "void", "Voiding is ordered; `clearbill status` shows what the portal says.")


def credit(terminal: Terminal, which: str, number: str, why: str, who: str) -> None:
    """Hands over a credit note over a whole invoice. Raises NotPossible, NotFound, PacketRefused."""
    if not why.strip():
        raise NotPossible("say with --why what is credited for; clients ask for the reason.")
    with terminal.house() as house:
        packet_id = one_packet(house, which)
        accepted = decisions.credit(house, packet_id, number, who or login(), why)
        _done(terminal, house, accepted.packet_id, "credit", f"Credit note {number} was handed over for sending.")


def one_packet(house: House, which: str) -> str:
    """The id of the one packet meant. Raises NotFound, and NotPossible where several have that number."""
    with house.database.read() as tx:
        found = packets.find(tx, which)
    if not found:
        raise NotFound(f"there is no packet with the id, invoice number or source id {which!r}.")
    if len(found) > 1:
        listed = "; ".join(f"{one.id} ({one.client}, {one.stage.value})" for one in found)
        raise NotPossible(f"several packets are known as {which!r}; name one by its packet id: {listed}.")
    return found[0].id


def _done(terminal: Terminal, house: House, packet_id: str, order: str, words: str) -> None:
    with house.database.read() as tx:
        record = packets.load(tx, packet_id)
    terminal.show(words)
    terminal.answer({"order": order, "said": words, "packet": packet_summary(record) if record else None})


def login() -> str:
    """Who is at the keyboard. Raises NotPossible where the machine does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise NotPossible("nobody is logged in by name here; say who decides with --who.") from None


# --- one for each order; each answers what happens next -----------------------------------------------------------

_Decision = Callable[[House, str, Orders, str, str], str]


def _check_again(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    decisions.check_again(house, packet_id, who, why)
    return "It goes through the checklist again and, if nothing is found, to the portal."


def _correct(house: House, packet_id: str, who: str, why: str, seen: str) -> str:
    patch = decisions.correct(house, packet_id, who, why, seen=seen)
    changes = "\n".join(f"  - {line}" for line in changes_in_words(patch))
    return f"Corrected; it is checked again and, if nothing is found, sent. Changed:\n{changes}"


def _sent_as(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    decisions.sent_as(house, packet_id, orders.sent_as, who, why)
    return f"Recorded as sent under the portal's reference {orders.sent_as}; it now waits for the portal's answer."


def _not_sent(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    decisions.not_sent(house, packet_id, who, why)
    return "Recorded as not sent; it is checked and sent again."


def _wait(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    decisions.wait(house, packet_id, who, why)
    return "It waits at the portal; the portal's next word moves it on."


def _stop(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    decisions.stop(house, packet_id, who, why)
    return "Stopped for good; nothing of it will be sent."


def _amend(house: House, packet_id: str, orders: Orders, who: str, why: str) -> str:
    if orders.amend is None:
        raise NotPossible("name the amended packet with --amend FILE.")
    patch = decisions.amend(house, packet_id, *read(orders.amend), who, why)
    changes = "\n".join(f"  - {line}" for line in changes_in_words(patch))
    return f"Amended; it is checked again and, if nothing is found, sent. Changed:\n{changes}"


_DECISIONS: dict[str, _Decision] = {
    "check_again": _check_again,
    "sent_as": _sent_as,
    "not_sent": _not_sent,
    "wait": _wait,
    "stop": _stop,
    "amend": _amend,
}
