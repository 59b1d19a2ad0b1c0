"""Recordings and their labels.

    from ser import corpora
    clips = corpora.load("cremad", Path("CREMA-D"))

Each corpus is one folder or file here that says everything of itself (`Corpus`), and one line in `registry`.
"""

from ser.corpora.base import NEUTRAL, Annotations, Clip, Corpus, Person, Targets
from ser.corpora.registry import CORPORA, FOLDER, annotate, facts, is_acted, load, name_of_title

__all__ = [
    "CORPORA",
    "FOLDER",
    "NEUTRAL",
    "Annotations",
    "Clip",
    "Corpus",
    "Person",
    "Targets",
    "annotate",
    "facts",
    "is_acted",
    "load",
    "name_of_title",
]
