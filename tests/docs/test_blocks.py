"""Every block of code in the documents is of a known kind, and names only what is there."""

from __future__ import annotations

import ast
import csv
import io
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from tests.docs.blocks import (
    DATA,
    DOCUMENTS,
    FENCED,
    PROGRAMS,
    PROSE,
    REPOSITORY,
    SHELL,
    WORDS,
    Block,
    abbreviated,
    blocks,
    differences,
)
from tests.docs.commands import MAKEFILE, faults_of, words_of

from ser.config import PREFIX, Settings

BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
NOT_RUN = [block for block in BLOCKS if block.mark == "not run"]
# Each is a decision: run it instead, if it can be.
MOST_NOT_RUN = 36
NODE, NGINX, PROMTOOL = shutil.which("node"), shutil.which("nginx"), shutil.which("promtool")
# Commands in a line of text: a program, a word, and the rest.
INLINE = re.compile(r"`((?:\.venv/bin/)?(?:ser|make|python) [a-z./][^`\n]*)`")


def of_kind(*kinds: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind in kinds]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_its_kind_is_known(block: Block) -> None:
    assert block.kind in (*PROGRAMS, *DATA, *PROSE), f"```{block.kind} is no kind that a test reads"
    assert block.mark in ("", *WORDS)
    if block.mark == "not run":
        assert len(block.note) >= 20, "say what it needs"
        assert block.kind in (*PROGRAMS, *PROSE)
    if block.kind in PROSE:
        assert block.mark == "not run"
    if block.mark == "answers":
        assert block.kind in ("json", "jsonl")


def test_no_fence_is_left_open() -> None:
    for document in DOCUMENTS:
        assert re.search(r"^ *(```|~~~)", without_blocks(document), re.MULTILINE) is None, document


def test_what_is_not_run_is_an_exception() -> None:
    assert len(NOT_RUN) <= MOST_NOT_RUN, "\n".join(f"{block}: {block.note}" for block in NOT_RUN)
    assert len(NOT_RUN) < len(of_kind(*PROGRAMS)) / 2


