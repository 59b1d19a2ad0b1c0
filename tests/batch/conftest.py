from __future__ import annotations

from pathlib import Path

import pytest
from tests.batch.archives import archive


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of five recordings, in tasks of two."""
    monkeypatch.setattr("ser.batch.plan.MAX_ENTRIES", 5)
    monkeypatch.setattr("ser.batch.run._MAX_ENTRIES", 2)


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our twelve clips, in a folder for each emotion."""
    return archive(tmp_path_factory.mktemp("archive"))
