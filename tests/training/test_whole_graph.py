"""One file goes from a waveform to probabilities, and answers as the product does."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from clips import CLIPS, MODEL
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.features.clip_105 import CLIP_105
from ser.features.graphs.builder import Graph
from ser.features.mfcc import MFCC_PITCH
from ser.models.baseline import Baseline
from ser.models.manifest import ONNX_FILE, Window
from ser.models.predictor import EmotionPredictor, windows
from ser.models.store import ModelDirectory
from ser.training.whole_graph import add_features, with_features

MODELS = pytest.mark.parametrize("name", ["cremad-6", "cremad-4", "bilstm-cremad"])


@cache
def predictor(name: str) -> EmotionPredictor:
    return EmotionPredictor.load(MODEL.with_name(name))


@cache
def session(name: str) -> Any:
    # Only what any other tool would have: the file.
    return ort.InferenceSession(ModelDirectory(MODEL.with_name(name)).read(ONNX_FILE))


def talk() -> Waveform:
    return np.concatenate([decode(clip.path) for clip in CLIPS])


def run(name: str, outputs: list[str] | None, **given: NDArray[np.float32]) -> list[NDArray[Any]]:
    """Return outputs of the file alone; inputs that are not given are empty."""
    runs = session(name)
    empty = {each.name: np.zeros([0] * len(each.shape), np.float32) for each in runs.get_inputs()}
    width = predictor(name).feature_set.width
    return runs.run(outputs, {**empty, "frames": np.zeros((0, 0, width), np.float32), **given})


def answered(name: str, y: Waveform, **known: Any) -> dict[str, float]:
    """Return what the file alone answers for a waveform."""
    output = predictor(name).manifest.output
    labels = json.loads(session(name).get_modelmeta().custom_metadata_map["labels"])[output]
    (found,) = run(name, [f"clip_{output}"], waveform=y, **known)
    return dict(zip(labels, found.tolist(), strict=True))


@MODELS
def test_a_clip_has_the_answer_of_the_product(name: str) -> None:
    for clip in CLIPS:
        y = decode(clip.path)
        expected = predictor(name).predict_waveform(y, known_speech=True).probabilities
        assert answered(name, y) == pytest.approx(dict(expected), abs=1e-5)


@MODELS
def test_minutes_are_covered_with_windows_as_in_the_product(name: str) -> None:
    y = talk()
    found = run(name, ["probabilities"], waveform=y)[0]
    frames = predictor(name).feature_set.extract(y)
    assert len(found) == len(windows(frames, predictor(name).manifest.window)) > 1
    expected = predictor(name).predict_waveform(y, known_speech=True).probabilities
    assert answered(name, y) == pytest.approx(dict(expected), abs=1e-5)


def test_a_baseline_replaces_mean_and_scale() -> None:
    of_model, y = predictor("cremad-6"), decode(CLIPS[0].path)
    known = Baseline.of(of_model.feature_set.extract(talk()))
    expected = of_model.predict_waveform(y, known, known_speech=True).probabilities
    scaling = of_model.require_scaling()
    mean, scale = known.blended(scaling.mean, scaling.scale, of_model.manifest.prior_frames)
    assert answered("cremad-6", y, mean=mean, scale=scale) == pytest.approx(dict(expected), abs=1e-5)
    assert answered("cremad-6", y) != pytest.approx(dict(expected), abs=1e-2)


@MODELS
def test_what_a_baseline_is_made_of_comes_with_the_answer(name: str) -> None:
    y = decode(CLIPS[0].path)
    outputs = ["clip_frames", "count", "sum", "sum_squares"]
    frames, count, total, squares = run(name, outputs, waveform=y)
    expected = Baseline.of(predictor(name).feature_set.extract(y))
    assert np.array_equal(frames, predictor(name).feature_set.extract(y))
    assert count.tolist() == [expected.count]
    np.testing.assert_allclose(total, expected.sum, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(squares, expected.sum_squares, rtol=1e-9)


@MODELS
def test_it_says_how_much_sound_is_left(name: str) -> None:
    y = decode(CLIPS[0].path)
    padded = np.concatenate([np.zeros(8_000, np.float32), y, np.zeros(4_000, np.float32)])
    _, at = predictor(name).feature_set.extract_with_start(padded)
    start, length = run(name, ["start", "length"], waveform=padded)
    assert start.tolist() == [at]
    assert 0 < length[0] <= len(y)
    assert run(name, ["length"], waveform=padded[8_000:9_000])[0] <= 1_000
    assert run(name, ["start", "length"]) == [[0], [0]]


def test_the_intensity_of_a_clip_is_that_of_the_product() -> None:
    for y in (decode(CLIPS[0].path), talk()):
        found = run("cremad-6", ["clip_intensity"], waveform=y)[0]
        expected = predictor("cremad-6").predict_waveform(y, known_speech=True).intensity
        assert 100 * found[0] == pytest.approx(expected, abs=0.06)


@MODELS
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -1e30])
@pytest.mark.parametrize("samples", [0, 1, 800, 16_000])
def test_whatever_comes_the_answer_is_of_numbers(name: str, value: float, samples: int) -> None:
    for found in run(name, None, waveform=np.full(samples, value, np.float32)):
        assert np.isfinite(found).all()


def test_nothing_given_is_silence() -> None:
    assert sum(run("cremad-6", ["clip_probabilities"])[0]) == pytest.approx(1)


@MODELS
def test_frames_are_taken_instead_of_a_waveform(name: str) -> None:
    frames = predictor(name).feature_set.extract(decode(CLIPS[0].path))[np.newaxis]
    by_frames = run(name, ["probabilities", "count"], frames=frames, waveform=talk())
    by_waveform = run(name, ["probabilities"], waveform=decode(CLIPS[0].path))
    np.testing.assert_allclose(by_frames[0], by_waveform[0], atol=1e-6)
    assert by_frames[1].tolist() == [0]


def test_all_inputs_must_be_given_as_browsers_know_no_others() -> None:
    assert [each.name for each in session("cremad-6").get_inputs()] == [
        "waveform",
        "frames",
        "mean",
        "scale",
    ]
    assert not session("cremad-6").get_overridable_initializers()


def network(file: Path, version: int = 15) -> onnx.ModelProto:
    """Write a model that answers with the first features of a window's last frame."""
    nodes = [
        helper.make_node("Constant", [], ["last"], value_ints=[-1]),
        helper.make_node("Gather", ["frames", "last"], ["frame"], axis=1),
        helper.make_node("Squeeze", ["frame"], ["probabilities"]),
    ]
    shapes = {"frames": ["B", "T", 122], "probabilities": ["B", 122]}
    given, made = (helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in shapes.items())
    graph = helper.make_graph(nodes, "network", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    onnx.save(model, file)
    return model


def test_features_without_a_graph_leave_a_network_as_it_is(tmp_path: Path) -> None:
    model = network(tmp_path / ONNX_FILE)
    before = model.SerializeToString()
    assert with_features(model, CLIP_105, Window(), {}).SerializeToString() == before
    voting = Window(aggregate="vote")
    assert with_features(model, MFCC_PITCH, voting, {}).SerializeToString() == before


def test_a_network_of_other_operators_is_left_as_it_is(tmp_path: Path) -> None:
    other = network(tmp_path / ONNX_FILE, 18)
    assert with_features(other, MFCC_PITCH, Window(), {"probabilities": ["A"]}) is other
    with pytest.raises(ValueError, match="version 15"):
        Graph().include(other, {})


def test_a_file_names_its_labels_and_its_licence(tmp_path: Path) -> None:
    file = tmp_path / ONNX_FILE
    network(file)
    add_features(file, CLIP_105, Window(), {"probabilities": ["Angry", "Sad"]}, "for tests")
    said = {each.key: each.value for each in onnx.load(file).metadata_props}
    assert json.loads(said["labels"]) == {"probabilities": ["Angry", "Sad"]}
    assert (said["sample_rate_hz"], said["licence"]) == ("16000", "for tests")
