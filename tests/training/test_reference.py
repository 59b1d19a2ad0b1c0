"""What a model answers for its training speakers, as a server compares its answers with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from clips import CLIPS, DATA, MODEL, copied_model
from ser.errors import ConfigError
from ser.models.manifest import MANIFEST, Manifest
from ser.models.predictor import EmotionPredictor
from ser.training import reference

SPEAKERS = sorted({clip.speaker for clip in CLIPS})


def test_it_is_of_the_speakers_who_were_held_out_for_calibration(predictor: EmotionPredictor) -> None:
    split = {"fit": SPEAKERS, "calibrate": SPEAKERS[:3], "dev": []}
    found = reference.measure(predictor, split, CLIPS, "CREMA-D")
    assert found is not None
    predictions = [predictor.predict(clip.path) for clip in CLIPS if clip.speaker in SPEAKERS[:3]]
    assert found.clips == len(predictions)
    assert found.confidence == pytest.approx(sum(each.confidence for each in predictions) / len(predictions))
    assert found.emotions == {
        label: pytest.approx(sum(each.emotion == label for each in predictions) / len(predictions))
        for label in predictor.manifest.labels
    }
    assert "'calibrate' speakers" in found.of


@pytest.mark.parametrize(
    ("split", "part"),
    [({"stop": SPEAKERS[:2], "fit": SPEAKERS}, "'stop'"), ({"fit": SPEAKERS, "calibrate": []}, "'fit'")],
)
def test_it_is_of_others_where_there_are_none(
    split: dict[str, list[str]], part: str, predictor: EmotionPredictor
) -> None:
    found = reference.measure(predictor, split, CLIPS, "CREMA-D")
    assert found is not None
    assert part in found.of


def test_there_is_none_of_unknown_speakers(predictor: EmotionPredictor) -> None:
    assert reference.measure(predictor, {"calibrate": ["nobody"]}, CLIPS, "CREMA-D") is None


def test_it_is_written_into_the_manifest_and_changes_nothing_else(tmp_path: Path) -> None:
    directory = copied_model(tmp_path / "model")
    place = directory / MANIFEST
    before = json.loads(place.read_text())
    known = before | {"split": before["split"] | {"calibrate": SPEAKERS}}
    del known["reference"]
    place.write_text(json.dumps(known))
    done = CliRunner().invoke(reference.main, [str(directory), "--data", str(DATA)])
    assert done.exit_code == 0, done.output
    after = json.loads(place.read_text())
    assert after["reference"]["clips"] == len(CLIPS)
    assert {name: value for name, value in after.items() if name != "reference"} == known


def test_a_model_of_another_corpus_is_refused() -> None:
    done = CliRunner().invoke(reference.main, [str(MODEL), "--corpus", "emodb", "--data", str(DATA)])
    assert isinstance(done.exception, ConfigError)


@pytest.mark.parametrize("name", ["cremad-4", "cremad-6"])
def test_the_default_models_have_one(name: str) -> None:
    manifest = Manifest.model_validate_json((MODEL.with_name(name) / MANIFEST).read_text())
    assert manifest.reference is not None
    assert set(manifest.reference.emotions) == set(manifest.labels)
    assert sum(manifest.reference.emotions.values()) == pytest.approx(1)
    assert manifest.reference.clips > 500
