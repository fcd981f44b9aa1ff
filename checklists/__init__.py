"""A packet and its client's checklist to findings: one YAML file per client, on the ground floor alone."""
