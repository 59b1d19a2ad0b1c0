# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Speech emotion recognition, from a sound file to a served model
#
# How a voice *sounds*, angry, happy, sad or disgusted, is heard here by a small neural network. This notebook
# goes the whole way of one clip, and then trains, measures, exports and serves a network. Every step is a
# function of the package `ser`, the very ones that the server and `ser train` use; nothing is copied.
#
# It runs on the twelve clips of `tests/data` in about a minute, which shows that everything works and
# teaches a network next to nothing. With `SER_NOTEBOOK_DATA` set to the folder of
# [CREMA-D](https://github.com/CheyneyComputerScience/CREMA-D) it takes some actors of that corpus and a few
# minutes. `make notebook` runs it anew.

# %%
import json
import logging
import os
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Audio, Image, Markdown, display
from IPython.utils.capture import capture_output

from ser import corpora
from ser.app import create_app
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.config import Settings
from ser.corpora import splits
from ser.errors import AudioError, CorpusError
from ser.evaluation import scores as evaluation
from ser.features.mfcc import MFCC, N_MFCC
from ser.features.registry import FRAME_S
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from ser.speech import gate as voice_activity

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").is_file())
EXAMPLES = ROOT / "tests" / "data"
OWN_DATA = "SER_NOTEBOOK_DATA" in os.environ
DATA = Path(os.environ.get("SER_NOTEBOOK_DATA", EXAMPLES))
ACTORS, EPOCHS = (22, 12) if OWN_DATA else (12, 1)
EMOTIONS = ("Angry", "Happy", "Sad", "Disgust")

# %% [markdown]
# ## One clip
# `audio.decode` reads any container (WAV, WebM, MP3, OGG, FLAC, M4A) into samples at 16 kHz, in memory.

# %%
example = next(clip for clip in corpora.load("cremad", EXAMPLES) if clip.emotion == "Happy")
y = audio.decode(example.path)
print(f"{example.path.name}: {example.emotion}, {len(y) / SAMPLE_RATE_HZ:.2f} s, {y.dtype}")
display(Audio(y, rate=SAMPLE_RATE_HZ))

# %% [markdown]
# ## Is anybody speaking?
# Silence, noise or music has no emotion, so the answer is then *no speech* rather than a guess. Below, a
# second of faint noise stands before and after the clip, and each half second is asked alone.

