"""One's own recordings as a corpus: a folder per emotion, or a CSV `path,emotion[,speaker]`."""

from __future__ import annotations

import csv
import io
import logging
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.corpora.base import AUDIO_SUFFIXES, Clip, Corpus
from ser.errors import CorpusError, listed

CSV_FILE = "clips.csv"
MAX_BAD_SHARE = 0.5
_NEEDED = ("path", "emotion")
_DELIMITERS = ",;\t"
_MAX_NAME_LENGTH = 60
# What folders of emotions are often called: a `data` one level too high or too low is told by them.
_USUAL_EMOTIONS = frozenset(
    {
        *("anger", "angry", "boredom", "bored", "calm", "disgust", "disgusted", "fear", "fearful"),
        *("happiness", "happy", "joy", "neutral", "sad", "sadness", "surprise", "surprised"),
    }
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Row:
    """A row of the CSV with normalised names."""

    path: Path
    emotion: str
    speaker: str | None


def list_clips(data: Path) -> list[Clip]:
    """List the clips of one's own recordings, in the order of their paths.

    `data` is one of

    - a folder of folders: `emotion/clip.wav`, or `emotion/speaker/clip.wav` (deeper ones count as the
      speaker's);
    - a CSV with the columns `path`, `emotion` and, if known, `speaker`; or a folder with such a
      `clips.csv`. Paths are relative to the CSV and may not lead out of its folder. UTF-8, UTF-16 and
      Windows-1252 are read, with commas, semicolons or tabs.

    Names of emotions are compared without regard to case: `angry` and `ANGRY` are both `Angry`. Without
    speakers, each clip counts as a speaker of its own. What is skipped, and why, is logged as a warning.

    Args:
        data: the folder or the CSV.

    Raises:
        CorpusError: there are no clips in it, more than half of the CSV's rows cannot be used, or its layout
            is not one of these.
    """
    if data.is_file():
        return _from_csv(data)
    if (data / CSV_FILE).is_file():
        return _from_csv(data / CSV_FILE)
    if data.is_dir():
        return _from_folders(data)
    raise CorpusError(f"There is neither a folder nor a CSV file at '{data}'.")


def skip(bad: Sequence[str], total: int, *, what: str) -> None:
    """Log a warning that lists what is skipped.

    Args:
        bad: a line for each skipped item, with the reason.
        total: how many items there are, with the good ones.
        what: the items' name in the plural.

    Raises:
        CorpusError: more than half are skipped.
    """
    if not bad:
        return
    said = f"{len(bad)} of {total} {what} cannot be used"
    if len(bad) > MAX_BAD_SHARE * total:
        raise CorpusError(f"{said}, more than half:{listed(bad)}")
    _log.warning("%s and are skipped:%s", said, listed(bad))


def _from_folders(data: Path) -> list[Clip]:
    found: list[tuple[Path, str, str | None]] = []
    bad_names: list[str] = []
    _require_level(data)
    for folder in _folders(data):
        files = list(_audio_files(folder))
        try:
            emotion = emotion_name(folder.name) if files else ""
        except ValueError as error:
            bad_names.append(f"{folder.name!r}: {error}")
            continue
        for file in files:
            inside = file.relative_to(folder).parts
            found.append((file, emotion, unicodedata.normalize("NFC", inside[0]) if inside[1:] else None))
    if bad_names:
        raise CorpusError(f"Folders of '{data}' cannot be names of emotions:{listed(bad_names)}")
    if not found:
        raise CorpusError(_why_empty(data))
    alone = [file for file, _, speaker in found if speaker is None]
    if alone and len(alone) < len(found):
        lines = [str(file.relative_to(data)) for file in alone]
        raise CorpusError(
            f"Some clips of '{data}' lie in a speaker's folder (emotion/speaker/clip) and "
            f"{len(alone)} do not; move these into one too:{listed(lines)}"
        )
    return [_clip(data, path, emotion, speaker) for path, emotion, speaker in found]


def require_two_folders(data: Path) -> None:
    """Raise where a folder cannot be trained on, before anything is read of its recordings.

    Raises:
        CorpusError: its clips are not of two emotions, or its layout is none.
    """
    emotions = count_by_emotion(_from_folders(data))
    if len(emotions) < 2:
        raise CorpusError(
            f"Only {next(iter(emotions))} has clips in '{data}'. A folder per emotion with audio files in it "
            "is expected there, of two emotions at least; is the folder one level too high?"
        )


def _require_level(data: Path) -> None:
    """Raise where folders with the names of emotions are above or below `data`, and none are in it."""
    inside = _folders(data)
    if _named_as_emotions(inside):
        return
    below = {folder: names for folder in inside if (names := _named_as_emotions(_folders(folder)))}
    # Of one alone: Joy may be a speaker.
    if len({name for names in below.values() for name in names}) > 1:
        folder, names = next(iter(below.items()))
        raise CorpusError(
            f"'{data}' is one level too high: the folders of emotions ({', '.join(names)}) are in "
            f"'{folder.name}'. Give '{folder}'; each corpus is one such folder."
        )
    if inside and _named_as_emotions([data.resolve()]):
        raise CorpusError(
            f"'{data}' is one level too low: it has the name of an emotion, and its folders ("
            f"{', '.join(folder.name for folder in inside[:3])}) have none. Give the folder above it."
        )


def _folders(data: Path) -> list[Path]:
    return sorted(path for path in data.iterdir() if path.is_dir() and not _hidden(path.name))


def _named_as_emotions(folders: Iterable[Path]) -> list[str]:
    return [folder.name for folder in folders if folder.name.strip().lower() in _USUAL_EMOTIONS]


def _why_empty(data: Path) -> str:
    expected = f"a folder per emotion with audio files in it, or a {CSV_FILE}, is expected"
    inside = [path for path in data.iterdir() if not _hidden(path.name)]
    if not inside:
        return f"'{data}' is empty; {expected}."
    if loose := sum(path.suffix.lower() in AUDIO_SUFFIXES for path in inside):
        return f"{loose} audio files lie in '{data}' itself; put each into a folder named as its emotion."
    if tables := sorted(path.name for path in inside if path.suffix.lower() == ".csv"):
        return f"'{data}' holds no audio, but {', '.join(tables)}: give that file, or name it {CSV_FILE}."
    return f"No audio files ({', '.join(sorted(AUDIO_SUFFIXES))}) in folders of '{data}'; {expected}."


def _audio_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(_hidden(part) for part in path.relative_to(folder).parts)
        # `is_file` also keeps pipes and devices away, which could be read for ever.
        if not hidden and path.suffix.lower() in AUDIO_SUFFIXES and path.is_file():
            yield path


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def emotion_name(text: str) -> str:
    """Return the name of an emotion as labels are written: `Angry` for ` ANGRY `.

    Raises:
        ValueError: it cannot be one.
    """
    return _checked_name(text).capitalize()


def _checked_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise ValueError("the name is empty")
    if len(name) > _MAX_NAME_LENGTH:
        raise ValueError(f"the name is longer than {_MAX_NAME_LENGTH} characters")
    # It will stand in JSON, in a Markdown table and on a page.
    if not name.isprintable() or any(sign in name for sign in '<>|`"\\'):
        raise ValueError("the name holds characters that are not allowed")
    return name


def _clip(data: Path, path: Path, emotion: str, speaker: str | None) -> Clip:
    if speaker is None:
        return Clip(path, path.relative_to(data).as_posix(), emotion, speaker_known=False)
    return Clip(path, speaker, emotion)


def _from_csv(file: Path) -> list[Clip]:
    bad: list[str] = []
    rows: dict[Path, list[tuple[int, _Row]]] = {}
    total = 0
    for number, cells in _lines(file):
        total += 1
        try:
            row = _row(cells, file.parent)
        except ValueError as error:
            bad.append(f"row {number}: {error}")
        else:
            rows.setdefault(row.path, []).append((number, row))
    if not total:
        raise CorpusError(f"'{file}' has no rows below its header.")
    bad += _same_path_twice(rows)
    kept = [row for (_, row), *more in rows.values() if all(row == other for _, other in more)]
    if any(row.speaker for row in kept):
        nameless = [row for row in kept if row.speaker is None]
        bad += [f"{row.path.relative_to(file.parent)}: no speaker, as other rows have" for row in nameless]
        kept = [row for row in kept if row.speaker]
    skip(bad, total, what=f"rows of '{file}'")
    kept.sort(key=lambda row: row.path)
    return [_clip(file.parent, row.path, row.emotion, row.speaker) for row in kept]


def _same_path_twice(rows: dict[Path, list[tuple[int, _Row]]]) -> Iterator[str]:
    for same in rows.values():
        first = same[0][1]
        differs = any(row != first for _, row in same)
        for number, _ in same if differs else same[1:]:
            said = "other rows contradict it" if differs else f"repeats row {same[0][0]}"
            yield f"row {number}: {first.path.name}: {said}"


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number in the file of each row that is not empty, and its cells by column."""
    text = _decoded(file)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    # Strict: else one forgotten quote would swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = [cell.strip().lower() for cell in cells]
                _check_columns(columns, file)
            else:
                yield reader.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise CorpusError(f"'{file}' is no valid CSV, row {reader.line_num}: {error}.") from error
    if columns is None:
        raise CorpusError(f"'{file}' is empty.")


def _check_columns(columns: Sequence[str], file: Path) -> None:
    repeated = [
        name for name, count in Counter(columns).items() if count > 1 and name in (*_NEEDED, "speaker")
    ]
    missing = [name for name in _NEEDED if name not in columns]
    if missing or repeated:
        fault = f"lacks {' and '.join(missing)}" if missing else f"has {', '.join(repeated)} twice"
        raise CorpusError(
            f"The first row of '{file}' {fault}; it names the columns {', '.join(columns)[:200]}. "
            "Expected: path, emotion and, if known, speaker."
        )


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"'{file}' cannot be read: {error.strerror}.") from error
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise CorpusError(f"'{file}' is no text in UTF-8, UTF-16 or Windows-1252.") from error
    _log.warning("'%s' is not UTF-8 and is read as Windows-1252.", file)
    return text


def _row(cells: dict[str, str], folder: Path) -> _Row:
    for name in _NEEDED:
        if not cells.get(name, "").strip():
            raise ValueError(f"no {name}")
    try:
        emotion = emotion_name(cells["emotion"])
    except ValueError as error:
        raise ValueError(f"emotion {_short(cells['emotion'])}: {error}") from error
    speaker = cells.get("speaker", "").strip()
    try:
        return _Row(
            _inside(cells["path"].strip(), folder), emotion, _checked_name(speaker) if speaker else None
        )
    except ValueError as error:
        raise ValueError(f"{_short(cells['path'])}: {error}") from error


def _inside(text: str, folder: Path) -> Path:
    """Return the path of a file by its text in the CSV.

    Raises:
        ValueError: it leads out of the folder, or there is no such file.
    """
    if "\0" in text:
        raise ValueError("no path")
    for form in dict.fromkeys((text, unicodedata.normalize("NFC", text), text.replace("\\", "/"))):
        path = Path(os.path.normpath(folder / form))
        if not path.is_relative_to(os.path.normpath(folder)):
            raise ValueError("leads out of the CSV's folder")
        if _is_file(path):
            return folder / path.relative_to(os.path.normpath(folder))
    raise ValueError("there is no such file")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the name is longer than the file system allows
        return False


def _short(text: str) -> str:
    return repr(text if len(text) <= _MAX_NAME_LENGTH else text[:_MAX_NAME_LENGTH] + "...")


def count_by_emotion(clips: Iterable[Clip]) -> dict[str, int]:
    """Return emotion -> how many clips, in the order of the names."""
    return dict(sorted(Counter(clip.emotion for clip in clips).items()))


CORPUS = Corpus(list_clips=list_clips, facts=None)
