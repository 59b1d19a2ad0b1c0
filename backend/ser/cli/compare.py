"""`ser compare`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from ser.cli.common import CACHE_OPTION, further_corpora
from ser.config import load_settings
from ser.training.families.registry import FAMILIES


@click.command()
@click.argument("names", nargs=-1, metavar="SYSTEM...", type=click.Choice(list(FAMILIES)))
@click.option("--all", "everything", is_flag=True, help="Every published system, each on its own corpora.")
@click.option(
    "--corpus",
    "data",
    multiple=True,
    required=True,
    metavar="NAME=FOLDER",
    callback=further_corpora,
    help="A corpus to compare on, as ravdess=FOLDER; may be given several times. With ordinary=FOLDER, false "
    "emotions in ordinary speech are counted, too.",
)
@click.option("--folds", default=6, show_default=True, type=click.IntRange(2), help="Folds of the speakers.")
@click.option("--seed", default=0, show_default=True, help="Seed of the folds and of everything random.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write it to.")
@CACHE_OPTION
def compare(
    names: tuple[str, ...],
    everything: bool,
    data: dict[str, Path],
    folds: int,
    seed: int,
    out: Path | None,
    cache: Path,
) -> None:
    """Compare systems on speakers they were not trained on, and on a random split."""
    if bool(names) == everything:
        raise click.UsageError("Give either names of systems or --all.")
    from ser.evaluation import comparison_pages, ordinary
    from ser.training import comparison

    families = [FAMILIES.get(name)() for name in (FAMILIES if everything else dict.fromkeys(names))]
    if everything:
        families = [family for family in families if family.group == "published" or family.task != "emotion"]
    compared = [name for name in data if name != ordinary.CORPUS]
    systems = [
        (family, corpus)
        for family in families
        for corpus in (family.compared_on if everything else compared)
        if corpus in data
    ]
    if not systems:
        raise click.UsageError("--corpus: none of the systems was published on these corpora.")
    measured = comparison.Measured(
        data=data, models=load_settings().model_dir, folds=folds, seed=seed, cache=cache
    )
    found = comparison.compare(systems, measured, command=shlex.join(["ser", *sys.argv[1:]]))
    click.echo(comparison_pages.as_text(found))
    if out is not None:
        click.echo("\nwritten:")
        for file in comparison_pages.write(found, out):
            click.echo(f"  {file}")
