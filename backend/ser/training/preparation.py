"""What every training begins with: the clips of a corpus, their emotions, and who is tested on."""

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
from ser.training.feature_cache import corpus_frames


@dataclass(frozen=True)
class Prepared:
    """A corpus ready to learn from.

    Attributes:
        clips: of all speakers.
        emotions: the order of a network's outputs.
        split: `train` and `dev` -> speakers.
        facts: where the corpus comes from.
        published: whether the split is the corpus' published one.
    """

    clips: list[Clip]
    emotions: tuple[str, ...]
    split: Split
    facts: CorpusFacts
    published: bool

    @property
    def known(self) -> list[Clip]:
        """The clips of the speakers to learn from."""
        return splits.of_speakers(self.clips, self.split["train"])

    @property
    def split_by(self) -> str:
        """What a split keeps together: speaker, or clip where nobody says who speaks."""
        return "speaker" if all(clip.speaker_known for clip in self.clips) else "clip"

    @property
    def identity(self) -> dict[str, list[str]]:
        """What a manifest records so that these clips are known again: of one's own recordings, hashes."""
        own = corpora.name_of_title(self.facts.title) == corpora.FOLDER
        return {CLIPS_SHA256: file_hashes(self.known)} if own else {}

    def held_out(self, share: float, seed: int) -> tuple[frozenset[str], frozenset[str]]:
        """Part the speakers to learn from into most of them and a held-out share."""
        if self.published:
            return splits.hold_out(self.split["train"], share=share, seed=seed)
        return splits.balanced(self.known, share=share, seed=seed)


def prepare(
    corpus: str,
    data: Path,
    *,
    emotions: Sequence[str],
    splits_file: Path | None = None,
    cache: Path | None = None,
) -> Prepared:
    """Load a corpus, check it where it is one's own, and part its speakers.

    Args:
        corpus: its name.
        data: the corpus' folder, or its CSV.
        emotions: those to tell apart; one's own recordings have their own.
        splits_file: JSON of who is trained and who is tested on (`splits.for_corpus`).
        cache: folder of cached features.

    Raises:
        CorpusError: the corpus is not what its loader expects, or cannot be learnt from.
    """
    if corpus == corpora.FOLDER:
        clips = own_recordings(data, cache=cache).clips
        checks.require_trainable(clips)
        emotions = sorted({clip.emotion for clip in clips})
    else:
        clips = corpora.load(corpus, data, emotions=emotions)
    return Prepared(
        clips=clips,
        emotions=tuple(emotions),
        split=splits.for_corpus(corpus, clips, splits_file),
        facts=corpora.facts(corpus, clips),
        published=corpus != corpora.FOLDER and splits_file is None,
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
    found = checks.usable(clips, corpus_frames(clips, cache=cache))
    return Usable(checks.grouped(found.clips, data), found.frames)
