"""How many examples property tests try: few in `make test`, the same each time; many in a campaign.

    EXAMPLES=50 .venv/bin/pytest tests/api/test_properties.py

tries fifty times as many, others each time.
"""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

FACTOR = int(os.environ.get("EXAMPLES", "1"))

set_hypothesis_home_dir(Path(__file__).parents[2] / ".cache" / "hypothesis")


def few(count: int) -> settings:
    """Return the settings of a test that tries `count` examples, or so many times more in a campaign."""
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
