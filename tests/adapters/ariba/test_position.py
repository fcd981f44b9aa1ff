"""How far the queue and the look-up were read."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.ariba.position import (
    SETTLED,
    LookupPosition,
    QueuePosition,
    lookup_position_from,
    queue_position_from,
)
from formats.cxml import Envelope

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)


def document(payload: str, seconds: float | None = 0) -> Envelope:
    time = None if seconds is None else AT + timedelta(seconds=seconds)
    return Envelope("Request", "StatusUpdateRequest", None, payload, time, "", "", "", "production")


def test_the_newest_instant_is_not_given_up_while_something_of_it_may_still_come() -> None:
    first, more = QueuePosition().after([document("a"), document("b", 1), document("c", 2)], 50, AT)
    assert (first.received_up_to, first.seen, more) == (AT + timedelta(seconds=1), ("a", "b", "c"), False)
    again, _ = first.after([document("c", 2)], 50, AT)
    assert again.received_up_to == first.received_up_to
    later, _ = first.after([document("c", 2), document("d", 3)], 50, AT)
    assert (later.received_up_to, later.seen) == (AT + timedelta(seconds=2), ("c", "d"))


def test_an_instant_that_is_long_past_is_given_up() -> None:
    first, _ = QueuePosition().after([document("a")], 50, AT)
    assert first.received_up_to is None
    settled, _ = first.after([document("a")], 50, AT + SETTLED)
    assert settled.received_up_to == AT


def test_a_late_document_of_a_past_instant_is_taken_before_the_instant_is_given_up() -> None:
    first, _ = QueuePosition().after([document("a")], 50, AT)
    second, _ = first.after([document("a"), document("b")], 50, AT + SETTLED)
    assert (second.received_up_to, second.seen) == (None, ("a", "b"))


def test_a_full_page_of_one_instant_is_got_past() -> None:
    page = [document("a"), document("b")]
    first, more = QueuePosition().after(page, 2, AT)
    assert (first.received_up_to, more) == (None, True)
    second, more = first.after(page, 2, AT)
    assert (second.received_up_to, more) == (AT, True)


def test_a_queue_that_repeats_itself_is_not_asked_for_ever() -> None:
    position, more, asked = QueuePosition(), True, 0
    while more:
        position, more = position.after([document("a"), document("b", 1)], 2, AT)
        asked += 1
    assert asked < 5


def test_documents_without_time_or_id_move_nothing() -> None:
    moved, _ = QueuePosition().after([document("", 0), document("x", None)], 50, AT)
    assert (moved.received_up_to, moved.seen) == (None, ("x",))
    assert moved.after([document("", 0)], 50, AT + 2 * SETTLED)[0].received_up_to is None


def test_a_cursor_tells_the_same_position_again() -> None:
    position = QueuePosition(AT, ("a", "b"))
    assert queue_position_from(position.cursor()) == position
    looked = LookupPosition("2026-03-09T12:00:00Z", ("a",), "page", "2026-03-09T12:00:01Z")
    assert lookup_position_from(looked.cursor()) == looked


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", "null", "[" * 9000, '{"up_to":7,"seen":"a"}', '{"since":1}'])
def test_a_cursor_that_cannot_be_read_gives_up_nothing(cursor: str) -> None:
    assert queue_position_from(cursor) == QueuePosition()
    assert lookup_position_from(cursor) == LookupPosition()


def test_a_pass_of_the_look_up_starts_where_the_last_one_ended() -> None:
    first = LookupPosition().after([("2026-03-09T12:00:00Z", "a"), ("2026-03-09T12:00:02Z", "b")], "next")
    assert (first.since, first.page) == ("", "next")
    done = first.after([("2026-03-09T12:00:02Z", "c")], "")
    assert (done.since, done.page) == ("2026-03-09T12:00:02Z", "")
    assert {"b", "c"} <= set(done.seen)
    assert done.after([], "").since == done.since
