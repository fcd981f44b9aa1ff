"""Finding one's way in somebody else's cXML tree: names without namespaces, texts without outer blanks.

Nothing here raises for what is missing: a receiver of status updates stores what came, however odd.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from lxml import etree

from formats.cxml.reader import money_from
from formats.cxml.xml import XML_LANG

Node: TypeAlias = etree._Element


def name_of(element: Node) -> str:
    """The name without any namespace; "" for what is no element."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(parent: Node | None, name: str) -> Iterator[Node]:
    """The child elements of this name, in document order."""
    return (child for child in (() if parent is None else parent) if name_of(child) == name)


def child(parent: Node | None, *names: str) -> Node | None:
    """The first child of that name, and on down the path; None where the path breaks off."""
    found = parent
    for name in names:
        found = next(children(found, name), None)
    return found


def text_of(element: Node | None) -> str:
    """All the text inside, outer blanks taken off; "" where there is no element."""
    return "" if element is None else "".join(str(piece) for piece in element.itertext()).strip()


def own_text_of(element: Node | None) -> str:
    """The element's own text without that of elements inside it (an Attachment's address, a ShortName)."""
    if element is None:
        return ""
    return "".join([element.text or "", *(inside.tail or "" for inside in element)]).strip()


def attribute(element: Node | None, name: str) -> str:
    """The attribute's value without outer blanks; "" where there is none."""
    return "" if element is None else (element.get(name) or "").strip()


def language_of(element: Node) -> str:
    """What `xml:lang` says; "" where it says nothing."""
    return element.get(XML_LANG) or ""


def money_in(holder: Node | None) -> tuple[Decimal | None, str]:
    """(amount, currency) of the Money in this element; None where it is missing or no number."""
    money = child(holder, "Money")
    return money_from(text_of(money)), attribute(money, "currency").upper()


def number_in(element: Node | None, name: str) -> Decimal | None:
    """An attribute that is a number, read leniently; None where it is missing or none."""
    return money_from(attribute(element, name))


def count_in(element: Node | None, name: str) -> int | None:
    """An attribute that is a whole number from 0 on; None where it is missing or none."""
    text = attribute(element, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def extrinsics_of(parent: Node | None) -> Mapping[str, str]:
    """Extrinsic names and their texts. Where a name stands twice, the texts stand on lines of their own."""
    found: dict[str, list[str]] = {}
    for extrinsic in children(parent, "Extrinsic"):
        found.setdefault(attribute(extrinsic, "name"), []).append(text_of(extrinsic))
    return {name: "\n".join(texts) for name, texts in found.items()}
