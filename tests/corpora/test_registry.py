"""A new corpus is one file and one line of the registry: then it is loaded, split and scored as any other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clips import CLIPS, sound_file
from ser import corpora
from ser.audio.decode import decode
from ser.corpora import splits
from ser.corpora.registry import CORPORA
from ser.errors import CorpusError
from ser.evaluation import report
from ser.models.predictor import EmotionPredictor

TOY = """
import re
from pathlib import Path

from ser.corpora import Annotations, Clip, Corpus, Person, Targets
from ser.corpora.base import clips_by_name
from ser.models.manifest import CorpusFacts


def list_clips(data):
    return clips_by_name(
        data.glob("*"),
        re.compile("([a-z]+) (Angry|Sad)"),
        lambda path, speaker, emotion: Clip(path, speaker, emotion),
        faulty={"eve Sad"},
        missing="No toy clips.",
    )


CORPUS = Corpus(
    list_clips=list_clips,
    facts=CorpusFacts(
        title="TOY", description="six clips", licence="CC0", licence_url="", source="made here", url=""
    ),
    annotate=lambda data, clips: Annotations({clip.speaker: Person(age=30) for clip in clips}),
    split_file=Path(__file__).with_name("toy_split.json"),
    targets={"cremad-4": Targets(least_uar={"none": 0.99})},
)
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Add the corpus `toy`, and make its recordings."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "toy_corpus.py").write_text(TOY)
    (tmp_path / "code" / "toy_split.json").write_text('{"train": ["ada", "eve"], "dev": ["bob"]}')
    folder = tmp_path / "recordings"
    folder.mkdir()
    for emotion in ("Angry", "Sad"):
        y = decode(next(clip.path for clip in CLIPS if clip.emotion == emotion))
        for speaker in ("ada", "bob", "eve"):
            (folder / f"{speaker} {emotion}.wav").write_bytes(sound_file(y))
    (folder / "notes.txt").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    CORPORA.add("toy", "toy_corpus:CORPUS")
    yield folder
    CORPORA.remove("toy")
    sys.modules.pop("toy_corpus", None)


def test_a_new_corpus_is_one_file_and_one_line(data: Path, predictor: EmotionPredictor) -> None:
    clips = corpora.load("toy", data)
    assert [clip.path.stem for clip in clips] == ["ada Angry", "ada Sad", "bob Angry", "bob Sad", "eve Angry"]
    assert [clip.speaker for clip in corpora.load("toy", data, emotions=["Sad"])] == ["ada", "bob"]
    split = splits.for_corpus("toy", clips)
    assert split == {"train": {"ada", "eve"}, "dev": {"bob"}}
    dev = splits.of_speakers(clips, split["dev"])
    found = report.evaluate_model(
        predictor, dev, corpus="toy", split="dev", annotations=corpora.annotate("toy", data, dev)
    )
    assert found.corpus == "TOY"
    assert found.corpus_licence == "CC0"
    assert (found.clips, found.speakers) == (2, ["bob"])
    assert corpora.name_of_title("TOY") == "toy"
    page = report.page(found)
    assert "2 clips of 1 dev speaker of TOY" in page
    assert "| at least 0.990 |" in page


def test_every_corpus_describes_itself() -> None:
    for name in CORPORA:
        corpus = CORPORA.get(name)
        assert (corpus.facts is None) == (name == corpora.FOLDER)
        assert corpora.name_of_title(corpus.facts.title if corpus.facts else "mine") == name


def test_the_licence_of_some_corpora_stays_with_the_models() -> None:
    restricted = {name for name in CORPORA if CORPORA.get(name).restricted}
    assert restricted == {"ravdess", "hindi", "tess", "savee", "emovo", "urdu", "iemocap"}


def test_only_ordinary_speech_is_not_acted() -> None:
    assert [name for name in CORPORA if not CORPORA.get(name).acted] == ["ordinary"]


def test_an_unknown_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match="emodb, hindi, tess, savee, emovo, urdu, iemocap, ordinary, folder"
    ):
        corpora.load("creamd", tmp_path)


def test_ones_own_recordings_are_described_by_their_clips() -> None:
    clips = [corpora.Clip(Path(str(i)), str(i % 3), "Sad") for i in range(6)]
    assert corpora.facts("folder", clips).description == "6 clips of 3 speakers in 1 emotions"
    unknown = [corpora.Clip(Path(str(i)), str(i), "Sad", speaker_known=False) for i in range(6)]
    assert corpora.facts("folder", unknown).description == "6 clips of unnamed speakers in 1 emotions"
