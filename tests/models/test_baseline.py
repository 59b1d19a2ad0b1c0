from __future__ import annotations

import struct
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from clips import CLIPS
from ser.audio.decode import decode
from ser.errors import BadBaseline
from ser.features.mfcc import MFCC
from ser.models.baseline import MIN_SCALE_SHARE, PREFIX, Baseline, _checksum, _encode

SEEDS = range(5)
KIND = MFCC.kind.encode()


def some_frames(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 500)), MFCC.width)
    return (rng.normal(0, 300, MFCC.width) + rng.gamma(1, 50) * rng.standard_normal(shape)).astype(np.float32)


def training_speakers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1000 + seed)
    return rng.normal(0, 100, MFCC.width), rng.uniform(0.5, 80, MFCC.width)


def assert_same(one: Baseline, other: Baseline) -> None:
    assert one.count == other.count
    np.testing.assert_allclose(one.sum, other.sum, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(one.sum_squares, other.sum_squares, rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_baselines_of_parts_add_up_to_that_of_the_whole(seed: int) -> None:
    parts = [some_frames(10 * seed + i) for i in range(3)]
    a, b, c = map(Baseline.of, parts)
    assert_same(a + b + c, Baseline.of(np.concatenate(parts)))
    assert_same(a + (b + c), (a + b) + c)
    assert_same(a + b, b + a)
    assert_same(a + Baseline.of(parts[0][:0]), a)
    assert (a + b).speech_s == pytest.approx((len(parts[0]) + len(parts[1])) / 100)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_frames_is_not_in_it(seed: int) -> None:
    frames = some_frames(seed)
    assert_same(Baseline.of(frames), Baseline.of(np.random.default_rng(0).permutation(frames)))


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_prior_it_scales_as_a_scaler_fitted_on_the_voice(seed: int) -> None:
    frames = np.concatenate([some_frames(seed), some_frames(seed + 100)])
    own = StandardScaler().fit(frames.astype(np.float64))
    mean, scale = Baseline.of(frames).blended(*training_speakers(seed), 0)
    assert mean.dtype == scale.dtype == np.float32
    np.testing.assert_allclose(mean, own.mean_, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(
        scale, np.maximum(own.scale_, MIN_SCALE_SHARE * training_speakers(seed)[1]), rtol=1e-4
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_prior_counts_as_so_many_frames_of_training_speakers(seed: int) -> None:
    frames, (mean, scale) = some_frames(seed), training_speakers(seed)
    # 200 frames with exactly the training speakers' mean and deviation.
    of_training = np.repeat([mean - scale, mean + scale], 100, axis=0)
    mixed = StandardScaler().fit(np.concatenate([of_training, frames.astype(np.float64)]))
    blended = Baseline.of(frames).blended(mean, scale, 200)
    np.testing.assert_allclose(blended[0], mixed.mean_, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(blended[1], mixed.scale_, rtol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_evidence_moves_it_from_the_training_speakers_to_the_speaker(seed: int) -> None:
    frames, (mean, scale) = some_frames(seed), training_speakers(seed)
    own = frames.mean(axis=0, dtype=np.float64)
    distances = []
    for repeats in (0, 1, 3, 10, 1000):
        blended, _ = Baseline.of(np.tile(frames, (repeats, 1))).blended(mean, scale, 100)
        distances.append(np.abs(blended - own).sum())
    assert distances == sorted(distances, reverse=True)
    nothing = Baseline.of(frames[:0])
    for prior in (0, 100):
        np.testing.assert_allclose(nothing.blended(mean, scale, prior)[0], mean, rtol=1e-6)
        np.testing.assert_allclose(nothing.blended(mean, scale, prior)[1], scale, rtol=1e-6)


def test_a_feature_that_never_moved_keeps_a_deviation() -> None:
    mean, scale = training_speakers(0)
    steady = Baseline.of(np.full((500, MFCC.width), 123.456, np.float32))
    np.testing.assert_allclose(steady.blended(mean, scale, 0)[1], MIN_SCALE_SHARE * scale, rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_token_keeps_every_bit(seed: int) -> None:
    baseline = Baseline.of(some_frames(seed))
    token = baseline.token(MFCC)
    assert token == quote(token, safe="")
    assert len(token) < 4000
    for text in (token, f"  {token}\n"):
        again = Baseline.from_token(text, MFCC)
        assert again.count == baseline.count
        np.testing.assert_array_equal(again.sum, baseline.sum)
        np.testing.assert_array_equal(again.sum_squares, baseline.sum_squares)
    assert again.token(MFCC) == token


def test_every_real_clip_has_a_token_and_so_have_constant_frames() -> None:
    for clip in CLIPS:
        frames = MFCC.extract(decode(clip.path))
        Baseline.from_token(Baseline.of(frames).token(MFCC), MFCC)
    for value in (0.0, 1e-3, 123.456, -987.654):
        constant = Baseline.of(np.full((777, MFCC.width), value, np.float32))
        Baseline.from_token(constant.token(MFCC), MFCC)


def test_a_token_holds_for_one_definition_of_the_features() -> None:
    token = Baseline.of(some_frames(0)).token(MFCC)
    changed = ({"n_fft": 512}, {"n_features": 122})
    for other in (replace(MFCC, parameters={**MFCC.parameters, **each}) for each in changed):
        assert other.kind != MFCC.kind
        with pytest.raises(BadBaseline, match="other features"):
            Baseline.from_token(token, other)
    backwards = dict(reversed(MFCC.parameters.items()))
    assert replace(MFCC, parameters=backwards).kind == MFCC.kind


def forged(count: int = 500, sums: object = 0.0, squares: object = 500.0) -> str:
    """Return a token with a right checksum around wrong statistics."""
    values = [np.broadcast_to(np.asarray(each, "<f8"), MFCC.width).tobytes() for each in (sums, squares)]
    return sealed(KIND + struct.pack("<Q", count) + b"".join(values))


def sealed(content: bytes) -> str:
    return PREFIX + _encode(content + _checksum(content))


def one(value: float, others: float) -> np.ndarray:
    values = np.full(MFCC.width, float(others))
    values[7] = value
    return values


def test_the_forger_can_make_a_good_one() -> None:
    assert Baseline.from_token(forged(), MFCC).count == 500


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("null", id="null"),
        pytest.param("a" * 400_000, id="400 kB"),
        pytest.param(PREFIX, id="only the prefix"),
        pytest.param(PREFIX + "A", id="no base64 length"),
        pytest.param(PREFIX + "A" * 400_000, id="400 kB of base64"),
        pytest.param(PREFIX + "😀ё" * 100, id="no ASCII"),
        pytest.param(PREFIX + "\0" * 100, id="zeros"),
        pytest.param(forged().replace("-1.", "-2."), id="another version"),
        pytest.param(forged()[:-1], id="one character less"),
        pytest.param(forged()[: len(forged()) // 2], id="half"),
        pytest.param(forged() + "A", id="one character more"),
        pytest.param(forged() * 2, id="twice"),
        pytest.param(forged() + "====", id="padding"),
        pytest.param(forged()[:100] + "\n" + forged()[100:], id="broken over two lines"),
        pytest.param(forged(count=0), id="no frames"),
        pytest.param(forged(count=2**64 - 1), id="-1 frames"),
        pytest.param(forged(count=10**9 + 1), id="too many frames"),
        pytest.param(forged(sums=one(np.nan, 0)), id="NaN"),
        pytest.param(forged(sums=one(np.inf, 0), squares=np.inf), id="Inf"),
        pytest.param(forged(sums=one(-np.inf, 0)), id="-Inf"),
        pytest.param(forged(squares=one(np.nan, 500)), id="NaN squared"),
        pytest.param(forged(squares=one(np.inf, 500)), id="Inf squared"),
        pytest.param(forged(squares=one(-1.0, 500)), id="negative squares"),
        pytest.param(forged(sums=one(1000.0, 0)), id="a mean above the root of the squares"),
        pytest.param(forged(sums=1.7e308, squares=1.7e308), id="the largest numbers"),
        pytest.param(forged(sums=1e12, squares=1e22), id="larger than any feature"),
        pytest.param(sealed(b""), id="sealed nothing"),
        pytest.param(sealed(KIND), id="no statistics"),
        pytest.param(sealed(KIND + bytes(8 + 16 * MFCC.width - 1)), id="a byte too few"),
        pytest.param(sealed(KIND + bytes(8 + 16 * MFCC.width + 1)), id="a byte too many"),
        pytest.param(sealed(b"0" * len(KIND) + bytes(8 + 16 * MFCC.width)), id="another kind"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_hostile_token_is_refused(token: str) -> None:
    with pytest.raises(BadBaseline):
        Baseline.from_token(token, MFCC)


def test_a_change_anywhere_is_noticed() -> None:
    token = forged()
    for i in range(len(token)):
        changed = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :]
        with pytest.raises(BadBaseline):
            Baseline.from_token(changed, MFCC)


def test_what_grows_stays_a_token() -> None:
    grown = Baseline.of(some_frames(0))
    for _ in range(40):
        grown = grown + grown
        again = Baseline.from_token(grown.token(MFCC), MFCC)
        assert_same(again, grown)
    assert grown.count == 10**9
    one = Baseline.of(some_frames(0))
    np.testing.assert_allclose(grown.sum / grown.count, one.sum / one.count, rtol=1e-9)
    np.testing.assert_allclose(grown.sum_squares / grown.count, one.sum_squares / one.count, rtol=1e-9)
    other = grown + Baseline.of(some_frames(1))
    assert other.count == 10**9
    assert (other.sum != grown.sum).all()
