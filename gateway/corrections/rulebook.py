"""Every rule that is tried, in this order."""

from gateway.corrections import order_lines, order_numbers, papers, spellings, texts
from gateway.corrections.rule import Rule

RULES: tuple[Rule, ...] = (
    *order_numbers.RULES,
    *order_lines.RULES,
    *spellings.RULES,
    *texts.RULES,
    *papers.RULES,
)
