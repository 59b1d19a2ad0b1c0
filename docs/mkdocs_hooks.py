"""What MkDocs does beside the usual: the documents are written to be read on a forge such as GitHub, too.

- Documents and files outside of `docs/` that a page links to become part of the site, under their own paths.
  The README is its first page.
- Headings get the anchors that GitHub gives them.
- A request in curl, Python and JavaScript, one block right after the other, becomes three tabs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

REPOSITORY = Path(__file__).resolve().parents[1]
TABS = {"sh": "curl", "console": "curl", "python": "Python", "js": "JavaScript"}

FENCED = re.compile(r"^( *)(```+).*?^\1\2$", re.DOTALL | re.MULTILINE)
# What is between brackets and a hash or a bracket, but for addresses of the web.
LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)\s#]+)(?=[)#])")
BLOCK = r"(?:<!--[^\n]*-->\n)?```{}\n(?:(?!```).*\n)*?```\n"
REQUEST = re.compile(
    "^" + r"\n".join(f"({BLOCK.format(kind)})" for kind in ("(?:sh|console)", "python", "js")), re.MULTILINE
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make anchors as GitHub does: of `a: --b` it makes `a---b`."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to, and what these link to in turn."""
    waiting = ["README.md", *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    known = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith("docs/"):
            files.append(File.generated(config, in_site(path), abs_src_path=str(REPOSITORY / path)))
        if path.endswith(".md"):
            linked = {resolved(path, target) for target in links((REPOSITORY / path).read_text())}
            found = {each for each in linked if (REPOSITORY / each).is_file()} - known
            waiting += sorted(found)
            known |= found
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Let links lead to where the linked files are in the site, and make tabs."""
    path = in_repository(page.file.src_uri)
    here = posixpath.dirname(page.file.src_uri)

    def moved(match: re.Match[str]) -> str:
        target = resolved(path, match[1])
        return posixpath.relpath(in_site(target), here) if (REPOSITORY / target).is_file() else match[1]

    return REQUEST.sub(tabs, outside_of_blocks(markdown, lambda text: LINK.sub(moved, text)))


def tabs(match: re.Match[str]) -> str:
    """Make tabs of three blocks."""
    blocks = [re.sub(r"\A<!--.*-->\n", "", block) for block in match.groups()]
    titles = [TABS[block.split("\n", 1)[0].strip("`")] for block in blocks]
    return "\n".join(
        f'=== "{title}"\n\n{indent(block, "    ")}' for title, block in zip(titles, blocks, strict=True)
    )


def links(markdown: str) -> list[str]:
    """Return the targets of links and pictures, without those of the web."""
    found: list[str] = []
    outside_of_blocks(markdown, lambda text: LINK.sub(lambda match: found.append(match[1]) or "", text))
    return found


def outside_of_blocks(markdown: str, change: Callable[[str], str]) -> str:
    """Change what is not code."""
    done, end = "", 0
    for block in FENCED.finditer(markdown):
        done += change(markdown[end : block.start()]) + block[0]
        end = block.end()
    return done + change(markdown[end:])


def resolved(path: str, target: str) -> str:
    """Return what a link in a document leads to, both from the repository's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def in_site(path: str) -> str:
    """Return where a file of the repository is among the site's sources."""
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


def in_repository(src_uri: str) -> str:
    """Return which file of the repository a source of the site is."""
    if src_uri == "index.md":
        return "README.md"
    return f"docs/{src_uri}" if (REPOSITORY / "docs" / src_uri).is_file() else src_uri
