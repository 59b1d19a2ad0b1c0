"""One network, served under several names: labels, temperature, baseline."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import StandardScaler

from clips import CLIPS, PUBLISHED, sound_file
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import EngineName
from ser.errors import BadBaseline, BaselineTooShort, DecodeError, ModelCorrupt, NoSpeech, TooLong
from ser.features.mfcc import MFCC
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.models.checks import check
from ser.models.manifest import CARD_FILE, KERAS_FILE, MANIFEST, ONNX_FILE, SCALER_FILE
from ser.models.pool import ModelPool
from ser.models.predictor import EmotionPredictor
from ser.training.export import export_onnx
from ser.training.family import Head

SIX = ["Angry", "Happy", "Sad", "Disgust", "Fear", "Neutral"]
# Another order than the network's, and some left out.
FOUR = ["Disgust", "Angry", "Sad", "Neutral"]
TEMPERATURE = 1.7
FILES = (KERAS_FILE, SCALER_FILE, ONNX_FILE)
CLIP_FRAMES = [MFCC.extract(decode(clip.path)) for clip in CLIPS]


@pytest.fixture(scope="module")
def predictor() -> EmotionPredictor:
    """The published network."""
    return EmotionPredictor.load(PUBLISHED)


@pytest.fixture(scope="module")
def keras_predictor() -> EmotionPredictor:
    """The published network, run by Keras."""
    return EmotionPredictor.load(PUBLISHED, engine="keras")


def network(classes: int, *, masking: bool = True) -> keras.Model:
    inputs = x = keras.Input((None, MFCC.width))
    if masking:
        x = keras.layers.Masking(0.0)(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(6))(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))


def link(folder: Path, to: Path) -> None:
    for name in FILES:
        (folder / name).symlink_to(to / name)


def write_manifest(folder: Path, **fields: Any) -> None:
    manifest = json.loads((PUBLISHED / MANIFEST).read_text()) | {"name": folder.name} | fields
    manifest["sha256"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `six`, which holds the files, and `four`, which links to them."""
    root = tmp_path_factory.mktemp("model")
    six, four = root / "six", root / "four"
    six.mkdir()
    four.mkdir()
    keras.utils.set_random_seed(0)
    model = network(6)
    # Surer than a network that has learnt nothing.
    model.set_weights([3 * weights for weights in model.get_weights()])
    scaler = StandardScaler().fit(np.concatenate(CLIP_FRAMES))
    model.save(six / KERAS_FILE)
    (six / SCALER_FILE).write_bytes(skops.io.dumps(scaler))
    chosen = [SIX.index(label) for label in FOUR]
    heads = {"probabilities": Head(range(6)), "four": Head(chosen, TEMPERATURE)}
    export_onnx(model, scaler, network, six / ONNX_FILE, heads)
    link(four, Path("..") / "six")
    shared = {
        "scaling": {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()},
        "prior_frames": 50.0,
    }
    write_manifest(six, labels=SIX, **shared)
    write_manifest(four, labels=FOUR, network_labels=SIX, output="four", temperature=TEMPERATURE, **shared)
    return root


Heads = dict[tuple[str, str], EmotionPredictor]


@pytest.fixture(scope="module")
def heads(root: Path) -> Heads:
    """Both, by both engines."""
    engines: tuple[EngineName, ...] = ("onnx", "keras")
    return {
        (name, engine): EmotionPredictor.load(root / name, engine=engine)
        for name in ("six", "four")
        for engine in engines
    }


def baselines() -> list[Baseline | None]:
    own = Baseline.of(CLIP_FRAMES[0])
    return [None, own, own + Baseline.of(np.concatenate(CLIP_FRAMES[3:]))]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("head", ["six", "four"])
def test_both_engines_agree_for_each_head(head: str, which: int, heads: Heads) -> None:
    onnx, keras_one = heads[head, "onnx"], heads[head, "keras"]
    baseline = baselines()[which]
    long = np.concatenate(CLIP_FRAMES)
    for frames in [*CLIP_FRAMES[:4], long, long[:11]]:
        one, other = (
            onnx.window_probabilities(frames, baseline),
            keras_one.window_probabilities(frames, baseline),
        )
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
        np.testing.assert_allclose(one.sum(axis=1), 1, atol=1e-5)
    assert set(onnx.predict_features(long, baseline).probabilities) == set(onnx.manifest.labels)


def test_a_check_compares_both_engines(root: Path, tmp_path: Path) -> None:
    for name in ("six", "four"):
        (fault,) = (found := check(root / name)).faults
        assert CARD_FILE in fault
        assert found.keras_compared
    link(tmp_path, root / "six")
    keras.utils.set_random_seed(1)
    (tmp_path / KERAS_FILE).unlink()
    network(6).save(tmp_path / KERAS_FILE)
    write_manifest(tmp_path, labels=SIX)
    assert any(
        "answer with probabilities that differ by up to 0." in fault for fault in check(tmp_path).faults
    )


