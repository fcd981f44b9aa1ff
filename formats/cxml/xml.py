"""The few strokes with which a cXML tree is drawn."""

from lxml import etree

from gateway.errors import CannotExpress

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def put(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    """A child element in document order. Raises CannotExpress for text that XML 1.0 cannot hold."""
    try:
        child = etree.SubElement(parent, tag, attributes)
        if text:
            child.text = text
    except ValueError as fault:
        raise CannotExpress("cXML", tag, "it contains a character that XML cannot hold") from fault
    return child


def put_text(parent: etree._Element, tag: str, text: str, language: str) -> etree._Element:
    """A child whose text is in a language (Name, Description, Comments)."""
    child = put(parent, tag, text)
    child.set(XML_LANG, language)
    return child


def put_money(parent: etree._Element, tag: str, amount: str, currency: str) -> etree._Element:
    """A child that holds one Money."""
    child = put(parent, tag)
    put(child, "Money", amount, currency=currency)
    return child
