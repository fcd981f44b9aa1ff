"""Other people's XML: read where it is readable, refused where it is hostile, never a surprise."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from formats.cxml import CxmlResponse, Unreadable, instant_from, money_from, parse, response_from

DOCTYPE = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.020/InvoiceDetail.dtd">'
COUPA_SUCCESS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.2.020/cXML.dtd">\n'
    '<cXML payloadID="" timestamp="2026-03-10T09:00:00-07:00" xml:lang="en-US"><Response>'
    '<Status code="200" text="OK">Successful - invoice id: 41877</Status></Response></cXML>'
)
BOMB = (
    '<!DOCTYPE cXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><cXML>&c;</cXML>'
)


def test_coupas_success_is_read_with_its_words_unchanged() -> None:
    assert response_from(COUPA_SUCCESS.encode()) == CxmlResponse(
        code=200,
        text="OK",
        detail="Successful - invoice id: 41877",
        payload_id="",
        timestamp=datetime(2026, 3, 10, 16, tzinfo=UTC),
        xml_lang="en-US",
    )


def test_a_refusal_keeps_its_blanks_and_brackets() -> None:
    words = (
        "Invalid attributes in document. [Validation failed: Payment Term Must be present on invoiceInvoice header:  x]"
    )
    body = f'<cXML><Response><Status code="417" text="Expectation Failed">\n {words}\n</Status></Response></cXML>'
    response = response_from(body.encode())
    assert response is not None
    assert (response.code, response.detail, response.took_it) == (417, words, False)


@pytest.mark.parametrize("code", ["", "abc", "2000", "-20", "099", "２００"])
def test_a_status_without_a_three_digit_code_is_no_response(code: str) -> None:
    assert response_from(f'<cXML><Response><Status code="{code}" text="t"/></Response></cXML>'.encode()) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>502 Bad Gateway</body></html>",
        b"<cXML/>",
        b"<cXML><Response/></cXML>",
        b"<html><Response><Status code='200' text='OK'/></Response></html>",
        b"<cXML><Message><Response><Status code='200' text='OK'/></Response></Message></cXML>",
        b"\xff\xfe\x00garbage",
        COUPA_SUCCESS.encode()[:-20],
        BOMB.encode(),
    ],
)
def test_what_is_no_response_is_never_taken_for_one(body: bytes) -> None:
    assert response_from(body) is None


@pytest.mark.parametrize(
    "root", ['<c:cXML xmlns:c="urn:x"><c:Response>{}</c:Response></c:cXML>', "<Response>{}</Response>"]
)
def test_a_namespace_or_a_missing_envelope_does_not_hide_a_status(root: str) -> None:
    status = '<c:Status code=" 201 " text="Accepted"/>' if "c:" in root else '<Status code="201" text="Accepted"/>'
    response = response_from(root.format(status).encode())
    assert response is not None
    assert response.code == 201


def test_nested_documents_do_not_speak_for_the_response_around_them() -> None:
    inner = '<cXML><Response><Status code="500" text="inner"/></Response></cXML>'
    pending = f"<GetPendingResponse>{inner}</GetPendingResponse>"
    body = f'<cXML><Response><Status code="200" text="OK"/>{pending}</Response></cXML>'
    response = response_from(body.encode())
    assert response is not None
    assert response.text == "OK"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "cp1252"])
def test_encodings_are_read_as_declared_or_marked(encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{declared}"?>{DOCTYPE}<cXML a="ü"/>'
    assert parse(text.encode(encoding)).get("a") == "ü"


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        f'<?xml version="1.0"?><!-- c --><?p i?>{DOCTYPE[:-1]} [<!ENTITY x "y">]><cXML/>',
        '<!DOCTYPE cXML [<!ENTITY x SYSTEM "file:///etc/passwd">]><cXML>&x;</cXML>',
        '<!DOCTYPE cXML [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]><cXML/>',
        "<!DOCTYPE cXML [<!ATTLIST cXML a CDATA 'b'>]><cXML/>",
        "<cXML>&undeclared;</cXML>",
        f"{DOCTYPE}<cXML>&undeclared;</cXML>",
        f"<cXML/>{DOCTYPE}",
        f"{DOCTYPE}{DOCTYPE}<cXML/>",
        f"{DOCTYPE}{BOMB}",
        f"<!-- <!DOCTYPE x> -->{BOMB}",
        f"<?p <!DOCTYPE x> ?>\n{BOMB}",
        "<!DOCTYPE cXML",
        "<cXML><a></cXML>",
        "<a>" * 101 + "</a>" * 101,
        "<a>" * 5_000,
        "<a>\x00</a>",
        '<?xml version="1.0" encoding="utf-7"?><a/>',
        '<?xml version="1.0" encoding="none-such"?><a/>',
    ],
)
def test_hostile_or_broken_documents_are_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        parse(body.encode())


def test_the_limits_themselves_are_allowed() -> None:
    assert parse(b"<a>" * 100 + b"</a>" * 100).tag == "a"
    assert parse(b"<a/>", limit=4).tag == "a"
    with pytest.raises(Unreadable, match="larger than 3 bytes"):
        parse(b"<a/>", limit=3)


def test_words_that_look_like_declarations_are_only_words() -> None:
    root = parse(b"<a><![CDATA[<!DOCTYPE x [<!ENTITY y 'z'>]>]]></a>")
    assert root.text == "<!DOCTYPE x [<!ENTITY y 'z'>]>"


def test_an_error_never_quotes_the_document() -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(b"<a>hush-hush</b>")
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2021-10-11T14:59:02+00:00", 14),
        ("2021-10-11T14:59:02 +00:00", 14),
        ("2021-10-11T14:59:02Z", 14),
        ("2021-10-11T14:59:02-CST", 20),
        ("2021-10-11T14:59:02 PDT", 21),
        ("2021-10-11T14:59:02-07:00", 21),
        ("2021-10-11T14:59:02-0700", 21),
        ("2021-10-11T14:59:02+05", 9),
        ("2021-10-11T14:59:02.123456789Z", 14),
        ("2021-10-11T14", 14),
        ("2021-10-11 14:59", 14),
        ("2021-10-11", 0),
    ],
)
def test_instants_are_read_as_they_are_met(text: str, hour: int) -> None:
    moment = instant_from(text)
    assert moment is not None
    assert (moment.date().isoformat(), moment.hour, moment.tzinfo) == ("2021-10-11", hour, UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "10/11/2021", "2021-13-01", "2021-10-11T25:00Z", "2021-10-11T10:00 IST"]
)
def test_what_is_no_instant_is_none(text: str) -> None:
    assert instant_from(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [("13,450.0000", "13450"), ("1,234,567", "1234567"), (" -12.5 ", "-12.5"), (".5", "0.5"), ("7.", "7"), ("0", "0")],
)
def test_amounts_are_read_as_they_are_met(text: str, amount: str) -> None:
    assert money_from(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", ".", "-", "12,50", "1,23", "1e5", "NaN", "Infinity", "1 000", "٣", "USD 5", "9" * 30]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert money_from(text) is None
