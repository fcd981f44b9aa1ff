"""What one notice says, as plain values, and how it reads as text, as HTML and as data.

It names invoice, client, amount, what to do, who must and by when, in words of ours alone: what portals and buyers
wrote stays behind the desk's sign-in, and with it everything that may hold an account number.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.commands.terminal import plain

_BREAKS_OUT = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "*": "·", "@": "@\N{ZERO WIDTH SPACE}"})
_LONGEST = 120  # characters of a word from outside


@dataclass(frozen=True, slots=True)
class Item:
    """One packet. `link` leads to its page; "" where nobody has said how the desk is reached."""

    number: str
    client: str
    amount: str
    does: str
    who: str
    due: str
    urgent: bool
    link: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message. `items` are the first of `packets`; `standing` sums up the whole list, told of before or not."""

    headline: str
    packets: int
    urgent: int
    items: tuple[Item, ...]
    troubles: tuple[str, ...]
    standing: str
    zone: str
    link: str

    @property
    def more(self) -> int:
        """How many packets the message tells of without naming them."""
        return self.packets - len(self.items)

    def values(self) -> dict[str, Any]:
        """Plain JSON values, which `bulletin_from` reads."""
        return asdict(self)


def bulletin_from(values: Mapping[str, Any]) -> Bulletin:
    """A bulletin as `values` wrote it."""
    items = tuple(Item(**item) for item in values["items"])
    return Bulletin(**{**values, "items": items, "troubles": tuple(values["troubles"])})


def one_line(text: str) -> str:
    """Words from outside in one line: no secret, no control or direction-changing character, and not endless."""
    told = " ".join(plain(text).split())
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"


def as_text(told: Bulletin) -> str:
    """For mail programs that show no HTML."""
    return "\n".join(_lines(told, _as_is)) + "\n"


def as_chat(told: Bulletin) -> str:
    """For chat rooms: nothing in it mentions anybody, links anywhere or is set in type by what came from outside.

    Slack takes <...> for links and mentions (its guide "Formatting text for app surfaces"), Mattermost and Teams take
    Markdown: the characters that begin those are shown as others that look alike."""
    return "\n".join(_lines(told, lambda text: text.translate(_BREAKS_OUT)))


def as_html(told: Bulletin) -> str:
    """For mail programs; everything is escaped, nothing is loaded from anywhere."""
    return _TEMPLATES.get_template("mail.html").render(told=told)


def _as_is(text: str) -> str:
    return text


def _lines(told: Bulletin, fit: Any) -> Iterator[str]:
    yield fit(told.headline)
    for item in told.items:
        yield ""
        urgent = "URGENT: " if item.urgent else ""
        yield fit(f"{urgent}{item.number}, {item.client}, {item.amount}")
        yield fit(f"  By {item.due}, {item.who}: {item.does}")
        if item.link:
            yield f"  {item.link}"
    if told.more:
        yield ""
        yield f"... and {told.more} more."
    for trouble in told.troubles:
        yield ""
        yield fit(trouble)
    yield ""
    yield fit(told.standing)
    yield f"Times are those of {told.zone}."
    if told.link:
        yield re.sub(r"\s", "", told.link)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
