"""docs/batch.md: failures can be tried again as it says, and its tables are those that are written.

`tests/docs` runs its programs.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.batch.archives import SETTINGS, batch, rows

from ser.batch.options import Options
from ser.batch.tables import TABLES, Schemas
from ser.cli.main import main
from ser.config import Settings
from ser.errors import AudioError

DOCUMENT = Path(__file__).parents[2] / "docs" / "batch.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page's commands to get started were run."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(clips_folder, folder / "recordings")
    (folder / "recordings" / "bad.wav").write_text("no sound")
    kind, commands = BLOCK.findall(DOCUMENT.read_text())[1]
    assert kind == "sh"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in commands.splitlines():
            program, *args = shlex.split(command)
            if program == "ser":
                result = CliRunner().invoke(main, args, env=SETTINGS)
                assert result.exit_code == 0, result.output
    return folder


def test_failures_can_be_tried_again(folder: Path) -> None:
    (program,) = [code for _, code in BLOCK.findall(DOCUMENT.read_text()) if "again.csv" in code]
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    result = batch(folder / "again.csv", "--out", folder / "again", "--jobs", 1)
    assert result.exit_code == 1
    before, after = rows(folder / "results", "failures"), rows(folder / "again", "failures")
    assert [row["id"] for row in after] == [row["id"] for row in before]


def test_every_fault_of_a_recording_is_listed() -> None:
    section = DOCUMENT.read_text().partition("\n## Failures\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)[1:]
    # Silence and a short clip are results of an analysis; a baseline is of a client.
    of_audio = {each.code for each in AudioError.__subclasses__()} - {
        "no_speech",
        "too_short",
        "baseline_too_short",
    }
    assert sorted(listed) == sorted(of_audio | {"too_large", "unreadable", "worker_died", "internal_error"})


@pytest.mark.parametrize("table", TABLES)
def test_the_columns_are_those_that_are_written(table: str) -> None:
    options = Options.of(Settings(), model=None, own_baseline=True, prior=None, voices_by=None)
    section = DOCUMENT.read_text().split(f"\n`{table}/`:\n")[1].partition("\n\n`")[0]
    listed = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section.partition("\n## ")[0], re.MULTILINE)
    expected = {}
    for field in Schemas.of(options)[table]:
        name = field.name
        for label in options.facts.labels:
            name = name.replace(f"_{label}", "_<emotion>")
        expected[name] = "list of structs" if name == "voices" else str(field.type)
    assert listed == list(expected.items())
