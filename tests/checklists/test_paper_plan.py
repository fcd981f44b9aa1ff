"""From limits and papers to a plan: pure, so that every case is a line."""

from typing import Any

import pytest
from pydantic import ValidationError

from checklists.paper_plan import plan
from checklists.paper_steps import PaperStep
from checklists.planned import JPEG, PDF, PaperLook, Plan
from gateway.packet import Packet, packet_from
from tests.checklists.packets import packet_values
from tests.gateway.paper_samples import client

REGION = {"left": "10", "top": "10", "right": "20", "bottom": "20"}
TEMPLATE = {"kind": "timesheet", "across": "612", "up": "792", "heading": "Cost", "regions": [REGION]}
SIGNED = PaperLook(1, "carries a filled signature field, which a changed file would void")


def papers(*described: tuple[str, str, str, int]) -> Packet:
    """A packet with papers of these kinds, names, media types and sizes; their hashes end in their places, from 0."""
    values = packet_values()
    values["documents"] = [
        {"kind": kind, "name": name, "media_type": type_, "size": size, "sha256": f"{at:064d}", "timesheet_id": sheet}
        for at, (kind, name, type_, size) in enumerate(described)
        for sheet in [f"TS-{at}" if kind == "timesheet" else ""]
    ]
    return packet_from(values)


TWO = papers(("timesheet", "a.pdf", PDF, 10), ("timesheet", "b.pdf", PDF, 20))


def look(at: int, seen: PaperLook) -> dict[str, PaperLook]:
    return {f"{at:064d}": seen}


def shape(made: Plan) -> list[tuple[tuple[int, ...], list[str], str]]:
    return [(paper.sources, sorted(paper.steps), paper.name()) for paper in made.papers]


def test_without_a_licence_every_paper_goes_as_it_came() -> None:
    made = plan(TWO, client(files={"at_most": 1, "max_mb": "0.00001"}), {})
    assert shape(made) == [((0,), [], "a.pdf"), ((1,), [], "b.pdf")]
    assert not made.rewrites
    assert not made.refusals


def test_papers_that_keep_every_limit_are_left_alone_whatever_may_be_done() -> None:
    made = plan(TWO, client(["convert", "merge", "compress", "split", "order"], {"at_most": 2, "max_mb": "1"}), {})
    assert shape(made) == [((0,), [], "a.pdf"), ((1,), [], "b.pdf")]


def test_papers_of_a_kind_are_merged_in_their_order_where_only_one_is_taken() -> None:
    three = papers(("timesheet", "a.pdf", PDF, 10), ("receipt", "r.pdf", PDF, 5), ("timesheet", "b.pdf", PDF, 20))
    made = plan(three, client(["merge"], {"at_most": 1}), {})
    assert shape(made) == [((0, 2), ["merge"], "TU-1001_timesheet.pdf"), ((1,), [], "r.pdf")]


def test_a_picture_is_merged_only_where_it_may_be_converted() -> None:
    mixed = papers(("timesheet", "a.pdf", PDF, 10), ("timesheet", "b.jpg", JPEG, 20))
    assert [one.why for one in plan(mixed, client(["merge"], {"at_most": 1}), {}).refusals] == [
        "is a picture, and this client's plan converts none"
    ]
    (merged,) = plan(mixed, client(["merge", "convert"], {"at_most": 1}), {}).papers
    assert merged.steps == {PaperStep.merge, PaperStep.convert}


def test_a_paper_that_must_not_be_rewritten_is_named_and_its_kind_stays_apart() -> None:
    made = plan(TWO, client(["merge"], {"at_most": 1}), look(1, SIGNED))
    assert [(one.sources, one.step, one.why) for one in made.refusals] == [((1,), PaperStep.merge, SIGNED.why_not)]
    assert [paper.sources for paper in made.papers] == [(0,), (1,)]
    assert not made.rewrites


