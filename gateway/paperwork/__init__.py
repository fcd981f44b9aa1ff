"""Carries a plan for papers out on copies: pages put together, numbered, packed better, cut apart (README.md)."""
