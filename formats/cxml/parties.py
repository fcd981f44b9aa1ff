"""Parties and places: Contact, PostalAddress, InvoicePartner, InvoiceDetailShipping."""

import re

from lxml import etree

from formats.cxml.dialect import Dialect
from formats.cxml.xml import put, put_text
from gateway.packet import Address, Invoice, Party

_COUNTRY_PREFIX = re.compile(r"([A-Z]{2})(.+)")


def put_partners(header: etree._Element, invoice: Invoice, dialect: Dialect) -> None:
    """Seller and buyer in the roles that this receiver looks for; bill-to and remit-to where the packet has them."""
    named = {"billTo": invoice.bill_to, "remitTo": invoice.remit_to}
    for role in dialect.seller_roles:
        _put_partner(header, role, named.pop(role, None) or invoice.seller, dialect)
    for role in dialect.buyer_roles:
        _put_partner(header, role, named.pop(role, None) or invoice.buyer, dialect)
    for role, party in named.items():
        if party:
            _put_partner(header, role, party, dialect)


def put_shipping(parent: etree._Element, invoice: Invoice, dialect: Dialect) -> None:
    """InvoiceDetailShipping where either end is known. The document type wants both ends, so the end that is not
    stated is the seller's or the buyer's own place."""
    shipping = put(parent, "InvoiceDetailShipping")
    put_contact(shipping, "shipFrom", invoice.ship_from or invoice.seller, dialect)
    put_contact(shipping, "shipTo", invoice.ship_to or invoice.buyer, dialect)


def put_address(parent: etree._Element, party: Party, dialect: Dialect) -> None:
    """One Address: a place with its name."""
    address = put(parent, "Address", **({"addressID": party.code} if party.code else {}))
    put_text(address, "Name", party.name, dialect.language)
    if party.address:
        _put_address(address, party.address, "")


def put_contact(parent: etree._Element, role: str, party: Party, dialect: Dialect) -> etree._Element:
    """One Contact; addressID is what the receiver calls this party or address."""
    contact = put(parent, "Contact", role=role, **({"addressID": party.code} if party.code else {}))
    put_text(contact, "Name", party.name, dialect.language)
    if party.address:
        _put_address(contact, party.address, party.contact_name)
    if party.email:
        put(contact, "Email", party.email)
    if party.phone:
        _put_phone(contact, party.phone, party.address.country if party.address else "")
    return contact


def _put_partner(header: etree._Element, role: str, party: Party, dialect: Dialect) -> None:
    partner = put(header, "InvoicePartner")
    put_contact(partner, role, party, dialect)
    for domain, identifier in _identifiers(party, dialect):
        put(partner, "IdReference", identifier=identifier, domain=domain)


def _identifiers(party: Party, dialect: Dialect) -> list[tuple[str, str]]:
    """(domain, identifier). A receiver with one number field for all tax ids gets the VAT id when there is one."""
    found: list[tuple[str, str]] = []
    if party.vat_id and len(dialect.tax_ids) == 2:
        prefixed = _COUNTRY_PREFIX.fullmatch(party.vat_id)
        parts = prefixed.groups() if prefixed else ("", party.vat_id)
        found = [pair for pair in zip(dialect.tax_ids, parts, strict=True) if pair[1]]
    elif party.vat_id and dialect.tax_ids:
        found = [(dialect.tax_ids[0], party.vat_id)]
    taken = {domain for domain, _ in found}
    for domain, identifier in ((dialect.other_tax_id, party.tax_id), (dialect.registration_id, party.registration_id)):
        if domain and identifier and domain not in taken:
            found.append((domain, identifier))
    return found


def _put_address(contact: etree._Element, address: Address, deliver_to: str) -> None:
    postal = put(contact, "PostalAddress")
    if deliver_to:
        put(postal, "DeliverTo", deliver_to)
    for line in address.lines or ("",):  # the document type asks for one Street at least
        put(postal, "Street", line)
    put(postal, "City", address.city)
    if address.subdivision:
        put(postal, "State", address.subdivision)
    if address.post_code:
        put(postal, "PostalCode", address.post_code)
    put(postal, "Country", address.country, isoCountryCode=address.country)


def _put_phone(contact: etree._Element, phone: str, country: str) -> None:
    """The whole number stands in Number: a packet's phone number is one text, and splitting it would be a guess."""
    number = put(put(contact, "Phone"), "TelephoneNumber")
    put(number, "CountryCode", isoCountryCode=country)
    put(number, "AreaOrCityCode")
    put(number, "Number", phone)
