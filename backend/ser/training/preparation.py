"""What every training begins with: the clips of a corpus, their emotions, and the split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser import corpora
from ser.corpora import checks, splits
from ser.corpora.base import CLIPS_SHA256, Clip, file_hashes
from ser.corpora.checks import Usable
from ser.corpora.splits import Split
from ser.models.manifest import CorpusFacts
from ser.training.feature_cache import corpus_features


@dataclass(frozen=True)
class Prepared:
    """A corpus that is ready for training.

    Attributes:
        clips: of all speakers.
        emotions: the order of a model's outputs.
        split: `train` and `dev` -> speakers.
        facts: title, licence and source of the corpus.
        published: whether the split is the corpus' fixed one.
    """

    clips: list[Clip]
    emotions: tuple[str, ...]
    split: Split
    facts: CorpusFacts
    published: bool

    @property
    def training_clips(self) -> list[Clip]:
        """The clips of the training speakers."""
        return splits.of_speakers(self.clips, self.split["train"])

    @property
    def split_by(self) -> str:
        """What a split keeps together: speaker, or clip where the speakers are not known."""
        return "speaker" if all(clip.speaker_known for clip in self.clips) else "clip"

    @property
    def identity(self) -> dict[str, list[str]]:
        """What a manifest records of one's own recordings: the hashes of the training clips."""
        own = corpora.name_of_title(self.facts.title) == corpora.FOLDER
        return {CLIPS_SHA256: file_hashes(self.training_clips)} if own else {}

    def held_out(self, share: float, seed: int) -> tuple[frozenset[str], frozenset[str]]:
        """Split the training speakers into most of them and a held-out share."""
        if self.published:
            return splits.hold_out(self.split["train"], share=share, seed=seed)
        return splits.balanced(self.training_clips, share=share, seed=seed)


def prepare(
    corpus: str,
    data: Path,
    *,
    emotions: Sequence[str],
    splits_file: Path | None = None,
    cache: Path | None = None,
) -> Prepared:
    """Load a corpus, check it where it is one's own, and split its speakers.

    Args:
        corpus: its name.
        data: the corpus' folder, or its CSV.
        emotions: those to classify; one's own recordings have theirs.
        splits_file: JSON of the training and the test speakers (`splits.for_corpus`).
        cache: folder of cached features.

    Raises:
        CorpusError: the corpus is not what its loader expects, or cannot be trained on.
    """
    if corpus == corpora.FOLDER:
        clips = own_recordings(data, cache=cache).clips
        checks.require_trainable(clips)
        emotions = sorted({clip.emotion for clip in clips})
    else:
        clips = corpora.load(corpus, data, emotions=emotions)
        checks.require_two_emotions(clips)
    return Prepared(
        clips=clips,
        emotions=tuple(emotions),
        split=splits.for_corpus(corpus, clips, splits_file),
        facts=corpora.facts(corpus, clips),
        published=splits_file is None and splits.has_standard_split(corpus),
    )


def own_recordings(data: Path, *, emotions: Sequence[str] | None = None, cache: Path | None = None) -> Usable:
    """Load one's own recordings, and keep the clips that can be trained on, ready to be split.

    Args:
        data: the folder or the CSV (`folder.list_clips`).
        emotions: keep only these; all by default.
        cache: folder of cached features.

    Raises:
        CorpusError: the layout is not one of a corpus, or more than half of it cannot be read.
    """
    clips = corpora.load(corpora.FOLDER, data, emotions=emotions)
    found = checks.usable(clips, corpus_features(clips, cache=cache))
    return Usable(checks.grouped(found.clips, data), found.frames)
