from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import recall_score
from toy_family import NAME, NearestMean

from clips import CLIPS, PUBLISHED, copied_model, of_own_recordings, pieces
from ser import corpora
from ser.cli.main import main
from ser.corpora import splits
from ser.errors import CorpusError, ModelError
from ser.models.manifest import MANIFEST, CrossValidated, Manifest
from ser.models.store import ModelDirectory
from ser.training.cross_validation import CrossValidation, cross_validate
from ser.training.data import TrainingSet
from ser.training.families.registry import FAMILIES
from ser.training.family import FittedModel

pytestmark = pytest.mark.slow


class Recorded(NearestMean):
    """Keeps what it was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.fitted: dict[str, tuple[FittedModel, TrainingSet, TrainingSet | None]] = {}

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,
        *,
        title: str = "model",
        **options: object,
    ) -> FittedModel:
        """Fit as usual."""
        model = super().fit(data, seed=0, checkpoints=Path())
        self.fitted[title] = (model, data, validation)
        return model


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pieces(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("stops_early", [False, True])
def test_everyone_is_scored_once_by_a_model_without_them(data: Path, cache: Path, stops_early: bool) -> None:
    family = Recorded()
    family.stops_early = stops_early
    found = cross_validate(family, corpus="folder", data=data, folds=4, cache=cache)
    assert (found.speakers, found.models) == (12, 4)
    assert len(family.fitted) == 4
    emotions = sorted(NearestMean.emotions)
    targets, answers, held = [], [], Counter[str]()
    everyone = {clip.speaker for _, used, _ in family.fitted.values() for clip in used.clips}
    for model, used, stopping in family.fitted.values():
        known = used.speakers | (stopping.speakers if stopping else frozenset())
        assert bool(stopping) == stops_early
        assert not used.speakers & (stopping.speakers if stopping else frozenset())
        others = used.of(everyone - known)
        held.update(others.speakers)
        features, of_clips = others.examples()
        targets += of_clips.tolist()
        answers += [int(model.run(each[np.newaxis])[0].argmax()) for each in features]
    assert held == dict.fromkeys(everyone, 1)
    whole, core = found.scores
    assert whole.emotions == tuple(emotions)
    assert whole.uar.value == pytest.approx(recall_score(targets, answers, average="macro"))
    assert whole.uar.low <= whole.uar.value <= whole.uar.high
    assert core.emotions == ("Angry", "Sad")
    assert len(whole.folds) == len(core.folds) == 4
    assert (whole.clips, core.clips) == (
        48,
        4 * len([clip for clip in CLIPS if clip.emotion in core.emotions]),
    )
    assert "4 models: 12 speakers of own recordings" in found.as_text()


def test_the_folds_are_those_of_the_seed(data: Path, cache: Path) -> None:
    family = Recorded()
    cross_validate(family, corpus="folder", data=data, folds=3, seed=7, cache=cache)
    speakers = {clip.speaker for _, used, _ in family.fitted.values() for clip in used.clips}
    fits = [fit for fit, _ in splits.folds(speakers, 3, seed=7)]
    assert [used.speakers for _, used, _ in family.fitted.values()] == fits


def test_more_folds_than_speakers_are_refused(data: Path, cache: Path) -> None:
    with pytest.raises(CorpusError, match="12 speakers cannot be split into 13 folds"):
        cross_validate(Recorded(), corpus="folder", data=data, folds=13, cache=cache)


def test_unknown_speakers_cannot_be_held_out(tmp_path: Path, data: Path, cache: Path) -> None:
    for number, path in enumerate(sorted(data.rglob("*.wav"))):
        place = tmp_path / "own" / path.parts[-3] / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path)
    with pytest.raises(CorpusError, match="speakers of these clips are not known"):
        cross_validate(Recorded(), corpus="folder", data=tmp_path / "own", folds=3, cache=cache)


@pytest.fixture
def _registered() -> Iterator[None]:
    FAMILIES.add(NAME, "toy_family:NearestMean")
    yield
    FAMILIES.remove(NAME)


def model_of_own_recordings(directory: Path) -> Path:
    """Copy a shipped model, and let its manifest say that the toy family was trained on own recordings."""
    of_own_recordings(copied_model(directory, PUBLISHED))
    manifest = json.loads((directory / MANIFEST).read_text())
    manifest["features"] = NearestMean.feature_set.describe()
    manifest["training"] |= NearestMean().describe()
    (directory / MANIFEST).write_text(json.dumps(manifest))
    return directory


@pytest.mark.usefixtures("_registered")
def test_the_command_prints_a_table_writes_json_and_the_card_of_a_model(
    data: Path, cache: Path, tmp_path: Path
) -> None:
    # The choices of an option are those at import, before the family was there.
    command = main.get_command(None, "cross-validate")  # type: ignore[arg-type]
    [option] = [each for each in command.params if each.name == "family_name"]  # type: ignore[union-attr]
    option.type.choices = [*option.type.choices, NAME]  # type: ignore[attr-defined]
    out = tmp_path / "found.json"
    arguments = ["cross-validate", "--corpus", "folder", "--data", data, "--family", NAME, "--folds", 3]
    mine = model_of_own_recordings(tmp_path / "models" / "mine")
    arguments += ["--out", out, "--cache", cache, "--model", mine]
    before = ModelDirectory(mine).manifest
    run = CliRunner().invoke(main, [*map(str, arguments)])
    assert run.exit_code == 0, run.output
    found = CrossValidation.model_validate(json.loads(out.read_text()))
    assert found.as_text() in run.output
    assert "MODEL_CARD.md of mine" in run.output

    shown, uar = ModelDirectory(mine), found.scores[0].uar
    assert before.cross_validated is None
    assert shown.manifest.cross_validated == CrossValidated(
        uar=uar.value, low=uar.low, high=uar.high, speakers=12
    )
    assert shown.manifest.metrics["dev"] == before.metrics["dev"]
    first, then = shown.card.index(f"{uar.value:.3f} ("), shown.card.index("### The `dev` speakers alone")
    assert shown.card.index("## What it scores") < first < then
    assert "3 models: 12 speakers of own recordings" in shown.card
    # Two emotions were scored as well; this model answers with four.
    assert [len(each["emotions"]) for each in shown.manifest.metrics["cross_validation"]["scores"]] == [4]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"network_labels": ["Angry", "Disgust", "Happy", "Sad", "Fear"]}, "labels"),
        ({"corpus": corpora.facts("emodb", ()).model_dump()}, "corpora"),
        ({"features": {"name": "log-mel", "parameters": {}}}, "features"),
        ({"training": {"epochs": 7}}, "settings"),
        ({"training": {"epochs": 1, "clips_sha256": ["0" * 16]}}, "recordings"),
    ],
)
def test_scores_of_models_that_were_trained_in_another_way_are_refused(
    changed: dict[str, object], named: str, data: Path, cache: Path, tmp_path: Path
) -> None:
    family = Recorded()
    family.describe = lambda: {"epochs": 1}  # type: ignore[method-assign]
    manifest = ModelDirectory(model_of_own_recordings(tmp_path / "mine")).manifest
    manifest = Manifest.model_validate(manifest.model_dump() | {"training": {"epochs": 1}} | changed)
    with pytest.raises(ModelError, match=f"was trained in another way; these differ: {named}."):
        cross_validate(family, corpus="folder", data=data, folds=3, cache=cache, of_model=manifest)
    assert family.fitted == {}


def test_a_fold_without_some_emotions_is_left_out_of_their_folds(data: Path, cache: Path) -> None:
    # One fold for each speaker: most have none of the two core emotions.
    found = cross_validate(Recorded(), corpus="folder", data=data, folds=12, cache=cache)
    whole, core = found.scores
    assert len(whole.folds) == 12
    assert len(core.folds) == len({clip.speaker for clip in CLIPS if clip.emotion in core.emotions})
    CrossValidation.model_validate_json(found.model_dump_json())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--corpus", "ravdess", "--emotions", "Angry,,Sad"], "is not of the form Angry,Happy,Sad"),
        (["--corpus", "folder", "--epochs", "0"], "--epochs"),
        (["--corpus", "folder", "--folds", "1"], "--folds"),
        (["--corpus", "folder", "--out", "nowhere/found.json"], "there is no folder 'nowhere'"),
        (["--corpus", "folder", "--also", "emodb"], "NAME=FOLDER"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_training(
    options: list[str], message: str, data: Path, tmp_path: Path
) -> None:
    run = CliRunner().invoke(main, ["cross-validate", "--data", str(data), *options], catch_exceptions=False)
    assert run.exit_code == 2
    assert message in run.output
