"""What a model answers for speakers of its training: a server compares its own answers with that.

Training writes it into the manifest. For a model that was trained before there was such a thing, this does:

    python -m ser.training.reference model/cremad-4 --data CREMA-D
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from ser import corpora
from ser.corpora.base import Clip
from ser.errors import AudioError, ConfigError
from ser.models.manifest import MANIFEST, Manifest, Reference
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory

# More tell nothing more.
_MOST_CLIPS = 1_000
# Which of the training speakers, the best first: those that were held out of the calibration model, or to
# stop on. The model itself was trained on the former, so it is more certain of them than of others.
_PARTS = ("calibrate", "stop", "fit")
_ROLES = {"stop": "the training was stopped"}


def measure(
    predictor: EmotionPredictor, split: Mapping[str, Any], clips: Sequence[Clip], title: str
) -> Reference | None:
    """Return what a model answers for some of its training speakers; None where it knows no emotion of them.

    Args:
        predictor: the model.
        split: as its manifest says.
        clips: of the corpus.
        title: of the corpus.
    """
    labels = predictor.manifest.labels
    part = next((part for part in _PARTS if split.get(part)), None)
    if part is None:
        return None
    speakers = set(split[part])
    chosen = [clip for clip in clips if clip.speaker in speakers and clip.emotion in labels]
    # Evenly, as they are in the order of the speakers.
    chosen = chosen[:: max(1, -(-len(chosen) // _MOST_CLIPS))]
    found = []
    for clip in chosen:
        try:
            found.append(predictor.predict(clip.path))
        except AudioError:
            continue
    if not found:
        return None
    return Reference(
        of=f"{title}, the '{part}' speakers, on whom {_ROLES.get(part, 'the model was trained')}",
        clips=len(found),
        emotions={label: float(np.mean([each.emotion == label for each in found])) for label in labels},
        confidence=float(np.mean([each.confidence for each in found])),
        low_information=float(np.mean([each.low_information for each in found])),
    )


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--corpus", default="cremad", show_default=True)
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(directory: Path, corpus: str, data: Path) -> None:
    """Measure a model, and write it into its manifest."""
    found = ModelDirectory(directory)
    if corpora.facts(corpus, ()).title != found.manifest.corpus.title:
        raise ConfigError(f"'{found.name}' was trained on {found.manifest.corpus.title}, not on '{corpus}'.")
    clips = corpora.load(corpus, data, emotions=tuple(found.manifest.labels), task=found.manifest.task)
    known = measure(
        EmotionPredictor.load(found), found.manifest.split, clips, title=found.manifest.corpus.title
    )
    if known is None:
        raise ConfigError(f"No clip in '{data}' is of a training speaker of '{found.name}'.")
    place = directory / MANIFEST
    # Where it belongs, as a diff shows the few lines that are new.
    written = json.loads(place.read_bytes()) | {"reference": known.model_dump()}
    Manifest.model_validate(written)
    place.write_text(json.dumps(written, indent=2) + "\n")
    click.echo(known.model_dump_json(indent=2))


if __name__ == "__main__":
    main()
