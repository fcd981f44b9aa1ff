"""The doors of the Coupa sandbox, as faults name them."""

from __future__ import annotations

from gateway.standin.faults import Doors


def _wider(group: str, door: str, method: str) -> bool:
    """`submit` = whatever may create or change something: the cXML door and REST writes."""
    return group == "submit" and (door == "cxml" or (door == "rest" and method != "GET"))


DOORS = Doors(frozenset({"cxml", "rest", "csp", "token", "submit"}), _wider)
