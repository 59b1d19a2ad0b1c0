"""Sentiment, valence and arousal, derived from the probabilities of emotions.

They are derived, not measured: no network predicts them, and they say nothing that the probabilities do not.

Valence and arousal are the mean ratings of pleasure and arousal, each -1..1, of the terms in Table 4 of
Russell, J. A., Mehrabian, A.: Evidence for a three-factor theory of emotions. Journal of Research in
Personality 11(3), 1977, doi:10.1016/0092-6566(77)90037-X. Emotions that it does not have by name:

- Neutral is the middle of both scales.
- Calm is their "quiet". RAVDESS, whose label it is, calls it perceptually like neutral, with perhaps a mild
  positive valence (Livingstone and Russo 2018, doi:10.1371/journal.pone.0196391); "relaxed" (0.68, -0.46)
  would be more pleasant than "excited".
- Sarcastic is their "contemptuous".

The sentiment of an emotion is the sign of its valence, but Calm and Surprise are neutral: Calm for the reason
above, and surprise can be pleasant or not, so GoEmotions counts it as neither (Demszky et al. 2020,
arXiv:2005.00547).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from ser.models.rounding import all_rounded, rounded

Sentiment = Literal["negative", "neutral", "positive"]


class Affect(NamedTuple):
    """What probabilities of emotions say of sentiment, valence and arousal.

    Attributes:
        sentiment: the most probable one.
        valence: from -1 (unpleasant) to 1 (pleasant).
        arousal: from -1 (calm) to 1 (excited).
    """

    sentiment: Sentiment | None
    valence: float | None
    arousal: float | None


class Rating(NamedTuple):
    """The affect of one emotion.

    Attributes:
        sentiment: what it counts as.
        valence: of the term, -1..1.
        arousal: of the term, -1..1.
        term: of the source; None for the middle of its scales.
    """

    sentiment: Sentiment
    valence: float
    arousal: float
    term: str | None


RATINGS: Mapping[str, Rating] = {
    "Angry": Rating("negative", -0.51, 0.59, "angry"),
    "Happy": Rating("positive", 0.81, 0.51, "happy"),
    "Sad": Rating("negative", -0.63, -0.27, "sad"),
    "Disgust": Rating("negative", -0.60, 0.35, "disgusted"),
    "Fear": Rating("negative", -0.64, 0.60, "fearful"),
    "Neutral": Rating("neutral", 0.0, 0.0, None),
    "Calm": Rating("neutral", 0.19, -0.40, "quiet"),
    "Surprise": Rating("neutral", 0.40, 0.67, "surprised"),
    "Sarcastic": Rating("negative", -0.24, 0.31, "contemptuous"),
    "Boredom": Rating("negative", -0.65, -0.62, "bored"),
    "Excited": Rating("positive", 0.62, 0.75, "excited"),
    "Frustrated": Rating("negative", -0.64, 0.52, "frustrated"),
}

UNKNOWN = Affect(None, None, None)

# Sums of a dozen rounded probabilities may be wrong by about this much.
_EQUAL_WITHIN = 0.001


def derive_affect(probabilities: Mapping[str, float] | None) -> Affect:
    """Return the affect of probabilities as they stand in answers, so that clients get the same from them.

    Valence and arousal are the means of the emotions' ratings, weighted by the probabilities. The probability
    of a sentiment is the sum over its emotions. Where two are equally the most probable, it is neutral.

    Args:
        probabilities: one per emotion, 0-1; None where there are none.

    Returns:
        numbers with the decimals of answers; `UNKNOWN` without probabilities, and where an emotion is none of
        `RATINGS`.
    """
    weights = all_rounded(probabilities or {})
    total = sum(weights.values())
    if total <= 0 or not weights.keys() <= RATINGS.keys():
        return UNKNOWN
    sums: dict[Sentiment, float] = dict.fromkeys(get_args(Sentiment), 0.0)
    valence = arousal = 0.0
    for emotion, weight in weights.items():
        rating = RATINGS[emotion]
        sums[rating.sentiment] += weight
        valence += weight * rating.valence
        arousal += weight * rating.arousal
    most = max(sums.values())
    winners = [sentiment for sentiment, summed in sums.items() if summed > most - _EQUAL_WITHIN]
    sentiment = winners[0] if len(winners) == 1 else "neutral"
    # Adding zero makes 0.0 of -0.0.
    return Affect(sentiment, rounded(valence / total) + 0.0, rounded(arousal / total) + 0.0)


def affect_fields(affect: Affect | None) -> dict[str, str | float | None]:
    """Return the fields of an answer; none where the labels are no emotions."""
    return {} if affect is None else affect._asdict()
