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
# A small neural network estimates how a voice *sounds*: angry, happy, sad or disgusted. This notebook
# follows one clip through the whole pipeline, and then trains, measures, exports and serves a network. Every
# step is a function of the package `ser`, the same that the server and `ser train` use; nothing is copied.
#
# It runs on the twelve clips of `tests/data` in about a minute. That shows that everything works, but a
# network learns almost nothing from twelve clips. With `SER_NOTEBOOK_DATA` set to the folder of
# [CREMA-D](https://github.com/CheyneyComputerScience/CREMA-D), it uses some actors of that corpus and takes a
# few minutes. `make notebook` runs it again.

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
from ser.evaluation.report import as_text
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
# Silence, noise and music have no emotion, so the answer is then *no speech* rather than a guess. Below, a
# second of faint noise is put before and after the clip, and speech is detected in each half second alone.

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
# A network recognises the speakers it was trained on. Tested on them, it scores far better than on anybody
# else. So **no speaker is both trained on and tested on**, and a split with a speaker on both sides is
# refused.

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
# `train_model` is what `ser train` runs, for any family of models. `Bilstm` is the published network. The
# pipeline extracts the frames, holds out some more actors to decide when to stop, fits the scaler on the
# frames of the training actors, trains, exports to ONNX, measures, and writes a directory with the network,
# its manifest and its model card; whole, or not at all.

# %%
work = tempfile.TemporaryDirectory()
directory = Path(work.name) / "model" / "from-the-notebook"
splits_file = Path(work.name) / "splits.json"
splits_file.write_text(json.dumps({"train": sorted(train), "dev": sorted(dev)}))
# The other actors are left out on purpose.
logging.getLogger("ser.corpora").setLevel(logging.ERROR)

with capture_output():
    from ser.training.families.bilstm import Bilstm, BilstmSettings
    from ser.training.pipeline import train_model

    report = train_model(
        Bilstm(BilstmSettings(epochs=EPOCHS)),
        corpus="cremad",
        data=DATA,
        directory=directory,
        emotions=EMOTIONS,
        splits_file=splits_file,
    )

manifest = json.loads((directory / "model.json").read_text())
print(f"{manifest['architecture']}, {manifest['parameters']:,} parameters")
print(f"epoch {manifest['training']['best_epoch']} of {manifest['training']['epochs']} is kept")
for path in sorted(directory.iterdir()):
    print(f"{path.name:24} {path.stat().st_size / 1e3:8.1f} kB")

# %% [markdown]
# ## The scores on unseen speakers
# UAR is the mean of the recall of each emotion: a network that always gives the same answer gets 1 / 4.

# %%
print(as_text(report))
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
    differences.append(
        float(np.abs(onnx.window_probabilities(frames) - keras.window_probabilities(frames)).max())
    )
    prediction = onnx.predict_features(frames)
    answer = f"{prediction.emotion:8} {prediction.confidence:.3f}"
    print(f"{clip.path.stem:16} {clip.emotion:8} predicted as {answer}")
print(f"largest difference of a probability: {max(differences):.1e}")
assert max(differences) < 1e-4

# %% [markdown]
# ## Features normalised with the speaker's own statistics
# Some voices always sound a little sad or angry, and so do some microphones. A *baseline* is the mean and the
# deviation of each feature over some ordinary speech of one speaker. The frames are then normalised with it
# instead of the statistics of all training speakers. What was said cannot be recovered from it. Here it is
# made of the actor's neutral clips; where there are none (`tests/data`), of the clip itself. On so few
# actors, a small difference means little.

# %%
neutral = [clip for clip in corpora.load("cremad", DATA) if clip.emotion == "Neutral"]


def baseline_of(speaker):
    ordinary = [clip for clip in neutral if clip.speaker == speaker] or splits.of_speakers(unseen, [speaker])
    own = [Baseline.of(MFCC.extract(audio.decode(clip.path))) for clip in ordinary[:3]]
    return sum(own[1:], own[0])


answers = {"all speakers'": [], "their own": []}
for speaker in sorted(dev):
    own = baseline_of(speaker)
    for clip in splits.of_speakers(unseen, [speaker]):
        frames = MFCC.extract(audio.decode(clip.path))
        answers["all speakers'"].append(onnx.predict_features(frames).emotion)
        answers["their own"].append(onnx.predict_features(frames, own).emotion)

in_order = [clip for speaker in sorted(dev) for clip in splits.of_speakers(unseen, [speaker])]
for name, predicted in answers.items():
    uar = evaluation.score(EMOTIONS, in_order, predicted).uar
    print(f"normalised with {name:13} statistics: UAR {uar:.3f}")
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
# ## Your own recordings
# A folder per emotion, better with a folder per speaker in it, or a CSV `path,emotion,speaker`:
#
# ```sh
# ser train --corpus folder --data my-recordings --name mine
# ```
#
# Broken files, one sound under two emotions, and too few clips are found and named before training starts.
# The same report comes at the end.
