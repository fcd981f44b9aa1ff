"""What an HTTP answer says whatever portal gave it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.errors import PortalUnavailable
from gateway.http_answer import BearerToken, TokenHolder, retry_at_from, token_from, words_of_page

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("120", NOW + timedelta(seconds=120)),
        ("Sun, 22 Nov 2026 12:05:00 GMT", NOW + timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 12:05:00", None),
        ("9999999", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_wish_to_be_asked_later_is_seconds_or_a_date(given: str, at: datetime | None) -> None:
    assert retry_at_from(httpx.Response(503, headers={"Retry-After": given}), NOW) == at


def test_the_first_words_of_a_page_are_read_without_its_tags() -> None:
    assert (
        words_of_page(b"<html><h1>502</h1>\n Bad  Gateway \xff</html>") == "502 Bad Gateway \N{REPLACEMENT CHARACTER}"
    )
    assert len(words_of_page(b"x" * 100_000)) == 200


@pytest.mark.parametrize(
    ("expires_in", "seconds"), [(100, 50), ("100", 50), (0, 600), (None, 600), ("never", 600), (10**9, 600)]
)
def test_a_token_is_renewed_after_a_share_of_its_life(expires_in: Any, seconds: int) -> None:
    answer = {"access_token": "abc", "expires_in": expires_in}
    token = token_from(answer, NOW, share=0.5, usual_life=timedelta(seconds=1200), where="x")
    assert token.renew_at - token.issued_at == timedelta(seconds=seconds)
    assert "abc" not in repr(token)


@pytest.mark.parametrize("value", [None, "", "two words", "ümlaut", "line\nbreak", 7])
def test_what_no_header_can_carry_is_no_token(value: Any) -> None:
    with pytest.raises(PortalUnavailable, match="usable access token"):
        token_from({"access_token": value}, NOW, share=0.5, usual_life=timedelta(hours=1), where="x")


def test_a_token_is_kept_until_it_is_due_or_dropped() -> None:
    clock = [NOW]
    asked: list[BearerToken] = []

    def fetch() -> BearerToken:
        asked.append(BearerToken(f"t{len(asked)}", clock[0], clock[0] + timedelta(minutes=10)))
        return asked[-1]

    holder = TokenHolder(fetch, lambda: clock[0])
    assert [holder.token().value, holder.token().value] == ["t0", "t0"]
    clock[0] += timedelta(minutes=10)
    assert holder.token().value == "t1"
    holder.drop("t0")
    assert holder.token().value == "t1", "another thread has renewed it already"
    holder.drop("t1")
    assert holder.token().value == "t2"
