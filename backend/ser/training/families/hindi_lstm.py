"""`hindi-lstm`: LSTMs over the frames of a clip. The published one saw one step: the mean of all frames."""

from __future__ import annotations

from ser.config import load_settings
from ser.models import store
from ser.models.comparison import Claim
from ser.models.manifest import Group
from ser.training.families.classical import Classical
from ser.training.families.last_layer import LastLayer, LastLayerSettings
from ser.training.families.start import Start

START = "cremad-6"


class HindiLstm(LastLayer):
    """The smaller member of a shipped network, which never heard Hindi, with a new last layer.

    LSTMs that were trained on the eight speakers of Hindi alone scored less (docs/experiments.md).

    Raises:
        ModelError: the shipped model is not there.
    """

    default_name = "hindi-lstm"
    group: Group = "published"
    corpora = Classical.corpora
    claim = Claim(
        text="The published LSTM sees a single step: the mean of all frames of a clip.",
        reason="Ours sees the frames one after another, so the order of sounds can matter. "
        f"All but its last layer was trained on the corpora of {START}.",
    )
    emotions = Classical.emotions

    def __init__(self, settings: LastLayerSettings | None = None) -> None:
        start = Start.of(store.find(START, load_settings().model_dir))
        super().__init__(start, settings or LastLayerSettings(members=1))
