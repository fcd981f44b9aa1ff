"""Extrinsic: the extension point, always last in its parent."""

from collections.abc import Mapping

from lxml import etree

from formats.cxml.dialect import Dialect
from formats.cxml.xml import put, put_text


def put_header_fields(header: etree._Element, fields: Mapping[str, str], dialect: Dialect) -> None:
    """Header fields: as an Extrinsic of their own where the receiver knows the name, else as custom fields."""
    known = dialect.header_extrinsics
    for name, value in fields.items():
        if name in known:
            put(header, "Extrinsic", value, name=name)
    put_custom_fields(header, {name: value for name, value in fields.items() if name not in known}, dialect)


def put_custom_fields(parent: etree._Element, fields: Mapping[str, str], dialect: Dialect) -> None:
    """The client's own fields, in the dialect's form; nothing where there are none."""
    if not fields:
        return
    if dialect.custom_fields == "extrinsic":
        for name, value in fields.items():
            put(parent, "Extrinsic", value, name=name)
        return
    holder = put(parent, "Extrinsic", name="CustomFields")
    for name, value in fields.items():
        reference = put(holder, "IdReference", identifier=name, domain="CustomFields")
        put_text(reference, "Description", value, dialect.language)


def put_image_scan(parent: etree._Element, url: str, dialect: Dialect) -> None:
    """The picture of the invoice itself."""
    extrinsic = put(parent, "Extrinsic", name=dialect.image_scan)
    if dialect.image_scan_form == "url_text":
        extrinsic.text = url
    else:
        put(put(extrinsic, "Attachment"), "URL", url)
