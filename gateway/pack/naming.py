"""File names that are safe wherever a pack is unpacked: Windows, macOS, Linux, and never outside its folder."""

import re
import unicodedata

_LONGEST = 80
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f<>:\"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_RUNS = re.compile(r"\.(html?|xhtml|svg|xml|js|mht|hta)$", re.IGNORECASE)


def numbered(n: int, name: str, width: int = 2) -> str:
    """`name`, whoever gave it, as a file's name after its number: no way to another folder, no reserved name of Windows
    (the number stands before it), and no two alike in one folder."""
    plain = _NOT_IN_A_NAME.sub("_", unicodedata.normalize("NFC", name)).strip(" .") or "file"
    plain = re.sub(r"\.\.+", "_", plain)
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = plain, ""
    short = stem[: _LONGEST - len(ending) - 1].rstrip(" .") or "file"
    return f"{n:0{width}d}-{short}{f'.{ending}' if ending else ''}"


def not_to_run(name: str) -> str:
    """A page or script that came from outside, named so that a double click shows its text and does not run it."""
    return f"{name}.txt" if _RUNS.search(name) else name


def ending_of(content_type: str) -> str:
    """The ending of a document by its media type."""
    return ".json" if "json" in content_type else ".xml" if "xml" in content_type else ".bin"
