"""The control API, and the page about the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.oracle_isupplier.sandbox import Portal
from adapters.oracle_isupplier.sandbox.doors import DOORS, PAGE_KINDS
from adapters.oracle_isupplier.sandbox.holds import HOLDS
from adapters.oracle_isupplier.sandbox.knobs import KNOBS
from adapters.oracle_isupplier.sandbox.profiles import COLUMNS, LABELS, PROFILES
from adapters.oracle_isupplier.sandbox.texts import REFUSALS, SAMPLES, TEXTS, say

from .visitor import ORDER, Visitor

README = Path(__file__).parents[4] / "adapters" / "oracle_isupplier" / "sandbox" / "README.md"


@pytest.fixture
def control(portal: Portal) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{portal.url}/_sandbox/", verify=False) as client:  # noqa: S501 - loopback
        yield client


def test_the_sandbox_says_that_it_is_there(control: httpx.Client) -> None:
    assert control.get("health").json() == {"portal": "oracle_isupplier", "ok": True}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "nothing", None, 404, "GET invoices"),
        ("POST", "invoices/NONE/status", {"status": "Approved"}, 404, "no invoice"),
        ("POST", "orders/NONE/close", {}, 404, "no order"),
        ("POST", "orders/450001234/burn", {}, 400, "finally_close"),
        ("POST", "orders", {"orders": [{"number": "1"}]}, 400, "needs lines"),
        ("POST", "orders", {"orders": [{"number": "1", "lines": [{"type": "quantity"}]}]}, 400, "quantity and price"),
        ("POST", "orders", {"orders": "all"}, 400, "send"),
        ("POST", "faults", {"kind": "fire"}, 400, "kind must be one of"),
        ("POST", "faults", {"kind": "state_loss", "door": "roof"}, 400, "door must be one of"),
        ("POST", "knobs", {"page_delay": "-1"}, 400, "page_delay"),
        ("POST", "knobs", {"nothing": 1}, 400, "there is no knob"),
        ("POST", "refusals", {"kind": "why not"}, 400, "over_billing"),
        ("POST", "users/NOBODY", {}, 404, "no user"),
        ("POST", "users/BILLING@SUPPLIER.EXAMPLE", {"hat": 1}, 400, "expired, locked"),
        ("POST", "seed", {"invoices": 0}, 400, "whole number"),
        ("POST", "buyers", {"name": "OA_HTML"}, 400, "cannot be a buyer's name"),
        ("POST", "buyers", {"name": "x", "config": {"profile": "none"}}, 400, "there is no profile"),
        ("POST", "buyers", {"name": "x", "config": {"labels": {"no": "x"}}}, 400, "there is no label"),
        ("POST", "buyers", {"name": "x", "config": {"columns": {"view": ["no"]}}}, 400, "has no column"),
        ("POST", "buyers", {"name": "x", "config": {"hat": 1}}, 400, "no such key"),
        ("POST", "buyers", {"name": "x", "config": {"delays": "long"}}, 400, "none or facts"),
    ],
)
def test_what_cannot_be_done_is_said(
    control: httpx.Client, method: str, path: str, body: object, status: int, words: str
) -> None:
    answer = control.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_orders_are_put_changed_and_listed(control: httpx.Client) -> None:
    control.post("orders/450001234/receive", json={"line": 1, "quantity": "12.5"})
    control.post("orders/450001234/finally_close")
    (row,) = control.get("orders").json()["orders"]
    assert (row["status"], row["revision"], row["lines"][0]["received"]) == ("finally_closed", 2, "12.5")
    control.post("orders", json={"orders": [ORDER]})
    (row,) = control.get("orders").json()["orders"]
    assert (row["status"], row["amount"]) == ("open", "154530.00")


def test_holds_are_put_and_released(control: httpx.Client, visitor: Visitor) -> None:
    visitor.create("INV-1", {0: "1"})
    control.post("invoices/INV-1/holds", json={"codes": ["QTY REC", "OUR OWN"]})
    control.post("invoices/INV-1/release", json={"code": "QTY REC", "how": "Match Override"})
    held = control.get("invoices/INV-1").json()
    assert [(hold["name"], hold["released"]) for hold in held["holds"]] == [
        ("Qty Rec", "Match Override"),
        ("OUR OWN", ""),
    ]


def test_a_tenant_is_added_while_it_runs(control: httpx.Client, portal: Portal) -> None:
    made = control.post("buyers", json={"name": "fourth", "config": {"profile": "harbor", "labels": {"amount": "Sum"}}})
    assert made.status_code == 201
    assert portal.look("fourth")["labels"]["amount"] == "Sum"
    assert portal.look("fourth")["labels"]["invoice_number"] == "Supplier Invoice No."
    assert [each["name"] for each in control.get("buyers").json()["buyers"]] == ["default", "fourth"]


def test_reset_leaves_the_sandbox_as_at_the_start(control: httpx.Client, visitor: Visitor, portal: Portal) -> None:
    visitor.create("INV-1", {0: "1"})
    portal.fault("state_loss")
    portal.knobs(fully_billed="hidden")
    portal.rejects("duplicate")
    assert control.post("reset").json() == {"ok": True}
    assert control.get("invoices").json() == {"invoices": []}
    assert control.get("faults").json() == {"faults": []}
    assert control.get("orders").json() == {"orders": []}
    assert control.get("knobs").json()["fully_billed"] == "by_number"
    assert visitor.follow("Orders").title == "Login"


def test_accepts_clears_what_was_armed(portal: Portal, visitor: Visitor) -> None:
    portal.fault("state_loss", times=0)
    portal.fault("http_500", times=0)
    portal.rejects("duplicate", times=5)
    portal.accepts()
    assert visitor.create("INV-1", {0: "1"}).message[0] == "Confirmation"


def test_what_came_is_listed_without_bodies(control: httpx.Client, visitor: Visitor) -> None:
    requests = control.get("received").json()["requests"]
    assert {"login", "page"} <= {each["door"] for each in requests}
    assert visitor.password not in str(requests)
    control.delete("received")
    assert control.get("received").json() == {"requests": []}


def test_every_sentence_can_be_said_and_bears_its_mark() -> None:
    for key, text in TEXTS.items():
        assert "{" not in say(key, **SAMPLES, title="t", name="n", example="e")
        assert text.mark in ("confirmed", "memory", "invented")
    assert set(REFUSALS) <= set(TEXTS)


def test_every_profile_names_labels_and_columns_that_there_are() -> None:
    for profile in PROFILES.values():
        assert set(profile.labels) <= set(LABELS)
        for table, order in profile.columns.items():
            assert set(order) <= set(COLUMNS[table]) | {"currency", "on_hold"}
            assert len(set(order)) == len(order)


def test_the_readme_names_every_knob_fault_door_profile_and_refusal() -> None:
    page = README.read_text(encoding="utf-8")
    words = {*KNOBS, *PAGE_KINDS, *DOORS.names, *PROFILES, *REFUSALS}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
    for name, knob in KNOBS.items():
        assert (
            f"| `{name}` | `{str(knob.default).lower() if isinstance(knob.default, bool) else knob.default}` |" in page
        )
    assert len(HOLDS) > 30


def test_the_sandbox_is_a_program_that_ends_with_its_input(tmp_path: Path) -> None:
    import subprocess
    import sys

    port = tmp_path / "port"
    config = tmp_path / "config.json"
    config.write_text('{"buyers": {"harbor": {}}}', encoding="utf-8")
    command = [sys.executable, "-m", "adapters.oracle_isupplier.sandbox", "--portfile", str(port)]
    with subprocess.Popen(
        [*command, "--config", str(config), "--until-stdin-ends"],
        cwd=README.parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        url = program.stdout.readline().split()[-1]
        assert port.read_text("ascii").strip() == url.rpartition(":")[2]
        assert httpx.get(f"{url}/harbor/_sandbox/profile").json()["name"] == "harbor"
        program.stdin.close()
        assert program.wait(timeout=60) == 0
