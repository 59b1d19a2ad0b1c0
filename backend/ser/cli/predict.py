"""`ser predict`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from ser.cli.common import (
    MODEL_HELP,
    PRIOR_HELP,
    VOICE_GENDER_OPTION,
    decoding_limit_s,
    load_emotion_predictor,
    load_voice_gender,
    read_baseline,
)
from ser.config import load_settings
from ser.errors import AudioError, as_body, unreadable


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help=MODEL_HELP)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    help="Baseline of the speaker: a recording, or a file with an answer of POST /baseline.",
)
@click.option("--prior", help=PRIOR_HELP)
@VOICE_GENDER_OPTION
def predict(
    files: tuple[Path, ...], model: str | None, baseline: Path | None, prior: str | None, voice_gender: bool
) -> None:
    """Predict the emotion of each FILE, one JSON line each.

    The exit status is 1 if a file failed, 2 for wrong usage.
    """
    settings = load_settings()
    predictor = load_emotion_predictor(model, settings, prior)
    speaker = read_baseline(baseline, predictor, settings) if baseline else None
    voice = load_voice_gender(settings) if voice_gender else None
    failed = False
    for file in files:
        try:
            answer = predictor.predict(
                file,
                speaker,
                voice=voice,
                max_duration_s=settings.max_audio_s,
                max_decoding_s=decoding_limit_s(settings),
            ).as_dict()
        except AudioError as error:
            answer, failed = as_body(error), True
        except OSError as error:
            answer, failed = unreadable(error), True
        click.echo(json.dumps({"file": os.fsdecode(file), **answer}))
    sys.exit(failed)
