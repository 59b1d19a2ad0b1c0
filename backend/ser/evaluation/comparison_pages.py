"""A comparison of systems, for a terminal, as a page, and as plots."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ser.evaluation.png import write_png
from ser.evaluation.tables import Rows, aligned, as_table, plain
from ser.models.comparison import COMPARISON, Comparison, Interval, Row, SplitScores

PAGE_FILE, CHART_FILE, CONFUSIONS_FILE = "comparison.md", "comparison.png", "comparison_confusions.png"
_DPI = 110
_MOST_COLUMNS = 4
_BLUE, _GREY = "#1f5fa8", "#b5b5b5"

# For the tests of the documents, which run the commands that they show.
_NOT_RUN = "<!-- not run: it trains or scores for hours, on a corpus that is not in this repository -->"
_INTRODUCTION = """\
**Unseen speakers**: a clip was scored by a model that was not trained on its speaker. This is what users get.
It is the shipped model where the corpus has a standard split; otherwise models were trained for these
figures. **Random split**: clips of the same speakers are in training and test, as in most published figures;
it tells nothing of a stranger's voice. Figures of different corpora, or with another number of labels, are no
ranking. UAR is the mean recall over the labels, with its 95 % interval over speakers. File, time (3 s of
speech) and false emotions (the share of ordinary speech with a certain emotion that is not there) are those
of the shipped model."""


def as_text(found: Comparison) -> str:
    """Return it as tables for a terminal, one for each corpus."""
    return "\n\n".join(f"{corpus}\n\n{aligned(_rows(rows))}" for corpus, rows in _by_corpus(found).items())


def page(found: Comparison) -> str:
    """Return it in Markdown."""
    sections = [
        "# Systems side by side",
        _INTRODUCTION,
        f"Measured {found.created}, seed {found.seed}:\n\n{_NOT_RUN}\n```sh\n{found.command}\n```",
        f"![UAR of each system on unseen speakers and on a random split]({CHART_FILE})",
    ]
    for corpus, rows in _by_corpus(found).items():
        sections += [
            f"## {corpus}",
            f"Licence of what is trained on it: {rows[0].licence}.",
            as_table(_rows(rows)),
        ]
        sections += [
            f"`{row.model}`: {row.claim.text} {row.claim.reason}" for row in rows if row.claim is not None
        ]
    sections.append(f"![Confusion matrices on unseen speakers]({CONFUSIONS_FILE})")
    return "\n\n".join(sections) + "\n"


def write(found: Comparison, folder: Path) -> list[Path]:
    """Write `comparison.json`, the page and its plots into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {COMPARISON: found.model_dump_json(indent=2) + "\n", PAGE_FILE: page(found)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    plots = {CHART_FILE: _chart(found), CONFUSIONS_FILE: _confusions(found)}
    for name, figure in plots.items():
        write_png(figure, folder / name, dpi=_DPI)
    return [folder / name for name in (*texts, *plots)]


def _by_corpus(found: Comparison) -> dict[str, list[Row]]:
    by_corpus: dict[str, list[Row]] = {}
    for row in found.rows:
        by_corpus.setdefault(row.corpus, []).append(row)
    return by_corpus


def _rows(rows: list[Row]) -> Rows:
    own = any(row.unseen_own is not None for row in rows)
    head = [
        "system",
        "labels",
        "UAR, unseen speakers",
        *(["... 20 own clips known"] if own else []),
        "random split",
    ]
    head += ["WA", "macro-F1", "parameters", "file", "time", "false emotions"]
    return [
        head,
        *(
            [
                f"`{row.model}`",
                str(len(row.labels)),
                f"**{_interval(row.unseen.uar)}**",
                *(["" if row.unseen_own is None else f"{row.unseen_own.value:.3f}"] if own else []),
                _uar(row.random_split),
                f"{row.unseen.wa.value:.3f}",
                f"{row.unseen.macro_f1.value:.3f}",
                f"{row.parameters:,}",
                "" if row.onnx_bytes is None else f"{row.onnx_bytes / 1e6:.2f} MB",
                "" if row.ms_per_clip is None else f"{row.ms_per_clip:.0f} ms",
                "" if row.false_emotion_rate is None else f"{row.false_emotion_rate:.2f}",
            ]
            for row in rows
        ),
    ]


def _interval(each: Interval) -> str:
    return f"{each.value:.3f} ({each.low:.3f}-{each.high:.3f})"


def _uar(scores: SplitScores | None) -> str:
    return "" if scores is None else f"{scores.uar.value:.3f}"


def _chart(found: Comparison) -> Figure:
    rows = found.rows[::-1]
    figure = Figure(figsize=(8.0, 1.2 + 0.42 * len(rows)), layout="constrained")
    axes = figure.subplots()
    at = np.arange(len(rows))
    random = [row.random_split.uar.value if row.random_split else np.nan for row in rows]
    axes.barh(at, random, 0.7, color=_GREY, label="random split: the same speakers in training and test")
    unseen = [row.unseen.uar for row in rows]
    values = [each.value for each in unseen]
    spread = [[each.value - each.low for each in unseen], [each.high - each.value for each in unseen]]
    axes.barh(at, values, 0.35, xerr=spread, color=_BLUE, label="unseen speakers, 95 % interval")
    axes.plot([1 / len(row.labels) for row in rows], at, "k|", markersize=12, label="chance")
    axes.set_yticks(at, [f"{row.model} ({row.corpus}, {len(row.labels)})" for row in rows], fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_xlabel("UAR")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=3, fontsize=8)
    return figure


def _confusions(found: Comparison) -> Figure:
    columns = min(_MOST_COLUMNS, len(found.rows))
    lines = math.ceil(len(found.rows) / columns)
    figure = Figure(figsize=(3.2 * columns, 3.3 * lines), layout="constrained")
    for place, row in zip(figure.subplots(lines, columns, squeeze=False).flat, found.rows, strict=False):
        counts = np.array(row.unseen.confusion, float)
        place.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), vmin=0, vmax=1, cmap="Blues")
        place.set_title(f"{row.model}\n{plain(row.corpus)}", fontsize=9)
        ticks = range(len(row.labels))
        place.set_xticks(ticks, row.labels, rotation=90, fontsize=7)
        place.set_yticks(ticks, row.labels, fontsize=7)
    for place in figure.axes[len(found.rows) :]:
        place.set_axis_off()
    figure.supxlabel("answer", fontsize=9)
    figure.supylabel("intended", fontsize=9)
    return figure
