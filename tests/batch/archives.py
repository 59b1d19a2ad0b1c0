"""Small archives, batches of them as a user runs them, and what these wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from clips import CLIPS
from ser.batch.tables import TABLES
from ser.cli.main import main

SER = Path(sys.executable).with_name("ser")
# Decoding may take long: processor time counts more on a busy machine.
SETTINGS = {"SER_MAX_DECODING_S": "60"}


def archive(folder: Path, *, copies: int = 1) -> Path:
    """Copy our clips into folders, one for each emotion."""
    for copy in range(copies):
        for clip in CLIPS:
            place = folder / clip.emotion / f"{copy}"
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(clip.path, place)
    return folder


def batch(*args: object, **settings: str) -> Result:
    """Run `ser batch` in this process; its workers are processes of their own."""
    return CliRunner().invoke(main, ["batch", *map(str, args)], env=SETTINGS | settings)


def started(*args: object, log: Path, program: str = "", **environment: str) -> psutil.Popen:
    """Begin `ser batch` as a process of its own, or a Python program that runs it."""
    command = [sys.executable, "-c", program] if program else [SER]
    with log.open("w") as output:
        return psutil.Popen(
            [*command, "batch", *args],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | SETTINGS | environment,
            start_new_session=True,
        )


def workers(run: psutil.Popen) -> list[psutil.Process]:
    """Return the worker processes of a run, without loky's tracker of resources."""
    return [child for child in run.children() if "popen_loky_posix" in " ".join(child.cmdline())]


def rows(out: Path, table: str) -> list[dict[str, object]]:
    """Return the rows of a table, in the order of the parts."""
    paths = sorted((out / table).glob("*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def contents(out: Path) -> dict[str, bytes]:
    """Return the files of all tables."""
    found = [path for name in TABLES for path in (out / name).iterdir()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def names(out: Path, table: str = "files") -> list[str]:
    """Return the names of the recordings in a table."""
    return [str(row["path"]).rpartition("/")[2] for row in rows(out, table)]


# Ends the process that opens a file of this name, each time.
_POISON = """
import os, sys
def end(event, args):
    if event == "open" and str(args[0]).endswith("poison.webm"):
        os.kill(os.getpid(), 9)
sys.addaudithook(end)
"""


def poison(folder: Path) -> Path:
    """Return a folder for PYTHONPATH: who opens `poison.webm` is killed, as by lack of memory."""
    place = folder / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_POISON)
    return place
