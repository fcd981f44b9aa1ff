"""What the commands do: one file for each group. `gateway.cli` only says how they are typed."""
