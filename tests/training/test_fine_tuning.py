"""A shipped network is trained further: what it begins with, and which layers are trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from clips import MODEL, PUBLISHED, pieces
from ser import corpora
from ser.cli.main import main
from ser.corpora import seen
from ser.corpora.base import Clip
from ser.errors import CorpusError, ModelError
from ser.features.mfcc import MFCC_PITCH
from ser.models.manifest import KERAS_FILE
from ser.models.store import ModelDirectory
from ser.training import pipeline
from ser.training.cross_validation import cross_validate
from ser.training.data import TrainingSet
from ser.training.families import networks
from ser.training.families.fine_tuned import PHASES, FineTuned
from ser.training.families.hybrid import Hybrid
from ser.training.families.hybrid_batches import HybridSettings
from ser.training.families.networks import hybrid
from ser.training.families.start import Start
from ser.training.pipeline import train_model
from ser.training.plan import plan
from ser.training.preparation import Prepared
from starts import of_one_member

pytestmark = pytest.mark.slow
SIX = MODEL.with_name("cremad-6")


@pytest.fixture(scope="module")
def start() -> Start:
    # A model of four emotions runs the network of the one of six.
    return Start.of(ModelDirectory(MODEL))


def test_a_start_is_the_model_that_has_the_network(start: Start) -> None:
    assert start.path == SIX.resolve()
    assert len(start.members) == 2
    with pytest.raises(ModelError, match="'bilstm-cremad' cannot be trained further"):
        Start.of(ModelDirectory(PUBLISHED))


def test_it_begins_with_the_weights_of_each_member_and_with_those_of_shared_labels(start: Start) -> None:
    labels = ["Surprise", "Happy", "Angry"]
    known = start.manifest.labels
    for number, size in enumerate(start.members):
        same, other = hybrid(len(known), size), hybrid(len(labels), size)
        start.begin(number, same, known)
        random = other.layers[-1].get_weights()[0][:, 0].copy()
        start.begin(number, other, labels)
        for a, b in zip(same.layers[:-1], other.layers[:-1], strict=True):
            for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
                np.testing.assert_array_equal(x, y)
        weights, bias = other.layers[-1].get_weights()
        theirs, their_bias = same.layers[-1].get_weights()
        for label in ("Happy", "Angry"):
            at, before = labels.index(label), known.index(label)
            np.testing.assert_array_equal(weights[:, at], theirs[:, before])
            assert bias[at] == their_bias[before]
        np.testing.assert_array_equal(weights[:, 0], random)


@pytest.mark.parametrize(("trained", "some"), [("head", False), ("upper", True), ("all", True)])
def test_layers_are_unfrozen_step_by_step(trained: networks.Trained, some: bool, start: Start) -> None:
    model = hybrid(3, start.members[1])
    networks.freeze(model, trained)
    lstms = [layer for layer in model.layers if "bidirectional" in layer.name]
    convolutions = [layer for layer in model.layers if "conv1d" in layer.name]
    assert model.layers[-1].trainable_weights
    assert all(bool(layer.trainable_weights) == some for layer in lstms)
    assert all(bool(layer.trainable_weights) == (trained == "all") for layer in convolutions)
    assert [phase.trained for phase in PHASES] == ["head", "upper", "all"]


def test_few_speakers_are_trained_on_from_a_shipped_model(start: Start, tmp_path: Path) -> None:
    start = of_one_member(start, tmp_path / "cremad-6")
    only = replace(PHASES[0], share=1.0)
    family = FineTuned(start, HybridSettings(epochs=1, phases=(only,), conditions=0, batch_size=16))
    train_model(
        Hybrid(),
        for_few_speakers=family,
        corpus="folder",
        data=pieces(tmp_path / "data"),
        directory=tmp_path / "model" / "mine",
        command="ser train",
        cache=tmp_path / "cache",
    )
    begun, done = (
        keras.saving.load_model(folder / KERAS_FILE, compile=False).get_layer("member_0")
        for folder in (start.path, tmp_path / "model" / "mine")
    )
    # Only the last layer was trained.
    for before, after in zip(begun.layers[:-1], done.layers[:-1], strict=True):
        for x, y in zip(before.get_weights(), after.get_weights(), strict=True):
            np.testing.assert_array_equal(x, y)
    manifest = ModelDirectory(tmp_path / "model" / "mine").manifest
    assert len(manifest.labels) == done.layers[-1].units == 4
    assert manifest.training["from"] == {"model": "cremad-6", "keras_sha256": start.sha256}
    assert "trained further from cremad-6: MIT" in manifest.licence
    # What the shipped model was trained on, this one has heard, too.
    assert manifest.trained_on == start.manifest.trained_on | {"own recordings"}
    emodb = [Clip(Path("03a01Wa.wav"), "03", "Angry")]
    assert "03" in seen.trained_on(manifest, corpora.facts("emodb", emodb).title, emodb)


GERMAN = Clip(Path("03a01Wa.wav"), "emodb/03", "Angry", corpus="emodb")


def few(count: int, *, speaker_known: bool = True, corpus: str = "folder") -> Prepared:
    clips = [Clip(Path(f"{i}.wav"), f"{i:02}", "Angry", speaker_known=speaker_known) for i in range(count)]
    everyone = frozenset(clip.speaker for clip in clips)
    return Prepared(
        clips=clips,
        emotions=("Angry", "Sad"),
        split={"train": everyone, "dev": everyone},
        facts=corpora.facts(corpus, clips),
        published=False,
        added={},
    )


@pytest.mark.parametrize(
    ("prepared", "is_used"),
    [
        pytest.param(few(19), True, id="few speakers"),
        pytest.param(few(20), False, id="more speakers"),
        pytest.param(few(50, speaker_known=False), True, id="nobody knows how many"),
        pytest.param(few(10, corpus="emodb"), False, id="speakers whom the shipped model was trained on"),
        pytest.param(
            replace(few(5), added={"emodb": [GERMAN]}),
            False,
            id="such speakers in a further corpus",
        ),
    ],
)
def test_a_shipped_model_is_trained_further_where_there_are_few_unknown_speakers(
    prepared: Prepared, is_used: bool, start: Start
) -> None:
    anew, further = Hybrid(), FineTuned(start)
    assert pipeline.choose_family(prepared, anew, further) is (further if is_used else anew)


@pytest.mark.parametrize(
    ("prepared", "is_told"),
    [
        pytest.param(replace(few(12), emotions=("Angry", "Calm")), True, id="new emotions"),
        pytest.param(replace(few(11), emotions=("Angry", "Calm")), False, id="too few speakers"),
        pytest.param(few(12), False, id="known emotions"),
        pytest.param(
            replace(few(12, speaker_known=False), emotions=("Angry", "Calm")), False, id="unknown speakers"
        ),
    ],
)
def test_a_run_tells_when_a_new_network_may_be_better(
    prepared: Prepared, is_told: bool, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.choose_family(prepared, Hybrid(), FineTuned(start))
    told = "".join(capsys.readouterr())
    assert "gets a new last layer" in told
    assert ("may be better" in told) == is_told


def test_no_model_is_calibrated_on_speakers_whom_its_start_knows(start: Start) -> None:
    prepared = replace(few(30), added={"emodb": [GERMAN, replace(GERMAN, speaker="emodb/08")]})
    clips = [replace(clip, emotion=("Angry", "Sad")[i % 2]) for i, clip in enumerate(prepared.clips)]
    prepared = replace(prepared, clips=clips)
    everything = TrainingSet(
        clips=tuple(prepared.training_clips),
        speakers=prepared.training_speakers,
        emotions=prepared.emotions,
        core=(),
        feature_set=MFCC_PITCH,
        cache=Path("unused"),
    )
    for family, held_out in ((Hybrid(), {"emodb/03", "emodb/08"}), (FineTuned(start), set())):
        found = plan(family, everything, prepared, seed=0, random_split=False)
        assert {speaker for speaker in found.held_out if "emodb" in speaker} == held_out
        assert found.held_out - held_out


def test_what_a_start_was_trained_on_is_recorded_once_for_each_corpus(start: Start) -> None:
    prepared = replace(few(5), added={"emodb": [replace(GERMAN, speaker="emodb/99")]})
    found = {each.corpus.title: each for each in prepared.all_also_trained_on(start.manifest)}
    assert len(found) == len(prepared.all_also_trained_on(start.manifest))
    [of_emodb] = [each.speakers for title, each in found.items() if title == "EmoDB"]
    assert {"03", "99"} <= set(of_emodb)


def test_no_model_is_scored_on_speakers_whom_its_start_knows(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "emodb"
    folder.mkdir()
    for speaker in ("03", "08", "09", "10"):
        for number in range(3):
            for letter in "WN":
                (folder / f"{speaker}a0{number + 1}{letter}a.wav").touch()
    with pytest.raises(CorpusError, match=r"cremad-6 was trained on 4 speakers of .* already"):
        train_model(
            FineTuned(start),
            corpus="emodb",
            data=folder,
            emotions=["Angry", "Neutral"],
            directory=tmp_path / "model" / "mine",
        )
    with pytest.raises(CorpusError, match="no score on unknown speakers would be left"):
        cross_validate(
            FineTuned(start),
            corpus="emodb",
            data=folder,
            emotions=["Angry", "Neutral"],
            folds=2,
            cache=tmp_path / "cache",
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "nothing"], "No model 'nothing'"),
        (["--from", "bilstm-cremad"], "cannot be trained further"),
        (["--from", "cremad-6", "--family", "bilstm"], "are always trained anew"),
    ],
)
def test_a_model_that_cannot_be_trained_further_is_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pieces(tmp_path / "data", per_clip=1)
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--corpus", "folder", "--data", str(data), *options])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
