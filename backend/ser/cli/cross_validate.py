"""`ser cross-validate`."""

from __future__ import annotations

from pathlib import Path

import click

from ser.cli.common import (
    CACHE_OPTION,
    CORPUS_OPTION,
    DATA_OPTION,
    EMOTIONS_OPTION,
    FOLDER,
    find_model,
    further_corpora,
)
from ser.cli.families import UNFREEZE_OPTION, chosen_family
from ser.config import load_settings
from ser.training.families.registry import FAMILIES


@click.command()
@CORPUS_OPTION
@DATA_OPTION
@click.option(
    "--also",
    multiple=True,
    metavar="NAME=FOLDER",
    callback=further_corpora,
    help="A further corpus that every model is trained on; may be given several times.",
)
@click.option(
    "--family",
    "family_name",
    default="hybrid",
    show_default=True,
    type=click.Choice(list(FAMILIES)),
    help="Family of the models.",
)
@EMOTIONS_OPTION
@click.option("--from", "start", metavar="MODEL", help="hybrid: the model that each is trained further from.")
@UNFREEZE_OPTION
@click.option("--noise", type=FOLDER, help="Recorded noises, for simulated recording conditions.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2), help="Number of models.")
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs.")
@click.option("--seed", default=0, show_default=True, help="Seed of the folds and of everything random.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="JSON file to write.")
@click.option(
    "--model",
    help="A model that was trained in the same way: the scores go into its card, and into those of models "
    "that use its network.",
)
@CACHE_OPTION
def cross_validate(
    corpus: str,
    data: Path,
    also: dict[str, Path],
    family_name: str,
    emotions: tuple[str, ...] | None,
    start: str | None,
    unfreeze: bool,
    noise: Path | None,
    folds: int,
    epochs: int | None,
    seed: int,
    out: Path | None,
    model: str | None,
    cache: Path,
) -> None:
    """Score every speaker of a corpus with a model that was not trained on that speaker."""
    if out is not None and not out.parent.is_dir():
        raise click.UsageError(f"--out: there is no folder '{out.parent}'.")
    shown_by = None if model is None else find_model(model, load_settings())
    from ser.training import cross_validation, writer

    found = cross_validation.cross_validate(
        chosen_family(family_name, start, epochs, unfreeze=unfreeze),
        corpus=corpus,
        data=data,
        emotions=emotions,
        also=also,
        noise=noise,
        folds=folds,
        seed=seed,
        cache=cache,
        of_model=None if shown_by is None else shown_by.manifest,
    )
    click.echo(found.as_text())
    if out is not None:
        out.write_text(found.model_dump_json(indent=2) + "\n")
    if shown_by is not None:
        names = ", ".join(writer.show_cross_validation(found, shown_by))
        click.echo(f"\nWritten into model.json and MODEL_CARD.md of {names}")
