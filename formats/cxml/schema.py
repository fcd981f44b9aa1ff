"""The document types that this project carries itself, loaded from package data: no network, no system identifier."""

from importlib.resources import files
from io import BytesIO
from threading import local
from typing import Final

from lxml import etree

VERSIONS: Final = ("1.2.020",)
_held = local()


def dtd_for(version: str) -> etree.DTD:
    """The InvoiceDetail document type of one cXML version. Raises KeyError naming the versions there are.

    libxml2 keeps a validator's findings (`error_log`) on the validator, so every thread gets one of its own; it is
    parsed once per thread.
    """
    if version not in VERSIONS:
        raise KeyError(f"no document type for cXML {version}; there is {', '.join(VERSIONS)}")
    held: dict[str, etree.DTD] = _held.__dict__.setdefault("dtds", {})
    if version not in held:
        text = files("formats.schemas").joinpath(f"InvoiceDetail-{version}.dtd").read_bytes()
        held[version] = etree.DTD(BytesIO(text))
    return held[version]


def faults_in(root: etree._Element, version: str) -> list[str]:
    """What the document type of `version` finds wrong, in libxml2's own words and order; empty when valid."""
    dtd = dtd_for(version)
    if dtd.validate(root):
        return []
    return [entry.message for entry in dtd.error_log]
