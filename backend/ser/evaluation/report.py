"""The report on a model: everything measured, as figures, plots and a page."""

from ser.evaluation.contents import FullReport
from ser.evaluation.evaluate import evaluate_model, write
from ser.evaluation.pages import as_text, by_emotion, page, sections

__all__ = ["FullReport", "as_text", "by_emotion", "evaluate_model", "page", "sections", "write"]
