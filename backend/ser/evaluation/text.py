"""A report as text for a terminal."""

from __future__ import annotations

from ser.evaluation import intensity, ordinary
from ser.evaluation.contents import FullReport
from ser.evaluation.pages import cost_line, random_split_line
from ser.evaluation.tables import (
    aligned,
    condition_rows,
    degradation_rows,
    gap_rows,
    people_rows,
    plain,
    target_rows,
    titles,
)


def as_text(report: FullReport) -> str:
    """Return the main tables for a terminal."""
    parts = [
        f"{report.model} on {report.whose}: {report.unseen}",
        report.as_text(),
        aligned(condition_rows(report)),
    ]
    if report.expectation:
        parts.append(report.expectation)
    if rows := target_rows(report):
        parts.append(aligned(rows))
    if report.ordinary:
        parts.append(ordinary.as_text(report.ordinary))
    if gaps := gap_rows(report):
        parts.append(aligned([["largest gap in points (by chance)", *titles(report)], *gaps]))
    parts.append(aligned([["degradation", "UAR", "drop in points"], *degradation_rows(report)]))
    if report.people:
        parts.append(aligned(people_rows(report)))
    if report.intensity:
        parts.append(plain(intensity.section(report.intensity)).split("\n")[0])
    found = report.calibration
    before, after = (
        ("of the mean of the windows", "of the shares of their votes")
        if found.voting
        else ("before calibration", "after")
    )
    parts.append(
        f"ECE {found.ece_before:.3f} {before}, {found.ece_after:.3f} {after}\n{plain(cost_line(report))}"
    )
    if compared := random_split_line(report):
        parts.append(plain(compared))
    return "\n\n".join(parts)
