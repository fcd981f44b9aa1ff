"""A client's file: read whole, or refused with file, line, field and cure."""

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from checklists.checklist import Checklist
from checklists.fault import ChecklistBroken, Fault
from checklists.library import load_folder, text_of
from gateway.errors import SettingWrong
from gateway.verdict import Actor

RIGHT = """\
client: some-utility
name: Some Utility
account: some-coupa
"""


DAY = date(2026, 11, 20)


def load(path: Path) -> Checklist:
    """The checklist of the only client's file in a folder."""
    (found,) = load_folder(path.parent).on(DAY).values()
    return found


def write(folder: Path, text: str, name: str = "some-utility.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, more: str) -> tuple[Fault, ...]:
    """The faults of a right file with more below it; its first line is line 4."""
    with pytest.raises(ChecklistBroken) as broken:
        load(write(folder, RIGHT + dedent(more)))
    return broken.value.faults


def test_three_lines_are_a_checklist(tmp_path: Path) -> None:
    checklist = load(write(tmp_path, RIGHT))
    assert (checklist.client, checklist.account) == ("some-utility", "some-coupa")
    assert checklist.presentation.tax_level == "header"


def test_the_presentation_is_what_formats_understand(tmp_path: Path) -> None:
    more = """\
    tax: {level: line}
    payment: {code: N45}
    form: {price_decimals: 3, quantity_decimals: 2, custom_fields: {Region: "4"}}
    """
    presentation = load(write(tmp_path, RIGHT + dedent(more))).presentation
    assert (presentation.tax_level, presentation.payment_term_code) == ("line", "N45")
    assert (presentation.price_decimals, presentation.quantity_decimals) == (3, 2)
    assert dict(presentation.custom_fields) == {"Region": "4"}


@pytest.mark.parametrize(
    ("more", "line", "field", "says"),
    [
        ("orders:\n  requried: true\n", 5, "orders.requried", "required"),
        ("number:\n  max_length: many\n", 5, "number.max_length", "valid integer"),
        ("number:\n  suffix: '-R'\n", 5, "number.suffix", "pattern"),
        ("number:\n  form: {pattern: 'A(', says: x, example: A}\n", 5, "number.form.pattern", "regular expression"),
        ("number:\n  form:\n    pattern: 'A'\n    says: x\n    example: B\n", 5, "number.form", "does not match"),
        ("number:\n  form:\n    pattern: 'A'\n", 5, "number.form.says", "required"),
        ("documents:\n  - kind: timesheet\n  - kind: napkin\n", 6, "documents[2].kind", "timesheet"),
        ("documents:\n  - kind: receipt\n    hours_match: true\n", 5, "documents[1]", "hours_match"),
        ("required_fields:\n  - {field: BT-999, called: x}\n", 5, "required_fields[1].field", "BT-999"),
        (
            "required_fields:\n  - {field: /invoice/nmuber, called: x}\n",
            5,
            "required_fields[1].field",
            "/invoice/nmuber",
        ),
        ("required_fields:\n  - {field: BT-1, called: x, kinds: [labour]}\n", 5, "required_fields[1]", "kinds"),
        ("contacts:\n  - {role: ap, acts_for: client_ap, email: ap-at-example}\n", 5, "contacts[1].email", "e-mail"),
        ("form:\n  currencies: [USD, XTS]\n", 5, "form.currencies[2]", "XTS"),
        ("units:\n  allowed: [HUR]\n  mapping: {HR: HRS}\n", 4, "units", "HRS"),
        ("units:\n  mapping: {DAY: HUR}\n", 4, "units", "no spelling of 'HUR'"),
        ("cut_off: {weekday: friday, hour: 17, time_zone: UTC}\n", 4, "cut_off.hour", "17:00"),
        ("cut_off: {weekday: friday, hour: '17:00', time_zone: Mars/Olympus}\n", 4, "cut_off.time_zone", "time zone"),
        ("attachments:\n  max_mb_each: .inf\n", 5, "attachments.max_mb_each", "decimal"),
        ("corrections:\n  never: [/invoice/totalz]\n", 5, "corrections.never[1]", "/invoice/totalz"),
        ("name: Twice\n", 4, "name", "twice"),
        ("dates: &a {allow_future: true}\n", 4, "", "anchor"),
        ("dates: !!python/object:os.system {}\n", 4, "dates", "tag"),
        ("dates: [\n", 5, "", "not YAML"),
        ("dates:\n\tallow_future: true\n", 5, "", "not YAML"),
        ("? [a, b]\n: c\n", 4, "", "key that is not text"),
    ],
)
def test_a_fault_names_its_line_its_field_and_a_cure(
    tmp_path: Path, more: str, line: int, field: str, says: str
) -> None:
    fault = faults_of(tmp_path, more)[0]
    assert (fault.file, fault.line, fault.field) == ("some-utility.yaml", line, field)
    assert says in str(fault)
    assert fault.cure.endswith(".")


def test_all_faults_of_a_file_are_told_in_the_order_of_its_lines(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "tax:\n  levle: line\nform:\n  max_lines: 0\nescalation: 7\n")
    assert [(fault.line, fault.field) for fault in faults] == [
        (5, "tax.levle"),
        (7, "form.max_lines"),
        (8, "escalation"),
    ]


def test_a_misspelt_setting_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "tax:\n  levle: line\n")
    assert fault.cure == "Check the spelling; `tax` takes: categories, codes, level, mapping, names."


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChecklistBroken) as broken:
        load(write(tmp_path, "client: a\nname: A\n"))
    assert [fault.field for fault in broken.value.faults] == ["account"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("- a\n- b\n", "mapping"),
        ("client: 'a\x01'\n", "not YAML"),
        ("a: " + "[" * 5_000, "nested too deeply"),
        ("a: " + "{b: " * 40 + "1" + "}" * 40, "nested too deeply"),
        ("#" * 600_000, "longer than"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_checklist_is_refused_with_words(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ChecklistBroken, match=says):
        load(write(tmp_path, text))


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"client: \xff\xfe")
    with pytest.raises(ChecklistBroken, match="UTF-8"):
        load(path)


def test_a_file_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="cannot be read"):
        text_of(tmp_path / "nobody.yaml", "nobody.yaml")


