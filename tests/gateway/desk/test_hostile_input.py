"""What no page of ours has said, typed into every field of every address and form: told to be wrong, never a fault."""

from urllib.parse import quote

import pytest

from gateway.desk.deciding import ORDERS
from tests.gateway.desk.stage import Desk
from tests.gateway.test_decisions import held_by_checklist

pytestmark = pytest.mark.soak  # two minutes of requests

FIELDS = {
    "/": ("client", "account", "reason", "owner", "who", "after"),
    "/find": ("q",),
    "/sign-in": ("next", "ended"),
    "/clients/{}": (),
    "/reports": ("client", "account", "since", "until", "by"),
    "/reports/{}": ("client", "account", "since", "until", "by"),
    "/packets/{packet}": ("done", "line", "before"),
    "/packets/{packet}/edit": ("line",),
    "/packets/{packet}/view/{}": (),
    "/packets/{packet}/files/{}": (),
    "/packets/{}": (),
    "/static/{}": (),
}
OF_ORDERS = ("looked_at", "proposal", "why", "reference", "until", "number", "owner", "was", "text", "kind")
NOBODY_MEANS = (
    *("\x00", "a\x00b", "\ud800", "9" * 5000, "-1", "1e9999", "NaN", "..", "'\"><b>", "\u202e", "%", "\\", "x" * 5000),
    *("0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00+23:59|1|x", "9999-12-31T23:59:59-23:59|1|x"),
)


def written(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("path", FIELDS)
def test_no_address_is_a_fault_of_ours(desk: Desk, path: str) -> None:
    packet_id, browser = held_by_checklist(desk.scene), desk.signed_in()
    for bad in NOBODY_MEANS:
        place = path.replace("{packet}", packet_id).format(written(bad))
        for field in FIELDS[path] or ("x",):
            answer = browser.client.get(f"{place}?{field}={written(bad)}")
            assert answer.status_code < 500, (place, field, bad[:40])


def test_no_order_is_a_fault_of_ours(desk: Desk) -> None:
    packet_id, browser = held_by_checklist(desk.scene), desk.signed_in()
    form = {"content-type": "application/x-www-form-urlencoded"}
    for order in ORDERS:
        for bad in NOBODY_MEANS:
            fields = {"csrf": browser.csrf, "order": order} | dict.fromkeys(OF_ORDERS, bad)
            body = "&".join(f"{name}={written(value)}" for name, value in fields.items())
            answer = browser.client.post(f"/packets/{packet_id}/decide", content=body, headers=form)
            assert answer.status_code < 500, (order, bad[:40])
