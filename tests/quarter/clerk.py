"""The buyer's accounts payable clerk, who looks at what came with an invoice before it is approved.

The clerk knows what the utility's own people saw: who worked how long, and what was bought. The papers are read as the
portal has them, by their bytes, and by nothing of ours: no check of the checklists is called here. What a clerk asks
stands in the procedures of the clients' files.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.quarter.draw import Case

RECEIPTS_ABOVE: Mapping[str, Decimal] = {
    "northlight-power": Decimal(75),
    "cedar-valley-electric": Decimal(50),
    "harbor-grid": Decimal(0),
    "summit-ridge-electric": Decimal(0),
    "blue-mesa-power": Decimal(25),
}
OWN_REASON = "Please split this by feeder as discussed with the area office, and send it again."


def objection(case: Case, attached: Sequence[Mapping[str, Any]]) -> str:
    """What the clerk writes to the supplier; "" where nothing is wrong. `attached`: the portal's list of papers."""
    return " ".join(_objections(case, attached))


def _objections(case: Case, attached: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    papers = [(str(one["name"]), _opened(case, str(one["sha256"]))) for one in attached]
    sheets = {sheet["timesheet"]: sheet for name, content in papers if (sheet := _sheet_in(name, content))}
    for number, worked in case.worked.items():
        sheet = sheets.get(number)
        if sheet is None:
            yield f"Time sheet {number} is missing."
        elif not sheet.get("signed_by"):
            yield f"Time sheet {number} is not signed."
        elif _hours_in(sheet) != worked:
            yield f"The hours on time sheet {number} are not those of our gate log."
    if case.bought > RECEIPTS_ABOVE[case.client] and not any("_receipt_" in name for name, _ in papers):
        yield "The receipts for the expenses are missing."


def _opened(case: Case, sha256: str) -> bytes:
    """The bytes that the portal has: those that were handed in, or those that were handed in afterwards."""
    for one in (case.handed, case.right):
        for content in one.files.values():
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
    return b""


def _sheet_in(name: str, content: bytes) -> dict[str, Any] | None:
    if not name.endswith(".json"):
        return None
    found: dict[str, Any] = json.loads(content)
    return found


def _hours_in(sheet: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    hours: dict[tuple[str, str], Decimal] = {}
    for row in sheet["entries"]:
        key = (str(row["worker_id"]), str(row["pay_code"]))
        hours[key] = hours.get(key, Decimal(0)) + Decimal(str(row["hours"]))
    return hours
