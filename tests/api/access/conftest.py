"""Keys, and who sends them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from clips import CLIPS
from ser.api.access import keys

# About 2.4 s of speech.
CLIP = CLIPS[0].path.read_bytes()


@dataclass
class KeyFile:
    """A file with the keys of alice and of bob."""

    path: Path
    alice: str
    bob: str


def bearer(key: str) -> dict[str, str]:
    """Return the header that sends a key."""
    return {"Authorization": f"Bearer {key}"}


def predict(client: FlaskClient, path: str = "/predict", **more: Any):
    """Send a clip."""
    return client.post(path, data={"file": (io.BytesIO(CLIP), "x.webm")}, **more)


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    path = tmp_path / "keys"
    return KeyFile(path, keys.add(path, "alice"), keys.add(path, "bob"))


@pytest.fixture
def guarded(key_file: KeyFile, make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of an application that asks for a key, which it does not send."""
    return make_client(api_keys=key_file.path)
