"""`MODEL_CARD.md`: what a manifest says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ser import corpora
from ser.evaluation import report
from ser.evaluation.baselines import NEUTRAL_CLIPS, SESSION_CLIPS
from ser.evaluation.metrics import ABSTAINING_GAIN, LEAST_COVERAGE
from ser.evaluation.scores import Report
from ser.evaluation.tables import as_table
from ser.evaluation.words import WORDS, Words
from ser.features.registry import FEATURE_SETS, FRAME_S
from ser.models.manifest import (
    CROSS_VALIDATION,
    KERAS_FILE,
    LEAVE_ONE_OUT,
    VOICE_GENDER,
    AlsoTrainedOn,
    Manifest,
    Task,
)
from ser.training.cross_validation import CrossValidation

_INTENDED: Mapping[Task, str] = {
    "emotion": """\
Estimating which of the emotions above a short stretch of {speech} sounds like: research, teaching,
prototypes, and interfaces whose users know that their voice is analysed and agree to it. The answer is an
estimate of how a voice *sounds*, not of what a person feels.""",
    VOICE_GENDER: """\
Estimating whether a short stretch of speech sounds like the women or like the men whom it was trained on:
research, teaching, prototypes, and interfaces whose users know that their voice is analysed and agree to it.
The answer is an estimate of how a voice *sounds*, not of who a person is.""",
}

_NOT_FOR: Mapping[Task, str] = {
    "emotion": """\
- Deciding anything about a person: hiring, education, credit, insurance, policing, border control,
  health. In the European Union, inferring emotions at work and in schools is prohibited (Regulation
  (EU) 2024/1689, article 5(1)(f)).
- Lie detection, diagnosis, or analysing people who have not agreed to it.""",
    VOICE_GENDER: """\
- Deciding anything about a person: hiring, education, credit, insurance, policing, border control,
  health. In the European Union, assigning people to categories by their voice is biometric categorisation
  (Regulation (EU) 2024/1689, article 3(40)): who uses it must inform the people exposed to it (article
  50(3)), and to infer race, political opinions, trade union membership, religious or philosophical
  beliefs, sex life or sexual orientation with it is prohibited (article 5(1)(g)).
