"""Every rule that is tried, in this order."""

from gateway.corrections import (
    charges,
    dates,
    decimals,
    order_lines,
    order_numbers,
    our_numbers,
    papers,
    spellings,
    tax_names,
    texts,
)
from gateway.corrections.rule import Rule

RULES: tuple[Rule, ...] = (
    *order_numbers.RULES,
    *order_lines.RULES,
    *spellings.RULES,
    *tax_names.RULES,
    *our_numbers.RULES,
    *texts.RULES,
    *papers.RULES,
    *charges.RULES,
    *dates.RULES,
    *decimals.RULES,
)
