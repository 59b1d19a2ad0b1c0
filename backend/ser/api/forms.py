"""The files and the text fields of a request's form: in memory, never on disk."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from time import monotonic
from typing import IO, Any, Literal, get_args

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from ser.errors import FileTooLarge, InvalidRequest, NoFile, RequestTimeout
from ser.features.registry import FeatureSet
from ser.models.baseline import Baseline
from ser.models.manifest import VOICE_GENDER

# The name under which gunicorn passes the connection itself to an application.
SOCKET = "gunicorn.socket"
# What multipart may add to a file of the largest size.
MULTIPART_SLACK_BYTES = 64 * 1024
# Files of one baseline.
MAX_FILES = 64
# Of a form with one file, and beside the files of a baseline.
MAX_PARTS = 16
MAX_TEXT_BYTES = 500_000
_MAX_DRAINED_BYTES = 64 * 1024**2
_MAX_DRAINING_S = 5.0
# What text fields of a recording may say: `true` or `false`, and one of a few words.
ChannelsField = Literal["mix", "split"]
SpeakersField = Literal["1", "2"]
FLAGS = (VOICE_GENDER, "peaks")
CHOICES: dict[str, tuple[str, ...]] = {
    "channels": get_args(ChannelsField),
    "speakers": get_args(SpeakersField),
}
_FLAGS = {"false": False, "true": True}


class MemoryRequest(Request):
    """A request whose uploads stay in memory; Werkzeug would write those over 500 kB to disk."""

    max_form_parts = MAX_PARTS
    max_form_memory_size = MAX_TEXT_BYTES

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return BytesIO()

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body as JSON.

        Raises:
            InvalidRequest: it is nested too deeply.
        """
        try:
            return super().get_json(force=force, silent=silent, cache=cache)
        except RecursionError as error:
            raise InvalidRequest("The JSON is nested too deeply.") from error


def boundary_of(request: Request) -> bytes:
    """Return the boundary between the parts of a multipart form; empty if there is no such form.

    Raises:
        InvalidRequest: it holds other characters than printable ASCII.
    """
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        return b""
    if not (boundary.isascii() and boundary.isprintable()):
        raise InvalidRequest("The boundary of the multipart form must be printable ASCII characters.")
    return boundary.encode()


def read_upload(request: Request, *, max_bytes: int) -> bytes:
    """Return the bytes of the form's file, the first if there are several.

    Raises:
        NoFile: there is none, or it is empty.
        FileTooLarge: it has more than `max_bytes`.
        InvalidRequest: the form has too many or too large other parts.
        RequestTimeout: it stopped arriving.
    """
    return _content(_files(request, max_bytes)[0], max_bytes)


def read_uploads(request: Request, *, max_bytes: int) -> list[bytes]:
    """Return the bytes of each of the form's files, `MAX_FILES` and `max_bytes` at most.

    Raises as `read_upload`.
    """
    request.max_form_parts = MAX_FILES + MAX_PARTS
    files = _files(request, max_bytes)
    if len(files) > MAX_FILES:
        raise InvalidRequest(f"At most {MAX_FILES} files are taken, and {len(files)} came.")
    contents = [_content(file, max_bytes) for file in files]
    if sum(map(len, contents)) > max_bytes:
        raise too_large(max_bytes)
    return contents


def read_baseline(request: Request, feature_set: FeatureSet) -> Baseline | None:
    """Return the baseline whose token is in the field `baseline`, if there is one.

    Raises:
        InvalidRequest: the field holds a file.
        BadBaseline: the token cannot be used with features of this set.
    """
    if "baseline" in request.files:
        raise baseline_as_file()
    token = request.form.get("baseline")
    return Baseline.from_token(token, feature_set) if token else None


def read_flag(request: Request, name: str) -> bool:
    """Return the value of a field that is `true` or `false` (the default).

    Raises:
        InvalidRequest: it is something else.
    """
    if name in request.files:
        raise flag_as_file(name)
    return flag(name, *request.form.getlist(name))


