from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from clips import CLIPS, MODEL, SEX, sound_file
from ser.audio.decode import decode
from ser.cli.main import COMMANDS, main
from ser.features.mfcc import MFCC_PITCH
from ser.models.predictor import EmotionPredictor


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


def lines(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_predict_prints_one_line_per_file(run, predictor: EmotionPredictor) -> None:
    result = run("predict", *(clip.path for clip in CLIPS[:3]))
    assert result.exit_code == 0
    answers = lines(result.stdout)
    assert [answer["file"] for answer in answers] == [str(clip.path) for clip in CLIPS[:3]]
    for answer, clip in zip(answers, CLIPS, strict=False):
        assert list(answer) == [
            "file",
            "emotion",
            "confidence",
            "probabilities",
            "timestamp",
            "low_information",
            "sentiment",
            "valence",
            "arousal",
            "intensity",
        ]
        assert answer["emotion"] == predictor.predict(clip.path).emotion


@pytest.mark.parametrize("command", ["predict", "analyze"])
def test_a_prior_is_taken_and_a_wrong_one_is_refused(command: str, run) -> None:
    path = CLIPS[0].path
    options = ["--model", "cremad-6", *(["--baseline", "none"] if command == "analyze" else [])]
    plain, calm = (
        lines(run(command, path, *options, *prior).stdout)[0]["probabilities"]
        for prior in ([], ["--prior", "Neutral=20"])
    )
    assert calm["Neutral"] > plain["Neutral"]  # type: ignore[index]
    wrong = run(command, path, *options, "--prior", "Neutral=much")
    assert wrong.exit_code == 2
    assert "Expected EMOTION=WEIGHT" in wrong.stderr


def test_predict_goes_on_after_a_bad_file(run, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "silence.wav").write_bytes(sound_file(np.zeros(32_000)))
    (tmp_path / "empty.wav").touch()
    result = run(
        "predict",
        tmp_path / "text.wav",
        tmp_path / "none.wav",
        tmp_path,
        tmp_path / "silence.wav",
        tmp_path / "empty.wav",
        CLIPS[0].path,
    )
    assert result.exit_code == 1
    answers = lines(result.stdout)
    codes = [answer.get("code") for answer in answers]
    assert codes == [
        "unsupported_format",
        "unreadable",
        "unreadable",
        "no_speech",
        "unsupported_format",
        None,
    ]
    assert answers[-1]["emotion"]


def test_predict_bounds_the_decoding_where_the_setting_is_set(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_MAX_DECODING_S", "1e-9")
    result = run("predict", CLIPS[0].path)
    assert result.exit_code == 1
    assert lines(result.stdout)[0]["code"] == "decode_failed"
    result = run("predict", "--baseline", CLIPS[0].path, CLIPS[0].path)
    assert result.exit_code == 2
    assert "too long to decode" in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["predict", "analyze"])
def test_the_voice_is_told_where_it_is_asked_for(command: str, run) -> None:
    known = {SEX[clip.speaker]: clip.path for clip in CLIPS}
    assert set(known) == {"Female", "Male"}
    for sex, path in known.items():
        assert "voice_gender" not in lines(run(command, path).stdout)[0]
        result = run(command, path, "--voice-gender")
        assert result.exit_code == 0
        assert lines(result.stdout)[0]["voice_gender"]["label"] == sex  # type: ignore[index]


@pytest.mark.parametrize("command", ["predict", "analyze"])
def test_without_a_model_of_voices_it_is_wrong_use(
    command: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_MODEL_DIR", str(tmp_path))
    result = run(command, CLIPS[0].path, "--voice-gender", "--model", MODEL)
    assert result.exit_code == 2
    assert "ser train --family voice-gender" in " ".join(result.stderr.split())


def test_a_timeline_has_no_place_for_the_voice(run) -> None:
    result = run("analyze", CLIPS[0].path, "--voice-gender", "--format", "csv")
    assert result.exit_code == 2
    assert "'csv' has no place for it" in result.stderr


def test_predict_takes_a_model_by_name_and_by_path(run) -> None:
    by_name = run("predict", CLIPS[0].path, "--model", MODEL.name)
    by_path = run("predict", CLIPS[0].path, "--model", MODEL)
    (one,), (other,) = lines(by_name.stdout), lines(by_path.stdout)
    assert one["probabilities"] == other["probabilities"]


def test_predict_takes_a_recording_or_a_token_as_baseline(
    run, tmp_path: Path, predictor: EmotionPredictor
) -> None:
    recording, token = tmp_path / "ordinary.wav", tmp_path / "token.txt"
    recording.write_bytes(sound_file(np.tile(decode(CLIPS[0].path), 4)))
    baseline = predictor.learn([recording])
    text = baseline.token(MFCC_PITCH)
    token.write_text(f"  {text}\n")
    answer, marked = tmp_path / "answer.json", tmp_path / "marked.txt"
    answer.write_text(json.dumps({"speech_s": 9.9, "baseline": text}, indent=2), encoding="utf-8-sig")
    marked.write_text(text, encoding="utf-8-sig")
    expected = predictor.predict(CLIPS[0].path, baseline).as_dict()["probabilities"]
    for given in (recording, token, answer, marked):
        result = run("predict", "--baseline", given, CLIPS[0].path)
        assert result.exit_code == 0, result.output
        assert lines(result.stdout)[0]["probabilities"] == expected
    assert lines(run("predict", CLIPS[0].path).stdout)[0]["probabilities"] != expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "none of WAV"),
        (b"some words", "none of WAV"),
        (b"ser-baseline-1.AAAA", "damaged"),
        (b"ser-baseline-1." + b"A" * 10**6, "damaged"),
        (b'{"baseline": "ser-baseline-1.AAAA"}', "damaged"),
        (b'{"baseline": 1}', "none of WAV"),
        (b'{"baseline": "ser-baseline', "none of WAV"),
        (b'{"a":' * 10_000, "none of WAV"),
        (CLIPS[0].path.read_bytes(), "at least 5 s are needed"),
        (sound_file(np.zeros(96_000)), "silence, noise"),
    ],
    ids=["empty", "words", "damaged", "long", "JSON damaged", "number", "cut", "nested", "short", "silent"],
)
def test_a_wrong_baseline_is_a_line(content: bytes, message: str, run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    result = run("predict", "--baseline", tmp_path / "file", CLIPS[0].path)
    assert result.exit_code == 2
    assert "--baseline" in result.stderr
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict"], "Missing argument"),
        (["predict", "x.wav", "--baseline", "none"], "does not exist"),
        (["predict", "x.wav", "--baseline", "."], "is a directory"),
        (["predict", "x.wav", "--model", "none"], "No model 'none'"),
        (["evaluate", "--data", "."], "No CREMA-D clips"),
        (["evaluate", "--data", ".", "--corpus", "none"], "No corpus 'none'"),
        (["evaluate", "--data", "/nonexistent"], "does not exist"),
        (["train", "--data", "."], "No CREMA-D clips"),
        (
            ["train", "--corpus", "ravdess", "--data", "."],
            "'cremad-6' is for models that may be used for any",
        ),
        (["train", "--corpus", "hindi", "--data", ".", "--name", "cremad-4"], "research and education"),
        (["train", "--data", ".", "--also", "hindi=."], "research and education; origin not stated"),
        (["train", "--corpus", "hindi", "--data", ".", "--name", "mine"], "No Hindi clips"),
        (["train", "--corpus", "folder", "--data", ".", "--emotions", "Angry,Sad"], "with all of theirs"),
        (["train", "--data", ".", "--emotions", "Angry,Angry"], "is not of the form Angry,Happy,Sad"),
        (["train", "--data", ".", "--name", "cremad-4"], "must differ"),
        (["train", "--data", ".", "--name", "../x"], "'../x' is no name"),
        (["train", "--data", ".", "--name", ""], "'' is no name"),
        (["train", "--data", ".", "--name", ".."], "'..' is no name"),
        (["train", "--data", ".", "--core-name", "-x"], "'-x' is no name"),
        (["train", "--data", ".", "--also", "emodb"], "is not of the form NAME=FOLDER"),
        (["train", "--data", ".", "--also", "emodb=nowhere"], "'nowhere' does not exist"),
        (["train", "--data", ".", "--also", "emodb=.", "--also", "emodb=."], "'emodb' is given twice"),
        (["none"], "No such command"),
    ],
)
def test_wrong_use_is_a_line_not_a_traceback(
    arguments: list[str], message: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def _training_modules() -> list[str]:
    """Return the modules that only `make train-deps` installs."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert "speech-emotion-server[published]" in extras["train"]
    lines = {*extras["train"], *extras["published"]} - {"speech-emotion-server[published]"}
    packages = sorted(line.partition(">=")[0] for line in lines)
    imported = {"scikit-learn": "sklearn", "pillow": "PIL"}
    return [imported.get(package, package) for package in packages]


@pytest.mark.parametrize("module", _training_modules())
def test_a_missing_training_package_is_a_line(module: str, run, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def train() -> None:
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(COMMANDS, "get", lambda _: train)
    result = run("train")
    assert result.exit_code == 2
    assert f"This needs {module}, which is not installed: run `make train-deps`." in result.stderr


@pytest.mark.parametrize(
    "model", [".", "..", "/", "./", "/nonexistent/x", "x" * 5_000, "cremad-4/model.json"]
)
def test_what_is_no_model_is_a_line_not_a_traceback(
    model: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    by_option = run("predict", CLIPS[0].path, "--model", model)
    monkeypatch.setenv("SER_MODEL", model)
    for result in (by_option, run("predict", CLIPS[0].path), run("analyze", CLIPS[0].path)):
        assert result.exit_code == 2
        assert "No model" in result.stderr
        assert isinstance(result.exception, SystemExit)


def test_the_folder_one_is_in_can_be_the_model(run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = lines(run("predict", CLIPS[0].path, "--model", MODEL).stdout)[0]["probabilities"]
    monkeypatch.chdir(MODEL)
    for model in (".", str(Path("..") / MODEL.name)):
        assert lines(run("predict", CLIPS[0].path, "--model", model).stdout)[0]["probabilities"] == expected


def test_a_wrong_setting_is_a_line_not_a_traceback() -> None:
    import os

    result = subprocess.run(
        [Path(sys.executable).with_name("ser"), "serve"],
        env={**os.environ, "SER_PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "SER_PORT='eighty'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_evaluate_prints_and_writes_the_scores(run, tmp_path: Path, predictor: EmotionPredictor) -> None:
    result = run("evaluate", "--model", MODEL, "--data", CLIPS[0].path.parent, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    right = sum(predictor.predict(clip.path).emotion == clip.emotion for clip in CLIPS)
    # Three clips of each emotion: here, UAR and accuracy are the same.
    assert f"UAR {right / len(CLIPS):.4f}" in result.stdout
    assert f"WA {right / len(CLIPS):.4f}" in result.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["clips"] == 12
    assert sum(map(sum, report["confusion"])) == 12
    assert (tmp_path / "out" / "confusion.png").read_bytes().startswith(b"\x89PNG")