@pytest.mark.parametrize("block", of_kind(*SHELL), ids=str)
def test_a_command_names_only_what_is_there(block: Block) -> None:
    assert block.commands, "a `console` has a `$` before each command"
    script = "".join(command for command, _ in block.commands)
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert [fault for words in words_of(script) for fault in faults_of(words)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_command_in_a_sentence_names_only_what_is_there(document: str) -> None:
    faults = {}
    for command in INLINE.findall(without_blocks(document)):
        # A sentence may name an option alone, and leave others out.
        words = [word for word in shlex_words(command) if word not in ("...", "[...]")]
        found = [each for each in faults_of(words) if not re.search(" needs | requires an argument", each)]
        faults |= {command: found} if found else {}
    assert faults == {}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_is_one(document: str) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", (REPOSITORY / document).read_text()))
    assert {name for name in named - known if name not in MAKEFILE} == set()


@pytest.mark.parametrize("block", of_kind("python"), ids=str)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", of_kind("js"), ids=str)
def test_javascript_is_javascript(block: Block, tmp_path: Path) -> None:
    assert NODE, "the page's tests need Node.js, too"
    program = tmp_path / "program.mjs"
    program.write_text(block.text)
    checked = subprocess.run([NODE, "--check", program], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("block", of_kind("json", "jsonl", "yaml", "toml", "ini", "csv"), ids=str)
def test_data_can_be_read(block: Block) -> None:
    match block.kind:
        case "json":
            assert abbreviated(block.text)
        case "jsonl":
            assert all(abbreviated(line) for line in block.text.splitlines())
        case "yaml":
            assert yaml.safe_load(block.text)
        case "toml":
            assert tomllib.loads(block.text)
        case "ini":
            assert all("=" in line or line.startswith(("[", "#")) for line in block.text.split("\n") if line)
        case "csv":
            head, *rows = csv.reader(io.StringIO(block.text))
            assert rows
            assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize("block", of_kind("nginx"), ids=str)
def test_nginx_takes_it(block: Block, tmp_path: Path) -> None:
    lines = [line.partition("#")[0].strip() for line in block.text.splitlines()]
    assert all(line.endswith((";", "{", "}")) for line in lines if line)
    if NGINX is None:
        pytest.skip("no nginx: tests/install-servers.sh installs it")
    logs = f"error_log {tmp_path}/error.log; pid {tmp_path}/pid;"
    server = f"http {{ access_log off; server {{ listen 127.0.0.1:1; {block.text} }} }}"
    (tmp_path / "nginx.conf").write_text(f"{logs}\nevents {{}}\n{server}\n")
    command = [NGINX, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("block", of_kind("promql"), ids=str)
def test_prometheus_takes_it(block: Block, tmp_path: Path) -> None:
    operate = (REPOSITORY / "docs" / "operate.md").read_text().replace(block.text, "")
    assert all(f"`{name}`" in operate for name in re.findall(r"\bser_\w+", block.text))
    if PROMTOOL is None:
        pytest.skip("no promtool: tests/install-servers.sh installs it")
    rules = {"groups": [{"name": "document", "rules": [{"alert": "Document", "expr": block.text}]}]}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    command = [PROMTOOL, "check", "rules", str(tmp_path / "rules.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "run by"], ids=str)
def test_the_test_that_runs_it_reads_its_document(block: Block) -> None:
    assert Path(block.document).name in (REPOSITORY / block.note).read_text()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "in"], ids=str)
def test_its_lines_stand_in_the_file_that_is_named(block: Block) -> None:
    lines = iter(map(plain, (REPOSITORY / block.note).read_text().splitlines()))
    for line in filter(None, map(plain, block.text.splitlines())):
        assert line in lines, f"{block.note} lacks this line, or has it earlier: {line}"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "outline of"], ids=str)
def test_its_classes_have_these_parts(block: Block) -> None:
    whole = {each.name: each for each in classes((REPOSITORY / block.note).read_text())}
    for shown in classes(block.text):
        real = whole[shown.name]
        for part in ("bases", "decorator_list"):
            assert [*map(ast.unparse, getattr(shown, part))] == [*map(ast.unparse, getattr(real, part))]
        assert parts(shown).keys() <= parts(real).keys()
        assert all(arguments <= parts(real)[name] for name, arguments in parts(shown).items())


def classes(code: str) -> list[ast.ClassDef]:
    """Return the classes of a module."""
    return [each for each in ast.parse(code).body if isinstance(each, ast.ClassDef)]


def parts(of: ast.ClassDef) -> dict[str, set[str]]:
    """Return the attributes and methods of a class, each with its arguments."""
    found: dict[str, set[str]] = {}
    for each in of.body:
        match each:
            case ast.FunctionDef():
                found[each.name] = {argument.arg for argument in (*each.args.args, *each.args.kwonlyargs)}
            case ast.Assign() | ast.AnnAssign():
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                found |= {ast.unparse(target): set() for target in targets}
    return found


def plain(line: str) -> str:
    """Return a line without indentation, comment and types, which a document may leave out."""
    code = re.sub(r"\s*#.*", "", line).strip()
    return "" if code == "..." else re.sub(r": Path| -> [\w\[\].]+(?=:$)", "", code)


def without_blocks(document: str) -> str:
    """Return the text of a document, with nothing where its blocks are."""
    return FENCED.sub("", (REPOSITORY / document).read_text())


def shlex_words(command: str) -> list[str]:
    """Return the words of a command of one line."""
    return [word for words in words_of(command) for word in words]


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("ser predict clip.wav --modle cremad-6", "No such option"),
        ("ser predikt clip.wav", "no command"),
        ("ser analyze clip.wav --format textgird", "textgird"),
        ("ser report", "needs"),
        ("ser report a b", "unexpected b"),
        ("ser models chek cremad-6", "unexpected"),
        ("make tset", "make has no"),
        ("sh deploy/nginx/selfsigned.sh", "there is no"),
        ("SER_PORT=1 taskset -c 0,1 python benchmarks/latency.py --warmup 3", "has no --warmup"),
        ("python -m ser.training.referenz model/cremad-6", "no module"),
        ("cd x && npm --prefix frontend run devv", "no script"),
        ("curl -F file=@tests/data/1049.webm localhost:5000/predict", "there is no tests/data/1049"),
    ],
)
def test_a_mistake_is_found(command: str, fault: str) -> None:
    assert fault in "\n".join(each for words in words_of(command) for each in faults_of(words))


@pytest.mark.parametrize(
    ("shown", "real", "faults"),
    [
        ('{"a": 1, "b": "x"}', {"a": 2.5, "b": "y"}, 0),
        ('{"a": 1}', {"a": 1, "b": 2}, 1),
        ('{"a": 1, ...}', {"a": 1, "b": 2}, 0),
        ('{"a": {...}, "b": [1, ...]}', {"a": {"c": 1}, "b": [1, 2]}, 0),
        ('{"a": [{"c": 1, ...}, ...], ...}', {"a": [{"d": 1}]}, 1),
        ('{"a": "..."}', {"a": 1}, 0),
        ('{"a": "x..."}', {"a": 1}, 1),
        ('{"a": true}', {"a": 1}, 1),
        ('{"a": null}', {"a": 1}, 0),
    ],
)
def test_answers_are_compared_by_their_form(shown: str, real: object, faults: int) -> None:
    assert len(differences(abbreviated(shown), real, values=False)) == faults


def test_answers_can_be_compared_by_their_values() -> None:
    assert differences({"a": 0.91, "b": "x"}, {"a": 0.92, "b": "x"}, values=True) == []
    assert len(differences({"a": 0.91, "b": "x"}, {"a": 0.5, "b": "y"}, values=True)) == 2
