from __future__ import annotations

import numpy as np

from ser.analysis.segments import borders

HAPPY, SAD = [0.8, 0.2], [0.2, 0.8]


def test_short_changes_of_emotion_are_smoothed_away() -> None:
    assert borders(np.array([HAPPY] * 20 + [SAD] * 4 + [HAPPY] * 20)) == []
    assert borders(np.array([HAPPY] * 20 + [SAD] * 20)) == [20]
    assert borders(np.array([HAPPY] * 5)) == []
    assert borders(np.array([HAPPY, SAD] * 30)) == []
