"""Files put together: a client's over its portal's, and one version after the other."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from checklists.library import library_from, load_folder, texts_of
from tests.checklists.folders import CLIENT, DAY, INHERITS, PORTAL, faults_in, over, put_in

NEW_YEAR = date(2027, 1, 1)


def test_a_client_asks_what_its_portal_asks_where_it_says_nothing() -> None:
    found = over("form: {price_decimals: 3, max_lines: 100}\ntax: {level: line}\n", "form: {max_lines: 50}\n")
    assert (found.form.price_decimals, found.form.max_lines, found.tax.level) == (3, 50, "line")
    assert (found.name, found.client, found.inherits) == ("Some Utility", "some-utility", "net")


def test_sections_are_laid_over_one_another_at_every_depth() -> None:
    portal = 'number:\n  form: {pattern: "[A-Z]+", says: capitals, example: A}\n  max_length: 20\n'
    found = over(portal, "number:\n  form: {says: capital letters}\n")
    assert found.number.form is not None
    assert (found.number.form.says, found.number.form.example, found.number.max_length) == ("capital letters", "A", 20)


def test_a_list_of_plain_values_is_the_clients_alone() -> None:
    found = over("form: {currencies: [USD, CAD]}\n", "form: {currencies: [EUR]}\n")
    assert found.form.currencies == {"EUR"}


def test_entries_with_a_name_of_their_own_are_added_and_the_clients_stand_for_the_portals() -> None:
    portal = """\
    documents:
      - {kind: timesheet, signed: true}
      - {kind: receipt, over: "25.00"}
      - {kind: receipt, for_lines: [goods]}
    """
    found = over(portal, 'documents:\n  - {kind: receipt, over: "75.00"}\n  - {kind: mileage_log}\n')
    assert [(rule.kind.value, str(rule.over)) for rule in found.documents] == [
        ("timesheet", "None"),
        ("receipt", "75.00"),
        ("mileage_log", "None"),
    ]


def test_null_takes_away_what_the_portal_asks() -> None:
    portal = "charges: {permitted: []}\ntext: {description_max_length: 80}\ndates: {max_backdate_days: 9}\n"
    found = over(portal, "charges: {permitted: null}\ntext: null\n")
    assert found.charges.permitted is None
    assert found.text.description_max_length is None
    assert found.dates.max_backdate_days == 9


def test_what_a_portal_is_called_and_when_it_holds_is_not_inherited() -> None:
    found = over("from: 2026-01-01\n", "")
    assert (found.name, found.starts) == ("Some Utility", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("portal", "client", "where"),
    [
        ("tax:\n  level: page\n", "", ("portals/net.yaml", 4, "tax.level")),
        ("", "tax:\n  level: page\n", ("some.yaml", 6, "tax.level")),
        ("documents: [{kind: receipt}]\n", "documents:\n  - {kind: timesheet, oevr: 1}\n", ("some.yaml", 6, "oevr")),
        ("units: {allowed: [EA]}\n", "units: {mapping: {HR: HUR}}\n", ("some.yaml", 5, "units")),
        ("units:\n  allowed: [EA]\nclient: x\n", "", ("portals/net.yaml", 5, "client")),
    ],
)
def test_a_fault_of_either_file_names_that_file_and_its_line(
    portal: str, client: str, where: tuple[str, int, str]
) -> None:
    (fault,) = faults_in({"portals/net.yaml": PORTAL + portal, "some.yaml": INHERITS + client})
    assert (fault.file, fault.line) == where[:2]
    assert fault.field.endswith(where[2])
    assert fault.cure


def test_a_portal_that_is_not_there_is_named_with_those_that_are() -> None:
    (fault,) = faults_in({"portals/web.yaml": "portal: web\nname: Web\n", "some.yaml": INHERITS})
    assert str(fault) == "some.yaml, line 4, inherits: there is no portal file for 'net'. There are: web."


def test_each_day_has_its_version() -> None:
    library = library_from(
        {"a.yaml": CLIENT + "to: 2026-12-31\ntax: {level: line}\n", "b.yaml": CLIENT + "from: 2027-01-01\n"}
    )
    last, first = (library.find("some-utility", day) for day in (NEW_YEAR - timedelta(days=1), NEW_YEAR))
    assert last is not None
    assert first is not None
    assert (last.tax.level, first.tax.level) == ("line", "header")


def test_a_day_between_two_versions_has_none() -> None:
    library = library_from({"a.yaml": CLIENT + "to: 2026-12-30\n", "b.yaml": CLIENT + "from: 2027-01-01\n"})
    assert library.find("some-utility", date(2026, 12, 31)) is None
    assert library.on(date(2026, 12, 31)) == {}
    assert library.find("nobody", DAY) is None


def test_a_portals_versions_are_its_clients_versions() -> None:
    library = library_from(
        {
            "portals/a.yaml": PORTAL + "to: 2026-12-31\nform: {max_lines: 10}\n",
            "portals/b.yaml": PORTAL + "from: 2027-01-01\nform: {max_lines: 20}\n",
            "some.yaml": INHERITS + "from: 2026-06-01\n",
        }
    )
    assert [(one.starts, one.ends, one.form.max_lines) for one in library.versions["some-utility"]] == [
        (date(2026, 6, 1), date(2026, 12, 31), 10),
        (NEW_YEAR, None, 20),
    ]


def test_two_versions_for_one_day_are_refused_with_the_day_on_which_the_older_ends() -> None:
    (fault,) = faults_in({"a.yaml": CLIENT, "b.yaml": CLIENT + "from: 2027-01-01\n"})
    assert (fault.file, fault.line, fault.beside) == ("b.yaml", 4, "a.yaml")
    assert fault.cure == "End a.yaml with `to: 2026-12-31`."
    (fault,) = faults_in({"portals/a.yaml": PORTAL, "portals/b.yaml": PORTAL})
    assert "the portal 'net' is already described in portals/a.yaml" in fault.message


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ("from: 2027\n", "must be a day such as"),
        ("from: 2027-02-30\n", "date"),
        ("from: 2027-02-01\nto: 2027-01-31\n", "lies before"),
    ],
)
def test_days_that_are_none_are_refused(days: str, says: str) -> None:
    for text in (CLIENT, INHERITS):
        (fault,) = faults_in({"portals/net.yaml": PORTAL, "a.yaml": text + days})
        assert says in fault.message
        assert fault.file == "a.yaml"


def test_a_client_whose_days_its_portal_never_covers_is_refused() -> None:
    texts = {"portals/net.yaml": PORTAL + "to: 2026-12-31\n", "a.yaml": INHERITS + "from: 2027-01-01\n"}
    (fault,) = faults_in(texts)
    assert "no version of the portal file" in fault.message


def test_an_own_portal_file_stands_for_the_one_that_clearbill_brings(tmp_path: Path) -> None:
    put_in(tmp_path, {"some.yaml": CLIENT + "inherits: coupa\n"})
    brought = load_folder(tmp_path).find("some-utility", DAY)
    put_in(tmp_path, {"portals/coupa.yaml": "portal: coupa\nname: Ours\ntext: {description_max_length: 99}\n"})
    own = load_folder(tmp_path).find("some-utility", DAY)
    assert brought is not None
    assert own is not None
    assert (brought.text.description_max_length, own.text.description_max_length) == (1550, 99)


def test_every_portal_file_that_is_brought_is_right(tmp_path: Path) -> None:
    texts = texts_of(tmp_path)
    assert {"portals/ariba.yaml", "portals/coupa.yaml"} <= set(texts)
    assert library_from(texts).versions == {}
