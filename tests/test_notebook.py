"""The notebook: shown with its outputs, the same as its script, and it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[1] / "notebook"
NOTEBOOK = FOLDER / "Speech_Emotion_Recognition.ipynb"
SCRIPT = FOLDER / "speech_emotion_recognition.py"


@pytest.fixture(scope="module")
def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_the_notebook_is_its_script(notebook: NotebookNode) -> None:
    assert sources(notebook) == sources(jupytext.read(SCRIPT)), "run `make notebook`"


def test_the_notebook_is_shown_with_its_outputs(notebook: NotebookNode) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    shown = outputs(notebook)
    assert not [output for output in shown if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 4
    assert any("<audio" in output.get("data", {}).get("text/html", "") for output in shown)


def test_the_notebook_is_small_and_holds_no_local_path(notebook: NotebookNode) -> None:
    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))
    content = NOTEBOOK.read_text()
    assert len(content) < 1_000_000
    shown = [cell.source for cell in notebook.cells]
    shown += [
        str(output.get("text", output.get("data", {}).get("text/plain"))) for output in outputs(notebook)
    ]
    # A path from the root, two folders deep or more, and no address.
    assert not re.findall(r"(?<![\w:/.<\\])/[A-Za-z]\w*/[\w.-]+", "\n".join(shown))
    assert str(FOLDER.parent) not in content


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "execute.py", "--out", tmp_path / "new.ipynb"], check=True)
    fresh = nbformat.read(tmp_path / "new.ipynb", as_version=4)
    assert sources(fresh) == sources(jupytext.read(SCRIPT))
    text = "".join(output.get("text", "") for output in outputs(fresh))
    for expected in ("NoSpeech: ", "is in train and in dev", "UAR 0.", "normalised with their own", "200 OK"):
        assert expected in text
