"""`ser report`: the page of a batch."""

from __future__ import annotations

import html
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import sync_playwright
from tests.batch.archives import batch

from browser import FLAGS, executable
from clips import CLIPS
from ser.batch.options import Options
from ser.batch.report.charts import text
from ser.batch.report.statistics import MOST_NEGATIVE, read_statistics
from ser.batch.state import BatchFolder
from ser.batch.tables import TABLES, Schemas
from ser.cli.main import main
from ser.config import Settings

HOSTILE = '<script>alert("1")</script>\n\u202egnp'
OPTIONS = Options.of(Settings(max_decoding_s=60), model=None, own_baseline=True, prior=None, voices_by=None)
LABELS = OPTIONS.facts.labels


def report(folder: Path) -> Result:
    return CliRunner().invoke(main, ["report", str(folder)])


def written(
    folder: Path, files: list[dict[str, object]], failures: list[dict[str, object]] | None = None
) -> Path:
    """Write a batch of one part, and its page."""
    schemas = Schemas.of(OPTIONS)
    with BatchFolder(folder).held(OPTIONS):
        content = {"files": files, "segments": [], "failures": failures or []}
        tables = {name: pa.Table.from_pylist(content[name], schemas[name]) for name in TABLES}
        BatchFolder(folder).write(0, tables)
    result = report(folder)
    assert result.exit_code == 0, result.output
    return folder / "report.html"


def file_row(id_: str, *seconds: float, **others: object) -> dict[str, object]:
    distribution = {f"distribution_s_{label}": each for label, each in zip(LABELS, seconds, strict=True)}
    return {
        "id": id_,
        "path": id_,
        "duration_s": sum(seconds) + 1,
        "speech_s": sum(seconds),
        "emotion": LABELS[0],
        "low_information": False,
        **distribution,
        **others,
    }


