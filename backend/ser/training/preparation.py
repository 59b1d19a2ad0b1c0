"""What every training begins with: the clips of a corpus, their emotions, and the split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from ser import corpora
from ser.corpora import checks, seen, splits
from ser.corpora.base import CLIPS_SHA256, Clip
from ser.corpora.checks import Usable
from ser.corpora.file_hash import file_hash
from ser.corpora.splits import Split
from ser.errors import CorpusError
from ser.models.manifest import VOICE_GENDER, AlsoTrainedOn, CorpusFacts, Manifest, Task
from ser.text import counted
from ser.training.feature_cache import corpus_features

# With fewer, the network of a shipped model is trained further; from the second number on, a new one may
# still be better, for emotions that the shipped one does not know (docs/own-recordings.md).
FEW_SPEAKERS, MAYBE_ENOUGH_SPEAKERS = 20, 12


@dataclass(frozen=True)
class Prepared:
    """A corpus that is ready for training.

    Attributes:
        clips: of all speakers.
        emotions: the order of a model's outputs.
        split: `train` and `dev` -> speakers.
        facts: title, licence and source of the corpus.
        published: whether the split is the corpus' fixed one.
        added: training clips of further corpora, each of whose speakers is named `<corpus>/<speaker>`.
        leave_one_out: whether each speaker is left out of one model, and the last one is trained on all;
            both parts of `split` are then all speakers.
    """

    clips: list[Clip]
    emotions: tuple[str, ...]
    split: Split
    facts: CorpusFacts
    published: bool
    added: Mapping[str, list[Clip]]
    leave_one_out: bool = False

    @property
    def own_training_clips(self) -> list[Clip]:
        """The clips of the corpus' training speakers."""
        return splits.of_speakers(self.clips, self.split["train"])

    @property
    def training_clips(self) -> list[Clip]:
        """The clips that are trained on, those of further corpora included."""
        return [*self.own_training_clips, *chain.from_iterable(self.added.values())]

    @property
    def training_speakers(self) -> frozenset[str]:
        """The speakers of `training_clips`."""
        return frozenset(clip.speaker for clip in self.training_clips)

    def all_also_trained_on(self, start: Manifest | None) -> list[AlsoTrainedOn]:
        """Return what a manifest records of the further corpora.

        Args:
            start: the model that is trained further; its corpora are among them.
        """
        found = {each.corpus.title: each for each in self.also_trained_on}
        if start is not None:
            by_name = start.split.get("by") != "clip"
            speakers = sorted(splits.of_model(start.split)["train"]) if by_name else []
            for each in (AlsoTrainedOn(corpus=start.corpus, speakers=speakers), *start.also_trained_on):
                found[each.corpus.title] = _united(found.get(each.corpus.title), each)
        # What the start knows of the corpus itself is in the split.
        found.pop(self.facts.title, None)
        return list(found.values())

    @property
    def also_trained_on(self) -> list[AlsoTrainedOn]:
        """What a manifest records of the corpora of `added`."""
        return [
            AlsoTrainedOn(
                corpus=corpora.facts(name, clips),
                clips=len(clips),
                speakers=sorted({_own_name(clip) for clip in clips if clip.speaker_known}),
            )
            for name, clips in self.added.items()
        ]

    @property
    def split_by(self) -> str:
        """What a split keeps together: speaker, or clip where the speakers are not known."""
        return "speaker" if all(clip.speaker_known for clip in self.clips) else "clip"

    @property
    def titles(self) -> str:
        """The corpora that are trained on, as a list of words."""
        *most, last = [self.facts.title, *(each.corpus.title for each in self.also_trained_on)]
        return f"{', '.join(most)} and {last}" if most else last

    @property
    def restricted(self) -> bool:
        """Whether a corpus that is trained on may not be used for any purpose."""
        return any(corpora.CORPORA.get(name).restricted for name in self._facts_by_name)

    @property
    def licence(self) -> str:
        """The licence that comes with the corpora."""
        named = self._facts_by_name
        if self._own:
            others = (f"{each.title} ({each.licence})" for name, each in named.items() if name in self.added)
            return "; made from ".join(["that of the recordings", *others])
        strict = [facts for name, facts in named.items() if corpora.CORPORA.get(name).restricted]
        if strict:
            return "; ".join(
                f"{facts.licence}, as {facts.title}, which it was trained on" for facts in strict
            )
        return f"MIT; made from {', '.join(f'{each.title} ({each.licence})' for each in named.values())}"

    @property
    def may_have_few_speakers(self) -> bool:
        """Whether there are fewer than `FEW_SPEAKERS` to train on, or nobody knows how many."""
        return self.split_by == "clip" or self._known_speakers < FEW_SPEAKERS

    def may_need_a_new_network(self, start: Manifest) -> bool:
        """Whether a new network may score higher than that of a model that knows some of the emotions."""
        known = start.network_labels or start.labels
        return not set(self.emotions) <= set(known) and self._known_speakers >= MAYBE_ENOUGH_SPEAKERS

    @property
    def _known_speakers(self) -> int:
        return len({clip.speaker for clip in self.training_clips if clip.speaker_known})

    def known_to(self, start: Manifest | None) -> frozenset[str]:
        """Return those speakers, of all corpora, whom the model that is trained further was trained on."""
        if start is None:
            return frozenset()
        found = seen.trained_on(start, self.facts.title, self.clips)
        for name, clips in self.added.items():
            own = [replace(clip, speaker=_own_name(clip)) for clip in clips]
            known = seen.trained_on(start, corpora.facts(name, clips).title, own)
            found |= {clip.speaker for clip in clips if _own_name(clip) in known}
        return found

    def require_unknown_to(self, start: Manifest | None) -> None:
        """Raise where the model that is to be trained further was trained on speakers of the corpus.

        Raises:
            CorpusError: it was: the new model could be neither scored nor calibrated on them.
        """
        known = self.known_to(start) & (self.split["train"] | self.split["dev"])
        if start is not None and known:
            raise CorpusError(
                f"{start.name} was trained on {counted(len(known), 'speaker')} of {self.facts.title} "
                "already, so no score on unknown speakers would be left. Use --from none, or another model."
            )

    @property
    def summary(self) -> str:
        """What is trained on and what the score is measured on, in words."""
        if self.leave_one_out:
            count = len(self.split["train"])
            return (
                f"{counted(len(self.clips), 'clip')} of {count} speakers, who are few: each is scored by a "
                f"model that is trained without them, and the last of {count + 1} models is trained on all"
            )
        tested = splits.of_speakers(self.clips, self.split["dev"])
        return f"{self._counted(self.training_clips)} to train on; {self._counted(tested)} for the score"

    def _counted(self, clips: Sequence[Clip]) -> str:
        speakers = f" of {counted(len({clip.speaker for clip in clips}), 'speaker')}"
        return f"{counted(len(clips), 'clip')}{speakers if self.split_by == 'speaker' else ''}"

    @property
    def _facts_by_name(self) -> dict[str, CorpusFacts]:
        own = corpora.name_of_title(self.facts.title)
        return {own: self.facts, **{name: corpora.facts(name, ()) for name in self.added}}

    @property
    def _own(self) -> bool:
        return corpora.name_of_title(self.facts.title) == corpora.FOLDER

    def identity(self, start: Manifest | None = None) -> dict[str, list[str]]:
        """Return what a manifest records of one's own recordings: the hashes of the training clips.

        Args:
            start: the model that is trained further; its own clips are among them.
        """
        hashes = [] if start is None else start.training.get(CLIPS_SHA256, [])
        if self._own:
            hashes = [*hashes, *(file_hash(clip.path) for clip in self.own_training_clips)]
        return {CLIPS_SHA256: hashes} if hashes else {}

    def held_out(
        self, share: float, seed: int, *, whole_corpora: bool = False
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Split the training speakers, those of each corpus, into most of them and a held-out share.

        Args:
            share: of the speakers of each corpus.
            seed: of the choice.
            whole_corpora: hold out all speakers of a further corpus of acted speech.
        """
        if self.published:
            fit, held = splits.hold_out(self.split["train"], share=share, seed=seed)
        else:
            fit, held = splits.balanced(self.own_training_clips, share=share, seed=seed)
        for clips in self.added.values():
            if whole_corpora and all(map(corpora.is_acted, clips)):
                held |= {clip.speaker for clip in clips}
                continue
            more, others = splits.hold_out_groups(clips, share=share, seed=seed)
            fit, held = fit | more, held | others
        return fit, held


def prepare(
    corpus: str,
    data: Path,
    *,
    emotions: Sequence[str],
    task: Task = "emotion",
    splits_file: Path | None = None,
    also: Mapping[str, Path] | None = None,
    few_left_out: bool = True,
    cache: Path | None = None,
) -> Prepared:
    """Load a corpus, check it where it is one's own, and split its speakers.

    Args:
        corpus: its name.
        data: the corpus' folder, or its CSV.
        emotions: the labels to tell apart; one's own recordings have theirs.
        task: what the labels are.
        splits_file: JSON of the training and the test speakers (`splits.for_corpus`).
        also: name -> folder of further corpora to train on: their training speakers, or all where a corpus
            has no split.
        few_left_out: whether each of few speakers may be left out of one model (`splits.leaves_one_out`).
        cache: folder of cached features.

    Raises:
        CorpusError: the corpus is not what its loader expects, or cannot be trained on.
    """
    if corpus == corpora.FOLDER:
        clips = own_recordings(data, cache=cache).clips
        checks.require_trainable(clips)
        found = sorted({clip.emotion for clip in clips})
        if task == VOICE_GENDER and set(found) != set(emotions):
            raise CorpusError(f"The labels must be {', '.join(emotions)}; yours are {', '.join(found)}.")
        emotions = found
    else:
        clips = corpora.load(corpus, data, emotions=emotions, task=task)
        checks.require_two_emotions(clips)
    also = also or {}
    if corpus in also:
        raise CorpusError(f"'{corpus}' is trained on already; name other corpora beside it.")
    if also:
        clips = [replace(clip, corpus=corpus) for clip in clips]
    # Beside other corpora, those who are held out must say what to expect of these, too.
    leave_one_out = few_left_out and not (splits_file or also) and splits.leaves_one_out(corpus, clips)
    everyone = frozenset(clip.speaker for clip in clips)
    return Prepared(
        clips=clips,
        emotions=tuple(emotions),
        split=(
            {"train": everyone, "dev": everyone}
            if leave_one_out
            else splits.for_corpus(corpus, clips, splits_file)
        ),
        facts=corpora.facts(corpus, clips),
        published=splits_file is None and splits.has_standard_split(corpus),
        added={name: _further(name, folder, emotions, task) for name, folder in also.items()},
        leave_one_out=leave_one_out,
    )


def _further(corpus: str, data: Path, emotions: Sequence[str], task: Task) -> list[Clip]:
    """Return the training clips of a further corpus; its other emotions are left out.

    Raises:
        CorpusError: it is one's own recordings, has no such clips, or does not say who speaks what.
    """
    if corpus == corpora.FOLDER:
        raise CorpusError(f"'{corpus}' cannot be trained on beside another corpus.")
    clips = corpora.load(corpus, data, emotions=emotions, task=task)
    if splits.has_standard_split(corpus):
        clips = splits.of_speakers(clips, splits.standard_split(corpus, clips)["train"])
    return [replace(clip, speaker=f"{corpus}/{clip.speaker}", corpus=corpus) for clip in clips]


def _united(one: AlsoTrainedOn | None, other: AlsoTrainedOn) -> AlsoTrainedOn:
    """Return what was trained on of one corpus in two trainings."""
    if one is None:
        return other
    return AlsoTrainedOn(corpus=other.corpus, speakers=sorted({*one.speakers, *other.speakers}))


def _own_name(clip: Clip) -> str:
    return clip.speaker.removeprefix(f"{clip.corpus}/")


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
