"""The fenced blocks of the documents, and what a comment before one says of it.

<!-- not run: REASON -->             nothing here can run it; what it names is still looked up
<!-- run by tests/.../test_x.py -->  that test takes it out of the document, and runs it
<!-- in tests/.../x.py -->           its lines stand in that file, in this order
<!-- outline of tests/.../x.py --> its classes have these bases, attributes and methods there
<!-- answers: COMMAND -->            it shows what this command answers
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
# Model cards are written by `ser train`, and their commands are those that made them.
DOCUMENTS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/*.md", "frontend/packages/*/README.md", "tests/data/README.md")
    for path in REPOSITORY.glob(pattern)
)
SHELL = ("sh", "console")
PROGRAMS = (*SHELL, "python", "js", "cpp")
DATA = ("json", "jsonl", "yaml", "toml", "ini", "csv", "nginx", "promql")
# Words for people; needs a reason as what is not run does.
PROSE = ("text",)

FENCED = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<kind>[^\n]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
COMMENT = re.compile(r"<!-- (not run: |run by |in |outline of |answers: )([^\n]+?) -->\n *\Z")
WORDS = ("not run", "run by", "in", "outline of", "answers")
ELLIPSIS = "..."


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        document: its path in the repository.
        line: of its fence, from 1.
        kind: the word after the fence.
        text: without indentation.
        mark: the first words of the comment before it; empty without one.
        note: what the comment says.
        follows: whether nothing is between the block before and this one, but empty lines.
    """

    document: str
    line: int
    kind: str
    text: str
    mark: str
    note: str
    follows: bool

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.document}:{self.line}"

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Return each command of a `console` with what it shows, or all of an `sh` with nothing."""
        if self.kind == "sh":
            return [(self.text, "")]
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        found = [re.fullmatch(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", part) for part in parts]
        return [(match[1], match[2]) for match in found if match]


def blocks(document: str) -> list[Block]:
    """Return the blocks of a document, in their order."""
    text = (REPOSITORY / document).read_text()
    found = []
    end = 0
    for match in FENCED.finditer(text):
        before = text[: match.start()]
        comment = COMMENT.search(before)
        indent = len(match["indent"])
        found.append(
            Block(
                document=document,
                line=before.count("\n") + 1,
                kind=match["kind"].strip(),
                text="".join(line[indent:] for line in match["text"].splitlines(keepends=True)),
                mark=comment[1].rstrip(": ") if comment else "",
                note=comment[2] if comment else "",
                follows=bool(found) and not (comment or text[end : match.start()].strip()),
            )
        )
        end = match.end()
    return found


def shown_answers(known: list[Block]) -> dict[Block, Block]:
    """Return for an `sh` the JSON after it, which shows what its last command answers.

    The same request in other languages may stand between both.
    """
    asked: dict[Block, Block] = {}
    last: Block | None = None
    for block in known:
        if block.kind == "sh":
            last = block
        elif not block.follows:
            last = None
        elif last and block.kind == "json":
            asked[last], last = block, None
    return asked


def abbreviated(text: str) -> Any:
    """Read JSON that leaves things out: `{...}`, `{"a": 1, ...}`, `[1, ...]`.

    What is left out is the key or the element "...".
    """
    whole, inside, last = "", [], ""
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|\.\.\.|\s+|.', text, re.DOTALL):
        if token == ELLIPSIS:
            token = f'"{ELLIPSIS}"' + (": null" if inside[-1] == "{" and last in "{," else "")
        elif token in "{[":
            inside.append(token)
        elif token in "}]":
            inside.pop()
        whole += token
        last = token.strip() or last
    return json.loads(whole)


def differences(shown: Any, real: Any, *, values: bool, place: str = "answer") -> list[str]:
    """Return how an answer differs from what a document shows.

    Args:
        shown: as `abbreviated` returns it.
        real: what came.
        values: whether numbers and words are to be as shown, too.
        place: what both are, for the messages.
    """
    if shown == ELLIPSIS:
        return []
    if isinstance(shown, dict) and isinstance(real, dict):
        keys = set(shown) - {ELLIPSIS}
        extra = set() if ELLIPSIS in shown else set(real) - keys
        return [
            *(f"{place} has no {key}" for key in sorted(keys - set(real))),
            *(f"{place} also has {key}" for key in sorted(extra)),
            *(
                fault
                for key in sorted(keys & set(real))
                for fault in differences(shown[key], real[key], values=values, place=f"{place}.{key}")
            ),
        ]
    if isinstance(shown, list) and isinstance(real, list):
        wanted = [each for each in shown if each != ELLIPSIS]
        if wanted and not real:
            return [f"{place} is empty"]
        return [
            fault
            for number, each in enumerate(wanted)
            for fault in differences(
                each, real[min(number, len(real) - 1)], values=values, place=f"{place}[{number}]"
            )
        ]
    return _different_values(shown, real, values=values, place=place)


def _different_values(shown: Any, real: Any, *, values: bool, place: str) -> list[str]:
    kinds = [
        "number" if isinstance(each, int | float) and not isinstance(each, bool) else type(each).__name__
        for each in (shown, real)
    ]
    # Null is possible where a value is, and other recordings may have it.
    if kinds[0] != kinds[1] and (values or "NoneType" not in kinds):
        return [f"{place} is {real!r}, not {shown!r}"]
    if not values or place.endswith(("timestamp", "baseline")):
        return []
    # Processors differ in the last decimals.
    same = abs(shown - real) <= 0.02 * max(1, abs(real)) if kinds[0] == "number" else shown == real
    return [] if same else [f"{place} is {real!r}, not {shown!r}"]
