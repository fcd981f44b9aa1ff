"""Corrections: what a machine may mend by itself, each as a small rule with a licence and a source.

A rule takes a packet and the reasons it was stopped or refused for, and answers a changed packet or None. `correct`
tries the rules that serve the reasons, and answers the new packet only if

* every reason is served by some rule (a half-mended invoice bounces again),
* the difference stays within the licences of the rules used, and the client's own licence permits it,
* nothing out of a machine's reach (money, quantities, rates, hours, parties; `limits`) is touched.

Otherwise a person decides, and `propose` says what rules would change and why they may not. A rule changes nothing
it cannot derive from the order register or the client's checklist. Rules stand in files by subject, and `rulebook`
lists them in the order in which they are tried.
"""

from gateway.corrections.engine import correct, correct_ahead, propose
from gateway.corrections.numbers import NUMBER_SUFFIX
from gateway.corrections.rule import Context, Correction, LicenceBroken, Proposal, Rule
from gateway.corrections.rulebook import RULES

__all__ = [
    "NUMBER_SUFFIX",
    "RULES",
    "Context",
    "Correction",
    "LicenceBroken",
    "Proposal",
    "Rule",
    "correct",
    "correct_ahead",
    "propose",
]
