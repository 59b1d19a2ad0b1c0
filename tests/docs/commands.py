"""Commands of documents, looked up and not run: programs, options, files and settings that they name."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path

import click
from tests.docs.blocks import REPOSITORY

from ser.cli.main import main

# What stands between commands of one line.
BETWEEN = {"&&", "||", ";", "|", "&"}
WRAPPERS = {"time", "exec", "sudo", "env"}
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, re.MULTILINE))
SCRIPTS = json.loads((REPOSITORY / "frontend" / "package.json").read_text())["scripts"]
# A path of the repository: everything in these folders is there, but for what is made.
OURS = re.compile(
    r"(?:backend|benchmarks|deploy|docs|frontend|model|notebook|tests)/[\w./-]+|constraints\.txt"
)
MADE = re.compile(r"deploy/nginx/certs/|deploy/prometheus/secrets/|deploy/\.env|frontend/dist")


def words_of(script: str) -> list[list[str]]:
    """Return the words of each command of a script, without comments."""
    found: list[list[str]] = []
    rest = ""
    for line in script.replace("\\\n", " ").splitlines():
        rest += line + "\n"
        lexer = shlex.shlex(rest, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:
            # A quotation goes on in the next line.
            continue
        rest = ""
        command: list[str] = []
        for word in [*words, ";"]:
            if word in BETWEEN:
                found += [command] if command else []
                command = []
            else:
                command.append(word)
    assert not rest, f"a quotation does not end: {rest}"
    return found


def faults_of(words: list[str]) -> list[str]:
    """Return what is wrong with a command: what it names, and is not there."""
    words = _without_wrappers(words)
    if not words:
        return []
    files = {name for word in words for name in OURS.findall(word) if _stands_alone(name, word)}
    faults = [f"there is no {name}" for name in sorted(files) if not _is_there(name)]
    program, arguments = Path(words[0]).name, words[1:]
    if program == "ser":
        faults += _ser(arguments)
    elif program == "make":
        faults += [f"make has no {each}" for each in _targets(arguments) if each not in TARGETS]
    elif program in ("python", "python3") and arguments:
        faults += _python(arguments)
    elif program == "npm" and "run" in arguments:
        name = next(word for word in arguments[arguments.index("run") + 1 :] if not word.startswith("-"))
        faults += [] if name in SCRIPTS else [f"frontend/package.json has no script {name}"]
    return faults


def _without_wrappers(words: list[str]) -> list[str]:
    while words:
        if words[0] in WRAPPERS or re.match(r"\w+=", words[0]):
            words = words[1:]
        elif words[0] == "taskset":
            words = words[3:]
        else:
            break
    return words


def _stands_alone(name: str, word: str) -> bool:
    """Return whether a path begins in the repository's folder, not in another one."""
    before = word[: word.index(name)]
    return not before or before[-1] in "@=<:,'\""


def _is_there(name: str) -> bool:
    return bool(MADE.match(name)) or (REPOSITORY / name).exists()


def _targets(arguments: list[str]) -> list[str]:
    return [word for word in arguments if not word.startswith("-") and "=" not in word]


def _python(arguments: list[str]) -> list[str]:
    if arguments[0] == "-m":
        module = arguments[1]
        found = importlib.util.find_spec(module)
        if found is None:
            return [f"there is no module {module}"]
        source = Path(found.origin or "") if module.startswith("ser.") else None
    else:
        source = REPOSITORY / arguments[0] if arguments[0].endswith(".py") else None
    if source is None or not source.is_file():
        # What other modules take, they say themselves. A missing script is a missing file.
        return []
    text = source.read_text()
    if "ser.cli.common" in text:
        text += (REPOSITORY / "backend" / "ser" / "cli" / "common.py").read_text()
    options = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    return [f"{source.name} has no {each}" for each in options if f'"{each}"' not in text]


def _ser(arguments: list[str]) -> list[str]:
    command: click.Command = main
    context = click.Context(main, info_name="ser")
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        known = command.get_command(context, arguments[0])
        if known is None:
            if command is not main:
                break
            return [f"ser has no command {arguments[0]}"]
        context = click.Context(known, parent=context, info_name=arguments[0])
        command, arguments = known, arguments[1:]
    if "--help" in arguments:
        return []
    try:
        given, left, _ = command.make_parser(context).parse_args(list(arguments))
    except click.UsageError as error:
        return [error.format_message()]
    faults = [f"unexpected {word}" for word in left]
    for option in command.params:
        value = given.get(str(option.name))
        # Click has a value of its own for what is not given.
        absent = not isinstance(value, str | bool | list | tuple) or not value
        if option.required and absent:
            faults.append(f"{context.command_path} needs {option.opts[0]}")
        if isinstance(option.type, click.Choice) and isinstance(value, str) and not value.isupper():
            try:
                option.type.convert(value, option, context)
            except click.UsageError as error:
                faults.append(error.format_message())
    return faults
