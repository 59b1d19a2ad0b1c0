"""The console script `ser`."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ser import __version__
from ser.config import Settings, load_settings
from ser.errors import AudioError, SerError, as_body, unreadable

if TYPE_CHECKING:
    from ser.models.baseline import Baseline
    from ser.models.predictor import EmotionPredictor
    from ser.models.store import ModelDirectory

# Read by TensorFlow when it is imported, which only train and evaluate may do.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


_TRAINING_MODULES = ("keras", "tensorflow", "onnx", "tf2onnx", "matplotlib", "tqdm", "joblib", "sklearn")
# Far more than a token has.
_MAX_TOKEN_BYTES = 64 * 1024
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_CORPUS = click.Path(path_type=Path, exists=True)


class _Commands(click.Group):
    """Commands whose expected errors are a line on standard error and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SerError as error:
            raise click.UsageError(str(error)) from error
        except ModuleNotFoundError as error:
            if error.name not in _TRAINING_MODULES:
                raise
            message = f"This needs {error.name}, which is not installed: run `make train-deps`."
            raise click.UsageError(message) from error


@click.group(cls=_Commands)
@click.version_option(__version__)
def main() -> None:
    """Hear which emotion a voice carries."""


@main.command()
@click.option("--host", help="Address to listen on (SER_HOST).")
@click.option("--port", type=int, help="Port to listen on (SER_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Serve the API and the page with gunicorn."""
    from ser.server import Server

    given = {"host": host, "port": port}
    Server(load_settings(**{k: v for k, v in given.items() if v is not None})).run()


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="Name or directory of the model (SER_MODEL).")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    help="How the voice ordinarily sounds: a recording of it, or a file with what POST /baseline answered.",
)
def predict(files: tuple[Path, ...], model: str | None, baseline: Path | None) -> None:
    """Print one JSON line per FILE; exit with 1 when one of them failed."""
    settings = load_settings()
    predictor = _load(model, settings)
    ordinary = _read_baseline(baseline, predictor, settings) if baseline else None
    failed = False
    for file in files:
        try:
            answer = predictor.predict(file, ordinary, max_duration_s=settings.max_audio_s).as_dict()
        except AudioError as error:
            answer, failed = as_body(error), True
        except OSError as error:
            answer, failed = unreadable(error), True
        click.echo(json.dumps({"file": os.fsdecode(file), **answer}))
    sys.exit(failed)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="json",
    show_default=True,
    type=click.Choice(["json", "ndjson", "csv", "vtt", "audacity", "textgrid", "rttm"]),
    help="What to write; ndjson tells of windows and progress while it works.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write NAME.<extension> to.")
@click.option("--model", help="Name or directory of the model (SER_MODEL).")
@click.option(
    "--baseline",
    default="recording",
    show_default=True,
    help="What voices are heard against: 'recording', each its own; 'none'; or a file as for predict.",
)
def analyze(files: tuple[Path, ...], form: str, out: Path | None, model: str | None, baseline: str) -> None:
    """Tell which emotion long FILEs carry, and when; exit with 1 when one of them failed."""
    from ser.cli import analyze_files

    settings = load_settings()
    predictor = _load(model, settings)
    against: Baseline | Literal["recording"] | None = None
    if baseline == "recording":
        against = "recording"
    elif baseline != "none":
        path = Path(baseline)
        if not path.is_file():
            raise click.BadParameter(f"'{baseline}' is neither a file nor 'recording' or 'none'.")
        against = _read_baseline(path, predictor, settings)
    done = analyze_files.run(
        files, predictor, against, form=form, out=out, max_duration_s=settings.max_analyze_s
    )
    sys.exit(not done)


