"""Handing over, looking and deciding at the command line, against a portal's stand-in on real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.office import CLIENT, Office, open_office, zipped


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def unknown_order(values: dict[str, Any]) -> None:
    values["invoice"]["orders"] = [{"number": "4599999999"}]


def spoilt_sums(values: dict[str, Any]) -> None:
    values["invoice"]["totals"]["payable"] = "1.00"


def known_as(source_id: str) -> Callable[[dict[str, Any]], None]:
    return lambda values: values.update(source_id=source_id)


# --- submit -------------------------------------------------------------------------------------------------------


def test_a_packet_is_accepted_once_and_known_again(office: Office) -> None:
    path = office.write()
    first = office.run("submit", path, columns=300)
    assert first.code == 0
    assert "accepted, invoice INV-1001, p" in first.out
    assert "1 accepted." in first.err
    again = office.run("submit", path, "--json")
    assert again.json["counts"]["repeated"] == 1
    assert again.json["files"][0]["packet"] in first.out


def test_one_bad_packet_stops_no_other_and_says_all_that_is_wrong(office: Office) -> None:
    def both(values: dict[str, Any]) -> None:
        values["invoice"]["lines"][0]["quantity"] = "many"
        del values["invoice"]["number"]

    bad, good = office.write("INV-1", both), office.write("INV-2")
    ran = office.run("submit", bad, good, "--json")
    assert ran.code == 1
    assert [one["outcome"] for one in ran.json["files"]] == ["refused", "accepted"]
    assert {one["path"] for one in ran.json["files"][0]["problems"]} == {
        "/invoice/lines/0/quantity",
        "/invoice/number",
    }
    told = office.run("submit", bad)
    assert "/invoice/lines/0/quantity: 'many' is not a plain decimal number" in told.out
    assert "1 refused." in told.err


def test_changed_content_under_a_used_source_id_is_refused(office: Office) -> None:
    office.submitted()
    path = office.write(spoil=lambda values: values["invoice"].update(note="changed"))
    ran = office.run("submit", path)
    assert ran.code == 1
    assert "new source id" in " ".join(ran.out.split())


def test_a_folder_of_a_packets_files_is_passed_over_and_any_other_refused(office: Office) -> None:
    path = office.write()
    (office.folder / "INV-1001").mkdir()
    ran = office.run("submit", path, office.folder / "INV-1001", office.folder / "secrets", "--json")
    assert [one["outcome"] for one in ran.json["files"]] == ["accepted", "refused"]


def test_a_zip_is_handed_over(office: Office) -> None:
    path = zipped(office.folder / "week.zip", {"packet.json": office.write().read_text()})
    assert office.run("submit", path).code == 0


def test_a_client_whose_account_is_not_set_up_is_trouble_of_the_settings(office: Office) -> None:
    office.settings(accounts={})
    ran = office.run("submit", office.write())
    assert ran.code == 3
    assert "accounts.example-coupa" in ran.out


def test_a_dry_run_tells_findings_and_stores_nothing(office: Office) -> None:
    office.works("orders")
    bad, good = office.write("INV-1", unknown_order), office.write("INV-2")
    ran = office.run("submit", "--dry-run", bad, good, columns=300)
    assert ran.code == 1
    assert "INV-1.json: would be stopped by the checklist" in ran.out
    assert "stops CB-PO-03" in ran.out
    assert "INV-2.json: ready to be sent" in ran.out
    assert office.run("status", "--json").json["stages"] == {}
    values = office.run("submit", "--dry-run", good, "--json").json
    assert values["files"][0]["findings"] == []


def test_a_dry_run_says_what_it_could_not_check(office: Office) -> None:
    assert "example-coupa has not read its orders yet" in office.run("submit", "--dry-run", office.write()).err


def test_a_dry_run_of_a_packet_that_was_sent_does_not_find_its_own_number(office: Office) -> None:
    office.works("orders")
    office.submitted()
    office.works()
    assert office.run("submit", "--dry-run", office.folder / "INV-1001.json").code == 0


# --- status -------------------------------------------------------------------------------------------------------


def test_an_empty_office_says_how_to_begin(office: Office) -> None:
    assert "No packets yet. Hand some over with `clearbill submit" in office.run("status").out


def test_the_overview_tells_who_must_do_what_by_when(office: Office) -> None:
    office.works("orders")
    office.submitted("INV-1", spoil=unknown_order)
    office.submitted("INV-2")
    office.works("poll")
    told = office.run("status").out
    assert "INV-1  4,020.40 USD  example-power  Fri " in told
    assert "us: Compare the number" in told
    assert "1 at the portal, waiting for its answer" in " ".join(told.split())
    values = office.run("status", "--json").json
    assert values["stages"] == {"waiting": 1, "held": 1}
    (waiting,) = values["waits_for"]
    assert (waiting["who_acts"], waiting["packets"], waiting["amount"]) == ("us", 1, "4020.4")
    assert values["held"][0]["action"]
    assert values["held"][0]["act_by"]
    assert values["accounts"][0]["state"] == "working"


def test_the_overview_shows_the_most_urgent_and_counts_the_rest(office: Office) -> None:
    office.works("orders")
    for number in ("INV-1", "INV-2", "INV-3"):
        office.submitted(number, spoil=unknown_order)
    office.works()
    ran = office.run("status", "--limit", 1)
    assert "... and 2 more; --limit 3 shows them." in ran.out
    assert len(office.run("status", "--limit", 2, "--json").json["held"]) == 2


def test_the_overview_of_an_unknown_client_is_refused(office: Office) -> None:
    ran = office.run("status", "--client", "nobody")
    assert ran.code == 1
    assert CLIENT in ran.err


def test_a_failing_portal_shows_in_the_overview(office: Office) -> None:
    office.works("orders")
    office.portal.refuses_the_password()
    office.submitted()
    office.works()
    told = office.run("status").out
    assert "stopped: " in told
    assert "clearbill account resume example-coupa" in " ".join(told.split())


@pytest.mark.parametrize("words", ["INV-1001", "tests/INV-1001"])
def test_a_packet_is_found_by_number_or_source_id_and_tells_its_story(office: Office, words: str) -> None:
    office.works("orders")
    packet_id = office.submitted()
    office.works("poll")
    told = office.run("status", words).out
    assert packet_id in told
    assert "Handed over with 0 papers" in told
    assert "received by the portal" in told
    assert 'The portal says "pending_approval" (the buyer is working on it).' in " ".join(told.split())
    values = office.run("status", packet_id, "--json").json
    assert values["events_intact"] is True
    assert values["packet"]["attempts"][0]["portal_reference"]


def test_a_refusal_is_told_in_the_portals_own_words(office: Office) -> None:
    office.works("orders")
    office.portal.rejects("order_not_found")
    office.submitted()
    office.works()
    told = " ".join(office.run("status", "INV-1001").out.split())
    assert "refused by the portal" in told
    assert "Refused: PO unknown" in told
    assert "Who acts us, the billing office (billing lead: billing@line.example)" in told
    assert "Why - PO unknown" in told


def test_a_correction_is_told_with_every_change(office: Office) -> None:
    office.works("orders")
    office.submitted(spoil=lambda values: values["invoice"].update(orders=[{"number": "00012345"}]))
    office.works()
    told = " ".join(office.run("status", "INV-1001").out.split())
    assert "Revision 2, by rule po_format" in told
    assert "order 1, number: 00012345 -> 4500012345" in told


def test_a_number_that_several_packets_have_offers_the_choice(office: Office) -> None:
    ids = {office.submitted("INV-1", spoil=known_as(name)) for name in ("a", "b")}
    told = office.run("status", "INV-1")
    assert told.code == 0
    assert "2 packets have this number" in told.out
    assert {row["id"] for row in office.run("status", "INV-1", "--json").json["packets"]} == ids


def test_an_unknown_packet_is_refused(office: Office) -> None:
    ran = office.run("status", "INV-404", "--json")
    assert ran.code == 1
    assert ran.json["error"] == "not_found"


# --- decide -------------------------------------------------------------------------------------------------------


def held(office: Office) -> str:
    """A packet that waits for a person because of its order."""
    office.works("orders")
    packet_id = office.submitted(spoil=unknown_order)
    office.works()
    return packet_id


def stage_of(office: Office, packet_id: str) -> str:
    return str(office.run("status", packet_id, "--json").json["packet"]["stage"])


def test_a_held_packet_can_be_checked_again(office: Office) -> None:
    packet_id = held(office)
    ran = office.run("decide", "INV-1001", "--check-again", "--why", "the order is there now")
    assert ran.code == 0
    assert "goes through the checklist again" in ran.out
    event = office.run("status", packet_id, "--json").json["packet"]["events"][-1]
    assert (event["kind"], event["who"], event["data"]["why"]) == ("checked_again", "Robin", "the order is there now")


def test_an_amended_packet_says_what_changed_and_goes_on(office: Office) -> None:
    packet_id = held(office)
    ran = office.run("decide", packet_id, "--amend", office.write(), "--why", "right order", "--who", "Kim")
    assert "order 1, number: 4599999999 -> 4500012345" in ran.out
    office.works()
    assert stage_of(office, packet_id) == "waiting"


def test_stopping_needs_a_reason(office: Office) -> None:
    packet_id = held(office)
    refused = office.run("decide", packet_id, "--stop")
    assert refused.code == 1
    assert "Say why" in refused.err
    assert office.run("decide", packet_id, "--stop", "--why", "billed twice").code == 0
    assert stage_of(office, packet_id) == "stopped", office.run("status", packet_id).out


def test_what_was_never_sent_is_neither_waited_for_nor_in_doubt(office: Office) -> None:
    packet_id = held(office)
    for words in (["--not-sent"], ["--wait"]):
        ran = office.run("decide", packet_id, *words, "--json")
        assert ran.code == 1
        assert ran.json["error"] == "not_possible"


@pytest.mark.parametrize("words", [(), ("--check-again", "--not-sent")])
def test_exactly_one_order_is_given(office: Office, words: tuple[str, ...]) -> None:
    ran = office.run("decide", "INV-1", *words)
    assert ran.code == 2
    assert "exactly one" in ran.err


def test_a_decision_on_an_ambiguous_number_is_refused_with_the_choice(office: Office) -> None:
    ids = [office.submitted("INV-1", spoil=known_as(name)) for name in ("a", "b")]
    ran = office.run("decide", "INV-1", "--check-again", columns=300)
    assert ran.code == 1
    assert all(packet_id in ran.err for packet_id in ids)


def test_a_sent_invoice_is_voided_by_order(office: Office) -> None:
    office.works("orders")
    packet_id = office.submitted()
    office.works("poll")
    assert "Say why" in office.run("void", packet_id).err
    office.portal.says("INV-1001", "approved")
    office.works("poll")
    assert office.run("void", packet_id, "--why", "wrong client").code == 0
    office.works()
    assert stage_of(office, packet_id) == "stopped", office.run("status", packet_id).out


def test_a_whole_invoice_is_credited_under_a_number_of_its_own(office: Office) -> None:
    office.works("orders")
    packet_id = office.submitted()
    office.works("poll")
    assert office.run("credit", packet_id, "--number", "CN-1").code == 1
    ran = office.run("credit", packet_id, "--number", "CN-1", "--why", "work not done", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["packet"]["invoice_number"] == "CN-1"
    assert ran.json["packet"]["total"].startswith("-")


# --- checklist ----------------------------------------------------------------------------------------------------


def test_a_checklist_reads_as_sentences(office: Office) -> None:
    told = office.run("checklist", CLIENT).out
    assert "Example Power (example-power)" in told
    assert "Order number: 45 and eight digits, such as 4500012345." in told
    assert "One invoice a week." in told
    assert "Friday 17:00 America/Chicago" in told


def test_a_packet_is_checked_without_being_stored(office: Office) -> None:
    office.works("orders")
    ran = office.run("checklist", CLIENT, office.write(spoil=unknown_order))
    assert ran.code == 1
    assert "It would not be sent:" in ran.out
    assert "CB-PO-03" in ran.out
    assert office.run("status", "--json").json["stages"] == {}
    assert office.run("checklist", CLIENT, office.write()).code == 0


def test_a_packet_with_wrong_sums_is_refused_before_it_is_checked(office: Office) -> None:
    ran = office.run("checklist", CLIENT, office.write(spoil=spoilt_sums))
    assert ran.code == 1
    assert "/invoice/totals/payable" in ran.err


def test_without_the_account_a_packet_is_checked_as_far_as_can_be(office: Office) -> None:
    office.settings(accounts={})
    ran = office.run("checklist", CLIENT, office.write(), "--json")
    assert ran.code == 0
    assert ran.json["orders_checked"] is False
    assert "were not checked" in ran.err


def test_a_folder_of_checklists_is_checked_with_file_and_line(office: Office) -> None:
    folder = office.folder / "checklists"
    (folder / "second.yaml").write_text("client: second\nname: Second\naccont: x\n")
    ran = office.run("checklist", "check", folder, "--json")
    assert ran.code == 3
    assert {(fault["file"], fault["line"]) for fault in ran.json["faults"]} >= {("second.yaml", 3)}
    assert "second.yaml, line 3, accont" in office.run("checklist", "check", folder).out


def test_one_file_is_checked_among_its_neighbours(office: Office) -> None:
    folder = office.folder / "checklists"
    (folder / "portals").mkdir()
    (folder / "portals" / "net.yaml").write_text("portal: net\nname: Net\nform: {max_lines: 0}\n")
    (folder / "second.yaml").write_text("client: second\nname: Second\naccount: x\ninherits: net\n")
    ran = office.run("checklist", "check", folder / "second.yaml")
    assert ran.code == 0
    assert "All right: second.yaml." in ran.out
    assert "Other files of this folder have faults, too: 1." in ran.err
    ran = office.run("checklist", "check", folder / "portals" / "net.yaml")
    assert (ran.code, "portals/net.yaml, line 3, form.max_lines" in ran.out) == (3, True)
    assert office.run("checklist", "check", folder / "nowhere.yaml").code == 1


def test_an_unknown_client_is_refused_with_those_there_are(office: Office) -> None:
    ran = office.run("checklist", "nobody")
    assert ran.code == 1
    assert CLIENT in ran.err


def test_without_settings_the_sample_checklists_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from gateway.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLEARBILL_CONFIG", raising=False)
    ran = CliRunner().invoke(app, ["checklist", "harbor-grid"])
    assert ran.exit_code == 0
    assert "Harbor Grid" in ran.stdout
    assert "sample checklists" in ran.stderr
