"""The report on a model: figures, plots and a page."""

from ser.evaluation.contents import FullReport
from ser.evaluation.evaluate import evaluate_model, write
from ser.evaluation.ordinary import CORPUS as ORDINARY
from ser.evaluation.pages import by_label, page, sections
from ser.evaluation.text import as_text

__all__ = ["ORDINARY", "FullReport", "as_text", "by_label", "evaluate_model", "page", "sections", "write"]