def test_where_there_are_too_many_files_the_kind_with_most_is_merged_first_and_no_more_than_need_be() -> None:
    many = papers(
        ("receipt", "r1.pdf", PDF, 1),
        ("receipt", "r2.pdf", PDF, 1),
        ("timesheet", "a.pdf", PDF, 1),
        ("timesheet", "b.pdf", PDF, 1),
        ("timesheet", "c.pdf", PDF, 1),
    )
    made = plan(many, client(["merge"], attachments={"max_count": 3}), {})
    assert [paper.sources for paper in made.papers] == [(0,), (1,), (2, 3, 4)]
    apart = plan(many, client(["merge"], {"apart": True}, attachments={"max_count": 4}), {})
    assert [paper.sources for paper in apart.papers] == [(0, 1), (2,), (3,), (4,)]


def test_a_picture_of_a_type_that_is_not_taken_becomes_a_pdf() -> None:
    one = papers(("receipt", "r.png", "image/png", 5))
    settings = {"attachments": {"media_types": [PDF]}}
    assert shape(plan(one, client(["convert"], **settings), {})) == [((0,), ["convert"], "r.pdf")]
    assert shape(plan(one, client(["merge"], **settings), {})) == [((0,), [], "r.png")]
    only_jpeg = client(["convert"], attachments={"media_types": [JPEG]})
    assert shape(plan(one, only_jpeg, {})) == [((0,), [], "r.png")]


def test_only_what_is_too_large_is_made_smaller_and_cut() -> None:
    two = papers(("timesheet", "a.pdf", PDF, 3_000_000), ("timesheet", "b.pdf", PDF, 1_000_000))
    made = plan(two, client(["compress", "split"], {"max_mb": "2"}), {})
    assert shape(made) == [((0,), ["compress", "split"], "a.pdf"), ((1,), [], "b.pdf")]
    assert made.papers[0].most_bytes == 2_000_000
    alone = plan(two, client(["compress", "split"], {"max_mb": "2", "at_most": 1}), {})
    assert PaperStep.split not in alone.papers[0].steps


def test_a_limit_for_all_papers_together_is_shared_out_by_size_among_those_that_may_change() -> None:
    three = papers(
        ("timesheet", "a.pdf", PDF, 3_000_000),
        ("receipt", "b.pdf", PDF, 1_000_000),
        ("other", "c.csv", "text/csv", 500_000),
    )
    made = plan(three, client(["compress"], attachments={"max_mb_total": "2.5"}), {})
    assert [paper.aim_bytes for paper in made.papers] == [1_500_000, 500_000, None]
    blocked = plan(three, client(["compress"], attachments={"max_mb_total": "2.5"}), look(0, SIGNED))
    assert [paper.aim_bytes for paper in blocked.papers] == [None, 0, None]


def test_kinds_change_places_only_among_themselves() -> None:
    three = papers(("timesheet", "a.pdf", PDF, 1), ("other", "o.pdf", PDF, 1), ("invoice_pdf", "i.pdf", PDF, 1))
    settings = {"attachments": {"order": ["invoice_pdf", "timesheet"]}}
    assert [paper.sources for paper in plan(three, client(["order"], **settings), {}).papers] == [(2,), (1,), (0,)]
    assert [paper.sources for paper in plan(three, client(["merge"], **settings), {}).papers] == [(0,), (1,), (2,)]


def test_names_follow_the_clients_pattern_and_no_two_are_alike() -> None:
    named = client(["rename"], plan={"names": {"timesheet": "{invoice}_{kind}_{timesheet}_{n}"}})
    assert [name for *_, name in shape(plan(TWO, named, {}))] == [
        "TU-1001_timesheet_TS-0_1.pdf",
        "TU-1001_timesheet_TS-1_2.pdf",
    ]
    alike = client(["rename"], plan={"names": {"timesheet": "{invoice}"}})
    assert [name for *_, name in shape(plan(TWO, alike, {}))] == ["TU-1001.pdf", "TU-1001-2.pdf"]


def test_what_an_invoice_number_has_beyond_plain_characters_does_not_reach_a_file_name() -> None:
    values = packet_values()
    values["invoice"]["number"] = "../TU 1/2{n}"
    named = client(["rename"], plan={"names": {"timesheet": "{invoice}"}})
    assert plan(packet_from(values), named, {}).papers[1].name() == ".._TU_1_2_n_.pdf"


