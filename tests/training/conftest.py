"""What all tests of trainings need."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def _few(few_degradations: None) -> None:
    """What is tested here is not what a report measures."""
