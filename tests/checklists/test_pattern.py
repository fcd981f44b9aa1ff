"""Patterns of a client's own: whatever they are, a look takes time that grows with the text alone."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.pattern import MOST_CHARACTERS, Pattern


@pytest.mark.parametrize("text", ["(a+)+b", "(a|aa)+$", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_that_could_go_back_and_forth_for_years_answers(text: str) -> None:
    assert not Pattern(text).fits("a" * 20_000 + "!")  # Python's own would not come back


UNBOUNDED = (r"(?=TU)TU-\d+", r"(\d)\1", "(", "[z-a]", "a{5000}", r"\d{9999999999}", r"\d{1,99999999999}")


@pytest.mark.parametrize("text", [*UNBOUNDED, "x" * (MOST_CHARACTERS + 1)])
def test_what_cannot_be_looked_for_in_such_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is (not a regular expression|longer than)"):
        Pattern(text)


def test_a_pattern_fits_the_whole_value_and_nothing_less() -> None:
    pattern = Pattern(r"TU-\d{4}")
    assert pattern.fits("TU-1001")
    assert not any(pattern.fits(one) for one in ("TU-10011", "xTU-1001", "TU-1001\n", ""))


def test_a_pattern_is_looked_for_within_a_line_and_its_groups_have_names() -> None:
    pattern = Pattern(r"^(?P<worker>.+?)  (?P<hours>[\d.]+)$")
    found = pattern.search("R. Foreman  8.5")
    assert (found["worker"], found["hours"]) == ("R. Foreman", "8.5")
    assert pattern.groups == {"worker", "hours"}
    assert [one["h"] for one in Pattern(r"(?P<h>\d+) h").finditer("8 h, 2 h")] == ["8", "2"]


def test_a_pattern_may_be_handed_to_another_process() -> None:
    pattern = Pattern(r"[A-Z]{2}")
    assert pickle.loads(pickle.dumps(pattern)) == pattern  # noqa: S301 - our own bytes
    assert {pattern, Pattern("[A-Z]{2}")} == {pattern}


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_a_pattern_or_is_refused_in_words(text: str, value: str) -> None:
    try:
        pattern = Pattern(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"^is not a regular expression"):
            Pattern(text)
        return
    assert pattern.fits(value) in (True, False)
