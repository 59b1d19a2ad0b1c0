"""A comparison of systems to test with. Its figures are invented."""

from __future__ import annotations

from pathlib import Path

# The tests of the page's components show the same.
EXAMPLE = Path(__file__).parents[1] / "frontend" / "src" / "test" / "comparison.json"
