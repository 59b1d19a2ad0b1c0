"""Every link of a document leads somewhere, in the repository and in the site that MkDocs makes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from tests.docs.blocks import DOCUMENTS, FENCED, REPOSITORY

CARDS = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("model/*/MODEL_CARD.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")


def text_of(document: str) -> str:
    """Return a document without its code."""
    return FENCED.sub("", (REPOSITORY / document).read_text())


def links(document: str) -> list[str]:
    """Return the targets of its links and pictures."""
    return LINK.findall(CODE.sub("", text_of(document)))


def anchors(document: str) -> set[str]:
    """Return the anchors of its headings, as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ +(.+?)\s*$", text_of(document), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return set(found)


@pytest.mark.parametrize("document", [*DOCUMENTS, *CARDS])
def test_its_links_lead_somewhere(document: str) -> None:
    faults = []
    for link in links(document):
        target = urlsplit(link)
        if target.scheme:
            # None is fetched: there is no network in a test. Only what cannot be right is found.
            faults += [] if target.scheme in ("http", "https") and "." in target.netloc else [link]
            continue
        path = (REPOSITORY / document).parent / unquote(target.path) if target.path else REPOSITORY / document
        if not path.resolve().is_relative_to(REPOSITORY) or not path.exists():
            faults.append(f"{link}: there is no such file")
        elif target.fragment and target.fragment not in anchors(
            path.resolve().relative_to(REPOSITORY).as_posix()
        ):
            faults.append(f"{link}: there is no such heading")
    assert faults == []


def test_an_anchor_is_that_of_github() -> None:
    assert {"fewer-than-20-speakers---from", "what-is-checked"} <= anchors("docs/own-recordings.md")
    assert {"personal-baselines-post-baseline", "female-or-male-voice-voice_gender"} <= anchors("docs/api.md")


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = {"README.md"}, ["README.md"]
    while waiting:
        document = waiting.pop()
        for link in links(document):
            path = ((REPOSITORY / document).parent / link.partition("#")[0]).resolve()
            if path.suffix == ".md" and path.is_relative_to(REPOSITORY):
                name = path.relative_to(REPOSITORY).as_posix()
                waiting += [name] if name not in reached and path.exists() else []
                reached.add(name)
    assert {name for name in DOCUMENTS if name.startswith("docs/")} <= reached


def test_every_list_is_one_to_markdown_of_every_kind() -> None:
    """Python-Markdown wants an empty line before a list, and four spaces before what is inside an item."""
    for document in DOCUMENTS:
        before, in_list = "", False
        for number, line in enumerate(FENCED.sub("", (REPOSITORY / document).read_text()).splitlines(), 1):
            item = re.match(r"( *)(?:[-*]|\d+\.) ", line)
            place = f"{document}, line {number} without blocks: {line}"
            if item:
                assert in_list or not before.strip(), f"no empty line before {place}"
                assert len(item[1]) % 4 == 0, f"not four spaces: {place}"
            elif in_list and not before.strip() and re.match(r" {1,3}\S", line):
                pytest.fail(f"not four spaces: {place}")
            in_list = bool(item) or (
                in_list and (not line.strip() or line.startswith(" ") or bool(before.strip()))
            )
            before = line


class _Addresses(HTMLParser):
    """Collects what a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note sources, style sheets and icons."""
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "video", "audio") and given.get("src"):
            self.loaded.append(str(given["src"]))
        if tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(str(given.get("href")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs` builds; a link or an anchor that leads nowhere fails it."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = Path(sys.executable).with_name("mkdocs")
    command = [mkdocs, "build", "--strict", "--site-dir", folder]
    # Else it tells of MkDocs 2 at length.
    known = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=REPOSITORY, env=known, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.mark.slow
def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        # The example of another package shows how it is loaded.
        if "packages" in page.parts:
            continue
        read = _Addresses()
        read.feed(page.read_text())
        assert read.loaded
        assert [address for address in read.loaded if re.match(r"(https?:)?//", address)] == [], page


@pytest.mark.slow
def test_a_request_in_three_languages_is_three_tabs(site: Path) -> None:
    page = (site / "api" / "index.html").read_text()
    labels = re.findall(r'<label for="[^"]+">([^<]+)</label>', page)
    assert labels[:3] == ["curl", "Python", "JavaScript"]
    assert len(labels) == 3 * page.count('class="tabbed-set')
    assert '=== "' not in re.sub(r"<(code|script)\b.*?</\1>", "", page, flags=re.DOTALL)


@pytest.mark.slow
def test_the_site_has_what_the_documents_show(site: Path) -> None:
    assert (site / "screenshots" / "live.webp").is_file()
    assert (site / "model" / "cremad-6" / "MODEL_CARD" / "index.html").is_file()
    assert not list(site.rglob("*.py"))
    # A comment that is for tests is not read by people.
    assert "not run:" not in re.sub(r"<!--.*?-->", "", (site / "deploy" / "index.html").read_text())


def test_every_page_of_the_menu_is_there() -> None:
    menu = yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text())["nav"]
    listed = [page for entry in menu for found in entry.values() for page in pages_of(found)]
    assert len(listed) == len(set(listed))
    documents = {name.removeprefix("docs/") for name in DOCUMENTS if name.startswith("docs/")}
    assert documents <= set(listed)


def pages_of(entry: str | list[dict[str, str]]) -> list[str]:
    """Return the pages of an entry of the menu."""
    return [entry] if isinstance(entry, str) else [page for each in entry for page in each.values()]


def test_make_builds_it_as_the_workflow_does() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())
    assert {"run": "make docs"} in workflow["jobs"]["docs"]["steps"]
    assert shutil.which("mkdocs", path=str(Path(sys.executable).parent))