class Page(HTMLParser):
    """What is in a page: its tags with attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a real batch, with groups, times, a failure and hostile names."""
    folder = tmp_path_factory.mktemp("batch")
    times = [f"2026-0{1 + number % 3}-1{number % 9}T10:00" for number in range(len(CLIPS))]
    lines = [
        f'"{number} {HOSTILE}",{clip.path},"{HOSTILE if number % 2 else "Sales"}",{times[number]}'.replace(
            '"1"', '""1""'
        )
        for number, clip in enumerate(CLIPS)
    ]
    (folder / "calls.csv").write_text("\n".join(["id,path,group,time", *lines, f"bad,{__file__},,"]))
    result = batch(folder / "calls.csv", "--out", folder / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert report(folder / "out").stdout == f"written: {folder / 'out' / 'report.html'}\n"
    return folder / "out" / "report.html"


def test_a_page_has_all_that_was_asked_for(real: Path) -> None:
    page = Page(real)
    for said in (
        "Emotions by seconds of speech",
        "by day, in UTC: the column time of the manifest",
        "Most negative seconds",
        "By group",
        "Unsupported audio format unsupported_format",
        "MIT; made from CREMA-D",
        "not what a person feels",
        "cremad-4",
        OPTIONS.facts.sha256,
    ):
        assert said in page.words
    figures = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", real.read_text())
    assert ("files analysed", "12") in figures
    assert ("failed", "1") in figures


def test_a_page_needs_nothing_else(real: Path) -> None:
    page = Page(real)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    addresses = [
        each for _, attributes in page.tags for name, each in attributes.items() if name in ("src", "href")
    ]
    assert addresses == []
    assert "url(" not in real.read_text()


def test_hostile_names_are_text(real: Path) -> None:
    content = real.read_text()
    assert "<script" not in content
    assert "\u202e" not in content
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\\n\\u202egnp" in content
    assert text("a\x00b\u2066<") == "a\\x00b\\u2066&lt;"
    assert text("Zoë 你好 é") == "Zoë 你好 é"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_offline_and_readable(scheme: str, real: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url) if "file:" not in request.url else None)
        page.goto(real.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_text("The numbers, by").click()
        # The chart alone is scrolled, and the table below has its numbers. Each stands beside its name.
        assert page.evaluate(_WIDER_THAN_THEIR_PLACE) == ["svg"]
        row = page.get_by_role("region", name="By group").get_by_role("row").filter(has_text="Sales")
        assert (
            row.get_by_role("cell").first.evaluate("e => getComputedStyle(e, '::before').content")
            == '"Files"'
        )
        assert page.get_by_role("img").get_attribute("aria-label").startswith("Share of the seconds")
        names = page.get_by_role("heading").all_inner_texts()
        assert names[1:] == [
            "Emotions by seconds of speech",
            "Over time",
            "Most negative seconds",
            "By group",
            "Failures",
            "What made this",
        ]
        contrast = page.evaluate(_CONTRAST)
        browser.close()
    assert told == []
    assert min(contrast) >= 4.5


_WIDER_THAN_THEIR_PLACE = """() => [...document.querySelectorAll('.scroll')]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.firstElementChild.tagName.toLowerCase())"""
# The contrast of each text with the card behind it, as WCAG computes it; colours of the page are plain.
_CONTRAST = """() => {
  const light = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (e) => {
    const c = getComputedStyle(e).backgroundColor
    return c === 'rgba(0, 0, 0, 0)' && e.parentElement ? behind(e.parentElement) : c
  }
  return [...document.querySelectorAll('h1, h2, p, dt, dd, th, td, summary, li')].map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
}"""


@pytest.mark.parametrize(
    ("baselines", "told"),
    [
        (["recording", "recording"], "each recording's own"),
        (["none", "none"], "that of the training speakers"),
        (
            ["recording", "none", "none"],
            (
                "each recording's own; that of the training speakers for 2 of 3, which hold too little "
                "speech for their own"
            ),
        ),
    ],
)
def test_a_page_says_what_recordings_were_normalised_with(
    baselines: list[str], told: str, tmp_path: Path
) -> None:
    rows = [file_row(str(at), 1.0, 0.0, 0.0, 0.0, baseline=each) for at, each in enumerate(baselines)]
    # Nothing was normalised where nobody speaks.
    rows.append(file_row("silent", 0.0, 0.0, 0.0, 0.0, emotion=None, baseline="none"))
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", written(tmp_path, rows).read_text()))
    assert html.unescape(facts["Baseline"]) == told


def test_a_page_is_called_after_its_folder(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(real.parent, tmp_path / "calls"))
    monkeypatch.chdir(folder / "files")
    result = report(Path(".."))
    assert result.exit_code == 0, result.output
    assert re.search(r"<title>[^<]*\bcalls\b", (folder / "report.html").read_text())


def test_an_empty_batch_has_a_page(tmp_path: Path) -> None:
    page = Page(written(tmp_path, []))
    assert "No speech was found" in page.words
    assert "Over time" not in page.words


def test_a_batch_of_failures_alone_has_a_page(tmp_path: Path) -> None:
    row = {"id": "x", "path": "x", "code": "unreadable", "error": "File could not be read", "attempts": 1}
    page = Page(written(tmp_path, [], [row, row | {"id": "y", "detail": "gone"}]))
    assert "File could not be read unreadable" in page.words
    assert "y: gone" in page.words


def test_the_figures_are_those_of_the_tables(tmp_path: Path) -> None:
    angry, happy, sad, disgust = (LABELS.index(name) for name in ("Angry", "Happy", "Sad", "Disgust"))
    assert (angry, happy, sad, disgust) == (0, 1, 2, 3)
    day = datetime(2026, 2, 1, tzinfo=UTC)
    rows = [
        file_row("a", 1.0, 2.0, 3.0, 4.0, group="x", time=day),
        file_row("b", 0.0, 9.0, 0.0, 0.0, group="x", time=day + timedelta(hours=23), low_information=True),
        file_row("c", 5.0, 0.0, 4.0, 0.5, group="y", time=day + timedelta(days=3)),
        file_row("d", 0.0, 0.0, 0.0, 0.0, group=None, emotion=None, low_information=True),
    ]
    written(tmp_path, rows)
    found = read_statistics(tmp_path)
    assert found.total.seconds.tolist() == [6.0, 11.0, 7.0, 4.5]
    assert (found.total.files, found.silent, found.total.uncertain) == (4, 1, 2)
    assert [(call.id, call.negative_s) for call in found.most_negative] == [("c", 9.5), ("a", 8.0)]
    assert {group: total.seconds.tolist() for group, total in found.groups.items()} == {
        "x": [1.0, 11.0, 3.0, 4.0],
        "y": [5.0, 0.0, 4.0, 0.5],
        None: [0.0, 0.0, 0.0, 0.0],
    }
    trend = found.trend
    assert trend is not None
    assert (trend.unit, trend.without_time, trend.of_manifest) == ("day", 1, True)
    assert [(str(start), column.files) for start, column in trend.columns] == [
        ("2026-02-01", 2),
        ("2026-02-04", 1),
    ]


@pytest.mark.parametrize(("days", "unit"), [(60, "day"), (200, "week"), (1500, "month"), (9000, "year")])
def test_a_long_time_has_wider_columns(days: int, unit: str, tmp_path: Path) -> None:
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    rows = [file_row(str(n), 1.0, 0.0, 0.0, 0.0, modified_at=begin + timedelta(days=n)) for n in range(days)]
    written(tmp_path, rows)
    trend = read_statistics(tmp_path).trend
    assert trend is not None
    assert trend.unit == unit
    assert len(trend.columns) <= 62
    assert sum(column.files for _, column in trend.columns) == days


def test_a_large_batch_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.batch.report.statistics._BATCH_ROWS", 100)
    monkeypatch.setattr("ser.batch.report.statistics.MAX_GROUPS", 60)
    rows = [file_row(str(n), n * 1.0, 0.0, 0.0, 0.0, group=f"team {n % 70}") for n in range(2_000)]
    page = Page(written(tmp_path, rows))
    found = read_statistics(tmp_path)
    assert [call.id for call in found.most_negative] == [
        str(n) for n in range(1999, 1999 - MOST_NEGATIVE, -1)
    ]
    assert found.total.files == 2_000
    assert "10 more groups have less speech." in page.words
    assert "files are in groups that are not counted." in page.words


def test_parts_that_are_not_finished_are_left_out_and_told(real: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(real.parent, tmp_path / "out"))
    shutil.copy(folder / "failures" / "part-000000.parquet", folder / "failures" / "part-000001.parquet")
    assert read_statistics(folder).failed == 1
    next((folder / "files").iterdir()).unlink()
    assert report(folder).exit_code == 0
    assert "13 of 13 files are not finished" in Page(folder / "report.html").words


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: (folder / "run.json").unlink(), "holds no batch"),
        (lambda folder: (folder / "run.json").write_text("{"), "run.json' cannot be read"),
        (lambda folder: next((folder / "files").iterdir()).write_text("no table"), "cannot be read"),
        (lambda folder: (folder / "report.html").mkdir(), "cannot be written to"),
    ],
)
def test_what_is_no_batch_is_a_sentence(prepare, told: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(folder, [file_row("a", 1.0, 0.0, 0.0, 0.0)]).unlink()
    prepare(folder)
    result = report(folder)
    assert result.exit_code in (1, 2)
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_the_tables_say_what_made_them(real: Path) -> None:
    for table in TABLES:
        schema = pq.read_schema(next((real.parent / table).iterdir()))
        said = {name.decode(): value.decode() for name, value in schema.metadata.items()}
        assert said["ser.model"] == OPTIONS.facts.name
        assert said["ser.model_sha256"] == OPTIONS.facts.sha256
        assert said["ser.version"] == OPTIONS.ser_version
        assert json.loads(said["ser.emotions"]) == list(LABELS)
        assert all(field.metadata[b"description"] for field in schema)
