"""Runs the notebook's script and writes the notebook with its outputs."""

from __future__ import annotations

import argparse
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "speech_emotion_recognition.py"
NOTEBOOK = FOLDER / "Speech_Emotion_Recognition.ipynb"


def execute(out: Path, *, timeout_s: int = 1800) -> None:
    """Run the script as a notebook, and write it once every cell has run.

    What came on standard error (progress, TensorFlow's start) is left out, and so is when it ran.

    Args:
        out: the notebook to write.
        timeout_s: a cell that takes longer fails.
    """
    notebook = jupytext.read(SCRIPT)
    NotebookClient(
        notebook,
        timeout=timeout_s,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": FOLDER}},
    ).execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    nbformat.write(notebook, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=NOTEBOOK, help="default: %(default)s")
    execute(parser.parse_args().out)
