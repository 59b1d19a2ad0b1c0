from __future__ import annotations

import numpy as np
import pytest

from ser.models.aggregate import vote


@pytest.mark.parametrize(
    ("probabilities", "winner", "share", "counts"),
    [
        pytest.param([[0.2, 0.8]], 1, 1.0, [0, 1], id="one window"),
        pytest.param([[0.6, 0.4], [0.6, 0.4], [0.0, 1.0]], 0, 2 / 3, [2, 1], id="votes count, not sureness"),
        pytest.param([[0.6, 0.4, 0], [0.1, 0.9, 0]], 1, 0.5, [1, 1, 0], id="a tie goes to the likelier"),
        pytest.param(
            [[0.5, 0.1, 0.4], [0.1, 0.5, 0.4]], 0, 0.5, [1, 1, 0], id="never to one that nobody voted for"
        ),
        pytest.param([[0.5, 0.5], [0.5, 0.5]], 0, 1.0, [2, 0], id="all alike: the model's order"),
    ],
)
def test_the_majority_wins(
    probabilities: list[list[float]], winner: int, share: float, counts: list[int]
) -> None:
    index, won, votes = vote(probabilities)
    assert (index, won) == (winner, pytest.approx(share))
    assert votes.tolist() == counts


def test_the_order_of_windows_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        windows = rng.dirichlet(np.ones(4), size=9)
        index, share, counts = vote(windows)
        shuffled = vote(rng.permutation(windows))
        assert shuffled[:2] == (index, share)
        assert counts.sum() == 9
        assert counts[index] == counts.max()


@pytest.mark.parametrize("nothing", [np.empty((0, 4)), np.empty(0), np.ones(4)])
def test_no_windows_have_no_vote(nothing: np.ndarray) -> None:
    with pytest.raises(ValueError, match="windows"):
        vote(nothing)
