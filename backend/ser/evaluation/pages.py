"""A report as a Markdown page; model cards show its sections, too."""

from __future__ import annotations

import json
from pathlib import Path

from ser.evaluation import intensity, ordinary
from ser.evaluation.contents import LARGE_GAP, MIN_GROUP_SPEAKERS, FullReport
from ser.evaluation.metrics import ECE_BINS, RESAMPLES
from ser.evaluation.plots import PLOTS
from ser.evaluation.scores import REPORT_FILE, Report
from ser.evaluation.tables import (
    as_table,
    bounds,
    condition_rows,
    degradation_rows,
    gap_rows,
    interval,
    optional,
    people_rows,
    points,
    target_rows,
    titles,
)
from ser.evaluation.words import Words

PAGE_FILE = "report.md"
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.5)


def write(report: FullReport, folder: Path) -> list[Path]:
    """Write `report.json` and `report.md` into a folder; return their paths."""
    files = [folder / REPORT_FILE, folder / PAGE_FILE]
    files[0].write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    files[1].write_text(page(report))
    return files


def page(report: FullReport) -> str:
    """Return the report as a Markdown page."""
    return f"# Report on {report.model}\n\n{sections(report, level=2)}\n"


def sections(report: FullReport, *, level: int) -> str:
    """Return the report's sections in Markdown.

    Args:
        report: what was measured; its plots lie beside the page.
        level: of the headings, the number of `#`.
    """
    parts = [
        (None, _head(report)),
        ("Targets", _targets(report)),
        ("Ordinary speech", ordinary.section(report.ordinary) if report.ordinary else None),
        (f"By {report.words.label}", by_label(report, report.words)),
        ("UAR by length of the baseline", _curve(report)),
        ("Calibration", _calibration(report)),
        ("Abstaining", _abstaining(report)),
        ("By speaker", _speakers(report)),
        ("By group", _groups(report)),
        ("Codecs, telephones, noise", _robustness(report)),
        ("Compared with people", _people(report)),
        ("Intensity", intensity.section(report.intensity) if report.intensity else None),
        ("Cost", cost_line(report)),
        ("With a random split", random_split_line(report)),
    ]
    return "\n\n".join(
        f"{'#' * level} {title}\n\n{text}" if title else text for title, text in parts if text is not None
    )


def _picture(name: str, text: str) -> str:
    return f"![{text}]({PLOTS[name]})"


def _with_baselines(report: FullReport) -> bool:
    return len(report.conditions) > 1


def _head(report: FullReport) -> str:
    warning = "**" if report.trained_on or report.split_by == "clip" else ""
    left_out = ", ".join(f"{clips} {name}" for name, clips in report.left_out.items())
    drawn = (
        " Baselines are drawn from the speaker's other clips, never from the clip that is scored; the "
        "figures are means over the draws."
        if _with_baselines(report)
        else ""
    )
    return (
        f"{report.clips:,} clips of {report.whose}, {warning}{report.unseen}{warning}. "
        f"{report.refused} were refused (too short, or no speech found) and count as wrong."
        + (f" Not scored, because the model has no such label: {left_out} clips." if left_out else "")
        + f" Licence of the recordings: {report.corpus_licence}.\n\n{as_table(condition_rows(report))}\n\n"
        f"UAR is the unweighted average recall (chance: {report.chance:.3f}), WA the share of right answers, "
        f"ECE the expected calibration error in {ECE_BINS} bins. {_intervals(report)}{drawn}"
    )


def _intervals(report: FullReport) -> str:
    if len(report.speakers) == 1:
        return "Figures of one speaker have no interval over speakers."
    expectation = f" {report.expectation}" if report.expectation else ""
    return (
        f"In brackets: 95 % intervals over {report.split_by}s ({RESAMPLES:,} bootstrap samples).{expectation}"
    )


def _targets(report: FullReport) -> str | None:
    rows = target_rows(report)
    return as_table(rows) if rows else None


def by_label(report: Report, words: Words) -> str:
    """Return the table of scores by label in Markdown, and the plot of the confusion matrix."""
    rows = [
        [name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), f"{row['clips']:.0f}"]
        for name, row in report.per_class.items()
        if row["clips"]
    ]
    table = as_table([[words.label, "precision", "recall", "F1", "clips"], *rows])
    return f"{table}\n\n{_picture('confusion', 'Confusion matrix')}"


def _curve(report: FullReport) -> str | None:
    if not report.curve:
        return None
    rows = [
        [each.kind, f"{each.seconds:g} s", f"{each.speech_s:.1f} s", interval(each.uar)]
        for each in report.curve
    ]
    table = as_table([["speech", "at most", "on average", "UAR"], *rows])
    return f"{_picture('curve', 'UAR against seconds of baseline')}\n\n{table}"


