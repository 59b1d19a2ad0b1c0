"""The plots of a report, as PNG files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser.evaluation.contents import FullReport
from ser.evaluation.metrics import Bin, Estimate, Floats
from ser.evaluation.png import write_png
from ser.evaluation.scores import CONFUSION_FILE

PLOTS = {
    "confusion": CONFUSION_FILE,
    "curve": "baseline_curve.png",
    "reliability": "reliability.png",
    "risk_coverage": "risk_coverage.png",
    "speakers": "speakers.png",
    "robustness": "robustness.png",
}
_DPI = 120
_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c75b12", "#777777"


def write(report: FullReport, folder: Path) -> list[Path]:
    """Draw each plot that the report has figures for into a folder; return their paths."""
    draw: dict[str, Callable[[FullReport], Figure]] = {
        "confusion": _confusion,
        "curve": _curve,
        "reliability": _reliability,
        "risk_coverage": _risk_coverage,
        "speakers": _speakers,
        "robustness": _robustness,
    }
    written = []
    for name, make in draw.items():
        if name == "curve" and not report.curve:
            continue
        write_png(make(report), folder / PLOTS[name], dpi=_DPI)
        written.append(folder / PLOTS[name])
    return written


def _figure(
    report: FullReport, title: str, *, width: float = 7.0, height: float = 4.8
) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(_titled(report, title), fontsize=11)
    axes: Axes = figure.subplots()
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def _titled(report: FullReport, title: str) -> str:
    return f"{report.model}: {title}\n{report.whose}, {report.unseen}"


def _confusion(report: FullReport) -> Figure:
    counts = np.array(report.confusion)
    columns = [*report.labels, "(refused)"][: None if report.refused else -1]
    rows = [i for i, name in enumerate(report.labels) if name in report.emotions]
    counts = counts[rows][:, : len(columns)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _figure(
        report,
        f"UAR {report.uar:.3f}, nothing known of the speaker",
        width=max(7.0, 1.6 + 1.1 * len(columns)),
        height=1.9 + 0.8 * len(counts),
    )
    axes.grid(visible=False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        color = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{count}\n{share:.0%}", ha="center", va="center", color=color)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), [report.labels[i] for i in rows])
    axes.set_xlabel("predicted")
    axes.set_ylabel(report.words.known)
    return figure


def _curve(report: FullReport) -> Figure:
    figure, axes = _figure(report, "UAR by length of the baseline")
    for kind, color, marker in (("mixed", _BLUE, "o"), ("neutral", _ORANGE, "s")):
        points = [each for each in report.curve if each.kind == kind]
        at = [each.speech_s for each in points]
        label = {"mixed": "any speech, emotions unknown", "neutral": "neutral speech"}[kind]
        ends = _ends([each.uar for each in points])
        if ends is not None:
            axes.fill_between(at, *ends, color=color, alpha=0.12)
        axes.plot(at, [p.uar.value for p in points], color=color, marker=marker, label=label)
    # Linear near 0, so that "no baseline" can be shown.
    axes.set_xscale("symlog", linthresh=2)
    ticks = sorted({each.seconds for each in report.curve})
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(left=-0.15)
    axes.set_xlabel("seconds of baseline")
    axes.set_ylabel("UAR" + _of_intervals(report, "band: 95 % interval over speakers"))
    axes.legend(loc="lower right")
    return figure


def _reliability(report: FullReport) -> Figure:
    found = report.calibration
    figure = Figure(figsize=(9.0, 5.0), layout="constrained")
    figure.suptitle(_titled(report, "confidence against accuracy"), fontsize=11)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    before, after = (
        ("mean of the windows", "as shipped, shares of their votes")
        if found.voting
        else ("temperature 1", f"as shipped (temperature {found.temperature:.3g})")
    )
    _draw_bins(left, found.before, f"{before}: ECE {found.ece_before:.3f}")
    _draw_bins(right, found.after, f"{after}: ECE {found.ece_after:.3f}")
    left.set_ylabel("accuracy")
    return figure


def _draw_bins(axes: Axes, bins: list[Bin], title: str) -> None:
    axes.grid(alpha=0.3)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="perfect")
    most = max(each.clips for each in bins)
    confidence, accuracy = [each.confidence for each in bins], [each.accuracy for each in bins]
    axes.plot(confidence, accuracy, color=_BLUE, linewidth=1)
    areas = [20 + 180 * each.clips / most for each in bins]
    axes.scatter(
        confidence,
        accuracy,
        s=areas,
        color=_BLUE,
        alpha=0.8,
        clip_on=False,
        zorder=3,
        label="clips (area: how many)",
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("confidence")
    axes.legend(loc="upper left")


def _risk_coverage(report: FullReport) -> Figure:
    found = report.abstaining
    figure, axes = _figure(report, "accuracy when only the most confident answers are given")
    axes.plot(found.coverage, found.accuracy, color=_BLUE, label="most confident first")
    if found.accuracy_answered is not None:
        axes.plot(
            found.answered,
            found.accuracy_answered,
            color=_ORANGE,
            marker="D",
            markersize=8,
            linestyle="none",
            label=f"as shipped: {found.answered:.0%} answered, {found.accuracy_answered:.1%} right",
        )
    axes.axhline(
        report.wa, color=_GREY, linestyle="--", linewidth=1, label=f"all clips: {report.wa:.1%} right"
    )
    axes.set_xlim(0, 1.02)
    # The accuracy of the first few answers alone swings between 0 and 1.
    steady = [a for c, a in zip(found.coverage, found.accuracy, strict=True) if c >= 0.03] or found.accuracy
    axes.set_ylim(max(0.0, min([*steady, report.wa]) - 0.05), 1.01)
    axes.set_xlabel("share of clips answered")
    axes.set_ylabel("accuracy of the answers")
    axes.legend(loc="lower left")
    return figure


def _speakers(report: FullReport) -> Figure:
    figure, axes = _figure(report, "UAR of each speaker", width=8.0)
    values = [
        [of_speaker[each.name] for of_speaker in report.speaker_uar.values()] for each in report.conditions
    ]
    places = np.arange(len(values))
    axes.boxplot(
        values,
        positions=places,
        widths=0.45,
        showfliers=False,
        medianprops={"color": _ORANGE, "linewidth": 2},
    )
    shift = np.linspace(-0.14, 0.14, len(report.speakers))
    for place, of_condition in zip(places, values, strict=True):
        axes.scatter(place + shift, of_condition, s=22, color=_BLUE, alpha=0.7, zorder=3)
    axes.axhline(report.chance, color=_GREY, linestyle="--", linewidth=1)
    axes.text(places[-1] + 0.45, report.chance, "chance", color=_GREY, va="bottom", ha="right")
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylim(0, 1)
    axes.set_xticks(places, [each.title.replace(", ", ",\n") for each in report.conditions])
    axes.set_ylabel("UAR (one dot per speaker)")
    return figure


def _robustness(report: FullReport) -> Figure:
    figure, axes = _figure(
        report,
        "UAR after degradations of the sound",
        width=8.0,
        height=2.2 + 0.32 * len(report.robustness),
    )
    clean = report.conditions[0].uar
    rows = [("not degraded", clean), *((each.title, each.uar) for each in report.robustness)]
    places = np.arange(len(rows))
    values = np.array([estimate.value for _, estimate in rows])
    axes.barh(places, values, color=[_ORANGE, *[_BLUE] * (len(rows) - 1)], height=0.6)
    ends = _ends([estimate for _, estimate in rows])
    if ends is not None:
        errors = np.maximum([values - ends[0], ends[1] - values], 0)
        axes.errorbar(values, places, xerr=errors, fmt="none", ecolor="black", capsize=3)
    axes.axvline(clean.value, color=_ORANGE, linestyle="--", linewidth=1)
    axes.axvline(report.chance, color=_GREY, linestyle="--", linewidth=1)
    axes.set_yticks(places, [title for title, _ in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("UAR" + _of_intervals(report, "95 % interval over speakers", "grey line: chance"))
    return figure


def _ends(estimates: Sequence[Estimate]) -> tuple[Floats, Floats] | None:
    """Return the lower and the upper ends of intervals [shapes=(n,)]; None where one has none."""
    if any(each.low is None for each in estimates):
        return None
    low, high = np.array([(each.low, each.high) for each in estimates], float).reshape(-1, 2).T
    return low, high


def _of_intervals(report: FullReport, shown: str, *further: str) -> str:
    """Return what a label says beside UAR, in brackets; of intervals only where there are any."""
    said = "; ".join([*([] if report.conditions[0].uar.low is None else [shown]), *further])
    return f" ({said})" if said else ""
