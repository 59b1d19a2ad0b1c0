"""What the documents tell people to run is run: against a real server, in a folder with recordings."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.docs.blocks import (
    DOCUMENTS,
    PROGRAMS,
    REPOSITORY,
    Block,
    abbreviated,
    blocks,
    differences,
    shown_answers,
)
from tests.docs.commands import words_of

from clips import CLIPS, NEUTRAL_CLIP, sound_file, transcode
from ser.audio.decode import decode
from server import Server, with_ser_on_the_path

pytestmark = pytest.mark.slow

# What a reader has of the checkout. Nothing that is run writes into it.
OURS = ("constraints.txt", "deploy", "frontend", "model", "tests")
# What installs, starts or trains something: a block with such a command says that it is not run.
NOT_HERE = {"apt-get", "certbot", "dask", "docker", "git", "kubectl", "make", "npm", "pip", "systemctl"}
NOT_HERE_OF_SER = {"compare", "cross-validate", "evaluate", "serve", "train"}
SERVER = re.compile(r"(?:localhost|127\.0\.0\.1):5000")


def runs(block: Block) -> bool:
    """Return whether a block is run here."""
    return (block.kind in PROGRAMS and not block.mark) or block.mark == "answers"


TO_RUN = {document: found for document in DOCUMENTS if (found := [*filter(runs, blocks(document))])}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "log")
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What documents call your own files, under the names that they give them."""
    folder = tmp_path_factory.mktemp("recordings")
    voices = [decode(clip.path) for clip in CLIPS]
    pause = np.zeros(8_000, np.float32)
    call = np.concatenate([part for voice in voices[:4] for part in (voice, pause)])
    (folder / "ordinary.wav").write_bytes(sound_file(np.concatenate([decode(NEUTRAL_CLIP), *voices[:3]])))
    (folder / "call.mp3").write_bytes(transcode(call, "mp3"))
    (folder / "call.wav").write_bytes(sound_file(np.stack([call, np.roll(call, 40_000)], axis=1)))
    for name in ("clip.wav", "some.wav", "hour.wav"):
        (folder / name).write_bytes(sound_file(voices[1]))
    shutil.copy(CLIPS[2].path, folder / "clip.webm")
    (folder / "silence.wav").write_bytes(sound_file(np.zeros(32_000, np.float32)))
    (folder / "speech.raw").write_bytes(np.round(voices[1] * 32_767).astype("<i2").tobytes())
    archive = folder / "recordings"
    for clip in CLIPS[:4]:
        (archive / clip.emotion).mkdir(parents=True, exist_ok=True)
        shutil.copy(clip.path, archive / clip.emotion)
    (archive / "damaged.wav").write_text("no sound")
    return folder


class Reader:
    """Does what a document says, from its first block to its last.

    Args:
        folder: an empty one, to work in.
        recordings: copied into it.
        server: what stands for the one of `make run`.
    """

    def __init__(self, folder: Path, recordings: Path, server: Server) -> None:
        self.folder = folder
        self._address = f"127.0.0.1:{server.port}"
        shutil.copytree(recordings, folder, dirs_exist_ok=True)
        for name in OURS:
            (folder / name).symlink_to(REPOSITORY / name)
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        # curl's own status is 0 also for an error of the server.
        (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        self._environment = with_ser_on_the_path() | {
            "CURL_HOME": str(folder),
            "SER_MAX_DECODING_S": "60",
            # Node.js 20 has no WebSocket otherwise.
            "NODE_OPTIONS": "--experimental-websocket --no-warnings",
        }

    def run(self, kind: str, code: str, *, may_fail: bool = False) -> str:
        """Run code of a kind, and return what it prints."""
        if kind == "sh":
            for words in words_of(code):
                program = Path(words[0]).name
                unfit = program in NOT_HERE or (program == "ser" and words[1] in NOT_HERE_OF_SER)
                assert not unfit, f"mark it as `not run`, and say why: {' '.join(words)}"
        code = SERVER.sub(self._address, code)
        if kind == "js":
            (self.folder / "program.mjs").write_text(code)
        command = {
            "python": [sys.executable, "-c", code],
            "js": ["node", "program.mjs"],
            "sh": ["bash", "-euo", "pipefail", "-c", code],
        }[kind]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert may_fail or done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.mark.parametrize("document", TO_RUN)
def test_its_blocks_run_and_answer_as_shown(
    document: str, tmp_path: Path, recordings: Path, server: Server
) -> None:
    reader = Reader(tmp_path, recordings, server)
    answers = shown_answers(blocks(document))
    faults: list[str] = []
    for block in TO_RUN[document]:
        if block.mark == "answers":
            faults += compare(block, block.note, block.text, reader.run("sh", block.note))
        elif block.kind == "console":
            for command, shown in block.commands:
                said = reader.run("sh", command, may_fail='"error"' in shown)
                faults += compare(block, command, shown, said) if shown.strip() else []
        elif block in answers:
            *others, last = statements(block.text)
            reader.run("sh", "\n".join(others))
            faults += compare(answers[block], last, answers[block].text, reader.run("sh", last))
        else:
            said = reader.run(block.kind, block.text)
            if not said.strip() and block.kind != "sh" and "write" not in block.text:
                faults.append(f"{block} prints nothing")
    assert faults == []


def statements(script: str) -> list[str]:
    """Return the commands of a script, each of which ends with its line."""
    return re.findall(r"(?:.*\\\n)*.+", script)


def compare(block: Block, command: str, shown: str, said: str) -> list[str]:
    """Return how what a command said differs from what is shown of it: numbers of our own clips, too."""
    values = block.mark != "answers" and not re.search(r"@(?!tests/data)|<", command)
    try:
        wanted = abbreviated(shown)
    except json.JSONDecodeError:
        if block.kind == "jsonl":
            return compare_lines(block, shown, said)
        pattern = re.sub(r"\d+(\\\.\d+)?", r"[\\d.]+", re.escape(shown.strip()))
        pattern = pattern.replace(re.escape("..."), ".*")
        same = re.fullmatch(pattern, said.strip(), re.DOTALL)
        return [] if same else [f"{block}: it says\n{said}"]
    found = differences(wanted, json.loads(said), values=values)
    return [f"{block}: {fault}" for fault in found]


def compare_lines(block: Block, shown: str, said: str) -> list[str]:
    """Hold each line to the first one of its type."""
    lines = [json.loads(line) for line in said.splitlines()]
    first = {line["type"]: line for line in reversed(lines)}
    order = [line["type"] for line in lines]
    faults = []
    for line in map(abbreviated, shown.splitlines()):
        found = differences(line, first[line["type"]], values=False)
        faults += [f"{block}: {line['type']}: {fault}" for fault in found]
    turns = [order.index(abbreviated(line)["type"]) for line in shown.splitlines()]
    return faults if turns == sorted(turns) else [*faults, f"{block}: the order is {order}"]


def test_nothing_was_written_into_the_checkout(tmp_path: Path, recordings: Path, server: Server) -> None:
    """What a reader has of it is linked: this names what would be found there."""
    reader = Reader(tmp_path, recordings, server)
    assert {path.name for path in tmp_path.iterdir() if path.is_symlink()} == set(OURS)
    assert reader.run("sh", "pwd").strip() == os.path.realpath(tmp_path)
