"""The report on a model: everything measured, as figures, plots and a page."""

from ser.training.report.contents import FullReport
from ser.training.report.evaluate import evaluate_model, write
from ser.training.report.pages import as_text, by_emotion, page, sections

__all__ = ["FullReport", "as_text", "by_emotion", "evaluate_model", "page", "sections", "write"]
