"""The rows of a report's tables, for Markdown and for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ser import text
from ser.evaluation import targets
from ser.evaluation.contents import LARGE_GAP, FullReport, Grouping
from ser.evaluation.metrics import Estimate
from ser.evaluation.targets import Target

Rows = Sequence[Sequence[str]]


def as_table(rows: Rows) -> str:
    """Return rows as a Markdown table; the first is its head."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def aligned(rows: Rows) -> str:
    """Return rows as lines with aligned columns, for a terminal."""
    return text.aligned([[plain(cell) for cell in row] for row in rows])


def plain(markdown: str) -> str:
    """Return Markdown without its emphasis."""
    return markdown.replace("**", "").replace("`", "")


def condition_rows(report: FullReport) -> Rows:
    """Return the scores with and without a baseline."""
    head = ["condition", "baseline", "draws", "UAR", "WA", "macro-F1", "ECE"]
    return [
        head,
        *(
            [
                each.title,
                f"{each.speech_s:.1f} s",
                str(each.draws),
                interval(each.uar),
                interval(each.wa),
                interval(each.macro_f1),
                f"{each.ece:.3f}",
            ]
            for each in report.conditions
        ),
    ]


def target_rows(report: FullReport) -> Rows:
    """Return the targets and whether they are met; nothing where there are none."""
    found = targets.of(report)
    if not found:
        return []
    rows = [
        [
            each.title,
            f"{'at least' if each.least else 'at most'} {_figure(each, each.bound)}",
            _figure(each, each.found),
            "met" if each.met else "**NOT MET**",
        ]
        for each in found
    ]
    return [["measure", "target", "result", "outcome"], *rows]


def _figure(target: Target, value: float) -> str:
    match target.unit:
        case "share":
            return f"{value:.3f}"
        case "points":
            return f"{100 * value:.2f} points"
        case "MB":
            return f"{value / 1e6:.2f} MB"
        case "ms":
            return f"{value:.1f} ms"
    return f"{value:,.0f}"


def gap_rows(report: FullReport) -> list[list[str]]:
    """Return the largest gaps between groups of people."""
    return [
        [each.by, *(_gap(each, condition.name) for condition in report.conditions)]
        for each in report.groups
        if each.gap
    ]


def _gap(grouping: Grouping, condition: str) -> str:
    if grouping.gap is None or grouping.chance_gap is None:
        return "-"
    value, chance = grouping.gap[condition], grouping.chance_gap[condition]
    bold = "**" if value > LARGE_GAP else ""
    return f"{bold}{points(value)}{bold} ({points(chance)})"


def degradation_rows(report: FullReport) -> list[list[str]]:
    """Return the scores after each degradation of the sound."""
    return [
        [
            each.title,
            f"{each.uar.value:.3f}",
            points(each.drop.value) + bounds(each.drop, " ({} to {})", points),
        ]
        for each in report.robustness
    ]


def people_rows(report: FullReport) -> Rows:
    """Return how often listeners and the model agree with each other."""
    assert report.people is not None  # noqa: S101
    head = ["agreement of", "intended emotion", "the same as UAR", "most listeners", "one listener"]
    return [
        head,
        *(
            [
                each.who,
                f"{each.intended:.3f}",
                f"{each.intended_uar:.3f}",
                optional(each.plurality),
                f"{each.one_listener:.3f}",
            ]
            for each in report.people.agreement
        ),
    ]


def titles(report: FullReport) -> list[str]:
    """Return the titles of the conditions."""
    return [each.title for each in report.conditions]


def interval(estimate: Estimate) -> str:
    """Return a figure and its interval, if it has one."""
    return f"{estimate.value:.3f}{bounds(estimate, ' ({}-{})')}"


def bounds(estimate: Estimate, form: str, write: Callable[[float], str] = "{:.3f}".format) -> str:
    """Return the ends of an interval, as `form` says; nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return form.format(write(estimate.low), write(estimate.high))


def points(difference: float) -> str:
    """Return a difference of shares in percentage points."""
    return f"{100 * difference:.1f}"


def optional(value: float | None) -> str:
    """Return a figure, or a dash for None."""
    return "-" if value is None else f"{value:.3f}"
