"""`reasons`: what the rules read in a buyer's words, and which rules there are."""

import sys

from gateway.buyer_words import read, rulebook
from gateway.commands.layout import hanging, table
from gateway.commands.terminal import DONE, Terminal
from gateway.commands.wording import ACTORS, place
from gateway.next_steps import NEXT_STEPS


def reasons(terminal: Terminal, text: str) -> int:
    """Reads a text (`-`: standard input) and stores nothing; without a text, lists the rules."""
    if not text:
        return _show_rules(terminal)
    found = read(sys.stdin.read() if text == "-" else text)
    if not found:
        terminal.show("No rule knows these words: the reason stays `other`, and a person reads them.")
    else:
        rows = table("Reason", "Where", "Rule", "Words met (folded)", "Who acts", whole=("Reason", "Rule"))
        for one in found:
            rows.add_row(one.code.value, place(one.path), one.rule, one.words, ACTORS[NEXT_STEPS[one.code].who])
        terminal.show(rows)
        for action in dict.fromkeys(NEXT_STEPS[one.code].action for one in found):
            terminal.show(hanging("-", action))
    told = [{"code": one.code.value, "path": one.path, "rule": one.rule, "words": one.words} for one in found]
    terminal.answer({"reasons": told})
    return DONE


def _show_rules(terminal: Terminal) -> int:
    rules = rulebook().rules
    rows = table("Rule", "Reason", "Example", whole=("Rule", "Reason"))
    for rule in rules:
        rows.add_row(rule.id, rule.reason.value, rule.example)
    terminal.show(rows)
    terminal.show('\n`clearbill reasons "TEXT"` shows what they read in a text.')
    told = [
        {"id": rule.id, "reason": rule.reason.value, "example": rule.example, "source": rule.source} for rule in rules
    ]
    terminal.answer({"rules": told})
    return DONE
