"""Pages that want more than a page may have: of memory, of disk, of belief."""

import pytest

from gateway.errors import PortalUnavailable
from tests.adapters.oracle_isupplier.ebs.conftest import Office


@pytest.mark.driven
def test_an_endless_page_cannot_take_the_machine(office: Office) -> None:
    adapter = office.adapter()
    assert adapter.find("INV-1") == ()
    office.portal.fault("huge", door="page", times=1, buyer=office.buyer)
    with pytest.raises(PortalUnavailable, match="MB of memory"):
        adapter.find("INV-1")
    assert adapter.find("INV-1") == ()
