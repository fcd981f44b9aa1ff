"""Golden files compare to the byte, show the difference, and are rewritten only when asked."""

from pathlib import Path

import pytest

from tests.golden_files import GoldenFiles


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def test_the_same_bytes_pass(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>\r\n")
    GoldenFiles(tmp_path, rewrite=False)("a.xml", b"<a/>\r\n")


@pytest.mark.parametrize(
    ("produced", "shown"), [(b"<a>\n<c/>\n", r"-<b/>\n\+<c/>"), (b"<a>\r\n<b/>\r\n", "other line ends")]
)
def test_a_difference_fails_and_is_shown(tmp_path: Path, produced: bytes, shown: str) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a>\n<b/>\n")
    with pytest.raises(AssertionError, match=shown):
        GoldenFiles(tmp_path, rewrite=False)("a.xml", produced)


def test_a_missing_file_fails_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="--rewrite-golden"):
        GoldenFiles(tmp_path, rewrite=False)("coupa/a.xml", b"<a/>")
    assert list(tmp_path.iterdir()) == []


def test_rewriting_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    GoldenFiles(tmp_path, rewrite=True)("coupa/a.xml", b"<a/>")
    assert (tmp_path / "coupa" / "a.xml").read_bytes() == b"<a/>"


def test_nothing_is_rewritten_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeError, match="not rewritten in CI"):
        GoldenFiles(tmp_path, rewrite=True)


def test_a_name_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        GoldenFiles(tmp_path / "golden", rewrite=True)("../a.xml", b"")
