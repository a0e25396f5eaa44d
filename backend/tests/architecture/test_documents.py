"""The documents lead somewhere: links, files, make targets, commands and options named in them are there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md"), *ROOT.glob("benchmarks/*.md")]
)
CLI_PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:")
_CODE = re.compile(r"`([^`\n]+)`")
MADE_BY_THE_USER = {"deploy/.env"}
_PLACES = ("app/", "backend/", "benchmarks/", "contracts/", "deploy/", "docs/", "scripts/")


def name_of(path: Path) -> str:
    """A document as it is called in failures."""
    return path.relative_to(ROOT).as_posix()


def anchors_of(path: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_inside_the_repository_resolves(document: Path) -> None:
    for link in _LINK.findall(document.read_text()):
        if _ELSEWHERE.match(link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (document.parent / place) if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = [text for text in _CODE.findall(document.read_text()) if text.startswith(_PLACES) and " " not in text]
    folders = (ROOT, ROOT / "backend", document.parent)
    missing = [text for text in named if not any((folder / text).exists() for folder in folders)]
    assert set(missing) <= MADE_BY_THE_USER


def test_the_code_map_names_every_package_and_file_that_the_architecture_page_speaks_of() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    app = ROOT / "backend" / "app"
    packages = {path.name for path in app.iterdir() if (path / "__init__.py").exists()}
    in_the_map = set(re.findall(r"`(\w+)`", page.split("| package |")[1].split("\n\n")[0]))
    assert packages <= in_the_map
    short = re.findall(rf"`((?:{'|'.join(packages)})/[\w/]+\.py)`", page)
    assert [name for name in short if not (app / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_target_and_command_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE)) <= targets
    known = set(re.findall(r"^#{2,3} sovd ([a-z]+)", CLI_PAGE, flags=re.MULTILINE))
    assert set(re.findall(r"(?:`|bin/|\$ |^)sovd ([a-z]+)", text, flags=re.MULTILINE)) - known == set()
