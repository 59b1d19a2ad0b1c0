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
    from ser.training.family import Family

# The model that is trained further by default, and what `--from` takes for a new network instead.
DEFAULT_START = "cremad-6"
NO_START = "none"

UNFREEZE_OPTION = click.option(
    "--unfreeze",
    is_flag=True,
    help="With --from: train all layers further, step by step, instead of fitting a new last layer.",
)


def family_with(name: str, epochs: int | None) -> Family[Any]:
    """Return a family with so many epochs, or as many as it has by default."""
    family: Family[Any] = FAMILIES.get(name)()
    if epochs is None:
        return family
    if not hasattr(family.settings, "epochs"):
        raise click.UsageError(f"--epochs: models of the family '{name}' have none.")
    return FAMILIES.get(name)(replace(family.settings, epochs=epochs))


def chosen_family(name: str, start: str | None, epochs: int | None, *, unfreeze: bool = False) -> Family[Any]:
    """Return the family that trains the model `start` further; one that trains a new network without it."""
    if start is not None and start != NO_START:
        return trained_further(start, name, epochs, unfreeze=unfreeze)
    if unfreeze:
        raise click.UsageError("--unfreeze: --from names the model whose layers are trained further.")
    return family_with(name, epochs)


def default_for_few_speakers(family_name: str) -> Family[Any] | None:
    """Return the family that trains the default model further; None where there is no such model."""
    if family_name != "hybrid":
        return None
    try:
        return trained_further(DEFAULT_START, family_name)
    except ModelNotFound:
        progress.tell(f"There is no {DEFAULT_START} to train further, so a new network is trained")
        return None


def trained_further(
    start: str, family_name: str, epochs: int | None = None, *, unfreeze: bool = False
) -> Family[Any]:
    """Return the family that trains a shipped model further.

    Args:
        start: its name.
        family_name: of the family that would train a new network.
        epochs: where all layers are trained; None takes as many as there are by default.
        unfreeze: whether all layers are trained, step by step; else a new last layer is fitted.

    Raises:
        ModelError: there is no such model, or it is none of the shipped kind.
    """
    if family_name != "hybrid":
        raise click.UsageError(f"--from: models of the family '{family_name}' are always trained anew.")
    if epochs is not None and not unfreeze:
        raise click.UsageError("--epochs: a new last layer is fitted without; --unfreeze trains all layers.")
    from ser.training.families.fine_tuned import FineTuned
    from ser.training.families.last_layer import LastLayer
    from ser.training.families.start import Start

    begun = Start.of(find_model(start, load_settings()))
    if not unfreeze:
        return LastLayer(begun)
    family = FineTuned(begun)
    return family if epochs is None else FineTuned(begun, replace(family.settings, epochs=epochs))
