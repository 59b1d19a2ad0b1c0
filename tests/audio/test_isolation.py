"""Decoding in processes of their own: the same sound, and nothing that a file does there does harm here."""

from __future__ import annotations

import ctypes
import errno
import io
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from clips import CLIPS, CONTAINERS, sound_file, transcode
from ser import stages
from ser.audio.decode import TOO_SLOW, decode
from ser.audio.decoders import OWN_PROCESS, Decoder
from ser.audio.isolation import decoder as isolation
from ser.audio.isolation import launcher as of_launcher
from ser.audio.isolation.decoder import CRASHED, IsolatedDecoder
from ser.audio.isolation.decoder_process import TOO_MUCH_MEMORY, serve
from ser.audio.isolation.launcher import DECODER_NAME, LAUNCHER_NAME, Launcher
from ser.audio.isolation.messages import Connection
from ser.audio.waveform import Waveform
from ser.errors import AudioError, Busy, DecodeError, RequestTimeout, TooLong
from ser.stages import Stage
from waiting import DEADLINE_S, wait_until

TALK = decode(CLIPS[0].path)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    ctypes.string_at(0)


def sleep() -> None:
    while True:
        time.sleep(DEADLINE_S)


def compute() -> None:
    while True:
        pass


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(64 * 1024**2))


def fail() -> None:
    raise RuntimeError("a fault of ours")


def forbidden() -> None:
    """Try what a taken-over decoder would; say what could be done."""
    ours = os.getppid()
    tried: dict[str, Callable[[], object]] = {
        "read a file": lambda: Path("/etc/passwd").read_bytes(),
        "write a file": lambda: Path("/tmp/voice.wav").write_bytes(b"voice"),
        "remove a file": lambda: Path("/tmp/no-such-file-at-all").unlink(),
        "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
        "listen": lambda: socket.socket(socket.AF_UNIX),
        "start a process": os.fork,
        "run a program": lambda: os.execv("/bin/true", ["true"]),
        "kill": lambda: os.kill(ours, 0),
        "rename": lambda: Path("/tmp/no-such-file-at-all").rename("/tmp/other"),
        "duplicate": lambda: os.dup(0),
        "raise the limits": lambda: ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0 or fail(),
    }
    done = []
    for name, act in tried.items():
        try:
            act()
        except FileNotFoundError:
            done.append(name)
        except Exception:  # noqa: BLE001
            continue
        else:
            done.append(name)
    raise DecodeError(", ".join(done) or "nothing")


ACTS = {act.__name__.encode(): act for act in (crash, sleep, compute, eat_memory, fail, forbidden)}


def decode_or_act(content: bytes, **limits: float) -> Waveform:
    if content in ACTS:
        ACTS[content]()
    return decode(content, **limits)


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher(partial(serve, decode=decode_or_act))
    launcher.keep_running()
    yield launcher
    launcher.close()


@pytest.fixture
def decoder(launcher: Launcher) -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder(launcher, max_source_bytes=100_000_000)
    yield decoder
    decoder.close()


