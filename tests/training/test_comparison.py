"""Systems side by side: what is scored, what is kept, and what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from toy_family import NAME, NearestMean, NearestMeanSettings

from clips import CLIPS, sound_file
from ser.audio.decode import decode
from ser.cli.main import main
from ser.errors import CorpusError
from ser.evaluation import comparison_pages
from ser.models.comparison import COMPARISON, Comparison, load
from ser.training import comparison, cross_validation
from ser.training.comparison import Measured, compare
from ser.training.cross_validation import Fold
from ser.training.families.registry import FAMILIES
from ser.training.pipeline import train_model

pytestmark = pytest.mark.slow

ACTORS, REPETITIONS = 4, 3
CODES = {"Angry": "05", "Happy": "03"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus in the layout of RAVDESS: pieces of our clips by four actors."""
    root = tmp_path_factory.mktemp("ravdess")
    for emotion, code in CODES.items():
        clips = [clip for clip in CLIPS if clip.emotion == emotion]
        found = [piece for clip in clips for piece in np.array_split(decode(clip.path), 4)]
        for number in range(ACTORS * REPETITIONS):
            actor, repetition = 1 + number // REPETITIONS, number % REPETITIONS
            statement, again = 1 + repetition // 2, 1 + repetition % 2
            name = f"Actor_{actor:02}/03-01-{code}-01-{statement:02}-{again:02}-{actor:02}.wav"
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(sound_file(found[number]))
    return root


@pytest.fixture(scope="module")
def measured(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    cache = tmp_path_factory.mktemp("cache")
    return Measured(data={"ravdess": tree}, models=cache / "none", folds=3, seed=0, cache=cache)


@pytest.fixture(scope="module")
def found(measured: Measured) -> Comparison:
    return compare([(NearestMean(), "ravdess")], measured, command="ser compare toy")


def test_every_clip_is_scored_once_under_each_split(found: Comparison) -> None:
    (row,) = found.rows
    assert row.labels == ["Angry", "Happy"]
    assert (row.corpus, row.shipped, row.model) == ("RAVDESS", False, NAME)
    for scores in (row.unseen, row.random_split):
        assert scores is not None
        assert np.sum(scores.confusion) == scores.clips == 2 * ACTORS * REPETITIONS
        assert (scores.speakers, scores.folds) == (ACTORS, 3)
        recalls = np.diag(scores.confusion) / np.sum(scores.confusion, axis=1)
        assert scores.uar.value == pytest.approx(recalls.mean())
        assert scores.wa.value == pytest.approx(np.trace(scores.confusion) / scores.clips)
        assert scores.uar.low <= scores.uar.value <= scores.uar.high


def test_what_was_scored_once_is_kept(
    measured: Measured, found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "score_folds", lambda *_, **__: pytest.fail("scored again"))
    monkeypatch.setattr(comparison, "score_by_speaker", lambda *_, **__: pytest.fail("scored again"))
    again = compare([(NearestMean(), "ravdess")], measured, command="ser compare toy")
    assert again.rows == found.rows


def test_a_shipped_model_has_its_own_scores(
    measured: Measured, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = train_model(
        NearestMean(),
        corpus="ravdess",
        data=tree,
        directory=tmp_path / NAME,
        emotions=list(CODES),
        cache=measured.cache,
    )
    shipped = replace(measured, models=tmp_path)
    trained: list[str] = []

    def score_by_speaker(family: NearestMean, *rest: Any, **options: Any) -> list[Fold]:
        trained.append(family.default_name)
        return cross_validation.score_by_speaker(family, *rest, **options)

    monkeypatch.setattr(comparison, "score_by_speaker", score_by_speaker)
    (row,) = compare([(NearestMean(), "ravdess")], shipped, command="").rows
    assert (row.shipped, trained) == (True, [])
    assert (row.unseen.speakers, row.unseen.folds) == (ACTORS, ACTORS)
    assert row.unseen.uar.model_dump() == asdict(report.conditions[0].uar)
    assert np.sum(row.unseen.confusion) + report.refused == row.unseen.clips == 2 * ACTORS * REPETITIONS
    other = NearestMean(NearestMeanSettings(sharpness=0.5))
    (row,) = compare([(other, "ravdess")], shipped, command="").rows
    assert (row.shipped, trained) == (True, [NAME])
    assert row.unseen.folds == measured.folds


def test_the_files_say_the_same(found: Comparison, tmp_path: Path) -> None:
    files = comparison_pages.write(found, tmp_path)
    assert all(file.stat().st_size > 0 for file in files)
    assert load(tmp_path) == found
    page = (tmp_path / comparison_pages.PAGE_FILE).read_text()
    uar = f"{found.rows[0].unseen.uar.value:.3f}"
    assert uar in page
    assert "ser compare toy" in page
    assert uar in comparison_pages.as_text(found)
    assert json.loads((tmp_path / COMPARISON).read_text())["rows"][0]["model"] == NAME


def test_a_system_needs_the_corpora_it_was_published_on(measured: Measured) -> None:
    with pytest.raises(CorpusError, match="needs 'cremad': give --corpus cremad=FOLDER"):
        compare([(NearestMean(), "cremad")], measured, command="")


@pytest.fixture
def registered() -> Iterator[None]:
    FAMILIES.add(NAME, "toy_family:NearestMean")
    (models,) = (each for each in main.get_command(None, "compare").params if each.name == "names")  # type: ignore[arg-type]
    before = models.type.choices  # type: ignore[attr-defined]
    models.type.choices = [*before, NAME]  # type: ignore[attr-defined]
    yield
    models.type.choices = before  # type: ignore[attr-defined]
    FAMILIES.remove(NAME)


def test_the_command_prints_and_writes_it(registered: None, tree: Path, tmp_path: Path) -> None:
    options = [
        "--corpus",
        f"ravdess={tree}",
        "--folds",
        2,
        "--out",
        tmp_path / "out",
        "--cache",
        tmp_path / "c",
    ]
    run = CliRunner().invoke(main, ["compare", NAME, *map(str, options)])
    assert run.exit_code == 0, run.output
    written = load(tmp_path / "out")
    assert written is not None
    assert written.rows[0].unseen.folds == 2
    assert comparison_pages.as_text(written) in run.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "ravdess=."], "Give either names of systems or --all"),
        (["--all", "bilstm", "--corpus", "ravdess=."], "Give either names of systems or --all"),
        (["bilstm"], "Missing option '--corpus'"),
        (["none", "--corpus", "ravdess=."], "'none' is not one of"),
        (["--all", "--corpus", "emodb=."], "none of the systems was published on these corpora"),
        (["dense-105", "--corpus", "ravdess=."], "No RAVDESS clips"),
    ],
)
def test_wrong_use_is_a_line(arguments: list[str], message: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["compare", *arguments])
    assert run.exit_code == 2
    assert message in run.output


@pytest.mark.parametrize(
    ("name", "corpora"),
    [
        ("dense-105", ("ravdess",)),
        ("cnn-lstm-voting", ("cremad",)),
        ("hindi-svm", ("hindi", "ravdess", "cremad")),
        ("hindi-lstm", ("hindi",)),
    ],
)
def test_systems_are_compared_where_the_comparison_says_so(name: str, corpora: tuple[str, ...]) -> None:
    assert FAMILIES.get(name)().compared_on == corpora
