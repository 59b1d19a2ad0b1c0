"""The page of a batch: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ser.batch.files import write_whole
from ser.batch.report import charts
from ser.batch.report.charts import colour, legend, share_bar, text
from ser.batch.report.statistics import Statistics, Sum, Trend, as_utc, read_statistics

REPORT_FILE = "report.html"
LIMITS = (
    "A model estimates how a voice sounds, not what a person feels. It was trained on a few corpora, mostly "
    "of actors; on other languages, microphones and spontaneous speech it is wrong more often than its card "
    "says. Do not decide anything about a person by it. In the European Union, inferring emotions at work "
    "and in schools is prohibited (Regulation (EU) 2024/1689, article 5(1)(f))."
)
_MOST_GROUPS = 50
_SHOWN_VOICES = {None: "one", "channel": "two, by channel", "speaker": "two, by speaker"}


def write_report(folder: Path) -> Path:
    """Write the page of a batch into its folder, and return where it is.

    Raises:
        BatchError: the folder holds no batch, or a table cannot be read.
        BatchStopped: the page cannot be written.
    """
    path = folder / REPORT_FILE
    write_whole(path, page(read_statistics(folder), folder.resolve().name).encode())
    return path


def page(found: Statistics, title: str) -> str:
    """Return the page of the figures of a batch.

    Args:
        found: the figures.
        title: what to call the batch.
    """
    sections = [
        _overview(found),
        _distribution(found),
        _over_time(found, found.trend),
        _negative(found),
        _groups(found),
        _failures(found),
        _made_by(found),
    ]
    return _PAGE.format(
        title=text(title),
        style=_STYLE,
        limits=text(LIMITS),
        model=text(found.run["options"]["facts"]["name"]),
        sections="\n".join(section for section in sections if section),
    )


def _overview(found: Statistics) -> str:
    done = found.total.files + found.failed
    figures = [
        (f"{found.total.files:,}", "files analysed"),
        (f"{found.audio_s / 3600:,.2f} h", "of audio"),
        (f"{found.total.speech_s / 3600:,.2f} h", "of speech"),
        (f"{found.silent:,}", "without speech"),
        (f"{found.total.uncertain - found.silent:,}", "uncertain"),
        (f"{found.failed:,}", "failed"),
    ]
    items = "".join(f"<div><dt>{name}</dt><dd>{number}</dd></div>" for number, name in figures)
    left = found.planned - done
    note = (
        f'<p class="note">{left:,} of {found.planned:,} files are not finished: run the same '
        "<code>ser batch</code> again to go on.</p>"
        if left > 0
        else ""
    )
    return f'<dl class="figures">{items}</dl>{note}'


def _distribution(found: Statistics) -> str:
    if not found.total.speech_s:
        return _section(
            "distribution", "Emotions", "<p>No speech was found, so there is nothing to show.</p>"
        )
    most = max(found.total.shares.tolist())
    rows = []
    for label, seconds, share in zip(
        found.labels, found.total.seconds.tolist(), found.total.shares.tolist(), strict=True
    ):
        width = 100 * share / most
        bar = (
            '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect width="{width:.2f}" height="10" fill="{colour(label)}"/></svg>'
        )
        rows.append([text(label), _duration(seconds), f"{share:.1%}", bar])
    table = _table("distribution", ["Emotion", "Speech", "Share", ""], rows, numbers={1, 2})
    said = "<p>Each 0.1 s of speech counts for the emotion of its segment, also where that is uncertain.</p>"
    return _section("distribution", "Emotions by seconds of speech", said + table)


def _over_time(found: Statistics, trend: Trend | None) -> str:
    if trend is None or not found.total.speech_s:
        return ""
    source = (
        "the column <code>time</code> of the manifest"
        if trend.of_manifest
        else "the files' time of last change, as the manifest has no column <code>time</code>"
    )
    without = f" {trend.without_time:,} files have none." if trend.without_time else ""
    head = ["From", "Files", "Speech", *(text(label) for label in found.labels)]
    rows = [
        [str(start), f"{column.files:,}", _duration(column.speech_s), *_percents(column)]
        for start, column in trend.columns
    ]
    table = _table("trend", head, rows, numbers=set(range(1, len(head))))
    return _section(
        "trend",
        "Over time",
        f"<p>Share of the seconds of speech by {trend.unit}, in UTC: {source}.{without} "
        f"A {trend.unit} without files has no column.</p>"
        f"{legend(found.labels)}{_scrolled(charts.trend(trend, found.labels), 'trend')}"
        f"<details><summary>The numbers, by {trend.unit}</summary>{table}</details>",
    )


def _negative(found: Statistics) -> str:
    emotions = [label for label, is_one in zip(found.labels, found.negative, strict=True) if is_one]
    if not found.most_negative:
        return ""
    rows = []
    for call in found.most_negative:
        share = f"{call.negative_s / call.speech_s:.0%}" if call.speech_s else ""
        where = "" if call.path == call.id else f'<span class="path">{text(call.path)}</span>'
        rows.append(
            [
                f"<bdi>{text(call.id)}</bdi>{where}",
                _duration(call.negative_s),
                share,
                text(call.emotion or ""),
                text(call.group or ""),
                _moment(call.time),
            ]
        )
    head = ["Recording", "Negative", "of its speech", "Emotion", "Group", "Time"]
    said = f"<p>Seconds of {text(', '.join(emotions))} together. Longer recordings have more of them.</p>"
    return _section(
        "negative", "Most negative seconds", said + _table("negative", head, rows, numbers={1, 2})
    )


def _groups(found: Statistics) -> str:
    if not found.groups:
        return ""
    ordered = sorted(
        found.groups.items(), key=lambda item: (-item[1].speech_s, item[0] is None, item[0] or "")
    )
    head = ["Group", "Files", "Speech", "Uncertain", "", *(text(label) for label in found.labels)]
    rows = []
    for group, total in ordered[:_MOST_GROUPS]:
        name = "<em>no group</em>" if group is None else f"<bdi>{text(group)}</bdi>"
        uncertain = f"{total.uncertain / total.files:.0%}"
        bar = share_bar(found.labels, total.shares)
        rows.append([name, f"{total.files:,}", _duration(total.speech_s), uncertain, bar, *_percents(total)])
    numbers = {1, 2, 3, *range(5, len(head))}
    more = len(ordered) - len(rows)
    note = f'<p class="note">{more:,} more groups have less speech.</p>' if more else ""
    if found.more_groups:
        note += f'<p class="note">{found.more_groups:,} files are in groups that are not counted.</p>'
    said = (
        "<p>The share of each emotion in the seconds of speech. Groups differ also by their microphones and "
        "by chance; few files tell little.</p>"
    )
    return _section(
        "groups",
        "By group",
        said + legend(found.labels) + _table("groups", head, rows, numbers=numbers) + note,
    )


def _failures(found: Statistics) -> str:
    if not found.failures:
        return ""
    rows = [
        [
            f"{text(kind.sentence)} <code>{text(code)}</code>",
            f"{kind.count:,}",
            "".join(
                f'<span class="path"><bdi>{text(id_)}</bdi>{": " if detail else ""}{text(detail)}</span>'
                for id_, detail in kind.examples
            ),
        ]
        for code, kind in sorted(found.failures.items(), key=lambda item: -item[1].count)
    ]
    table = _table("failures", ["Reason", "Files", "For example"], rows, numbers={1})
    return _section("failures", "Failures", f"{table}<p><code>failures/</code> lists all of them.</p>")


def _made_by(found: Statistics) -> str:
    options: dict[str, Any] = found.run["options"]
    facts: dict[str, Any] = options["facts"]
    restricted = " It forbids some uses, such as commercial ones." if facts["restricted"] else ""
    rows = [
        ("Model", f"{facts['name']}: {facts['description']}"),
        ("Licence of the model", f"{facts['licence'] or 'not given'}.{restricted}"),
        ("SHA-256 of its network", facts["sha256"]),
        ("SHA-256 of its manifest", facts["manifest_sha256"]),
        ("Baseline", _baseline(found)),
        ("Prior", options["prior"] or "that of the training"),
        ("Voices", _SHOWN_VOICES.get(options["voices_by"], options["voices_by"])),
        ("Version of ser", options["ser_version"]),
        ("Begun at", f"{as_utc(found.run['begun_at']):%Y-%m-%d %H:%M} UTC"),
    ]
    items = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return _section("model", "What made this", f'<dl class="facts">{items}</dl>')


def _baseline(found: Statistics) -> str:
    of_training = "that of the training speakers"
    with_speech = found.total.files - found.silent
    if not found.run["options"]["own_baseline"] or found.without_baseline == with_speech > 0:
        return of_training
    if not found.without_baseline:
        return "each recording's own"
    return (
        f"each recording's own; {of_training} for {found.without_baseline:,} of {with_speech:,}, which hold "
        "too little speech for their own"
    )


def _section(name: str, title: str, content: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{content}</section>'


def _table(of: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: set[int]) -> str:
    """Return a table of HTML; the first cell of a row is its heading, and `of` its section's name."""

    def cell(at: int, content: str) -> str:
        if at == 0:
            return f'<th scope="row" role="rowheader">{content}</th>'
        kind = ' class="number"' if at in numbers else ""
        # On a narrow screen, the headings are not shown; each cell has its own.
        of_cell = f' data-heading="{head[at]}"' if head[at] else ""
        return f'<td role="cell"{kind}{of_cell}>{content}</td>'

    headings = "".join(
        f'<th scope="col" role="columnheader"{" class=number" if at in numbers else ""}>{each}</th>'
        if each
        else "<td></td>"
        for at, each in enumerate(head)
    )
    body = "".join(f'<tr role="row">{"".join(cell(*each) for each in enumerate(row))}</tr>' for row in rows)
    # The roles are those of the elements, which a browser forgets where they are shown in another way.
    return _scrolled(
        f'<table role="table"><thead role="rowgroup"><tr role="row">{headings}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>',
        of,
    )


