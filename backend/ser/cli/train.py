"""`ser train`."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ser.cli.common import (
    CACHE_OPTION,
    CORPUS_OPTION,
    DATA_OPTION,
    EMOTIONS_OPTION,
    FOLDER,
    further_corpora,
)
from ser.cli.families import (
    DEFAULT_START,
    NO_START,
    UNFREEZE_OPTION,
    chosen_family,
    default_for_few_speakers,
)
from ser.config import load_settings
from ser.training.families.registry import FAMILIES

if TYPE_CHECKING:
    from ser.training.family import Family

# Of the second model, of four emotions.
CORE_NAME = "cremad-4"

# Of a model of one's own recordings.
OWN_NAME = "own"


def plain_name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Return the name of a model, if it can be a folder's and part of an address."""
    if value is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise click.BadParameter(
            f"'{value}' is no name: take letters, digits, '.', '_' and '-', a letter or digit first."
        )
    return value


def require_own_name(name: str, family: Family[Any], used: Iterable[str]) -> None:
    """Raise where a model under a restricted licence would take the name of a default model.

    Args:
        name: of the model.
        family: of the model.
        used: the corpora that it is trained on.
    """
    from ser import corpora

    taken = {family.default_name, DEFAULT_START, CORE_NAME} - {OWN_NAME}
    if family.group != "recommended" or name not in taken:
        return
    restricted = [each for each in used if corpora.CORPORA.get(each).restricted]
    licences = {each: corpora.facts(each, []).licence for each in restricted}
    if (start := family.start_manifest) is not None and start.restricted:
        licences[start.name] = start.licence
    for source, licence in licences.items():
        raise click.UsageError(
            f"A model that is trained on '{source}' carries its licence: {licence}. '{name}' is for "
            "models that may be used for any purpose; choose another --name."
        )


@click.command()
@CORPUS_OPTION
@DATA_OPTION
@click.option(
    "--splits",
    "splits_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='JSON of the speakers of both parts: {"train": [speakers], "dev": [speakers]}.',
)
@click.option(
    "--also",
    multiple=True,
    metavar="NAME=FOLDER",
    callback=further_corpora,
    help="A further corpus to train on, as emodb=FOLDER or ordinary=FOLDER; may be given several times.",
)
@click.option(
    "--family",
    "--architecture",
    "family_name",
    default="hybrid",
    show_default=True,
    type=click.Choice(list(FAMILIES)),
    help="Family of the model. hybrid: the shipped network; the others are those of published systems.",
)
@click.option("--name", callback=plain_name, help="Name of the model [default: that of the family, or own].")
@EMOTIONS_OPTION
@click.option(
    "--core-name",
    default=CORE_NAME,
    callback=plain_name,
    show_default=True,
    help="hybrid: name of the second model, of four emotions.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write it to (SER_MODEL_DIR).")
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    help=f"hybrid: the model that is trained further, or {NO_START} for a new network [default: "
    f"{DEFAULT_START} where there are few speakers].",
)
@UNFREEZE_OPTION
@click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs (bilstm: the largest number).")
@click.option(
    "--noise",
    type=FOLDER,
    help="Recorded noises, for the report and for simulated recording conditions (hybrid).",
)
@click.option(
    "--random-split",
    is_flag=True,
    help="Also train on a random split of clips, which leaks the speakers, for comparison; takes longer.",
)
@click.option("--examples", type=FOLDER, help="Clips whose predictions the card is to show.")
@CACHE_OPTION
def train(
    corpus: str,
    data: Path,
    splits_file: Path | None,
    also: dict[str, Path],
    family_name: str,
    name: str | None,
    emotions: tuple[str, ...] | None,
    core_name: str,
    out: Path | None,
    start: str | None,
    unfreeze: bool,
    seed: int,
    epochs: int | None,
    noise: Path | None,
    random_split: bool,
    examples: Path | None,
    cache: Path,
) -> None:
    """Train a model on a corpus' training speakers and score it on its dev speakers."""
    from ser import corpora
    from ser.corpora import folder

    own = corpus == corpora.FOLDER
    # Before the imports that take seconds.
    if own and emotions:
        raise click.UsageError("--emotions: your own recordings are trained on with all of theirs.")
    restricted = any(corpora.CORPORA.get(each).restricted for each in (corpus, *also))
    if own and data.is_dir() and not (data / folder.CSV_FILE).is_file():
        folder.require_two_folders(data)
    from ser.evaluation import report
    from ser.training.pipeline import train_model

    family = chosen_family(family_name, start, epochs, unfreeze=unfreeze)
    for_few_speakers = default_for_few_speakers(family_name) if start is None else None
    name = name or (OWN_NAME if own else family.default_name)
    require_own_name(name, family, (corpus, *also))
    restricted |= family.start_manifest is not None and family.start_manifest.restricted
    two = bool(family.core) and not (own or emotions or restricted)
    if two and name == core_name:
        raise click.UsageError("--name and --core-name must differ: they are two models.")
    models = out or load_settings().model_dir
    found = train_model(
        family,
        corpus=corpus,
        data=data,
        emotions=emotions,
        splits_file=splits_file,
        also=also,
        directory=models / name,
        core_directory=models / core_name if two else None,
        noise=noise,
        random_split=random_split,
        seed=seed,
        examples=examples,
        command=shlex.join(["ser", *sys.argv[1:]]),
        cache=cache,
        for_few_speakers=for_few_speakers,
    )
    click.echo(report.as_text(found))
    # A corpus that lacks one of the four emotions has no second model.
    written = [name, *([core_name] if two and (models / core_name).is_dir() else [])]
    places = ", ".join(str(models / each) for each in written)
    click.echo(f"\nWritten, with report.md and MODEL_CARD.md: {places}")
    model = name if out is None else str((models / name).absolute())
    program, clip = _program(), _unseen_clip(corpus, data, found.speakers).absolute()
    click.echo(f"Serve it:  SER_MODEL={shlex.quote(model)} {program} serve")
    click.echo(f"Try it:    {program} predict --model {shlex.join([model, str(clip)])}")


def _program() -> str:
    """Return how the shell that ran this command finds `ser`."""
    own, known = Path(sys.argv[0]), shutil.which("ser")
    if own.name != "ser" or (known is not None and own.exists() and own.samefile(known)):
        return "ser"
    return shlex.quote(sys.argv[0])


def _unseen_clip(corpus: str, data: Path, speakers: Collection[str]) -> Path:
    """Return a clip of a corpus, by one of these speakers if they are known."""
    from ser import corpora

    clips = corpora.load(corpus, data)
    return next((clip for clip in clips if clip.speaker in speakers), clips[0]).path
