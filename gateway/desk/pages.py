"""Pages from templates: everything that is shown is escaped, and told with the command line's words."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checklists.wording import counted
from gateway.commands.telling import (
    STATUSES,
    changes_in_words,
    event_in_words,
    order_in_words,
    reason_in_words,
    who_in_words,
)
from gateway.commands.wording import ACTORS, OUTCOMES, SHORT_ACTORS, STAGES, money, place, totals
from gateway.desk.sheet import LINES
from gateway.house import House
from gateway.report_words import reason_name
from gateway.secrets import scrub
from gateway.sheets import on_screen
from gateway.store.people import Role

FOLDER = Path(__file__).parent
_WORDS: Mapping[str, Any] = {
    "ACTORS": ACTORS,
    "LINES": LINES,
    "OUTCOMES": OUTCOMES,
    "SHORT_ACTORS": SHORT_ACTORS,
    "STAGES": STAGES,
    "STATUSES": STATUSES,
    "Role": Role,
    "counted": counted,
    "money": money,
    "on_screen": on_screen,
    "place": place,
    "totals": totals,
    "changes_in_words": changes_in_words,
    "event_in_words": event_in_words,
    "order_in_words": order_in_words,
    "reason_in_words": reason_in_words,
    "who_in_words": who_in_words,
}


class Pages:
    """The templates of one installation."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_last_look,
        )
        self._templates.globals.update(_WORDS)
        self._templates.filters |= {"reason_name": reason_name, "as_json": _as_json}

    def show(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """One page. `visitor` in the template is whoever is signed in, or None."""
        visitor = getattr(request.state, "visitor", None)
        text = self._templates.get_template(template).render(visitor=visitor, path=request.url.path, **values)
        return HTMLResponse(text, status_code=status)

    def trouble(self, request: Request, status: int, heading: str, words: str, back: str = "") -> HTMLResponse:
        """A page that says what cannot be done and why, and leads back to where it was tried."""
        return self.show(request, "trouble.html", status, heading=heading, words=words, back=back)


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)


_TURNS_TEXT_ROUND = re.compile("[\u202a-\u202e\u2066-\u2069]")


def fit_to_be_seen(text: str) -> str:
    """The last look at whatever a page shows: no secret, and no character that has the words beside it read in another
    order (Unicode Technical Report 36, section 2.5): whoever decides must see "10 -> 20" as it is."""
    return scrub(_TURNS_TEXT_ROUND.sub("\N{REPLACEMENT CHARACTER}", text))


def _last_look(value: Any) -> Any:
    return fit_to_be_seen(value) if type(value) is str else value