def flag(name: str, *values: str) -> bool:
    """Return what a field says that is `true` or `false` (the default).

    Args:
        name: of the field.
        values: one for each time that the field was sent; empty ones do not count.

    Raises:
        InvalidRequest: they are something else, or contradict each other.
    """
    said = set(filter(None, values)) or {"false"}
    if not said <= _FLAGS.keys():
        raise InvalidRequest(f"The field '{name}' must be 'true' or 'false'.")
    if len(said) > 1:
        raise InvalidRequest(f"The field '{name}' came as 'true' and as 'false'; send it once.")
    return _FLAGS[said.pop()]


def choice(name: str, value: str, allowed: Collection[str]) -> str:
    """Return what a field says that is one of a few words.

    Args:
        name: of the field.
        value: as it was sent.
        allowed: the words.

    Raises:
        InvalidRequest: it is none of them.
    """
    if value not in allowed:
        raise InvalidRequest(f"The field '{name}' must be {' or '.join(map(repr, allowed))}.")
    return value


def _files(request: Request, max_bytes: int) -> list[FileStorage]:
    boundary_of(request)
    try:
        files = request.files.getlist("file")
    except RequestEntityTooLarge as error:
        if _arrived_or_announced_bytes(request) > max_bytes:
            raise
        raise too_many_parts(request.max_form_parts or MAX_PARTS, MAX_TEXT_BYTES) from error
    except ClientDisconnected as error:
        raise RequestTimeout("The body of the request stopped arriving.") from error
    if not files:
        raise NoFile("Send the audio as a file in the multipart field 'file'.")
    return files


def _arrived_or_announced_bytes(request: Request) -> int:
    if request.content_length is not None:
        return request.content_length - MULTIPART_SLACK_BYTES
    # A body in chunks: this is how far it was read.
    return request.stream.tell()


def _content(file: FileStorage, max_bytes: int) -> bytes:
    content = file.stream.read(max_bytes + 1)
    if not content:
        raise NoFile("The field 'file' is empty.")
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    return content


def too_large(max_bytes: int) -> FileTooLarge:
    """Return the error of a file of more than `max_bytes`."""
    return FileTooLarge(f"At most {max_bytes // 1024**2} MB are taken.")


def too_many_parts(max_parts: int, max_text_bytes: int) -> InvalidRequest:
    """Return the error of a form with too many parts or too much text."""
    files = f", {MAX_FILES} of them files" if max_parts > MAX_FILES else ""
    return InvalidRequest(
        f"The form has too many parts or too much text: at most {max_parts} parts{files}, "
        f"and {max_text_bytes // 1000} kB of text are taken."
    )


def baseline_as_file() -> InvalidRequest:
    """Return the error of a baseline that was sent as a file."""
    return InvalidRequest("Send 'baseline' as text, not as a file: with curl, -F 'baseline=<FILE'.")


def text_as_file(name: str) -> InvalidRequest:
    """Return the error of a text field that was sent as a file."""
    return InvalidRequest(f"Send '{name}' as text, not as a file.")


def flag_as_file(name: str) -> InvalidRequest:
    """Return the error of a field that is `true` or `false`, and was sent as a file."""
    return InvalidRequest(f"Send '{name}' as text, 'true' or 'false', not as a file.")


def drain(request: Request) -> bool:
    """Read the rest of a refused body, within bounds, and return whether there is any.

    A client that is still sending reads no answer.
    """
    body = request.environ["wsgi.input"]
    deadline = monotonic() + _MAX_DRAINING_S
    left = min(request.content_length or _MAX_DRAINED_BYTES, _MAX_DRAINED_BYTES)
    is_rest = False
    try:
        while left > 0 and monotonic() < deadline and (chunk := body.read(min(left, 64 * 1024))):
            left -= len(chunk)
            is_rest = True
    except Exception:  # noqa: BLE001
        # The client is gone, or what it sends is malformed: the server has its own errors for that.
        return True
    return is_rest