def _calibration(report: FullReport) -> str:
    found = report.calibration
    fitted_on = "these answers" if report.left_out_speakers else "other speakers"
    figures = (
        f"Expected calibration error **{found.ece_after:.3f}** of the shares of the windows' votes, which "
        f"are the confidence; {found.ece_before:.3f} of the mean of the windows' probabilities."
        if found.voting
        else f"Expected calibration error **{found.ece_after:.3f}**, before calibration "
        f"{found.ece_before:.3f} (temperature {found.temperature:.3g}, fitted on {fitted_on}; 1 means no "
        "calibration)."
    )
    return f"{figures}\n\n{_picture('reliability', 'Confidence against accuracy')}"


def _abstaining(report: FullReport) -> str:
    found = report.abstaining
    rows = []
    for share in _SHARES:
        within = [a for c, a in zip(found.coverage, found.accuracy, strict=True) if c <= share + 1e-9]
        if within:
            rows.append([f"{share:.0%}", f"{within[-1]:.3f}"])
    certain = (
        "The model marks every answer as of low information."
        if found.accuracy_answered is None
        else f"The model answers {found.answered:.1%} of the clips without the mark of low information; "
        f"{found.accuracy_answered:.1%} of these answers are right."
    )
    return (
        f"{certain} Area under the risk-coverage curve: {found.area:.3f}.\n\n"
        f"{as_table([['share of clips answered, most confident first', 'accuracy'], *rows])}\n\n"
        f"{_picture('risk_coverage', 'Accuracy against share answered')}"
    )


def _speakers(report: FullReport) -> str:
    rows = []
    for each in report.conditions:
        values = sorted(of_speaker[each.name] for of_speaker in report.speaker_uar.values())
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        rows.append([each.title, *(f"{value:.3f}" for value in (values[0], middle, values[-1]))])
    table = as_table([["UAR of each speaker", "lowest", "median", "highest"], *rows])
    return f"{table}\n\n{_picture('speakers', 'UAR of each speaker')}"


def _groups(report: FullReport) -> str | None:
    if not report.groups:
        return None
    people = any(group.people is not None for each in report.groups for group in each.groups)
    head = ["", "group", "speakers", "clips", *titles(report), "95 % interval, nothing known"]
    rows = [
        [
            grouping.by,
            group.name,
            str(group.speakers),
            str(group.clips),
            *(f"{group.uar[each.name]:.3f}" for each in report.conditions),
            bounds(group.interval, "{}-{}") or "-",
            *([optional(group.people)] if people else []),
        ]
        for grouping in report.groups
        for group in grouping.groups
    ]
    text = as_table([[*head, *(["one listener"] if people else [])], *rows])
    if rows := gap_rows(report):
        gaps = as_table([["largest gap, in points of UAR", *titles(report)], *rows])
        text += (
            f"\n\n{gaps}\n\nOnly groups of {MIN_GROUP_SPEAKERS} speakers or more are compared; **bold** is "
            f"more than {points(LARGE_GAP)} points. In brackets: the gap that 5 % of random groups of the "
            "same sizes exceed. A smaller gap may be chance."
        )
    return text


def _robustness(report: FullReport) -> str:
    rows = [["degradation", "UAR", "drop in points", "refused"]]
    rows += [
        [*row, str(each.refused)]
        for row, each in zip(degradation_rows(report), report.robustness, strict=True)
    ]
    known = " without a baseline" if _with_baselines(report) else ""
    return (
        f"The same clips{known}, each degraded, encoded and decoded.\n\n{as_table(rows)}\n\n"
        f"{_picture('robustness', 'UAR after codecs, telephones, noise')}"
    )


def _people(report: FullReport) -> str | None:
    if report.people is None:
        return None
    return (
        f"{report.people.votes:,} votes of people who only heard {report.people.clips:,} of these clips, "
        "restricted to the emotions that are scored. How often they agree:\n\n"
        f"{as_table(people_rows(report))}\n\nMost listeners: the emotion with the most votes, ties shared. "
        "One listener with one listener: two different people."
    )


def cost_line(report: FullReport) -> str:
    """Return size and time in Markdown."""
    cost = report.cost
    size = "" if cost.onnx_bytes is None else f", ONNX file {cost.onnx_bytes / 1e6:.2f} MB"
    return (
        f"{cost.parameters:,} parameters{size}. A clip of {cost.clip_s:g} s on one thread: network "
        f"{cost.network_ms:.1f} ms; features, voice activity and network {cost.pipeline_ms:.1f} ms."
    )


def random_split_line(report: FullReport) -> str | None:
    """Return the comparison with a random split in Markdown; None where it was not measured."""
    found = report.random_split
    if not found or "uar" not in found:
        return None
    meaning = (
        "The difference is due to speakers that are in both training and test."
        if found["uar"] > report.uar
        else "It is no higher here; its test clips are others, of all speakers."
    )
    return (
        f"UAR {found['uar']:.3f} with clips, not speakers, split at random: the same speakers are in "
        f"training and test. On unseen speakers: {report.uar:.3f}. {meaning}"
    )
