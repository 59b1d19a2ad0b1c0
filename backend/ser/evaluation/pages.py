"""A report in words: the Markdown page, whose parts the model card shows too, and the terminal's table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ser.evaluation import targets
from ser.evaluation.contents import LARGE_GAP, MIN_GROUP_SPEAKERS, FullReport, Grouping
from ser.evaluation.metrics import ECE_BINS, RESAMPLES, Estimate
from ser.evaluation.plots import PLOTS
from ser.evaluation.scores import REPORT_FILE, Report
from ser.evaluation.targets import Target

PAGE_FILE = "report.md"
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.5)

Rows = Sequence[Sequence[str]]


def write(report: FullReport, folder: Path) -> list[Path]:
    """Write `report.json` and `report.md` into a folder; return their paths."""
    files = [folder / REPORT_FILE, folder / PAGE_FILE]
    files[0].write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    files[1].write_text(page(report))
    return files


def page(report: FullReport) -> str:
    """Return the report as a Markdown page."""
    return f"# How well {report.model} hears\n\n{sections(report, level=2)}\n"


def sections(report: FullReport, *, level: int) -> str:
    """Return the report's parts in Markdown, their headings of so many `#`; files lie beside the page."""
    parts = [
        (None, _head(report)),
        ("Beside the targets", _targets(report)),
        ("By emotion", by_emotion(report)),
        ("With more and more baseline", _curve(report)),
        ("Calibration", _calibration(report)),
        ("Abstaining", _abstaining(report)),
        ("By speaker", _speakers(report)),
        ("By group", _groups(report)),
        ("After codecs, telephones, noise", _robustness(report)),
        ("Beside people", _people(report)),
        ("What it costs", _cost(report)),
        ("With a random split", _random_split(report)),
    ]
    return "\n\n".join(
        f"{'#' * level} {title}\n\n{text}" if title else text for title, text in parts if text is not None
    )


def as_text(report: FullReport) -> str:
    """Return the main tables for a terminal."""
    parts = [
        f"{report.model} on {report.whose}: {report.unseen}",
        report.as_text(),
        _aligned(_condition_rows(report)),
    ]
    if rows := _target_rows(report):
        parts.append(_aligned(rows))
    if gaps := _gap_rows(report):
        parts.append(_aligned([["largest gap in points (by chance)", *_titles(report)], *gaps]))
    parts.append(
        _aligned([["what happened to the sound", "UAR", "drop in points"], *_robustness_rows(report)])
    )
    if report.people:
        parts.append(_aligned(_people_rows(report)))
    parts.append(
        f"ECE {report.calibration.ece_before:.3f} before calibration, {report.calibration.ece_after:.3f} "
        f"after\n{_plain(_cost(report))}"
    )
    if random_split := _random_split(report):
        parts.append(_plain(random_split))
    return "\n\n".join(parts)


def _plain(markdown: str) -> str:
    return markdown.replace("**", "").replace("`", "")


