"""The doors of the sandbox, as faults name them, and the faults that only driven pages have."""

from __future__ import annotations

from gateway.standin.faults import Doors


def _wider(group: str, door: str, method: str) -> bool:
    """`submit` = whatever may put an invoice before the buyer: the wizard's Submit, REST writes."""
    return group == "submit" and door == "rest" and method != "GET"


DOORS = Doors(frozenset({"login", "page", "post", "ppr", "submit", "lov", "export", "rest", "token"}), _wider)
"""`page`: OA.jsp by GET. `post`: a full post. `ppr`: a partial one. `submit`: the post of the wizard's Submit."""

INSTEAD = frozenset(
    {"session_expired", "login_page", "state_loss", "mac_error", "error_page", "maintenance", "lost_click"}
)
"""Answered in place of what was asked; nothing is done."""
DRAWN = frozenset({"moved_column", "renamed_label", "extra_popup", "alert"})
"""How the next page looks."""
PAGE_KINDS = INSTEAD | DRAWN | {"error_page_after", "slow_ppr", "two_holds"}
USUAL_DOORS = {"error_page_after": "submit", "two_holds": "submit", "slow_ppr": "ppr", "lost_click": "ppr"}
"""Where a fault hits unless it is armed for another door."""
