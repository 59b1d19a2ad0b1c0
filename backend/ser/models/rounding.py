"""The decimals of the numbers in answers."""

from __future__ import annotations

from collections.abc import Mapping

_DECIMALS = 4
_PERCENT_DECIMALS = 1


def rounded(number: float) -> float:
    """Return a probability, or a number derived from probabilities, with the decimals of answers."""
    return round(number, _DECIMALS)


def percent(share: float) -> float:
    """Return a share of 0-1 in percent, with the decimals of answers."""
    return round(100 * share, _PERCENT_DECIMALS)


def all_rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities with the decimals of answers."""
    return {name: rounded(p) for name, p in probabilities.items()}