# %%
rng = np.random.default_rng(0)
hush = (0.001 * rng.standard_normal(SAMPLE_RATE_HZ)).astype(np.float32)
session = np.concatenate([hush, y, hush])
window = SAMPLE_RATE_HZ // 2
starts = range(0, len(session) - window + 1, window // 2)

figure, axes = plt.subplots(figsize=(9, 2.2), layout="constrained")
axes.plot(np.arange(len(session)) / SAMPLE_RATE_HZ, session, linewidth=0.4, color="black")
for start in starts:
    if voice_activity.has_speech(session[start : start + window]):
        axes.axvspan(start / SAMPLE_RATE_HZ, (start + window) / SAMPLE_RATE_HZ, color="tab:green", alpha=0.15)
axes.set(title="Waveform; green where speech is found", xlabel="s", ylabel="amplitude")
plt.show()

try:
    voice_activity.require_speech(np.tile(hush, 3))
except AudioError as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# ## Frames
# What the network reads: every 10 ms, the shape of the spectrum (MFCC), how it changes (delta) and how that
# changes (delta-delta). Silence at both ends is trimmed first.

# %%
frames = MFCC.extract(y)
print(f"{frames.shape[0]} frames of {frames.shape[1]} numbers, {frames.dtype}")

figure, rows = plt.subplots(3, 1, figsize=(9, 5), sharex=True, layout="constrained")
for i, (axes, name) in enumerate(zip(rows, ("MFCC", "delta", "delta-delta"), strict=True)):
    block = frames[:, i * N_MFCC : (i + 1) * N_MFCC].T
    # The first is the loudness, which would outshine the others.
    block, limit = block[1:], np.abs(block[1:]).max()
    extent = (0, len(frames) * FRAME_S, 1, N_MFCC)
    axes.imshow(block, aspect="auto", origin="lower", cmap="RdBu_r", vmin=-limit, vmax=limit, extent=extent)
    axes.set(ylabel=name)
rows[-1].set_xlabel("s")
plt.show()

# %% [markdown]
# ## A corpus, and who is tested on
# A network knows the voices it was trained on. Tested on them again, it looks far better than it is on
# anybody else; so **whoever is trained on is never tested on**, and a split in which somebody is on both
# sides is refused.

# %%
clips = corpora.load("cremad", DATA, emotions=EMOTIONS)
published = splits.standard_split("cremad")
# Of CREMA-D, training actors alone: its `dev` actors are for the final score of a model.
among = [clip for clip in clips if clip.speaker in published["train"]] if OWN_DATA else clips
actors = sorted({clip.speaker for clip in among})[:ACTORS]
chosen = splits.of_speakers(among, actors)
train, dev = splits.balanced(chosen, share=0.25, seed=0)

for part, speakers in (("train", train), ("dev", dev)):
    counts = Counter(clip.emotion for clip in splits.of_speakers(chosen, speakers))
    print(f"{part:5} {len(speakers):2} actors  {dict(sorted(counts.items()))}")

try:
    splits.require_apart({"train": train, "dev": {*dev, min(train)}})
except CorpusError as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# ## Training
# `train_model` is what `ser train` runs: it extracts the frames, holds some more actors out to know when to
# stop, scales (fitted on real frames of the training actors), trains, exports to ONNX, and writes a
# directory with the network, its manifest and its model card; whole, or not at all.

# %%
work = tempfile.TemporaryDirectory()
directory = Path(work.name) / "model" / "from-the-notebook"
splits_file = Path(work.name) / "splits.json"
splits_file.write_text(json.dumps({"train": sorted(train), "dev": sorted(dev)}))
# The other actors are left out on purpose.
logging.getLogger("ser.training").setLevel(logging.ERROR)

with capture_output():
    from ser.training.families import bilstm_pipeline as pipeline

    report = pipeline.train_model(
        corpus="cremad",
        data=DATA,
        directory=directory,
        emotions=EMOTIONS,
        splits_file=splits_file,
        max_epochs=EPOCHS,
    )

manifest = json.loads((directory / "model.json").read_text())
print(f"{manifest['architecture']}, {manifest['parameters']:,} parameters")
print(f"epoch {manifest['training']['best_epoch']} of {manifest['training']['epochs']} is kept")
for path in sorted(directory.iterdir()):
    print(f"{path.name:24} {path.stat().st_size / 1e3:8.1f} kB")

# %% [markdown]
# ## What it scores on voices it has never heard
# UAR is the mean of the recall of each emotion: a network that always says the same gets 1 / 4.

# %%
print(report.as_text())
display(Image(directory / evaluation.CONFUSION_FILE, width=420))

# %% [markdown]
# ## Two engines, one answer
# `final_ser_model.keras` is the source of truth; `model.onnx` is exported from it and is what the server
# runs, without TensorFlow. They must agree.

# %%
onnx = EmotionPredictor.load(directory)
with capture_output():
    keras = EmotionPredictor.load(directory, engine="keras")

unseen = splits.of_speakers(chosen, dev)
differences = []
for clip in unseen[:: max(1, len(unseen) // 8)]:
    frames = MFCC.extract(audio.decode(clip.path))
    differences.append(float(np.abs(onnx.probabilities(frames) - keras.probabilities(frames)).max()))
    heard = onnx.predict_features(frames)
    print(f"{clip.path.stem:16} {clip.emotion:8} heard as {heard.emotion:8} {heard.confidence:.3f}")
print(f"largest difference of a probability: {max(differences):.1e}")
assert max(differences) < 1e-4

# %% [markdown]
# ## A voice against its own baseline
# Much of what sounds sad or angry is just how somebody always sounds, or their microphone. A *baseline* is
# the mean and deviation of each feature over some ordinary speech of that person, and the frames are scaled
# with it instead of everybody's. Nothing that was said can be had back from it. It is made of the
# actor's neutral clips; where there are none (`tests/data`), of the clip itself. On so few actors, a small
# difference means little.

# %%
neutral = [clip for clip in corpora.load("cremad", DATA) if clip.emotion == "Neutral"]


def baseline_of(speaker):
    ordinary = [clip for clip in neutral if clip.speaker == speaker] or splits.of_speakers(unseen, [speaker])
    heard = [Baseline.of(MFCC.extract(audio.decode(clip.path))) for clip in ordinary[:3]]
    return sum(heard[1:], heard[0])


answers = {"everybody's": [], "their own": []}
for speaker in sorted(dev):
    own = baseline_of(speaker)
    for clip in splits.of_speakers(unseen, [speaker]):
        frames = MFCC.extract(audio.decode(clip.path))
        answers["everybody's"].append(onnx.predict_features(frames).emotion)
        answers["their own"].append(onnx.predict_features(frames, own).emotion)

in_order = [clip for speaker in sorted(dev) for clip in splits.of_speakers(unseen, [speaker])]
for name, heard in answers.items():
    print(f"scaled with {name:11}: UAR {evaluation.score(EMOTIONS, in_order, heard).uar:.3f}")
print(f"baseline of {own.speech_s:.1f} s; a token of {len(own.token(MFCC))} characters")

# %% [markdown]
# ## Served
# The same directory behind the API. In a shell that is
#
# ```sh
# SER_MODEL_DIR=model SER_MODEL=from-the-notebook ser serve &
# curl -F file=@clip.webm http://127.0.0.1:5000/predict
# ```

# %%
settings = Settings(model_dir=directory.parent, model=directory.name)
with capture_output():
    client = create_app(settings).test_client()
with example.path.open("rb") as file:
    response = client.post("/predict", data={"file": file})
print(response.status, json.dumps(response.json, indent=2))
by_hand = onnx.predict(example.path)
assert response.json["emotion"] == by_hand.emotion

# %%
names, values = zip(*response.json["probabilities"].items(), strict=True)
figure, axes = plt.subplots(figsize=(6, 2), layout="constrained")
axes.barh(names, values)
axes.set(xlim=(0, 1), title=f"{example.path.name}, meant as {example.emotion}")
plt.show()

# %% [markdown]
# ## What comes with it
# Every model directory has a card: what it is, what it scores, what it is for and what not. Its beginning:

# %%
about, _, _ = (directory / "MODEL_CARD.md").read_text().partition("## What it scores")
display(Markdown(about.replace("# ", "### ")))
work.cleanup()

# %% [markdown]
# ## One's own voices
# A folder per emotion, better with a folder per speaker in it, or a CSV `path,emotion,speaker`:
#
# ```sh
# ser train --corpus folder --data my-recordings --name mine
# ```
#
# Broken files, one sound under two emotions, or too few clips are found and told by name before anything is
# learnt, and the same report comes at the end.