def test_parts_are_numbered_where_the_pattern_says_else_behind_the_name() -> None:
    named = client(["rename"], plan={"names": {"timesheet": "{n}-part{part}"}})
    paper = plan(TWO, named, {}).papers[0]
    assert [paper.name(part, 2) for part in (1, 2)] == ["1-part1.pdf", "1-part2.pdf"]
    plain = plan(TWO, client(["split"]), {}).papers[0]
    assert [plain.name(part, 2) for part in (1, 2)] == ["a-1.pdf", "a-2.pdf"]


def test_a_stamp_tells_each_papers_own_number_and_leaves_data_alone() -> None:
    stamps = {"stamps": {"timesheet": "{timesheet} · page {page} of {pages}"}}
    (merged,) = plan(TWO, client(["merge", "stamp"], {"at_most": 1}, plan=stamps), {}).papers
    assert merged.stamps == ("TS-0 · page {page} of {pages}", "TS-1 · page {page} of {pages}")
    data = papers(("timesheet", "a.csv", "text/csv", 1))
    assert shape(plan(data, client(["stamp"], plan=stamps), {})) == [((0,), [], "a.csv")]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"may": ["rename"], "names": {"timesheet": "{nmae}"}}, "{nmae}"),
        ({"may": ["rename"], "names": {"timesheet": "a/b"}}, "letters, digits"),
        ({"may": ["rename"], "names": {"timesheet": "{n:>9}"}}, "letters, digits"),
        ({"may": ["rename"], "names": {"timesheet": "{n"}}, "is not a pattern"),
        ({"may": [], "names": {"timesheet": "{n}"}}, "does not list rename"),
        ({"may": ["stamp"]}, "`stamps` does not say"),
        ({"may": ["merge"], "stamps": {"timesheet": "{page}"}}, "does not list stamp"),
        ({"may": ["stamp"], "stamps": {"timesheet": "第{page}"}}, "font"),
        ({"may": ["stamp"], "stamps": {"timesheet": "{page!r}"}}, "has {page}"),
        ({"may": ["compress"], "least_dpi": 100}, "150"),
        ({"may": ["redact"]}, "`redactions` says what"),
        ({"may": [], "redactions": [TEMPLATE]}, "`redactions` says what"),
        ({"may": ["redact"], "redactions": [TEMPLATE, TEMPLATE]}, "two templates"),
        ({"may": ["redact"], "redactions": [{**TEMPLATE, "regions": []}]}, "at least 1"),
        ({"may": ["redact"], "redactions": [{**TEMPLATE, "regions": [{**REGION, "right": "0"}]}]}, "must lie right"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused_with_the_reason(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says.replace("{", r"\{").replace("}", r"\}")):
        client(plan=settings)


def test_a_jpeg_is_made_smaller_as_a_jpeg_also_where_nothing_is_converted() -> None:
    one = papers(("receipt", "r.jpg", JPEG, 3_000_000), ("receipt", "s.png", "image/png", 3_000_000))
    made = plan(one, client(["compress"], attachments={"max_mb_each": "2"}), {})
    assert [(paper.media_type, sorted(paper.steps)) for paper in made.papers] == [
        (JPEG, ["compress"]),
        ("image/png", []),
    ]
    assert made.refusals == ()
    both = plan(one, client(["compress", "convert"], attachments={"max_mb_each": "2"}), {})
    assert [(paper.media_type, sorted(paper.steps)) for paper in both.papers] == [
        (JPEG, ["compress"]),
        (PDF, ["compress", "convert"]),
    ]


def test_a_template_holds_for_all_that_is_merged_with_a_paper_of_its_kind() -> None:
    mixed = papers(("timesheet", "b.jpg", JPEG, 20), ("timesheet", "a.pdf", PDF, 10))
    made = plan(mixed, client(["redact", "merge", "convert"], {"at_most": 1}, plan={"redactions": [TEMPLATE]}), {})
    assert [one.step for one in made.refusals] == [PaperStep.redact]
    assert [paper.redacting is not None for paper in made.papers] == [True]
