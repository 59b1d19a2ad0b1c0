"""`ser cross-validate`."""

from __future__ import annotations

from pathlib import Path

import click

from ser.cli.common import CACHE_OPTION, CORPUS_OPTION, DATA_OPTION, EMOTIONS_OPTION, FOLDER
from ser.cli.train import START_OPTION, family_with, fine_tuned, further_corpora
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
@START_OPTION
@click.option("--noise", type=FOLDER, help="Recorded noises, for simulated recording conditions.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2), help="Number of models.")
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs.")
@click.option("--seed", default=0, show_default=True, help="Seed of the folds and of everything random.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="JSON file to write.")
@CACHE_OPTION
def cross_validate(
    corpus: str,
    data: Path,
    also: dict[str, Path],
    family_name: str,
    emotions: tuple[str, ...] | None,
    start: str | None,
    noise: Path | None,
    folds: int,
    epochs: int | None,
    seed: int,
    out: Path | None,
    cache: Path,
) -> None:
    """Score every speaker of a corpus with a model that was not trained on that speaker."""
    if out is not None and not out.parent.is_dir():
        raise click.UsageError(f"--out: there is no folder '{out.parent}'.")
    from ser.training import cross_validation

    found = cross_validation.cross_validate(
        family_with(family_name, epochs) if start is None else fine_tuned(start, family_name, epochs),
        corpus=corpus,
        data=data,
        emotions=emotions,
        also=also,
        noise=noise,
        folds=folds,
        seed=seed,
        cache=cache,
    )
    click.echo(found.as_text())
    if out is not None:
        out.write_text(found.model_dump_json(indent=2) + "\n")
