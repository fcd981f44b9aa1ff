"""Secrets: found by reference, never shown, blotted out of whatever is written."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway import secrets
from gateway.errors import SettingWrong
from gateway.secrets import BLOT, scrub, scrub_bytes, value_of


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "from the environment")
    assert value_of("env:TEST_SECRET", "accounts.north.secrets.x") == "from the environment"


@pytest.mark.parametrize("content", ["first line\nsecond line\n", "first line\r\nsecond", "first line"])
def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())
    assert value_of(f"file:{path}", "x") == "first line"


def test_a_secret_is_read_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def get_password(service: str, user: str) -> str:
        asked.append((service, user))
        return "from the keyring"

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    assert value_of("keyring:coupa/north", "x") == "from the keyring"
    assert asked == [("coupa", "north")]


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:TEST_NOT_SET_AT_ALL", "TEST_NOT_SET_AT_ALL"),
        ("file:/nowhere/at/all", "cannot be read"),
        ("plain-password", "never the secret itself"),
        ("env:", "never the secret itself"),
        ("", "never the secret itself"),
        ("vault:x", "never the secret itself"),
    ],
)
def test_a_reference_that_leads_nowhere_names_the_setting(reference: str, says: str) -> None:
    with pytest.raises(SettingWrong, match=r"accounts\.north\.secrets\.x") as told:
        value_of(reference, "accounts.north.secrets.x")
    assert says in str(told.value)
    assert "plain-password" not in str(told.value)


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingWrong, match="first line"):
        value_of(f"file:{tmp_path / 'empty'}", "x")


def test_a_missing_keyring_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingWrong, match="not installed"):
        value_of("keyring:a/b", "x")


def test_what_was_read_once_is_blotted_out_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "correct horse & battery <staple>")
    value_of("env:TEST_SECRET", "x")
    assert scrub("said: correct horse & battery <staple>!") == f"said: {BLOT}!"
    assert scrub("<a>correct horse &amp; battery &lt;staple&gt;</a>") == f"<a>{BLOT}</a>"
    assert scrub_bytes(b"\xff correct horse & battery <staple> \x00") == b"\xff " + BLOT.encode() + b" \x00"


def test_the_longer_of_two_secrets_goes_first() -> None:
    secrets.remember("overlapping")
    secrets.remember("overlapping-and-longer")
    assert scrub("overlapping-and-longer") == BLOT


def test_short_values_do_not_blot_ordinary_words() -> None:
    secrets.remember("the")
    assert scrub("the other") == "the other"


@pytest.mark.parametrize(
    "spelling",
    [
        '{"key": "pa\\"ss \\\\word-ü"}',
        '{"key": "pa\\"ss \\\\word-\\u00fc"}',
        "pa%22ss%20%5Cword-%C3%BC",
        "pa%22ss+%5Cword-%C3%BC",
    ],
    ids=["json", "ascii json", "url", "form"],
)
def test_a_secret_is_known_in_the_spellings_of_what_carries_it(spelling: str) -> None:
    secrets.remember('pa"ss \\word-ü')
    assert BLOT in scrub(spelling)
