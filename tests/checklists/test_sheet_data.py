"""Time sheets that come as data: the form, both spellings of it, and everything that breaks it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import checklists
from checklists.readings import SheetReading, Shift, put_together
from checklists.sheet_data import MAX_BYTES, MAX_ENTRIES, _Sheet, schema, sheet_from_csv, sheet_from_json
from gateway.packet import PayCode, Period

ENTRY = {"worker_id": "W-014", "classification": "Lineman", "pay_code": "ST", "day": "2026-03-02", "hours": 8.5}


def values(**changes: Any) -> dict[str, Any]:
    sheet: dict[str, Any] = {
        "timesheet": "TS-0412",
        "period": {"start": "2026-03-02", "end": "2026-03-08"},
        "signed_by": "R. Foreman",
        "signed_on": "2026-03-09",
        "entries": [dict(ENTRY), {**ENTRY, "pay_code": "OT", "hours": "1.25", "worker_name": "A. Worker"}],
    }
    return {key: value for key, value in {**sheet, **changes}.items() if value is not None}


def as_json(**changes: Any) -> bytes:
    return json.dumps(values(**changes)).encode()


def as_csv(sheet: dict[str, Any]) -> bytes:
    of_sheet = {"timesheet": sheet["timesheet"], "period_start": sheet["period"]["start"]}
    of_sheet |= {"period_end": sheet["period"]["end"]}
    of_sheet |= {name: sheet.get(name, "") for name in ("signed_by", "signed_on")}
    names = [*of_sheet, "worker_id", "worker_name", "classification", "pay_code", "day", "hours"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(of_sheet | entry for entry in sheet["entries"])
    return out.getvalue().encode()


WHOLE = SheetReading(
    number="TS-0412",
    period=Period(start=date(2026, 3, 2), end=date(2026, 3, 8)),
    signature="signed",
    signed_by="R. Foreman",
    signed_on=date(2026, 3, 9),
    worked=put_together(
        (
            Shift("W-014", "Lineman", PayCode.straight, Decimal("8.5"), date(2026, 3, 2)),
            Shift("W-014", "Lineman", PayCode.overtime, Decimal("1.25"), date(2026, 3, 2)),
        )
    ),
    hours_known=True,
)


def test_a_sheet_reads_alike_as_json_and_as_csv() -> None:
    assert sheet_from_json(as_json()) == WHOLE
    assert sheet_from_csv(as_csv(values())) == WHOLE
    assert sheet_from_json(b"\xef\xbb\xbf" + as_json()) == WHOLE


def test_a_sheet_without_a_signer_is_unsigned() -> None:
    bare = values(signed_by=None, signed_on=None)
    for reading in (sheet_from_json(json.dumps(bare).encode()), sheet_from_csv(as_csv(bare))):
        assert (reading.signature, reading.signed_by, reading.signed_on, reading.faults) == ("unsigned", "", None, ())


hours = st.decimals(min_value=0, max_value=24, places=2, allow_nan=False, allow_infinity=False)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(names, names, hours), min_size=1, max_size=8))
def test_any_sheet_of_the_form_is_read_to_the_last_decimal(rows: list[tuple[str, str, Decimal]]) -> None:
    entries = [{**ENTRY, "worker_id": who, "classification": what, "hours": str(many)} for who, what, many in rows]
    read = [sheet_from_json(as_json(entries=entries)), sheet_from_csv(as_csv(values(entries=entries)))]
    for reading in read:
        same = [Shift(who, what, PayCode.straight, many, date(2026, 3, 2)) for who, what, many in rows]
        assert reading.worked == put_together(same)


BROKEN: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "is not JSON"),
    "not an object": (b"[]", "the file"),
    "not UTF-8": (b'{"timesheet": "\xff"}', "is not UTF-8"),
    "NaN": (b'{"timesheet": NaN}', "no number of hours"),
    "a key twice": (b'{"timesheet": "A", "timesheet": "B"}', "same key twice"),
    "nested without end": (b"[" * 200_000, "nested too deeply"),
    "too large": (b" " * (MAX_BYTES + 1), "more than 4 MB"),
    "an unknown key": (as_json(signedby="R. Foreman"), "signedby"),
    "an unknown key of an entry": (as_json(entries=[{**ENTRY, "note": "x"}]), "entries.1.note"),
    "no number": (as_json(timesheet=None), "timesheet"),
    "no period": (as_json(period=None), "period"),
    "no entries": (as_json(entries=[]), "entries"),
    "too many entries": (as_json(entries=[ENTRY] * (MAX_ENTRIES + 1)), "entries"),
    "negative hours": (as_json(entries=[{**ENTRY, "hours": -1}]), "entries.1.hours"),
    "more hours than a day has": (as_json(entries=[{**ENTRY, "hours": 24.5}]), "entries.1.hours"),
    "hours as a power": (as_json(entries=[{**ENTRY, "hours": "1e1"}]), "entries.1.hours"),
    "five decimals": (as_json(entries=[{**ENTRY, "hours": "1.00001"}]), "entries.1.hours"),
    "a strange pay code": (as_json(entries=[{**ENTRY, "pay_code": "XT"}]), "entries.1.pay_code"),
    "no such day": (as_json(entries=[{**ENTRY, "day": "2026-02-30"}]), "2026-02-30, which is no day"),
    "a day of another form": (as_json(entries=[{**ENTRY, "day": "03/02/2026"}]), "entries.1.day"),
    "a day outside the period": (as_json(entries=[{**ENTRY, "day": "2026-03-09"}]), "outside its period"),
    "a period that ends first": (as_json(period={"start": "2026-03-08", "end": "2026-03-02"}), "before it starts"),
    "a control character": (as_json(timesheet="TS\u0007"), "timesheet"),
    "half a character": (b'{"timesheet": "\\ud800"}', "timesheet"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_json_that_breaks_the_form_is_told_and_nothing_of_it_is_used(case: str) -> None:
    content, says = BROKEN[case]
    reading = sheet_from_json(content)
    assert says in "; ".join(reading.faults)
    assert reading == SheetReading(faults=reading.faults)


def test_of_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    faults = sheet_from_json(as_json(entries=[{**ENTRY, "hours": "x"}] * 9)).faults
    assert (len(faults), faults[-1]) == (6, "and 4 more")


CSV = as_csv(values()).decode()
ROW = CSV.splitlines()[1]
BROKEN_TABLES: dict[str, tuple[str, str]] = {
    "nothing": ("", "has no column timesheet"),
    "only a heading": (CSV.splitlines()[0], "timesheet"),
    "an unknown column": (CSV.replace("worker_name", "worker"), "has a column 'worker'"),
    "a column that is missing": (CSV.replace("hours", "worker_name"), "has no column hours"),
    "a column twice": (CSV.replace("worker_name", "hours"), "names a column twice"),
    "a short row": (f"{CSV}TS-0412,2026-03-02\r\n", "row 4 has 2 cells where the heading has 11"),
    "another sheet": (CSV + ROW.replace("TS-0412", "TS-0413"), "row 4 has another timesheet"),
    "another signer": (CSV + ROW.replace("R. Foreman", "S. Foreman"), "row 4 has another signed_by"),
    "an open quote": (f'{CSV}"TS', "is not CSV"),
    "a cell without end": (CSV + "x" * 200_000, "is not CSV"),
    "rows without end": ("\n" * 3_000_000, "more than 10000 rows"),
    "a worker without an id": (CSV.replace("W-014", ""), "worker_id"),
}


@pytest.mark.parametrize("case", BROKEN_TABLES)
def test_a_table_that_breaks_the_form_is_told_and_nothing_of_it_is_used(case: str) -> None:
    content, says = BROKEN_TABLES[case]
    reading = sheet_from_csv(content.encode())
    assert says in "; ".join(reading.faults)
    assert not reading.hours_known


@pytest.mark.parametrize("read", [sheet_from_json, sheet_from_csv])
@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_no_bytes_whatever_make_a_reader_raise(read: Callable[[bytes], SheetReading], content: bytes) -> None:
    assert read(content).faults


strange_texts = ["", " ", "W-014", "ST", "OT", "XT", "8", "8.5", "24", "24.1", "08", "2026-03-02", "2026-3-2", "\x07"]
values_of_fields = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 30),
    st.lists(st.text(max_size=2), max_size=1),
    st.dictionaries(names, names, max_size=1),
    st.sampled_from(strange_texts),
)
changed_entries = st.dictionaries(st.sampled_from([*ENTRY, "worker_name", "note"]), values_of_fields, max_size=2).map(
    lambda changes: {**ENTRY, "hours": "8", **changes}
)
entries_of_any_kind = st.lists(st.one_of(changed_entries, changed_entries, values_of_fields), max_size=3)


@settings(deadline=None)
@given(entries=entries_of_any_kind)
def test_the_reader_takes_what_the_published_form_takes_and_nothing_else(entries: list[Any]) -> None:
    whole = json.loads(as_json(entries=entries), parse_int=str, parse_float=str)
    try:
        _Sheet.model_validate(whole)
    except ValidationError:
        taken = False
    else:
        taken = True
    assert (not sheet_from_json(as_json(entries=entries)).faults) is taken


def test_the_published_schema_is_the_readers_own() -> None:
    published = Path(checklists.__file__).with_name("timesheet.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == schema()


def test_the_example_for_readers_is_of_the_form() -> None:
    readme = Path(checklists.__file__).with_name("README.md").read_text(encoding="utf-8")
    example = readme.split("```json\n")[1].split("```")[0]
    assert sheet_from_json(example.encode()).hours_known