@main.command()
@click.option("--corpus", default="cremad", show_default=True, help="Kind of corpus; 'folder' is your own.")
@click.option("--data", required=True, type=_CORPUS, help="Folder of the corpus, or CSV of your own.")
@click.option(
    "--splits",
    "splits_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='JSON of who is trained and tested on: {"train": [speakers], "dev": [speakers]}.',
)
@click.option(
    "--architecture",
    default="hybrid",
    show_default=True,
    type=click.Choice(["hybrid", "bilstm"]),
    help="hybrid: our ensemble; bilstm: the published network.",
)
@click.option("--name", help="Name of the model [default: cremad-6, bilstm-cremad or own].")
@click.option("--core-name", default="cremad-4", show_default=True, help="hybrid: name of its four emotions.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write it to (SER_MODEL_DIR).")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@click.option("--epochs", type=click.IntRange(1), help="hybrid: so many; bilstm: at most so many.")
@click.option("--noise", type=_FOLDER, help="hybrid: recorded noises, for recording chains it may meet.")
@click.option(
    "--random-split",
    is_flag=True,
    help="hybrid: also train on a random split of clips, to show how it flatters; takes half as long again.",
)
@click.option("--examples", type=_FOLDER, help="Clips whose predictions the card is to show.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=Path(".cache"),
    show_default=True,
    help="Folder of extracted features, and of what a killed run goes on from.",
)
def train(
    corpus: str,
    data: Path,
    splits_file: Path | None,
    architecture: str,
    name: str | None,
    core_name: str,
    out: Path | None,
    seed: int,
    epochs: int | None,
    noise: Path | None,
    random_split: bool,
    examples: Path | None,
    cache: Path,
) -> None:
    """Train a model on a corpus' training speakers and score it on its dev speakers."""
    from ser.corpora import base as corpora
    from ser.evaluation import report
    from ser.training.families import bilstm as trainer
    from ser.training.families import bilstm_pipeline as pipeline
    from ser.training.families import hybrid_pipeline as adaptive_pipeline
    from ser.training.families.hybrid import Recipe

    own = corpus == corpora.FOLDER
    name = name or ("own" if own else "bilstm-cremad" if architecture == "bilstm" else "cremad-6")
    if corpus in corpora.ONLY_TESTED_ON:
        raise click.UsageError(f"The licence of '{corpus}' is non-commercial: models are only tested on it.")
    if architecture == "hybrid" and not own and name == core_name:
        raise click.UsageError("--name and --core-name must differ: they are two models.")
    models = out or load_settings().model_dir
    command = shlex.join(["ser", *sys.argv[1:]])
    if architecture == "bilstm":
        text = pipeline.train_model(
            corpus=corpus,
            data=data,
            splits_file=splits_file,
            directory=models / name,
            seed=seed,
            max_epochs=epochs or trainer.MAX_EPOCHS,
            examples=examples,
            command=command,
            cache=cache / "features",
        ).as_text()
    else:
        usual = Recipe(emotions=pipeline.ALL_EMOTIONS, core=pipeline.EMOTIONS)
        found = adaptive_pipeline.train_adaptive(
            corpus=corpus,
            data=data,
            splits_file=splits_file,
            directory=models / name,
            core_directory=None if own else models / core_name,
            recipe=replace(usual, epochs=epochs or usual.epochs),
            noise=noise,
            random_split=random_split,
            seed=seed,
            examples=examples,
            command=command,
            cache=cache,
        )
        text = report.as_text(found)
    click.echo(text)


@main.command()
@click.option("--model", help="Name or directory of the model (SER_MODEL).")
@click.option("--corpus", default="cremad", show_default=True, help="Kind of corpus; 'folder' is your own.")
@click.option("--data", required=True, type=_CORPUS, help="Folder of the corpus, or CSV of your own.")
@click.option(
    "--split",
    type=click.Choice(["train", "dev", "all"]),
    help="Whose clips (default: dev, or all where the corpus has no standard split).",
)
@click.option("--noise", type=_FOLDER, help="Recordings of noise, for the rows of recorded noise.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write the report and its plots to.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
def evaluate(
    model: str | None,
    corpus: str,
    data: Path,
    split: str | None,
    noise: Path | None,
    out: Path | None,
    seed: int,
) -> None:
    """Measure a model on a corpus' speakers, and write the report."""
    from ser.corpora import annotations, checks, splits
    from ser.corpora import base as corpora
    from ser.evaluation import report
    from ser.models.store import ONNX_FILE

    settings = load_settings()
    predictor = _load(model, settings)
    own = corpus == corpora.FOLDER
    clips = checks.own_recordings(data).clips if own else corpora.load(corpus, data)
    if split is None:
        split = "dev" if own or splits.has_standard_split(corpus) else "all"
    if split != "all":
        parts = splits.of_model(predictor.manifest.split) if own else splits.standard_split(corpus)
        clips = splits.of_speakers(clips, parts[split])
    found = report.evaluate_model(
        predictor,
        clips,
        corpus=corpus,
        split=split,
        annotations=annotations.load(corpus, data, clips),
        noise=noise,
        onnx_bytes=len(_find(model, settings).read(ONNX_FILE)),
        seed=seed,
    )
    click.echo(report.as_text(found))
    if out is not None:
        click.echo("\nwritten:")
        for file in report.write(found, out):
            click.echo(f"  {file}")


def _read_baseline(file: Path, predictor: EmotionPredictor, settings: Settings) -> Baseline:
    from ser.models.baseline import PREFIX, Baseline

    with file.open("rb") as content:
        head = _token_in(content.read(_MAX_TOKEN_BYTES).decode("utf-8-sig", "replace").strip())
    try:
        if head.startswith(PREFIX):
            return Baseline.from_token(head, predictor.definition)
        return predictor.learn([file], max_duration_s=settings.max_audio_s)
    except SerError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from error


def _token_in(text: str) -> str:
    """Return the token in an answer of POST /baseline; any other text as it is."""
    try:
        answer = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return text
    token = answer.get("baseline") if isinstance(answer, dict) else None
    return token if isinstance(token, str) else text


def _load(model: str | None, settings: Settings) -> EmotionPredictor:
    from ser.features import mfcc as feature_extractor
    from ser.models.predictor import EmotionPredictor

    feature_extractor.warm_up()
    return EmotionPredictor.load(_find(model, settings), engine=settings.engine)


def _find(model: str | None, settings: Settings) -> ModelDirectory:
    from ser.models import store as model_store

    return model_store.find(model or settings.model, settings.model_dir)
