"""Our own writing of the document types says what the official ones say, and gives their verdicts in the same words."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from formats.cxml import parse
from formats.cxml.schema import CARRIED, FAMILIES, Family, dtd_for, faults_in, nearest_version
from tests.formats.cases import CASES

OFFICIAL = Path(__file__).parents[3] / "shared" / "references" / "cxml"
with_the_official_files = pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"the official DTDs are not at {OFFICIAL}")

EVERY_TYPE = [(family, version) for family, versions in CARRIED.items() for version in versions]
NARROWED = ("Message", "Request", "Response")  # only what is carried stands in these
TOLD_OTHERWISE = tuple(f"Element {name} content does not follow the DTD" for name in NARROWED)
LATER = ("ariba_037_modifications", "ariba_069_week")
RICH = ("tax_at_line", "charges", "credit_header_memo", "exempt", "payment_terms", "several_orders")
RESPONSE = b'<cXML payloadID="1" timestamp="2"><Response><Status code="200" text="OK">fine</Status></Response></cXML>'
# What the writer never writes but others may: the rest of the vocabulary, valid or not.
FRAGMENTS = {
    "InvoiceDetailRequestHeader": (
        '<InvoiceDetailPaymentTerm payInNumberOfDays="30" percentageRate="0"/>',
        "<Period/>",
        '<Extrinsic name="a"><Money currency="USD">1</Money>text<Unheard/></Extrinsic>',
        '<Extrinsic name="a"><AttachmentReference><Name xml:lang="en">n</Name></AttachmentReference></Extrinsic>',
        "<Extrinsic>x</Extrinsic>",
    ),
    "Contact": ("<Fax><URL>u</URL></Fax>", '<IdReference identifier="1" domain="x"/>', '<URL name="u">x</URL>'),
    "Header": ('<Path><Node type="copy"><Credential domain="d"><Identity>i</Identity></Credential></Node></Path>',),
    "Credential": (
        '<CredentialMac type="t" algorithm="a" creationDate="c"/>',
        "<DigitalSignature>s</DigitalSignature>",
    ),
    "InvoiceDetailItem": (
        "<PriceBasisQuantity quantity='1'/>",
        '<Distribution><Accounting name="n"><Segment type="t" id="i" description="d"/></Accounting></Distribution>',
    ),
    "InvoiceDetailItemReference": ("<SerialNumber>1</SerialNumber>", '<Country isoCountryCode="US">US</Country>'),
    "InvoiceDetailServiceItem": (
        "<InvoiceLaborDetail><WorkLocation><Address><Name xml:lang='en'>n</Name></Address></WorkLocation>"
        "<InvoiceTimeCardDetail><TimeCardReference/></InvoiceTimeCardDetail></InvoiceLaborDetail>",
    ),
    "TaxDetail": ('<TriangularTransactionLawReference xml:lang="en">t</TriangularTransactionLawReference>',),
    "InvoiceDetailShipping": ('<CarrierIdentifier domain="SCAC">x</CarrierIdentifier>', "<ShipmentIdentifier/>"),
}


Content = tuple[str, str, str, "Content", "Content"] | None
Declaration = tuple[Content, frozenset[tuple[str, ...]]]


def declarations(dtd: etree.DTD) -> dict[str, Declaration]:
    """Element by element, those of other vocabularies (ds:, xades:) left out."""
    return {
        element.name or "": (
            _content(element.content),
            frozenset(_attribute(each) for each in element.iterattributes()),
        )
        for element in dtd.iterelements()
        if not element.prefix
    }


def _content(part: Any) -> Content:
    return part and (part.type, part.occur, part.name or "", _content(part.left), _content(part.right))


def _attribute(each: Any) -> tuple[str, ...]:
    default = "" if each.name == "version" else each.default_value or ""  # the version is written out, not an entity
    return (each.prefix or "", each.name, each.type, each.default, default, *each.values())


def names_in(content: Content) -> Iterator[str]:
    if content:
        yield from filter(None, (content[2], *names_in(content[3]), *names_in(content[4])))


def spoiled(root: etree._Element) -> Iterator[etree._Element]:
    """The document with one thing wrong (or merely other), once for each thing that can be."""
    for place, element in enumerate(root.iter("*")):
        for spoil in (_dropped, _doubled, _swapped, _renamed, _with_text, _with_odd_attribute):
            yield from _spoiled_at(root, place, spoil)
        for name in element.attrib:
            copy = deepcopy(root)
            del _at(copy, place).attrib[name]
            yield copy
            copy = deepcopy(root)
            _at(copy, place).set(name, "no such value")
            yield copy
        for fragment in FRAGMENTS.get(str(element.tag), ()):
            for position in (0, len(element)):
                copy = deepcopy(root)
                _at(copy, place).insert(position, etree.fromstring(fragment))
                yield copy


def _spoiled_at(root: etree._Element, place: int, spoil: Callable[[etree._Element], bool]) -> Iterator[etree._Element]:
    copy = deepcopy(root)
    if spoil(_at(copy, place)):
        yield copy


def _at(root: etree._Element, place: int) -> etree._Element:
    return next(element for index, element in enumerate(root.iter("*")) if index == place)


def _dropped(element: etree._Element) -> bool:
    parent = element.getparent()
    if parent is None:
        return False
    parent.remove(element)
    return True


def _doubled(element: etree._Element) -> bool:
    if element.getparent() is None:
        return False
    element.addnext(deepcopy(element))
    return True


def _swapped(element: etree._Element) -> bool:
    following = element.getnext()
    if following is None:
        return False
    element.addprevious(following)
    return True


def _renamed(element: etree._Element) -> bool:
    element.tag = "NoSuchElement"
    return True


def _with_text(element: etree._Element) -> bool:
    element.text = (element.text or "") + "stray words"
    return True


def _with_odd_attribute(element: etree._Element) -> bool:
    element.set("oddity", "1")
    return True


@with_the_official_files
@pytest.mark.parametrize("name", RICH)
def test_whatever_is_wrong_both_document_types_say_the_same(name: str) -> None:
    official = etree.DTD(str(OFFICIAL / "1.2.020" / "InvoiceDetail.dtd"))
    own = dtd_for("1.2.020")
    verdicts = set()
    for document in (*spoiled(parse(CASES[name].render().body)), *spoiled(parse(RESPONSE))):
        agreed = official.validate(document)
        assert own.validate(document) is agreed
        assert _words(own) == _words(official)
        verdicts.add(agreed)
    assert verdicts == {True, False}


def _words(dtd: etree.DTD) -> list[str]:
    return [entry.message for entry in dtd.error_log.filter_from_errors()]


@with_the_official_files
@pytest.mark.parametrize("name", LATER)
def test_whatever_is_wrong_in_a_later_version_both_say_the_same(name: str) -> None:
    version = CASES[name].dialect.version
    official = etree.DTD(str(OFFICIAL / version / "InvoiceDetail.dtd"))
    own = dtd_for(version)
    for document in islice(spoiled(parse(CASES[name].render().body)), 0, None, 3):
        assert own.validate(document) is official.validate(document)
        said = [sorted(word for word in _words(dtd) if not word.startswith(TOLD_OTHERWISE)) for dtd in (own, official)]
        assert said[0] == said[1]


@with_the_official_files
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.files])
def test_every_document_is_valid_under_the_official_type_of_its_version(name: str) -> None:
    official = etree.DTD(str(OFFICIAL / CASES[name].dialect.version / "InvoiceDetail.dtd"))
    assert official.validate(parse(CASES[name].render().body)), _words(official)


@with_the_official_files
@pytest.mark.parametrize("version", ["1.2.020", "1.2.037", "1.2.069"])
def test_what_is_written_in_the_oldest_version_is_valid_in_all(version: str) -> None:
    official = etree.DTD(str(OFFICIAL / version / "InvoiceDetail.dtd"))
    for name, case in CASES.items():
        if not case.files and case.dialect.version == "1.2.020":
            document = parse(case.render().body)
            assert official.validate(document), (name, _words(official))


def test_an_order_block_without_its_reference_fails_in_coupas_own_words() -> None:
    document = parse(CASES["quantity"].render().body)
    order = next(document.iter("InvoiceDetailOrder"))
    order.remove(order[0])
    order.remove(order[0])
    said = faults_in(document, "1.2.020")
    expecting = "(InvoiceDetailOrderInfo , (InvoiceDetailItem | InvoiceDetailServiceItem)+)"
    assert said[0].replace(" )", ")") == (
        f"Element InvoiceDetailOrder content does not follow the DTD, expecting {expecting}, got (InvoiceDetailItem)"
    ).replace(" )", ")")


def test_a_response_is_valid_and_an_unknown_element_is_not() -> None:
    assert faults_in(parse(RESPONSE), "1.2.020") == []
    assert faults_in(parse(RESPONSE.replace(b"Status", b"State")), "1.2.020") != []


def test_a_version_that_is_not_carried_is_named() -> None:
    with pytest.raises(KeyError, match=r"1\.2\.099; there is 1\.2\.020"):
        dtd_for("1.2.099")


@pytest.mark.parametrize(("family", "version"), EVERY_TYPE)
def test_every_carried_version_loads_from_the_package_and_is_kept(family: Family, version: str) -> None:
    assert dtd_for(version, family) is dtd_for(version, family)


@with_the_official_files
@pytest.mark.parametrize(("family", "version"), EVERY_TYPE)
def test_every_declaration_says_what_the_official_one_says(family: Family, version: str) -> None:
    own = declarations(dtd_for(version, family))
    official = declarations(etree.DTD(str(OFFICIAL / version / f"{family}.dtd")))
    for name in own:
        if name not in NARROWED:
            assert own[name] == official[name], name


@pytest.mark.parametrize(("family", "version"), EVERY_TYPE)
def test_what_a_declaration_names_is_declared_but_for_what_is_said_to_be_left_out(family: Family, version: str) -> None:
    own = declarations(dtd_for(version, family))
    named = {name for content, _ in own.values() for name in names_in(content)}
    assert named - set(own) <= {"Signature", "PCard", "TravelDetail", "SourcingStatus"}


@pytest.mark.parametrize("element", FAMILIES)
def test_every_element_is_declared_by_the_family_it_belongs_to(element: str) -> None:
    family = FAMILIES[element]
    assert all(element in declarations(dtd_for(version, family)) for version in CARRIED[family])


@pytest.mark.parametrize(
    ("named", "judged_by"),
    [
        ("1.2.011", "1.2.020"),
        ("1.2.020", "1.2.020"),
        ("1.2.021", "1.2.037"),
        ("1.2.052", "1.2.069"),
        ("1.2.100", "1.2.069"),
        ("", "1.2.020"),
        ("x" * 500, "1.2.020"),
    ],
)
def test_a_version_that_is_not_carried_is_judged_by_the_next_that_is(named: str, judged_by: str) -> None:
    assert nearest_version(named) == judged_by


def test_threads_do_not_share_a_validator() -> None:
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(dtd_for, "1.2.020").result()
    assert other is not dtd_for("1.2.020")


def test_many_threads_get_each_document_its_own_findings() -> None:
    good = parse(RESPONSE)
    bad = parse(RESPONSE.replace(b' code="200"', b""))

    def look(turn: int) -> list[str]:
        return faults_in(deepcopy(bad if turn % 2 else good), "1.2.020")

    with ThreadPoolExecutor(8) as pool:
        for turn, said in enumerate(pool.map(look, range(400))):
            assert said == (["Element Status does not carry attribute code"] if turn % 2 else [])
