"""Which family a command that trains is to use, and with how many epochs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ser.cli.common import find_model
from ser.config import load_settings
from ser.errors import ModelNotFound
from ser.training import progress
from ser.training.families.registry import FAMILIES

if TYPE_CHECKING:
    from ser.training.families.fine_tuned import FineTuned
    from ser.training.family import Family

# The model that is trained further by default, and what `--from` takes for a new network instead.
DEFAULT_START = "cremad-6"
NO_START = "none"


def family_with(name: str, epochs: int | None) -> Family[Any]:
    """Return a family with so many epochs, or as many as it has by default."""
    family: Family[Any] = FAMILIES.get(name)()
    if epochs is None:
        return family
    if not hasattr(family.settings, "epochs"):
        raise click.UsageError(f"--epochs: models of the family '{name}' have none.")
    return FAMILIES.get(name)(replace(family.settings, epochs=epochs))


def chosen_family(name: str, start: str | None, epochs: int | None) -> Family[Any]:
    """Return the family that trains the model `start` further; one that trains a new network without it."""
    if start is None or start == NO_START:
        return family_with(name, epochs)
    return fine_tuned(start, name, epochs)


def default_fine_tuned(family_name: str, epochs: int | None) -> FineTuned | None:
    """Return the family that trains the default model further; None where there is no such model."""
    if family_name != "hybrid":
        return None
    try:
        return fine_tuned(DEFAULT_START, family_name, epochs)
    except ModelNotFound:
        progress.tell(f"There is no {DEFAULT_START} to train further, so a new network is trained")
        return None


def fine_tuned(start: str, family_name: str, epochs: int | None) -> FineTuned:
    """Return the family that trains a shipped model further.

    Raises:
        ModelError: there is no such model, or it is none of the shipped kind.
    """
    if family_name != "hybrid":
        raise click.UsageError(f"--from: models of the family '{family_name}' are always trained anew.")
    from ser.training.families.fine_tuned import FineTuned
    from ser.training.families.start import Start

    family = FineTuned(Start.of(find_model(start, load_settings())))
    return family if epochs is None else FineTuned(family.start, replace(family.settings, epochs=epochs))
