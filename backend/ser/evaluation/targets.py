"""Compares the scores of the shipped models with their targets, which stand with each corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ser import corpora
from ser.evaluation.contents import LARGE_GAP, FullReport
from ser.evaluation.degradations import CARRIED_OVER

# Of any shipped model, whatever corpus it is measured on.
_MOST_PARAMETERS = 1_500_000
_MOST_ONNX_BYTES = 6_000_000
_MOST_NETWORK_MS = 10.0


@dataclass(frozen=True)
class Target:
    """A figure and its target.

    Attributes:
        title: what is measured.
        bound: the least or the largest value that meets the target.
        found: the value measured.
        least: whether `bound` is the least; else it is the largest.
        unit: how figures are written.
    """

    title: str
    bound: float
    found: float
    least: bool
    unit: Literal["share", "points", "count", "MB", "ms"]

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.found >= self.bound if self.least else self.found <= self.bound


def of(report: FullReport) -> list[Target]:
    """Return the targets of a report; none unless it is of a shipped model on unseen speakers."""
    known = corpora.CORPORA.get(corpora.name_of_title(report.corpus)).targets.get(report.model)
    if known is None or report.trained_on:
        return []
    conditions = {each.name: each for each in report.conditions if each.name in known.least_uar}
    targets = [
        Target(f"UAR, {each.title}", known.least_uar[name], each.uar.value, least=True, unit="share")
        for name, each in conditions.items()
    ]
    if known.most_ece is not None:
        targets += [
            Target(f"ECE, {each.title}", known.most_ece, each.ece, least=False, unit="share")
            for each in conditions.values()
        ]
    targets += _drops(report, known.most_drop)
    targets += _carried_over(report, known.least_carried_over)
    return [*targets, *_gaps(report), *_costs(report)] if known.everything else targets


def _drops(report: FullReport, most_drop: Mapping[str, float]) -> Iterator[Target]:
    for each in report.robustness:
        if each.name in most_drop:
            title = f"drop of UAR, {each.title}"
            yield Target(title, most_drop[each.name], each.drop.value, least=False, unit="points")


def _carried_over(report: FullReport, least_uar: float | None) -> Iterator[Target]:
    for each in report.robustness:
        if each.name == CARRIED_OVER and least_uar is not None:
            yield Target(f"UAR, {each.title}", least_uar, each.uar.value, least=True, unit="share")


def _gaps(report: FullReport) -> Iterator[Target]:
    for each in report.groups:
        if each.gap is not None:
            title = f"largest gap of UAR by {each.by}, {report.conditions[0].title}"
            yield Target(title, LARGE_GAP, each.gap[report.conditions[0].name], least=False, unit="points")


def _costs(report: FullReport) -> Iterator[Target]:
    cost = report.cost
    yield Target("parameters", _MOST_PARAMETERS, cost.parameters, least=False, unit="count")
    if cost.onnx_bytes is not None:
        yield Target("ONNX file", _MOST_ONNX_BYTES, cost.onnx_bytes, least=False, unit="MB")
    title = f"network, {cost.clip_s:g} s on one thread"
    yield Target(title, _MOST_NETWORK_MS, cost.network_ms, least=False, unit="ms")