def test_codes_keep_their_zeros_and_words_stay_words(tmp_path: Path) -> None:
    more = """\
    number: {form: {pattern: '.*', says: anything, example: 0045}}
    text: {forbidden: no}
    dates: {max_backdate_days: 30}
    """
    checklist = load(write(tmp_path, RIGHT + dedent(more)))
    assert checklist.number.form is not None
    assert checklist.number.form.example == "0045"
    assert checklist.text.forbidden == "no"
    assert checklist.dates.max_backdate_days == 30


def test_a_folder_is_read_by_client_key(tmp_path: Path) -> None:
    write(tmp_path, RIGHT)
    write(tmp_path, RIGHT.replace("some", "other"), "other.yaml")
    write(tmp_path, "not: a checklist", "notes.txt")
    assert set(load_folder(tmp_path).versions) == {"some-utility", "other-utility"}


def test_a_folder_tells_the_faults_of_all_its_files(tmp_path: Path) -> None:
    write(tmp_path, RIGHT + "tax: 1\n", "a.yaml")
    write(tmp_path, "client: [\n", "b.yaml")
    with pytest.raises(ChecklistBroken) as broken:
        load_folder(tmp_path)
    assert [fault.file for fault in broken.value.faults] == ["a.yaml", "b.yaml"]


def test_two_files_for_one_client_are_refused(tmp_path: Path) -> None:
    write(tmp_path, RIGHT, "a.yaml")
    write(tmp_path, "# a copy\n" + RIGHT, "b.yaml")
    with pytest.raises(ChecklistBroken, match=r"b\.yaml, line 2, client: .* already described in a\.yaml"):
        load_folder(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChecklistBroken, match="not a folder"):
        load_folder(tmp_path / "nowhere")


def test_whoever_acts_has_a_contact_or_none(tmp_path: Path) -> None:
    more = "contacts:\n  - {role: payables, acts_for: client_ap, email: ap@utility.example}\n"
    checklist = load(write(tmp_path, RIGHT + more))
    contact = checklist.contact_for(Actor.client_ap)
    assert contact is not None
    assert contact.email == "ap@utility.example"
    assert checklist.contact_for(Actor.field) is None
