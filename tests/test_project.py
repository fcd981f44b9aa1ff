"""The tree itself: what may be committed, and what an installed Clearbill carries with it."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "adapters", "formats", "checklists")

REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (("py" + "pi", "org"), ("python" + "hosted", "org"), ("registry", "npm" + "js", "org"))
    ),
    re.IGNORECASE,
)
INDEX_OPTIONS = re.compile(r"^\s*--?(?:(?:extra-)?index-url|find-links|i\b|f\b)", re.MULTILINE)
MARKS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b")
"""XXX is not among them: in this trade it is ISO 4217's code for no currency."""


def tracked_files() -> list[Path]:
    """What git tracks; where there is no git (a source archive), what stands in the product's and tests' folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        named = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        named = [file for folder in (*PACKAGES, "tests", "setup") for file in (ROOT / folder).rglob("*")]
        named = [file for file in named if "__pycache__" not in file.parts]
    return [file for file in named if file.is_file()]


def texts() -> dict[str, str]:
    """The tracked files that are text, by path."""
    found = {}
    for file in tracked_files():
        data = file.read_bytes()
        if b"\0" not in data[:8000]:
            found[file.relative_to(ROOT).as_posix()] = data.decode("utf-8", "replace")
    return found


def lines_with(pattern: re.Pattern[str], files: dict[str, str]) -> list[str]:
    return [
        f"{path}:{number} {line.strip()[:100]}"
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRY_HOSTS, texts()) == []


def test_a_registry_host_would_be_found() -> None:
    host = "files." + "python" + "hosted.org"
    assert lines_with(REGISTRY_HOSTS, {"requirements.lock": f"httpx==1 # https://{host}/x"}) != []


def test_no_lock_says_where_packages_come_from() -> None:
    locks = {path: text for path, text in texts().items() if path.endswith(".lock")}
    assert locks.keys() >= {"requirements.lock", "setup/postgresql.lock"}
    assert lines_with(INDEX_OPTIONS, locks) == []


def test_no_work_is_left_marked_as_undone() -> None:
    found = lines_with(MARKS, {path: text for path, text in texts().items() if not path.endswith(".lock")})
    assert found == []


def test_every_python_file_parses() -> None:
    for path, text in texts().items():
        if path.endswith(".py"):
            ast.parse(text, path)


def test_everything_the_project_needs_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", texts()["requirements.lock"], re.MULTILINE)}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in wanted}
    assert names - pinned == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_an_installed_package_carries_its_data_files(package: str) -> None:
    """Every tracked file below a package that is not Python matches a pattern that setuptools is given."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["*"]
    left_behind = [
        path
        for path in texts()
        if path.startswith(f"{package}/") and not path.endswith(".py")
        if not any(fnmatch(Path(path).name, pattern) for pattern in patterns)
    ]
    assert left_behind == [], "add their ending to [tool.setuptools.package-data] in pyproject.toml"
    assert f"{package}.*" in settings["packages"]["find"]["include"]