@pytest.mark.parametrize("engine", ["onnx", "keras"])
@pytest.mark.parametrize("which", range(3))
def test_a_head_is_the_network_restricted_and_calibrated(which: int, engine: str, heads: Heads) -> None:
    six, four = heads["six", engine], heads["four", engine]
    spread = []
    for frames in CLIP_FRAMES[:4]:
        known = six.window_probabilities(frames, baselines()[which]).astype(np.float64)
        powers = known[:, [SIX.index(label) for label in FOUR]] ** (1 / TEMPERATURE)
        expected = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(four.window_probabilities(frames, baselines()[which]), expected, atol=1e-5)
        spread.append(expected.max())
    # The network has opinions, or this would show nothing.
    assert max(spread) > 0.5


@pytest.mark.parametrize("engine", ["onnx", "keras"])
def test_statistics_beyond_reason_still_give_probabilities(engine: str, heads: Heads) -> None:
    four = heads["four", engine]
    tiny = Baseline(1, np.full(MFCC.width, 1e6), np.full(MFCC.width, 1e12))
    for baseline in (tiny, Baseline(10**9, np.full(MFCC.width, -1e15), np.full(MFCC.width, 1e21))):
        for frames in (CLIP_FRAMES[0], np.full((30, MFCC.width), 1e6, np.float32)):
            probabilities = four.window_probabilities(frames, baseline)
            assert np.isfinite(probabilities).all()
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("engine", ["onnx", "keras"])
def test_a_link_that_leads_to_other_bytes_is_refused(engine: EngineName, root: Path, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes((root / "four" / MANIFEST).read_bytes())
    link(tmp_path, PUBLISHED)
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        EmotionPredictor.load(tmp_path, engine=engine)


def test_a_pool_serves_both_heads(root: Path) -> None:
    pool = ModelPool.load(root, default="four", engine="onnx", max_loaded=1)
    assert pool.ready
    assert set(pool.directories) == {"six", "four"}
    prediction = pool.get().predict(CLIPS[0].path)
    assert list(prediction.probabilities) == FOUR
    assert list(pool.get("six").predict(CLIPS[0].path).probabilities) == SIX


@pytest.mark.parametrize(
    "change",
    [
        {"network_labels": ["Angry", "Sad", "Happy"]},
        {"network_labels": [*SIX, "Angry"]},
        {"network_labels": SIX, "output": "five"},
        {"network_labels": SIX, "output": "probabilities"},
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"min_confidence": 1.1},
        {"prior_frames": -1.0},
        {"scaling": {"mean": [0.0] * 119, "scale": [1.0] * 119}},
        {"scaling": {"mean": [0.0] * 120, "scale": [1.0] * 119 + [0.0]}},
        {"scaling": {"mean": [0.0] * 120}},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_head_that_does_not_fit_is_refused(change: dict[str, Any], root: Path, tmp_path: Path) -> None:
    link(tmp_path, root / "six")
    known = {"labels": FOUR, "network_labels": SIX, "output": "four"}
    write_manifest(tmp_path, **known)
    EmotionPredictor.load(tmp_path)
    write_manifest(tmp_path, **known | change)
    with pytest.raises(ModelCorrupt):
        EmotionPredictor.load(tmp_path)


def test_the_keras_file_must_have_the_networks_labels(root: Path, tmp_path: Path) -> None:
    link(tmp_path, root / "six")
    write_manifest(tmp_path, labels=FOUR, output="four")
    with pytest.raises(ModelCorrupt, match="6 outputs for 4 labels"):
        EmotionPredictor.load(tmp_path, engine="keras")


def test_a_graph_without_statistics_cannot_promise_a_baseline(root: Path, tmp_path: Path) -> None:
    import onnx

    graph = onnx.load(root / "six" / ONNX_FILE)
    kept = [each for each in graph.graph.input if each.name not in ("mean", "scale")]
    del graph.graph.input[:]
    graph.graph.input.extend(kept)
    onnx.save(graph, tmp_path / ONNX_FILE)
    for name in (KERAS_FILE, SCALER_FILE):
        (tmp_path / name).symlink_to(root / "six" / name)
    write_manifest(tmp_path, labels=SIX)
    with pytest.raises(ModelCorrupt, match="no mean and scale"):
        EmotionPredictor.load(tmp_path)
    write_manifest(tmp_path, labels=SIX, scaling=None)
    predictor = EmotionPredictor.load(tmp_path)
    assert predictor.predict(CLIPS[0].path)
    with pytest.raises(BadBaseline, match="takes no baseline"):
        predictor.predict(CLIPS[0].path, Baseline.of(CLIP_FRAMES[0]))


@pytest.mark.parametrize("frames", CLIP_FRAMES[:4])
def test_everybodys_statistics_are_those_used_without_a_baseline(
    frames: Frames, predictor: EmotionPredictor
) -> None:
    scaling = predictor.manifest.scaling
    assert scaling is not None
    given = [np.array(values, np.float32) for values in (scaling.mean, scaling.scale)]
    engine = predictor._engine
    batch = frames[np.newaxis]
    np.testing.assert_array_equal(engine.run(batch), engine.run(batch, *given))
    nothing = Baseline.of(frames[:0])
    np.testing.assert_array_equal(
        predictor.window_probabilities(frames), predictor.window_probabilities(frames, nothing)
    )


@pytest.mark.parametrize("duration_s", [0.5, 1.0, 2.5, 4.0, 9.0])
@pytest.mark.parametrize("which", [1, 5, 9])
def test_the_shipped_engines_agree_on_a_voice_that_is_known(
    duration_s: float, which: int, predictor: EmotionPredictor, keras_predictor: EmotionPredictor
) -> None:
    frames = MFCC.extract(np.tile(decode(CLIPS[which].path), 5)[: int(duration_s * SAMPLE_RATE_HZ)])
    baseline = Baseline.of(CLIP_FRAMES[which])
    one, other = (each.window_probabilities(frames, baseline) for each in (predictor, keras_predictor))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    assert np.abs(one - predictor.window_probabilities(frames)).max() > 1e-3


def test_predict_is_the_same_by_every_door(predictor: EmotionPredictor, speech: Waveform) -> None:
    baseline = Baseline.of(CLIP_FRAMES[0])
    frames = predictor.speech_features(speech)
    expected = predictor.window_probabilities(frames, baseline).mean(axis=0)
    for prediction in (
        predictor.predict(CLIPS[0].path, baseline),
        predictor.predict(CLIPS[0].path.read_bytes(), baseline),
        predictor.predict_waveform(speech, baseline),
        predictor.predict_features(frames, baseline),
    ):
        np.testing.assert_allclose(list(prediction.probabilities.values()), expected, atol=1e-6)
        assert prediction.statistics.count == len(frames)


def test_a_prediction_changes_nothing_for_the_next(predictor: EmotionPredictor) -> None:
    baseline = Baseline.of(CLIP_FRAMES[1])
    before = predictor.window_probabilities(CLIP_FRAMES[0])
    statistics = baseline.sum.copy(), baseline.sum_squares.copy()
    for _ in range(3):
        predictor.predict_features(CLIP_FRAMES[0], baseline)
        predictor.learn([CLIPS[0].path] * 3, baseline)
    np.testing.assert_array_equal(predictor.window_probabilities(CLIP_FRAMES[0]), before)
    np.testing.assert_array_equal(baseline.sum, statistics[0])
    np.testing.assert_array_equal(baseline.sum_squares, statistics[1])


def test_learning_adds_files_up(predictor: EmotionPredictor) -> None:
    paths = [clip.path for clip in CLIPS[:3]]
    learnt = predictor.learn(paths)
    grown = predictor.learn(paths[2:], Baseline.of(np.concatenate(CLIP_FRAMES[:2])))
    expected = Baseline.of(np.concatenate(CLIP_FRAMES[:3]))
    for baseline in (learnt, grown):
        assert baseline.count == expected.count
        # One by the graph of the features, the other by librosa.
        np.testing.assert_allclose(baseline.sum, expected.sum, rtol=1e-4)
    assert learnt.speech_s == pytest.approx(sum(map(len, CLIP_FRAMES[:3])) / 100)


def test_learning_has_its_bounds(predictor: EmotionPredictor) -> None:
    path = CLIPS[0].path
    with pytest.raises(BaselineTooShort, match=r"1\.0 s of speech were found; at least 5 s"):
        predictor.learn([path])
    with pytest.raises(BaselineTooShort, match=r"0\.0 s"):
        predictor.learn([])
    with pytest.raises(TooLong, match="At most 6 s"):
        predictor.learn([path] * 3, max_duration_s=6)
    with pytest.raises(DecodeError, match="too long to decode"):
        predictor.learn([path] * 3, max_decoding_s=0)
    with pytest.raises(NoSpeech):
        predictor.learn([path, path, path, sound_file(np.zeros(32_000))])


def test_pauses_are_no_baseline(predictor: EmotionPredictor) -> None:
    word, hush = decode(CLIPS[1].path)[8_000:24_000], np.zeros(5 * SAMPLE_RATE_HZ, np.float32)
    mostly_pauses = sound_file(np.concatenate([word, hush, word[:2_000]]))
    with pytest.raises(BaselineTooShort, match=r"In 6\.\d s, only 0\.\d s are speech"):
        predictor.learn([mostly_pauses])
    # What is there already was spoken.
    assert predictor.learn([mostly_pauses], Baseline.of(CLIP_FRAMES[2])).speech_s > 8
    assert predictor.learn([mostly_pauses, *(clip.path for clip in CLIPS[2:4])]).speech_s > 10


@pytest.mark.parametrize(
    ("fields", "uncertain"),
    [
        ({}, False),
        ({"min_confidence": 0.2}, False),
        ({"min_confidence": 1.0}, True),
        ({"min_speech_s": 0.5}, False),
        ({"min_speech_s": 60.0}, True),
    ],
)
def test_low_information_is_said(
    fields: dict[str, float], uncertain: bool, root: Path, tmp_path: Path
) -> None:
    link(tmp_path, root / "six")
    write_manifest(tmp_path, labels=SIX, **fields)
    prediction = EmotionPredictor.load(tmp_path).predict(CLIPS[0].path)
    assert prediction.low_information is uncertain
    assert prediction.as_dict()["low_information"] is uncertain
