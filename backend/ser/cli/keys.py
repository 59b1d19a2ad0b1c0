"""`ser keys`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ser import text
from ser.config import load_settings
from ser.errors import ConfigError

_FILE_OPTION = click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the keys (SER_API_KEYS).",
)


@click.group()
def keys() -> None:
    """Make, list and revoke the keys of those who may use the server."""


@keys.command()
@click.argument("name")
@_FILE_OPTION
def add(name: str, file: Path | None) -> None:
    """Make a key for NAME, and print it: it is shown only this once."""
    made = _of_keys().add(_file(file), name)
    click.echo("Only its hash is kept: note the key now.", err=True)
    click.echo(made)


@keys.command(name="list")
@_FILE_OPTION
def list_(file: Path | None) -> None:
    """List the names of the keys, and when each was made."""
    rows = [(key.name, key.made) for key in _of_keys().read(_file(file))]
    click.echo(text.aligned([("name", "made"), *rows]) if rows else "There are no keys: nobody is let in.")


@keys.command()
@click.argument("name")
@_FILE_OPTION
def revoke(name: str, file: Path | None) -> None:
    """Remove the key of NAME: a running server refuses it from its next request on."""
    _of_keys().revoke(_file(file), name)
    click.echo(f"The key '{name}' is revoked.", err=True)


def _of_keys() -> Any:
    from ser.api.access import keys as of_keys

    return of_keys


def _file(given: Path | None) -> Path:
    """Return the file that is meant.

    Raises:
        ConfigError: none is.
    """
    found = given or load_settings().api_keys
    if found is None:
        raise ConfigError("Which file? Give --file FILE, or set SER_API_KEYS.")
    return found
