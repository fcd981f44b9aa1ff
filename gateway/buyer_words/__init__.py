"""What buyers and networks write in free words, read into reasons by rules. README.md tells how."""

from gateway.buyer_words.naming import named
from gateway.buyer_words.reading import Finding, read
from gateway.buyer_words.rulebook import Rule, Rulebook, rulebook

__all__ = ["Finding", "Rule", "Rulebook", "named", "read", "rulebook"]
