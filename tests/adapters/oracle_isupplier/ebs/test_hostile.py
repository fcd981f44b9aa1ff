"""Pages that want more than a page may have: of memory, of disk, of belief."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.oracle_isupplier.ebs import mapping
from adapters.oracle_isupplier.sandbox import tables, view_pages
from adapters.oracle_isupplier.sandbox.drawing import Drawing
from gateway.errors import PersonNeeded, PortalChanged, PortalUnavailable
from gateway.verdict import Outcome, ReasonCode
from tests.adapters.oracle_isupplier.ebs.conftest import Office


@pytest.mark.driven
def test_an_endless_page_cannot_take_the_machine(office: Office) -> None:
    adapter = office.adapter()
    assert adapter.find("INV-1") == ()
    office.portal.fault("huge", door="page", times=1, buyer=office.buyer)
    with pytest.raises(PortalUnavailable, match="MB of memory"):
        adapter.find("INV-1")
    assert adapter.find("INV-1") == ()


SITES = [{"name": "REMIT-MAIN"}, {"name": "REMIT-WEST"}, {"name": "REMIT-WEST-2"}]


def _remit(code: str) -> dict[str, object]:
    return {"name": "Example Line Services", "code": code, "address": {"country": "US", "city": "Springfield"}}


@pytest.mark.soak
def test_of_several_matches_in_a_list_the_exact_one_is_taken(open_office: Callable[..., Office]) -> None:
    office = open_office("plain", sites=SITES, knobs={"list_match": "prefix"})
    assert office.submit(remit_to=_remit("REMIT-WEST")).outcome is Outcome.receipted
    assert [one["remit_to"] for one in office.there()] == ["REMIT-WEST"]


@pytest.mark.driven
@pytest.mark.parametrize("sites", [SITES, [*SITES, {"name": "REMIT-W"}, {"name": "REMIT-W"}]])
def test_a_list_without_exactly_one_match_is_a_persons_to_choose_from(
    open_office: Callable[..., Office], sites: list[dict[str, str]]
) -> None:
    office = open_office("plain", sites=sites, knobs={"list_match": "prefix"})
    refused = office.submit(remit_to=_remit("REMIT-W"))
    assert refused.outcome is Outcome.refused
    assert {reason.code for reason in refused.verdict.reasons} == {ReasonCode.remit_to_unknown}
    assert any("REMIT-WEST-2" in reason.portal_text for reason in refused.verdict.reasons)
    assert office.there() == []
    assert office.presses() == 0


def test_an_export_that_holds_fewer_than_the_page_found_is_made_up_for_by_the_page(office: Office) -> None:
    office.portal.seed(23, buyer=office.buyer)
    office.portal.knobs(export_limit=7, buyer=office.buyer)
    adapter = office.adapter()
    page = adapter.poll("")
    assert len({one.number for one in page.notices}) == 23
    assert adapter.poll(page.cursor).notices == ()


@pytest.mark.driven
def test_from_an_export_that_is_cut_in_the_middle_nothing_is_concluded(office: Office) -> None:
    office.portal.seed(23, buyer=office.buyer)
    office.portal.fault("cut_mid_answer", door="export", times=0, buyer=office.buyer)
    adapter = office.adapter()
    with pytest.raises(PortalUnavailable):
        adapter.poll("")
    office.portal.accepts(buyer=office.buyer)
    assert len(adapter.poll("").notices) == 23


@pytest.mark.driven
def test_from_an_export_whose_last_row_is_short_nothing_is_concluded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.portal.seed(3, buyer=office.buyer)
    whole = view_pages.exported
    monkeypatch.setattr(view_pages, "exported", lambda *given: whole(*given).rstrip("\n").rpartition("\t")[0])
    with pytest.raises(PortalUnavailable, match="middle of a row"):
        office.adapter().poll("")


def test_a_row_of_other_cells_than_the_headers_is_no_proof_of_absence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.portal.seed(1, buyer=office.buyer)
    (held,) = office.portal.documents(buyer=office.buyer)
    adapter = office.adapter()
    assert len(adapter.find(held["number"])) == 1
    whole = tables._row

    def wider(out: Drawing, table: tables.Table, *place: Any) -> None:
        whole(out, table, *place)
        out.parts[-1] = out.parts[-1].replace("</tr>", "<td></td></tr>")

    monkeypatch.setattr(tables, "_row", wider)
    with pytest.raises(PortalChanged, match="rows that can be read"):
        adapter.find(held["number"])


@pytest.mark.driven
def test_an_invoice_in_an_unknown_status_is_a_persons_to_explain(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.portal.seed(1, buyer=office.buyer)
    (held,) = office.portal.documents(buyer=office.buyer)
    monkeypatch.setattr(mapping, "STATUSES", {})
    with pytest.raises(PersonNeeded, match="statuses"):
        office.adapter().find(held["number"])