def _aligned(rows: Rows) -> str:
    widths = [max(len(_plain(row[i])) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(_plain(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _table(rows: Rows) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def _picture(name: str, text: str) -> str:
    return f"![{text}]({PLOTS[name]})"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def _points(difference: float) -> str:
    return f"{100 * difference:.1f}"


def _titles(report: FullReport) -> list[str]:
    return [each.title for each in report.conditions]


def _head(report: FullReport) -> str:
    warning = "**" if report.heard_in_training or report.split_by == "clip" else ""
    left_out = ", ".join(f"{clips} {name}" for name, clips in report.left_out.items())
    return (
        f"{report.clips:,} clips of {report.whose}, {warning}{report.unseen}{warning}, each from its file to "
        f"the answer. {report.refused} were refused (too short, or no speech found) and count as wrong."
        + (f" Not scored, as the model does not know them: {left_out} clips." if left_out else "")
        + f" Licence of the recordings: {report.corpus_licence}.\n\n{_table(_condition_rows(report))}\n\n"
        f"UAR is the unweighted average recall (chance: {report.chance:.3f}), WA the share that is right; in "
        f"brackets 95 % intervals over speakers ({RESAMPLES:,} bootstrap samples), ECE in {ECE_BINS} bins. A "
        "baseline is drawn anew so many times from the speaker's own clips, never from the clip that is "
        "scored, and the figures are averaged."
    )


def _condition_rows(report: FullReport) -> Rows:
    head = ["what is known of the speaker", "baseline", "draws", "UAR", "WA", "macro-F1", "ECE"]
    return [
        head,
        *(
            [
                each.title,
                f"{each.speech_s:.1f} s",
                str(each.draws),
                _interval(each.uar),
                _interval(each.wa),
                _interval(each.macro_f1),
                f"{each.ece:.3f}",
            ]
            for each in report.conditions
        ),
    ]


def _targets(report: FullReport) -> str | None:
    rows = _target_rows(report)
    return _table(rows) if rows else None


def _target_rows(report: FullReport) -> Rows:
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
    return [["target", "is to be", "is", "outcome"], *rows]


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


def by_emotion(report: Report) -> str:
    """Return the table of scores by emotion in Markdown, and the confusion matrix that lies beside it."""
    rows = [
        [name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), f"{row['clips']:.0f}"]
        for name, row in report.per_class.items()
        if row["clips"]
    ]
    table = _table([["emotion", "precision", "recall", "F1", "clips"], *rows])
    return f"{table}\n\n{_picture('confusion', 'Confusion matrix')}"


def _curve(report: FullReport) -> str | None:
    if not report.curve:
        return None
    rows = [
        [each.kind, f"{each.seconds:g} s", f"{each.speech_s:.1f} s", _interval(each.uar)]
        for each in report.curve
    ]
    table = _table([["speech", "at most", "on average", "UAR"], *rows])
    return f"{_picture('curve', 'UAR against seconds of baseline')}\n\n{table}"


def _calibration(report: FullReport) -> str:
    found = report.calibration
    return (
        f"Expected calibration error **{found.ece_after:.3f}**, before calibration {found.ece_before:.3f} "
        f"(temperature {found.temperature:.3g}, fitted on other speakers; 1 means none was fitted).\n\n"
        f"{_picture('reliability', 'Confidence against accuracy')}"
    )


def _abstaining(report: FullReport) -> str:
    found = report.abstaining
    rows = []
    for share in _SHARES:
        within = [a for c, a in zip(found.coverage, found.accuracy, strict=True) if c <= share + 1e-9]
        if within:
            rows.append([f"{share:.0%}", f"{within[-1]:.3f}"])
    certain = (
        "The model calls no answer certain."
        if found.accuracy_answered is None
        else f"The model as it is calls {found.answered:.1%} of its answers certain, and "
        f"{found.accuracy_answered:.1%} of these are right."
    )
    return (
        f"{certain} Area under the risk-coverage curve: {found.area:.3f}.\n\n"
        f"{_table([['surest share answered', 'accuracy'], *rows])}\n\n"
        f"{_picture('risk_coverage', 'Accuracy against share answered')}"
    )


def _speakers(report: FullReport) -> str:
    rows = []
    for each in report.conditions:
        values = sorted(of_speaker[each.name] for of_speaker in report.speaker_uar.values())
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        rows.append([each.title, *(f"{value:.3f}" for value in (values[0], middle, values[-1]))])
    table = _table([["UAR of each speaker", "lowest", "median", "highest"], *rows])
    return f"{table}\n\n{_picture('speakers', 'UAR of each speaker')}"


def _groups(report: FullReport) -> str | None:
    if not report.groups:
        return None
    people = any(group.people is not None for each in report.groups for group in each.groups)
    head = ["", "group", "speakers", "clips", *_titles(report), "95 % interval, nothing known"]
    rows = [
        [
            grouping.by,
            group.name,
            str(group.speakers),
            str(group.clips),
            *(f"{group.uar[each.name]:.3f}" for each in report.conditions),
            f"{group.interval.low:.3f}-{group.interval.high:.3f}",
            *([_optional(group.people)] if people else []),
        ]
        for grouping in report.groups
        for group in grouping.groups
    ]
    text = _table([[*head, *(["one listener"] if people else [])], *rows])
    if rows := _gap_rows(report):
        gaps = _table([["largest gap, in points of UAR", *_titles(report)], *rows])
        text += (
            f"\n\n{gaps}\n\nOnly groups of {MIN_GROUP_SPEAKERS} speakers or more are compared; **bold** is "
            f"more than {_points(LARGE_GAP)} points. In brackets what 5 % of random groups of the same sizes "
            "exceed: a gap below it may be chance."
        )
    return text


def _gap_rows(report: FullReport) -> list[list[str]]:
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
    return f"{bold}{_points(value)}{bold} ({_points(chance)})"


def _optional(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _robustness(report: FullReport) -> str:
    rows = [["what happened to the sound", "UAR", "drop in points", "refused"]]
    rows += [
        [*row, str(each.refused)]
        for row, each in zip(_robustness_rows(report), report.robustness, strict=True)
    ]
    return (
        f"The same clips, without a baseline; each is encoded and decoded anew.\n\n{_table(rows)}\n\n"
        f"{_picture('robustness', 'UAR after codecs, telephones, noise')}"
    )


def _robustness_rows(report: FullReport) -> list[list[str]]:
    return [
        [
            each.title,
            f"{each.uar.value:.3f}",
            f"{_points(each.drop.value)} ({_points(each.drop.low)} to {_points(each.drop.high)})",
        ]
        for each in report.robustness
    ]


def _people(report: FullReport) -> str | None:
    if report.people is None:
        return None
    return (
        f"{report.people.votes:,} votes of people who only heard {report.people.clips:,} of these clips, "
        "restricted to the emotions that are scored. How often who agrees with what:\n\n"
        f"{_table(_people_rows(report))}\n\nMost listeners: the emotion with the most votes; a tie counts in "
        "parts, and each listener is one of them. One listener against one listener are two different people."
    )


def _people_rows(report: FullReport) -> Rows:
    assert report.people is not None  # noqa: S101
    head = ["who listens", "intended emotion", "the same as UAR", "most listeners", "one listener"]
    return [
        head,
        *(
            [
                each.who,
                f"{each.intended:.3f}",
                f"{each.intended_uar:.3f}",
                _optional(each.plurality),
                f"{each.one_listener:.3f}",
            ]
            for each in report.people.agreement
        ),
    ]


def _cost(report: FullReport) -> str:
    cost = report.cost
    size = "" if cost.onnx_bytes is None else f", ONNX file {cost.onnx_bytes / 1e6:.2f} MB"
    return (
        f"{cost.parameters:,} parameters{size}. A clip of {cost.clip_s:g} s on one thread: network "
        f"{cost.network_ms:.1f} ms; features, voice activity and network {cost.road_ms:.1f} ms."
    )


def _random_split(report: FullReport) -> str | None:
    found = report.random_split
    if not found or "uar" not in found:
        return None
    meaning = (
        "The difference is what such a figure promises and nobody gets."
        if found["uar"] > report.uar
        else "It is no higher here, but its test clips are others, of all speakers."
    )
    return (
        f"UAR {found['uar']:.3f} with clips, not speakers, split at random: the same voices are in training "
        f"and test. On speakers it does not know: {report.uar:.3f}. {meaning}"
    )
