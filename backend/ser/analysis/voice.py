"""Whether the voice of a whole recording sounds female or male."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser.analysis.cutter import Piece
from ser.analysis.events import RecordingVoiceGender
from ser.models.aggregate import mean
from ser.models.engines import Probabilities
from ser.models.extracted import Extracted
from ser.models.predictor import EmotionPredictor
from ser.models.rounding import rounded


class VoiceOfRecording:
    """Collects the answers for the windows of one recording; several threads may add pieces at once.

    Args:
        model: of the task `voice_gender`.
        shares_features: whether it reads the features that are extracted of the pieces anyway.
    """

    def __init__(self, model: EmotionPredictor, *, shares_features: bool) -> None:
        self._model = model
        self._shares_features = shares_features
        # Where a piece begins -> probabilities of its windows [shape=(n, C)].
        self._of_pieces: dict[int, list[Probabilities]] = {}

    def add(self, piece: Piece, extracted: Extracted) -> None:
        """Predict the windows of a piece.

        Args:
            piece: of the recording; it was not added before.
            extracted: the features that the emotions are predicted from.
        """
        own = extracted if self._shares_features else self._model.extract(piece.y)
        if own is not None:
            self.add_windows(piece.at, own, [span.context_from(piece.at) for span in piece.spans])

    def add_windows(self, at: int, extracted: Extracted, windows: Sequence[tuple[int, int]]) -> None:
        """Predict some windows.

        Args:
            at: where they begin; no others that were added begin there.
            extracted: features that the model reads.
            windows: [start, end), in samples as `extracted` has them.
        """
        answers = self._model.predict_spans(extracted, windows)
        self._of_pieces[at] = [each.probabilities for each in answers if each is not None]

    def summarize(self, speech_s: float) -> RecordingVoiceGender:
        """Return one answer for the recording: the mean over its windows.

        Args:
            speech_s: how much speech there is, in seconds.
        """
        # In their order, so that the same recording gives the same sum.
        rows = [row for at in sorted(self._of_pieces) for row in self._of_pieces[at]]
        if not rows:
            return RecordingVoiceGender(label=None, confidence=None, share=None, low_information=True)
        windows = np.array(rows, np.float64)
        probabilities = mean(windows)
        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        return RecordingVoiceGender(
            label=self._model.manifest.labels[best],
            confidence=rounded(confidence),
            share=rounded(float((windows.argmax(axis=1) == best).mean())),
            low_information=self._model.is_uncertain(confidence, speech_s),
        )