def processes() -> list[psutil.Process]:
    """All decoder processes of this process' launchers."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if each.name() == DECODER_NAME and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
    return found


def outcome(decoder: Decoder, content: bytes, **limits: float) -> object:
    try:
        return decoder.decode(content, **limits).y.tolist()
    except AudioError as error:
        return type(error), str(error)


def read(decoder: Decoder, content: bytes, *, stereo: bool = False, **limits: float) -> object:
    try:
        with decoder.open(io.BytesIO(content), **({"max_duration_s": 60.0} | limits)) as recording:
            chunks = recording.channels() if stereo else iter(recording)
            y = np.concatenate(list(chunks), axis=-1)
            return (
                y.tolist(),
                recording.declared_s,
                recording.truncated,
                recording.decoded_s,
                recording.read_bytes,
            )
    except AudioError as error:
        return type(error), str(error)


@pytest.mark.parametrize("container", CONTAINERS)
def test_both_ways_give_the_same_sound(decoder: IsolatedDecoder, container: str) -> None:
    whole = transcode(TALK, container)
    for content in (whole, whole[: len(whole) // 2], whole[:200], whole[::-1]):
        assert outcome(decoder, content) == outcome(OWN_PROCESS, content)
        assert read(decoder, content) == read(OWN_PROCESS, content)


def test_both_ways_tell_how_much_was_read(decoder: IsolatedDecoder) -> None:
    # Its duration is estimated from that, as an Ogg file that arrives does not declare it.
    content = transcode(np.tile(TALK, 10), "ogg-opus")
    told = []
    for one in (decoder, OWN_PROCESS):
        with one.open(io.BytesIO(content), max_duration_s=3600) as recording:
            told.append([(round(recording.decoded_s, 3), recording.read_bytes) for _ in recording])
    for (decoded_s, read_bytes), other in zip(*told, strict=True):
        assert (decoded_s, read_bytes) == (other[0], pytest.approx(other[1], abs=32 * 1024))
    assert told[0][len(told[0]) // 2][1] < 0.8 * len(content)


def test_both_ways_keep_the_same_limits(decoder: IsolatedDecoder) -> None:
    content = sound_file(TALK)
    for one in (decoder, OWN_PROCESS):
        with pytest.raises(TooLong):
            one.decode(content, max_duration_s=1)
        assert read(one, content, max_duration_s=1)[0] is TooLong
        assert read(one, content, max_decoding_s=0) == (DecodeError, TOO_SLOW)
        assert outcome(one, content, max_decoding_s=0) == (DecodeError, TOO_SLOW)


def test_both_ways_read_two_channels(decoder: IsolatedDecoder) -> None:
    content = sound_file(np.stack([TALK, TALK / 2], axis=1))
    assert read(decoder, content, stereo=True) == read(OWN_PROCESS, content, stereo=True)
    mono = sound_file(TALK)
    assert read(decoder, mono, stereo=True) == read(OWN_PROCESS, mono, stereo=True)


@pytest.mark.parametrize(
    ("act", "said"),
    [("crash", CRASHED), ("fail", CRASHED), ("compute", CRASHED), ("eat_memory", TOO_MUCH_MEMORY)],
)
def test_a_fault_costs_one_file(decoder: IsolatedDecoder, act: str, said: str) -> None:
    assert outcome(decoder, act.encode(), max_decoding_s=0.5) == (DecodeError, said)
    content = sound_file(TALK)
    assert outcome(decoder, content) == outcome(OWN_PROCESS, content)


def test_a_decoder_that_hangs_is_ended(decoder: IsolatedDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(processes())
    monkeypatch.setattr(isolation, "LEAST_WAIT_S", 1.0)
    assert outcome(decoder, b"sleep", max_decoding_s=0.05) == (DecodeError, TOO_SLOW)
    wait_until(lambda: set(processes()) <= before)


def test_a_decoder_may_do_nothing_else(decoder: IsolatedDecoder) -> None:
    assert outcome(decoder, b"forbidden") == (DecodeError, "nothing")
    assert not Path("/tmp/voice.wav").exists()


def test_one_that_was_killed_while_idle_costs_nothing(decoder: IsolatedDecoder) -> None:
    content = sound_file(TALK)
    before = set(processes())
    decoder.warm_up()
    (idle,) = set(processes()) - before
    idle.kill()
    assert outcome(decoder, content) == outcome(OWN_PROCESS, content)


def test_all_that_were_killed_while_idle_cost_nothing(decoder: IsolatedDecoder) -> None:
    content, before = sound_file(TALK), set(processes())
    decoder.warm_up()
    decoder._idle_limit = 3
    for _ in range(2):
        decoder._keep(isolation._Process(decoder._launcher))
    for idle in set(processes()) - before:
        idle.kill()
    wait_until(lambda: set(processes()) <= before)
    assert outcome(decoder, content) == outcome(OWN_PROCESS, content)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, None])
def test_a_system_without_handles_of_processes_will_do(
    launcher: Launcher, number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(pid: int) -> int:
        raise OSError(number, "no")

    if number is None:
        monkeypatch.delattr(os, "pidfd_open")
    else:
        monkeypatch.setattr(os, "pidfd_open", fail)
    before = set(processes())
    decoder = IsolatedDecoder(launcher, max_source_bytes=1000)
    content = sound_file(TALK)
    assert outcome(decoder, content) == outcome(OWN_PROCESS, content)
    decoder.close()
    wait_until(lambda: set(processes()) <= before)


def test_a_larger_file_after_a_small_one_has_its_own_memory(decoder: IsolatedDecoder) -> None:
    decoder.decode(sound_file(TALK))
    # A chunk of no meaning, which is left out at once.
    size = 400 * 1024**2
    large = sound_file(np.tile(TALK, 30)) + b"JUNK" + size.to_bytes(4, "little") + bytes(size)
    found = outcome(decoder, large, max_decoding_s=60)
    assert isinstance(found, list)


def test_processes_are_used_again_and_not_for_ever(
    decoder: IsolatedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, before = sound_file(TALK), set(processes())
    decoder.decode(content)
    first = set(processes()) - before
    decoder.decode(content)
    assert set(processes()) - before == first
    monkeypatch.setattr(isolation, "_FILES_EACH", 3)
    decoder.decode(content)
    wait_until(lambda: set(processes()) <= before)


def test_a_recording_that_is_given_up_ends_its_process(decoder: IsolatedDecoder) -> None:
    before = set(processes())
    with decoder.open(io.BytesIO(sound_file(np.tile(TALK, 50))), max_duration_s=1000) as recording:
        next(iter(recording))
        assert set(processes()) - before
    wait_until(lambda: set(processes()) <= before)


def test_a_long_recording_takes_no_more_memory_than_a_short_one(decoder: IsolatedDecoder) -> None:
    before, minutes = set(processes()), np.resize(TALK, 60 * 16_000)
    content = io.BytesIO(sound_file(np.tile(minutes, 20)))
    with decoder.open(content, max_duration_s=3600) as recording:
        (its,) = set(processes()) - before
        taken_mb = [its.memory_info().rss / 1e6 for _ in recording]
    # It has 77 MB when decoded.
    assert taken_mb[-1] - taken_mb[60] < 20


def test_what_the_source_raises_is_raised(decoder: IsolatedDecoder) -> None:
    content = io.BytesIO(sound_file(np.tile(TALK, 50)))

    class Cut:
        def read(self, size: int) -> bytes:
            if content.tell() > 200_000:
                raise RequestTimeout("It stopped arriving.")
            return content.read(size)

    before = set(processes())
    with decoder.open(Cut(), max_duration_s=1000) as recording, pytest.raises(RequestTimeout):
        list(recording)
    wait_until(lambda: set(processes()) <= before)


def test_one_that_is_killed_amid_a_recording_is_said(decoder: IsolatedDecoder) -> None:
    before = set(processes())
    with decoder.open(io.BytesIO(sound_file(np.tile(TALK, 500))), max_duration_s=3000) as recording:
        chunks = iter(recording)
        next(chunks)
        (its,) = set(processes()) - before
        its.kill()
        with pytest.raises(DecodeError, match=CRASHED):
            list(chunks)


def test_a_launcher_that_is_gone_comes_back(decoder: IsolatedDecoder, launcher: Launcher) -> None:
    assert launcher._pid
    own = psutil.Process(launcher._pid)
    assert own.name() == LAUNCHER_NAME
    own.kill()
    wait_until(lambda: not own.is_running() or own.status() == psutil.STATUS_ZOMBIE)
    launcher.keep_running()
    new = launcher._pid
    assert new != own.pid
    decoder.warm_up()
    launcher.keep_running()
    assert launcher._pid == new


def test_a_launcher_that_hangs_is_replaced_and_what_was_asked_of_it_is_done(
    decoder: IsolatedDecoder, launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_another() -> bool:
        launcher.keep_running()
        return launcher._pid != hung.pid and psutil.Process(launcher._pid).is_running()

    hung = psutil.Process(launcher._pid)
    hung.suspend()
    waiting = Connection(launcher.ask(), max_content_bytes=0)
    monkeypatch.setattr(of_launcher, "HANGS_AFTER_S", 0.2)
    wait_until(is_another)
    assert waiting.receive().kind == "ready"
    decoder.warm_up()


def test_a_launcher_that_hangs_with_more_asked_than_it_can_take_is_replaced(
    launcher: Launcher, decoder: IsolatedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_another() -> bool:
        launcher.keep_running()
        return launcher._pid != hung.pid

    # What it has answered by now is no answer to what follows.
    launcher._forget_question()
    hung = psutil.Process(launcher._pid)
    hung.suspend()
    asked = 0
    while asks(launcher):
        asked += 1
    assert asked > 10
    monkeypatch.setattr(of_launcher, "HANGS_AFTER_S", 0.2)
    wait_until(is_another)
    # It has as much to do as the one before has left.
    wait_until(lambda: is_there(decoder))


def is_there(decoder: IsolatedDecoder) -> bool:
    """Return whether a decoder process can be had."""
    try:
        decoder.warm_up()
    except Busy:
        return False
    return True


def asks(launcher: Launcher) -> bool:
    """Ask for a decoder that nobody wants; return whether that was possible."""
    try:
        launcher.ask().close()
    except BlockingIOError:
        return False
    return True


def test_a_launcher_that_answers_stays(launcher: Launcher) -> None:
    before = launcher._pid
    for _ in range(3):
        launcher.keep_running()
        question = launcher._question
        assert question is not None
        wait_until(lambda question=question: select.select([question], [], [], 0)[0])
    assert launcher._pid == before


def test_a_launcher_is_not_ended_for_a_lack_of_descriptors(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = launcher._pid
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socketpair", none_left)
        patch.setattr(of_launcher, "HANGS_AFTER_S", 0.0)
        launcher._forget_question()
        for _ in range(3):
            launcher.keep_running()
    launcher.keep_running()
    assert launcher._pid == before


def test_an_answer_that_was_not_asked_for_reaches_no_other_request() -> None:
    def serve_twice(connected: socket.socket) -> None:
        connection = Connection(connected, max_content_bytes=2**31)
        connection.send("ready", pid=os.getpid())
        with suppress(Exception):
            while True:
                connection.receive()
                for _ in range(2):
                    connection.send("samples", bytes(400), channels=1, decoding_s=0.0)

    launcher = Launcher(serve_twice)
    launcher.keep_running()
    decoder = IsolatedDecoder(launcher, max_source_bytes=1000)
    try:
        decoder.decode(b"one")
        wait_until(lambda: not decoder._idle or not decoder._idle[0].connection.is_quiet)
        assert decoder._idle_process() is None
    finally:
        decoder.close()
        launcher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_decoder_shares_no_memory_with_the_server() -> None:
    shared = mmap.mmap(-1, 4096)

    def answer(connected: socket.socket) -> None:
        lines = Path("/proc/self/maps").read_text().splitlines()
        writable = [line for line in lines if line.split()[1].startswith("rw") and line.split()[1][3] == "s"]
        Connection(connected, max_content_bytes=0).send("ready", pid=len(writable))

    launcher = Launcher(answer)
    launcher.keep_running()
    try:
        told = Connection(launcher.ask(), max_content_bytes=0).receive()
        assert told.values["pid"] == 0
    finally:
        launcher.close()
        shared.close()


def test_it_tells_what_decoding_takes(decoder: IsolatedDecoder) -> None:
    seen: dict[str, float] = {"decode": 0.0, "audio": 0.0}

    class Observer:
        def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:
            seen[name] += seconds

        def audio_decoded(self, seconds: float) -> None:
            seen["audio"] += seconds

    observer = Observer()
    stages.subscribe(observer)
    try:
        decoder.decode(sound_file(TALK))
        assert seen["decode"] > 0
        assert seen["audio"] == pytest.approx(len(TALK) / 16_000)
        read(decoder, sound_file(TALK))
        assert seen["audio"] == pytest.approx(2 * len(TALK) / 16_000)
    finally:
        stages.unsubscribe(observer)


def answers(*said: Callable[[Connection], None]) -> Callable[[socket.socket], None]:
    """A decoder process that was taken over: it answers what it likes."""

    def serve_evil(connected: socket.socket) -> None:
        connection = Connection(connected, max_content_bytes=2**31)
        connection.send("ready", pid=os.getpid())
        connection.receive()
        for say in said:
            say(connection)
        connected.recv(1)

    return serve_evil


def raw(content: bytes) -> Callable[[Connection], None]:
    return lambda connection: connection._socket.sendall(content)


def message(kind: object, content: bytes = b"", **values: object) -> Callable[[Connection], None]:
    return lambda connection: connection.send(kind, content, **values)  # type: ignore[arg-type]


LIES = [
    raw(b"\xff" * 4096),
    raw(b"\x00\x00\x00\x02\x00\x00\x00\x00[]"),
    raw(b"\x00\x00\x0f\xff\x00\x00\x00\x00" + b"[" * 4095),
    raw(b"\x00\x00\x00\x02\x00\x00\x00\x00{}"),
    message("samples", np.full(100, np.nan, dtype=np.float32).tobytes(), channels=1, decoding_s=0.0),
    message("samples", np.full(100, 2, dtype=np.float32).tobytes(), channels=1, decoding_s=0.0),
    message("samples", b"123", channels=1, decoding_s=0.0),
    message("samples", bytes(400), channels=3, decoding_s=0.0),
    message("samples", bytes(400), channels=1, decoding_s="no"),
    message("samples", bytes(400), channels=1, decoding_s=float("nan")),
    message("samples", bytes(400), channels=1),
    message("error", code="internal_error", detail="no"),
    message("error", code=["x"], detail="no"),
    message("error", code="too_long", detail=5),
    message("error", code="too_long", detail="x" * 201),
    message("error", code="too_long", detail="\x00secret"),
    message("samples", bytes(400), channels=1, decoding_s=-1.0),
    raw(b"\x00\x00\x0f\xa0\x00\x00\x00\x00" + b'{"kind":"need","size":' + b"9" * 3977 + b"}"),
    message(["samples"]),
    message(None),
    message("need", size=-5),
    message("need", size=10**30),
    message("need", size="all"),
    message("need", size=float("inf")),
    message("opened", declared_s="long"),
    message("end"),
]


@pytest.mark.parametrize("lie", range(len(LIES)))
def test_what_a_decoder_that_was_taken_over_says_is_not_believed(lie: int) -> None:
    launcher = Launcher(answers(LIES[lie]))
    launcher.keep_running()
    decoder = IsolatedDecoder(launcher, max_source_bytes=1000)
    try:
        with pytest.raises(DecodeError):
            decoder.decode(sound_file(TALK), max_decoding_s=0.01)
        with pytest.raises(DecodeError), decoder.open(io.BytesIO(b"x"), max_duration_s=1) as recording:
            list(recording)
    finally:
        launcher.close()