def _scrolled(content: str, of: str) -> str:
    """Return what may be wider than the page: it is scrolled by itself, also with the keyboard."""
    return f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{of}">{content}</div>'


def _percents(total: Sum) -> list[str]:
    return [f"{share:.1%}" for share in total.shares.tolist()]


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def _moment(time: datetime | None) -> str:
    return "" if time is None else f'<span class="number">{time:%Y-%m-%d %H:%M}</span>'


_STYLE = """
:root{color-scheme:light dark;--bg:#f6f6fb;--card:#fff;--fg:#1f2033;--soft:#4d5067;--line:#d9dae8;
--accent:#4338ca;--lightness:.54}
@media (prefers-color-scheme:dark){:root{--bg:#12131b;--card:#1b1d29;--fg:#e9e9f4;--soft:#c0c2d8;
--line:#353849;--accent:#b3b0ff;--lightness:.74}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem clamp(1rem,4vw,2rem) 3rem;background:var(--bg);
color:var(--fg);font:1rem/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.75rem;overflow-wrap:anywhere}
h2{margin:0 0 .5rem;font-size:1.2rem}
header p{margin:.25rem 0 0;color:var(--soft)}
section,.figures,.limits{margin-top:1.25rem;padding:1.25rem;background:var(--card);
border:1px solid var(--line);border-radius:1rem}
.limits{border-left:.35rem solid var(--accent)}
p{margin:.25rem 0 .75rem;max-width:60rem}
p.limits{max-width:none}
.note,.path{color:var(--soft)}
.path{display:block;font-size:.85rem;font-weight:400;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem}
.figures div{display:flex;flex-direction:column-reverse}
.figures dd{margin:0;font-size:1.5rem;font-weight:600}
.figures dt,.facts dt{color:var(--soft)}
.facts{margin:0;display:grid;gap:.5rem}
.facts dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{width:100%;border-collapse:collapse}
th,td{padding:.35rem .6rem;text-align:start;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:500;overflow-wrap:anywhere;min-width:8rem}
.number{text-align:end;white-space:nowrap;font-variant-numeric:tabular-nums}
.bar{display:block;width:100%;min-width:8rem;height:.9rem;margin-top:.3rem;border-radius:.25rem}
.trend{display:block;width:100%;min-width:40rem;height:auto;margin-bottom:.5rem}
.trend text{fill:var(--soft);font-size:12px}
.trend line{stroke:var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0 0 .75rem;padding:0;list-style:none}
.key{display:inline-block;width:.8rem;height:.8rem;margin-inline-end:.4rem;border-radius:.2rem}
summary{cursor:pointer;color:var(--accent)}
@media (max-width:40rem){
section,.figures,.limits{padding:1rem}
.figures{grid-template-columns:repeat(2,1fr)}
.scroll:has(table){overflow-x:visible}
table,tbody,tr,tbody th,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
th,td{padding:.1rem 0;border:0}
tbody th{font-weight:600}
td[data-heading]{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;white-space:normal}
td[data-heading]::before{content:attr(data-heading);color:var(--soft)}
td:empty{display:none}
td .path{flex-basis:100%}
}
@media print{:root{--bg:#fff}section{break-inside:avoid}}
""".strip()

# Without scripts and without anything from elsewhere, which the policy also forbids.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Emotions in {title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>Emotions in {title}</h1><p>Estimated from the sound of voices by the model {model}.</p></header>
<main>
<p class="limits">{limits}</p>
{sections}
</main>
</body>
</html>
"""
