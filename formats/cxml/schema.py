"""The document types that this project carries itself, loaded from package data: no network, no system identifier.

cXML has one document type for each family of documents: an invoice is judged by `InvoiceDetail`, a status update by
`cXML`, a confirmation by `Fulfill` (cXML facts, section 1). A family is told by the element inside the Request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from threading import local
from types import MappingProxyType
from typing import Any, Final, Literal

from lxml import etree

Family = Literal["InvoiceDetail", "cXML", "Fulfill"]

CARRIED: Final[Mapping[Family, tuple[str, ...]]] = MappingProxyType(
    {"InvoiceDetail": ("1.2.020", "1.2.037", "1.2.069"), "cXML": ("1.2.069",), "Fulfill": ("1.2.069",)}
)
"""The versions carried of each family, oldest first. Each is a superset of those before it."""

VERSIONS: Final = CARRIED["InvoiceDetail"]

FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "InvoiceDetailRequest": "InvoiceDetail",
        "ProfileRequest": "cXML",
        "OrderRequest": "cXML",
        "StatusUpdateRequest": "cXML",
        "GetPendingRequest": "cXML",
        "DataRequest": "cXML",
        "CopyRequest": "cXML",
        "ProfileResponse": "cXML",
        "GetPendingResponse": "cXML",
        "DataResponse": "cXML",
        "DataAvailableMessage": "cXML",
        "ConfirmationRequest": "Fulfill",
        "ServiceEntryRequest": "Fulfill",
        "TimeCardRequest": "Fulfill",
        "TimeCardInfoRequest": "Fulfill",
        "ReceiptRequest": "Fulfill",
    }
)
"""The element in a Request, Response or Message -> the family that declares it."""

_held = local()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What an invoice of one version may say: the children and the attributes of each element."""

    children: Mapping[str, frozenset[str]]
    attributes: Mapping[str, frozenset[str]]


@lru_cache(maxsize=len(VERSIONS))
def vocabulary(version: str) -> Vocabulary:
    """The words of an invoice of this version: those of the newest carried version that is not newer than it."""
    known = [carried for carried in VERSIONS if _order_of(carried) <= _order_of(version)]
    declared = list(dtd_for(known[-1] if known else VERSIONS[0]).iterelements())
    return Vocabulary(
        {element.name or "": frozenset(_names_in(element.content)) for element in declared},
        {element.name or "": frozenset(str(each.name) for each in element.iterattributes()) for element in declared},
    )


def _names_in(content: Any) -> Iterator[str]:
    """lxml hands a content model out as a tree of pairs; the names stand at its ends."""
    if content is not None:
        if content.type == "element":
            yield str(content.name)
        yield from _names_in(content.left)
        yield from _names_in(content.right)


def nearest_version(named: str, family: Family = "InvoiceDetail") -> str:
    """The oldest carried version that is not older than the named one, else the newest: 1.2.034 -> 1.2.037.

    Versions only add (elements, choices), so a document of an older one is judged justly by a later one."""
    return next((version for version in CARRIED[family] if _order_of(version) >= _order_of(named)), CARRIED[family][-1])


def _order_of(version: str) -> tuple[int, ...]:
    """("1.2.034") -> (1, 2, 34). What is no number counts as nothing, so a nameless version is the oldest."""
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in version[:40].split("."))


def dtd_for(version: str, family: Family = "InvoiceDetail") -> etree.DTD:
    """One family's document type of one cXML version. Raises KeyError naming the versions there are.

    libxml2 keeps a validator's findings (`error_log`) on the validator, so every thread gets one of its own; it is
    parsed once per thread.
    """
    if version not in CARRIED[family]:
        raise KeyError(f"no document type {family} for cXML {version}; there is {', '.join(CARRIED[family])}")
    held: dict[tuple[str, str], etree.DTD] = _held.__dict__.setdefault("dtds", {})
    if (family, version) not in held:
        text = files("formats.schemas").joinpath(f"{family}-{version}.dtd").read_bytes()
        held[family, version] = etree.DTD(BytesIO(text))
    return held[family, version]


def faults_in(root: etree._Element, version: str, family: Family = "InvoiceDetail") -> list[str]:
    """What the document type of `version` finds wrong, in libxml2's own words and order; empty when valid."""
    dtd = dtd_for(version, family)
    if dtd.validate(root):
        return []
    return [entry.message for entry in dtd.error_log]
