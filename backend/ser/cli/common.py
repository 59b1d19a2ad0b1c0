"""What several commands share: the model and the baseline that a user names."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser.config import Settings
from ser.errors import SerError
from ser.limits import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from ser.analysis.calls import VoicesBy
    from ser.models.baseline import Baseline
    from ser.models.predictor import EmotionPredictor
    from ser.models.store import ModelDirectory

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
CORPUS_OPTION = click.option(
    "--corpus", default="cremad", show_default=True, help="Kind of corpus; 'folder' is your own."
)
DATA_OPTION = click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="Folder of the corpus, or CSV of your own.",
)
CACHE_OPTION = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=Path(".cache"),
    show_default=True,
    help="Folder of extracted features, and of the checkpoints from which a killed run continues.",
)
MODEL_HELP = "Name or directory of the model (SER_MODEL)."
PRIOR_HELP = "How many times as frequent emotions are as in training, as Neutral=3,Angry=0.5."
CHANNELS_OPTION = click.option(
    "--channels",
    default="mix",
    show_default=True,
    type=click.Choice(["mix", "split"]),
    help="split: each channel of a stereo recording is one voice, with its own baseline.",
)
SPEAKERS_OPTION = click.option(
    "--speakers",
    default="1",
    show_default=True,
    type=click.Choice(["1", "2"]),
    help="2: tell two speakers of a mixed recording apart, each with their own baseline.",
)
VOICE_GENDER_OPTION = click.option(
    "--voice-gender",
    is_flag=True,
    help="Also tell whether the voice sounds female or male. This is biometric categorisation: tell the "
    "people whose voices it is used on.",
)


def read_emotions(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the emotions of a list, in its order."""
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(","))
    if len(set(names)) < len(names) or "" in names:
        raise click.BadParameter(f"'{value}' is not of the form Angry,Happy,Sad.")
    return names


def further_corpora(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> dict[str, Path]:
    """Return name -> folder of each further corpus."""
    found: dict[str, Path] = {}
    for value in values:
        name, equals, folder = value.partition("=")
        if not (name and equals and folder):
            raise click.BadParameter(f"'{value}' is not of the form NAME=FOLDER.")
        if name in found:
            raise click.BadParameter(f"'{name}' is given twice.")
        found[name] = FOLDER.convert(folder, None, None)
    return found


EMOTIONS_OPTION = click.option(
    "--emotions",
    metavar="A,B,...",
    callback=read_emotions,
    help="Emotions of a published corpus to tell apart [default: those of the family].",
)


def load_predictor(model: str | None, settings: Settings) -> EmotionPredictor:
    """Return the model of this name or path, ready to predict; the settings' by default.

    Raises:
        ModelError: there is no usable model.
    """
    return _loaded(find_model(model, settings), settings)


def load_emotion_predictor(model: str | None, settings: Settings, prior: str | None) -> EmotionPredictor:
    """Return a model as `load_predictor`, if it predicts emotions.

    Args:
        model: its name or path.
        settings: which model is the default, and what runs it.
        prior: see `EmotionPredictor.with_prior`.

    Raises:
        ModelError: there is no usable model, or it predicts something else.
        BadPrior: the prior does not fit it.
    """
    directory = find_model(model, settings)
    directory.manifest.require_emotions()
    return _loaded(directory, settings).with_prior(prior)


def _loaded(directory: ModelDirectory, settings: Settings) -> EmotionPredictor:
    from ser.models.predictor import EmotionPredictor
    from ser.speech import detector

    predictor = EmotionPredictor.load(directory, engine=settings.engine)
    predictor.feature_set.warm_up()
    detector.warm_up()
    return predictor


def load_voice_gender(settings: Settings) -> EmotionPredictor:
    """Return the model that tells whether a voice sounds female or male, ready to predict.

    Raises:
        ModelError: there is no usable one.
    """
    from ser.models import store as model_store
    from ser.models.predictor import EmotionPredictor

    directory = model_store.find_voice_gender(settings.model_dir)
    predictor = EmotionPredictor.load(directory, engine=settings.engine)
    predictor.feature_set.warm_up()
    return predictor


def find_model(model: str | None, settings: Settings) -> ModelDirectory:
    """Return the directory of the model of this name or path; the settings' by default.

    Raises:
        ModelError: there is none.
    """
    from ser.models import store as model_store

    return model_store.find(model or settings.model, settings.model_dir)


def read_baseline(file: Path, predictor: EmotionPredictor, settings: Settings) -> Baseline:
    """Return the baseline of a file: a recording, a token, or an answer of POST /baseline.

    Raises:
        click.BadParameter: the file holds none of them, or cannot be read.
    """
    from ser.models.baseline import PREFIX, Baseline

    try:
        with file.open("rb") as content:
            head = _token_in(content.read(MAX_TEXT_BYTES).decode("utf-8-sig", "replace").strip())
        if head.startswith(PREFIX):
            return Baseline.from_token(head, predictor.feature_set)
        return predictor.learn(
            [file], max_duration_s=settings.max_audio_s, max_decoding_s=decoding_limit_s(settings)
        )
    except SerError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from error
    except OSError as error:
        raise click.BadParameter(f"'{file}': {error.strerror}", param_hint="--baseline") from error


def decoding_limit_s(settings: Settings) -> float:
    """Return how many seconds the decoding of a user's own clip may take: no bound unless it is set."""
    return settings.max_decoding_s if "max_decoding_s" in settings.model_fields_set else math.inf


def _token_in(text: str) -> str:
    """Return the token in an answer of POST /baseline; any other text as it is."""
    try:
        answer = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return text
    token = answer.get("baseline") if isinstance(answer, dict) else None
    return token if isinstance(token, str) else text


def voices_of(channels: str, speakers: str) -> VoicesBy | None:
    """Return how voices are told apart; None for one voice.

    Args:
        channels: mix or split.
        speakers: 1 or 2.
    """
    if channels == "split":
        if speakers == "2":
            raise click.UsageError(
                "--channels split: each channel is one voice; take it without --speakers 2."
            )
        return "channel"
    return "speaker" if speakers == "2" else None
