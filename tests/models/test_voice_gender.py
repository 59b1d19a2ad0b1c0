"""Finding the model that tells whether a voice sounds female or male."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clips import MODEL, VOICE, copied_model
from ser.errors import ModelUnavailable
from ser.features.mfcc import MFCC_PITCH
from ser.models import store
from ser.models.manifest import MANIFEST, VOICE_GENDER
from ser.models.pool import ModelPool
from ser.models.store import ModelDirectory


def add(root: Path, name: str, *, task: str = VOICE_GENDER) -> None:
    """Copy a shipped model that says of itself that its task is another one."""
    manifest = copied_model(root / name) / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"name": name, "task": task}))


def test_it_is_found_by_its_task_not_by_its_name(tmp_path: Path) -> None:
    for name in ("one", "two", "voice-gender"):
        add(tmp_path, name, task="emotion")
    with pytest.raises(ModelUnavailable, match="ser train --family voice-gender"):
        store.find_voice_gender(tmp_path)
    for name in ("of-voices", "more-of-voices"):
        add(tmp_path, name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / MANIFEST).write_text("{")
    assert store.find_voice_gender(tmp_path).name == "more-of-voices"
    pool = ModelPool.load(tmp_path, default="one", engine="onnx", max_loaded=1)
    assert pool.for_voice_gender().manifest.name == "more-of-voices"


def test_a_pool_without_it_says_so() -> None:
    with pytest.raises(ModelUnavailable, match="ser train --family voice-gender"):
        ModelPool(default=MODEL.name, engine="onnx", max_loaded=1).for_voice_gender()


def test_the_shipped_one_reads_what_the_default_model_reads() -> None:
    manifest = ModelDirectory(VOICE).manifest
    assert manifest.task == VOICE_GENDER
    assert sorted(manifest.labels) == ["Female", "Male"]
    assert manifest.scaling is None
    assert ModelDirectory(VOICE).feature_set == ModelDirectory(MODEL).feature_set == MFCC_PITCH
    assert store.find_voice_gender(VOICE.parent).name == VOICE.name
