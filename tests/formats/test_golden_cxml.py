"""The documents themselves, byte for byte, as a person has read them."""

from collections.abc import Callable

import pytest

from formats.cxml import check_document
from tests.formats.cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_golden_documents_stay_as_they_were_read(name: str, golden: Callable[[str, bytes], None]) -> None:
    document = CASES[name].render()
    suffix = "mime" if document.content_type.startswith("multipart/") else "xml"
    golden(f"cxml/{name}.{suffix}", document.body)


@pytest.mark.parametrize("name", CASES)
def test_each_of_them_is_without_fault(name: str) -> None:
    assert check_document(CASES[name].render().body) == []
