"""`ser models`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser import text
from ser.config import Settings, load_settings
from ser.errors import ModelNotFound

if TYPE_CHECKING:
    from ser.models.store import Found, ModelDirectory

_HEAD = ("", "name", "task", "UAR", "speakers", "parameters", "on disk", "trained on", "answers")
_LEGEND = "* is the default. UAR: on so many speakers that were not in training; - where it was not measured."


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List the models, or check one."""
    if context.invoked_subcommand is not None:
        return
    from ser.models import store

    settings = load_settings()
    click.echo(_printable(_as_text(store.find_all(settings.model_dir, settings.model))))


@models.command()
@click.argument("model")
def check(model: str) -> None:
    """Check MODEL, a name or a directory, and say everything that is wrong with it.

    The exit status is 1 if something is wrong, 2 for wrong usage.
    """
    path = _directory(model, load_settings())
    from ser.models import checks

    found = checks.check(path)
    if found.faults:
        click.echo(_printable("\n".join([f"'{path}' cannot be relied on:", *found.faults])))
        sys.exit(1)
    compared = {
        True: ", and the Keras file gives the same answers",
        False: "; the Keras file was not run, as Keras is not installed (`make train-deps`)",
        None: "",
    }
    click.echo(_printable(f"'{path}' is in order{compared[found.keras_compared]}."))


def _directory(model: str, settings: Settings) -> Path:
    """Return the directory of a name or a path; it may hold no manifest, which is a fault to be told.

    Raises:
        ModelNotFound: there is no such directory.
    """
    from ser.models import store

    try:
        return store.locate(model, settings.model_dir)
    except ModelNotFound:
        for path in (Path(model), settings.model_dir / model):
            if os.path.isdir(path):  # noqa: PTH112  (a Path's may raise)
                return path
        raise


def _as_text(found: Found) -> str:
    """Return a table of the models, and below it what does not fit into it."""
    rows = [_row(name, each, is_default=name == found.default) for name, each in found.directories.items()]
    parts = [text.aligned([_HEAD, *rows]), "\n".join([_LEGEND, *_shared(found)])] if rows else []
    licences: dict[str, list[str]] = {}
    for name, each in found.directories.items():
        licences.setdefault(each.manifest.licence or "not stated", []).append(name)
    if licences:
        lines = (f"  {', '.join(names)}: {licence}" for licence, names in licences.items())
        parts.append("\n".join(["Licences of the weights", *lines]))
    if found.faulty:
        lines = (f"  {name}: {error}" for name, error in found.faulty.items())
        parts.append("\n".join(["Not usable; `ser models check NAME` says all that is wrong", *lines]))
    return "\n\n".join(parts)


def _shared(found: Found) -> list[str]:
    owners = {name: each.manifest.weights_of for name, each in found.directories.items()}
    return [f"{name} uses the network of {owner}." for name, owner in owners.items() if owner]


def _row(name: str, directory: ModelDirectory, *, is_default: bool) -> tuple[str, ...]:
    manifest = directory.manifest
    uar, size_bytes = manifest.unseen_uar, directory.size_bytes
    return (
        "*" if is_default else "",
        name,
        manifest.task,
        "-" if uar is None else f"{uar:.3f}",
        str(len(manifest.unseen_speakers) or "-"),
        f"{manifest.parameters:,}",
        "-" if size_bytes is None else f"{size_bytes / 1e6:.1f} MB",
        ", ".join([manifest.corpus.title, *(each.corpus.title for each in manifest.also_trained_on)]),
        ", ".join(manifest.labels),
    )


def _printable(text: str) -> str:
    """Return text without what could steer a terminal: names and manifests may come from anybody."""
    return "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
