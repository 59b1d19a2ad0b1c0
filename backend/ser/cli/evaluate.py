"""`ser evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ser.cli.common import CORPUS_OPTION, DATA_OPTION, FOLDER, MODEL_HELP, find_model, load_predictor
from ser.config import load_settings


@click.command()
@click.option("--model", help=MODEL_HELP)
@CORPUS_OPTION
@DATA_OPTION
@click.option(
    "--split",
    type=click.Choice(["train", "dev", "all"]),
    help="Which speakers [default: dev, or all if the corpus has no standard split].",
)
@click.option("--noise", type=FOLDER, help="Folder of noise recordings, for the rows with recorded noise.")
@click.option(
    "--ordinary",
    "ordinary_speech",
    type=FOLDER,
    help="Folder of ordinary speech: false emotions are counted in it, and clips carried over to it.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write the report and its plots to.")
@click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
def evaluate(
    model: str | None,
    corpus: str,
    data: Path,
    split: str | None,
    noise: Path | None,
    ordinary_speech: Path | None,
    out: Path | None,
    seed: int,
) -> None:
    """Evaluate a model on the speakers of a corpus."""
    from ser import corpora
    from ser.corpora import splits
    from ser.evaluation import ordinary, report
    from ser.models.manifest import ONNX_FILE
    from ser.training.preparation import own_recordings

    settings = load_settings()
    predictor = load_predictor(model, settings)
    own = corpus == corpora.FOLDER
    clips = own_recordings(data).clips if own else corpora.load(corpus, data, task=predictor.manifest.task)
    if split is None:
        split = "dev" if own or splits.has_standard_split(corpus) else "all"
    if split != "all":
        parts = splits.of_model(predictor.manifest.split) if own else splits.standard_split(corpus, clips)
        clips = splits.of_speakers(clips, parts[split])
    if not corpora.CORPORA.get(corpus).acted:
        measured = ordinary.evaluate_ordinary(predictor, clips, corpus=corpus, split=split, seed=seed)
        click.echo(ordinary.as_text(measured))
        _list_written(ordinary.write(measured, out) if out is not None else [])
        return
    found = report.evaluate_model(
        predictor,
        clips,
        corpus=corpus,
        split=split,
        annotations=corpora.annotate(corpus, data, clips),
        noise=noise,
        ordinary_speech=ordinary_speech,
        onnx_bytes=len(find_model(model, settings).read(ONNX_FILE)),
        seed=seed,
    )
    click.echo(report.as_text(found))
    _list_written(report.write(found, out) if out is not None else [])


def _list_written(files: Sequence[Path]) -> None:
    if files:
        click.echo("\nwritten:")
    for file in files:
        click.echo(f"  {file}")