- Telling who speaks, or analysing people who have not agreed to it.
- Recordings in which several people speak: all of them get one answer.""",
}


_OWN = (
    "It was trained on {description}{alone}. On other voices, microphones, rooms, languages or ways of "
    "speaking it will be worse than the figures here."
)
_SAME_SPEAKERS = (
    "**The figures are too high**: the recordings were split by clip, as too few of their speakers were "
    "known. The same speakers were trained and tested on. On other speakers the model will be worse."
)
_UNKNOWN_SPEAKER = (
    "Without a baseline nothing is known of how the speaker usually sounds: a naturally low or loud voice "
    "changes the answer."
)
_TWO_VOICES = (
    "Its labels are the sex that the corpus records of its speakers, and it knows no others. The answer says "
    "nothing of how speakers see themselves. A deep voice of a woman or a high voice of a man may get the "
    "other label. Children's voices were not measured."
)


def render(manifest: Manifest) -> str:
    """Return the model card in Markdown."""
    sections = [
        f"# {manifest.name}",
        manifest.description + ".",
        "## The model",
        _model(manifest),
        "## What it scores",
        _scores(manifest),
        "## What it is for",
        _intended(manifest),
        "## What it is not for",
        _not_for(manifest),
        "## What limits it",
        _limits(manifest),
        "## What it was trained on",
        _corpus(manifest),
        "## How to train it again",
        f"```\n{manifest.training['command']}\n```",
    ]
    if examples := manifest.metrics.get("examples"):
        shown = _examples(examples, _words(manifest).known)
        sections += ["## What it predicts for the clips of `tests/data`", shown]
    return "\n\n".join(sections) + "\n"


def _model(manifest: Manifest) -> str:
    features = FEATURE_SETS.get(manifest.features.name)
    window_s = manifest.window.length_frames * FRAME_S
    windows = f"; at most {window_s:g} s at once, longer clips by overlapping windows" * features.over_time
    return (
        f"- {_words(manifest).labels.capitalize()}: {', '.join(manifest.labels)}\n"
        f"- Network: `{manifest.architecture}`, {manifest.parameters:,} parameters\n"
        f"- Input: {features.description}, from 16 kHz mono{windows}\n"
        f"- Licence of the weights: {manifest.licence or 'not stated'}\n"
        f"- Made {manifest.created} with {_made_with(manifest)}"
    )


def _words(manifest: Manifest) -> Words:
    return WORDS[manifest.task]


def _made_with(manifest: Manifest) -> str:
    versions = manifest.versions
    if KERAS_FILE not in manifest.sha256:
        return f"scikit-learn {versions['scikit-learn']}; the ONNX file does not need it"
    return (
        f"Keras {versions['keras']} (TensorFlow {versions['tensorflow']}), scikit-learn "
        f"{versions['scikit-learn']}; the ONNX file needs neither"
    )


def _intended(manifest: Manifest) -> str:
    speech = "speech like its recordings" if _own(manifest) else "acted-like speech"
    return _INTENDED[manifest.task].format(speech=speech)


def _not_for(manifest: Manifest) -> str:
    not_for = _NOT_FOR[manifest.task]
    if corpora.NEUTRAL in manifest.labels or manifest.task != "emotion":
        return not_for
    others = [label for label in manifest.network_labels or () if label not in manifest.labels]
    marked = f" Where {' or '.join(others)} is likelier, the answer is marked as uncertain." if others else ""
    return f"{not_for}\n- Calm everyday speech: every answer is one of the emotions above.{marked}"


def _own(manifest: Manifest) -> bool:
    return corpora.name_of_title(manifest.corpus.title) == corpora.FOLDER


def _by(manifest: Manifest) -> str:
    """Return what the split keeps together, in the plural."""
    return f"{manifest.split['by']}s"


def _limits(manifest: Manifest) -> str:
    corpus = corpora.CORPORA.get(corpora.name_of_title(manifest.corpus.title))
    alone = "" if manifest.also_trained_on else ", and on nothing else"
    limits = [corpus.limits or _OWN.format(description=manifest.corpus.description, alone=alone)]
    further = (
        corpora.CORPORA.get(corpora.name_of_title(each.corpus.title)).limits
        for each in manifest.also_trained_on
    )
    limits += [limit.replace("It was trained", "It was also trained", 1) for limit in further if limit]
    if manifest.split["by"] == "clip":
        limits.append(_SAME_SPEAKERS)
    limits.append(_TWO_VOICES if manifest.task == VOICE_GENDER else _UNKNOWN_SPEAKER)
    if manifest.scaling is None:
        limits.append("It takes no baseline.")
    if manifest.temperature == 1:
        limits.append("Its probabilities are not calibrated.")
    return "\n".join(f"- {limit}" for limit in limits)


def _scores(manifest: Manifest) -> str:
    dev = manifest.metrics["dev"]
    if "conditions" not in dev:
        return f"{_cross_validated(manifest)}{_plain_scores(manifest, dev)}\n\n{_how_measured(manifest)}"
    first = _cross_validated(manifest)
    shown = report.sections(report.FullReport.model_validate(dev), level=4 if first else 3)
    return f"{first}{shown}\n\n### How it was measured\n\n{_how_measured(manifest)}"


def _cross_validated(manifest: Manifest) -> str:
    """Return what comes first where there is one, as it is of the most speakers; else nothing."""
    found = manifest.metrics.get(CROSS_VALIDATION)
    if found is None:
        return ""
    scores = CrossValidation.model_validate(found)
    rest = "Each speaker left out once" if _left_one_out(manifest) else "The `dev` speakers alone"
    return (
        f"### All speakers, by cross-validation\n\n{scores.summary}. The models were trained in the same way "
        f"as this one, with seed {scores.seed}.\n\n{as_table(scores.rows)}\n\n### {rest}\n\n"
    )


def _plain_scores(manifest: Manifest, dev: dict[str, Any]) -> str:
    whose = f"the {len(dev['speakers'])} `dev` speakers, **none of whom it was trained on**"
    if manifest.split["by"] == "clip":
        whose = "speakers whom **it may have been trained on**"
    return (
        f"Measured on {dev['clips']} clips of {whose}, each from its file to the answer; {dev['refused']} "
        "clips were refused (too short, or no speech found) and count as wrong.\n\n"
        f"**UAR {dev['uar']:.4f}** (unweighted average recall; chance is "
        f"{1 / len(manifest.labels):.2f}), WA {dev['wa']:.4f}, macro-F1 {dev['macro_f1']:.4f}.\n\n"
        f"{report.by_label(Report.model_validate(dev), _words(manifest))}"
    )


def _how_measured(manifest: Manifest) -> str:
    if _left_one_out(manifest):
        return _how_left_out(manifest)
    corpus = corpora.name_of_title(manifest.corpus.title)
    where = "PATH_OF_THE_RECORDINGS" if _own(manifest) else f"PATH_OF_{manifest.corpus.title}"
    noise = " --noise PATH_OF_THE_NOISES" if manifest.training.get("noises") else ""
    chosen = "Nothing was" if _own(manifest) else "Settings, seed and epoch were"
    on = "on training speakers alone; " if not _own(manifest) else f"on the `dev` {_by(manifest)}; "
    looked = "the model was finished"
    if not _own(manifest):
        looked = "this model and earlier ones were finished, and errors there decided what was tried next"
    return (
        f"{chosen} chosen {on}the `dev` {_by(manifest)} were looked at when {looked}. The same "
        f"figures come from\n\n```\nser evaluate --model model/{manifest.name} --corpus {corpus} "
        f"--data {where}{noise} --split dev\n```\n\n{_inner(manifest)}"
    )


def _left_one_out(manifest: Manifest) -> bool:
    return manifest.split.get("method") == LEAVE_ONE_OUT


def _how_left_out(manifest: Manifest) -> str:
    """Return how a model of few speakers was measured: by models like it."""
    count = len(manifest.split["dev"])
    return (
        f"Leave one speaker out: {count} models were trained in the same way, each without one of the "
        f"{count} speakers, and answered for that speaker. This model was trained on all of them; the "
        "figures hold no answer of its own. Clips of the speaker who is left out can be in the background "
        "babble of the other speakers' training clips, without their labels. "
        f"Temperature {manifest.temperature:.3f} and the least confidence "
        f"{manifest.min_confidence:g} were chosen on the same answers, so the calibration error of a new "
        "voice is a little higher. Training again gives the same figures; `ser evaluate` on these recordings "
        "does not, as this model knows their speakers."
    )


def _inner(manifest: Manifest) -> str:
    if "calibrate" not in manifest.split:
        return (
            f"On the {len(manifest.split['stop'])} {_by(manifest)} that decided when to stop: UAR "
            f"{manifest.metrics['stop']['uar']:.4f} ({manifest.metrics['stop']['clips']} clips)."
        )
    inner = manifest.metrics["calibrate"]
    return (
        f"Temperature {manifest.temperature:.3f} and the least confidence {manifest.min_confidence:g} were "
        f"chosen on {len(manifest.split['calibrate'])} training {_by(manifest)}, with a calibration model "
        f"that was trained without them ({inner['clips']} clips): UAR {_conditions(manifest, inner['uar'])}."
        f"{_abstaining(inner.get('abstaining'))}{_by_corpus(inner.get('corpora'))}"
    )


def _by_corpus(found: dict[str, Any] | None) -> str:
    """Return a table of what the calibration model scores on each corpus."""
    if not found:
        return ""
    rows = "\n".join(
        f"| {corpora.facts(name, ()).title} | {each['clips']:,} | "
        + " | ".join(f"{each[what][known]:.3f}" for what in ("uar", "ece") for known in each[what])
        + " |"
        for name, each in found.items()
    )
    [first, *_] = found.values()
    columns = [f"{what.upper()}, {known}" for what in ("uar", "ece") for known in first[what]]
    return (
        "\n\nThe calibration model on each corpus. Of a further corpus of acted speech, it was trained on no "
        "clip (leave one corpus out), and of ordinary speech not on these speakers and words:\n\n"
        f"| corpus | clips | {' | '.join(columns)} |\n| --- | --- |{' --- |' * len(columns)}\n{rows}"
    )


def _conditions(manifest: Manifest, uar: dict[str, float]) -> str:
    parts = [f"{uar['none']:.4f} with nothing known of the speaker"]
    if manifest.split["by"] == "speaker":
        if "neutral" in uar and corpora.NEUTRAL in (manifest.network_labels or manifest.labels):
            parts.append(f"{uar['neutral']:.4f} with {NEUTRAL_CLIPS} of their neutral clips as baseline")
        if "own" in uar:
            parts.append(f"{uar['own']:.4f} with {SESSION_CLIPS} of any emotion")
    return ", ".join(parts)


def _abstaining(found: dict[str, float] | None) -> str:
    if found is None:
        return ""
    return (
        " The least confidence is where, on their risk-coverage curve, answers become "
        f"{100 * ABSTAINING_GAIN:g} points more often right than all together, as long as "
        f"{LEAST_COVERAGE:.0%} are given: {found['coverage']:.1%} were, and {found['accuracy']:.1%} "
        f"of these were right, of all {found['accuracy_of_all']:.1%}."
    )


def _corpus(manifest: Manifest) -> str:
    corpus, split = manifest.corpus, manifest.split
    trained = f"The network was trained on {len(split['fit'])} {_by(manifest)}"
    if stopping := split.get("stop"):
        trained += f" and stopped early on {len(stopping)} others"
    if not _left_one_out(manifest):
        trained += f"; {len(split['dev'])} further ones are those that it is measured on"
    return (
        f"{_link(corpus.title, corpus.url)}: {corpus.description}. {corpus.source}.\n\n"
        f"Licence: {_link(corpus.licence, corpus.licence_url)}.\n\n"
        f"{trained}. `model.json` names them all."
        f"{''.join(map(_also, manifest.also_trained_on))}"
    )


def _also(further: AlsoTrainedOn) -> str:
    corpus = further.corpus
    whose = f"{len(further.speakers)} named speakers" if further.speakers else "speakers who are not named"
    clips = "recordings " if further.clips is None else f"{further.clips:,} clips, "
    return (
        f"\n\nIt was also trained on {clips}of {whose}, of "
        f"{_link(corpus.title, corpus.url)}: {corpus.description}. {corpus.source}. Licence: "
        f"{_link(corpus.licence, corpus.licence_url)}."
    )


def _link(text: str, url: str) -> str:
    return f"[{text}]({url})" if url else text


def _examples(examples: dict[str, Any], known: str) -> str:
    right = sum(row["intended"] == row["emotion"] for row in examples.values())
    rows = "\n".join(
        f"| {name} | {row['intended']} | {row['emotion']} | {row['probabilities'][row['emotion']]:.4f} |"
        for name, row in examples.items()
    )
    return (
        f"{right} of {len(examples)} as {known}.\n\n| clip | {known} | predicted | confidence |\n"
        f"| --- | --- | --- | --- |\n{rows}"
    )
