"""What each client asks of an invoice packet, and what a packet lacks of it.

Doors: `checklists.library.load_folder` (YAML -> Checklists by client and day), `checklists.check.check` (packet,
checklist, facts -> findings), `checklists.arithmetic.sums` (the invoice's own sums). README.md lists every finding.
"""
