"""What tests of several folders need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from xdist.scheduler import LoadScopeScheduling

from clips import CLIPS, MODEL
from ser.app import create_app
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.config import Settings
from ser.corpora.base import Clip
from ser.models.predictor import EmotionPredictor

# joblib's processes would each import what the tests have imported already; tests run in parallel themselves.
os.environ["LOKY_MAX_CPU_COUNT"] = "1"

# In several processes, these begin: none is left alone with one of them at the end.
LONGEST = (
    "training/test_interrupted_runs.py",
    "training/test_own_models.py",
    "test_notebook.py",
    "e2e/test_analyze_server.py",
    "e2e/test_stream.py",
    "e2e/test_faults.py",
    "batch/",
    "deploy/",
    "training/",
    "evaluation/",
    "e2e/",
)
# What needs no more than a browser and a server, which each process has, is shared out one by one.
SHARED_OUT = ("test_dashboard.py", "test_streaming_page.py", "test_analyze_page.py")


class Scheduling(LoadScopeScheduling):
    """Gives all tests of a file to one process, which makes the file's fixtures once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).name in SHARED_OUT else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Share the tests out among processes."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest begin."""
    root = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        place = item.path.relative_to(root).as_posix()
        return next((number for number, long in enumerate(LONGEST) if place.startswith(long)), len(LONGEST))

    items.sort(key=turn)


@pytest.fixture(params=CLIPS, ids=lambda clip: clip.path.stem)
def clip(request: pytest.FixtureRequest) -> Clip:
    """Each shipped clip."""
    return request.param


@pytest.fixture(scope="session")
def speech() -> Waveform:
    """About 2.4 s of a real voice."""
    return decode(CLIPS[0].path)


@pytest.fixture(scope="session")
def predictor() -> EmotionPredictor:
    """The shipped model."""
    predictor = EmotionPredictor.load(MODEL)
    predictor.warm_up()
    return predictor


@pytest.fixture(scope="session")
def keras_predictor() -> EmotionPredictor:
    """The shipped model, run by Keras."""
    return EmotionPredictor.load(MODEL, engine="keras")


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that need not be built."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets").mkdir()
    (folder / "assets" / "index-abc.js").write_text("0")
    return folder


@pytest.fixture(scope="session")
def make_client(page_folder: Path) -> Callable[..., FlaskClient]:
    """Make a client of an application with some settings."""
    # Decoding may take long: processor time counts more on a busy machine.
    given = {"frontend_dir": page_folder, "max_decoding_s": 60}

    def make(**settings: object) -> FlaskClient:
        return create_app(Settings(**(given | settings))).test_client()

    return make


@pytest.fixture(scope="session")
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of the application with its default settings."""
    return make_client()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SER_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def few_degradations() -> Iterator[None]:
    """Reports take long with all of them."""
    # Not at the top: they take seconds to import.
    from ser.evaluation import evaluator
    from ser.evaluation.degradations import CARRIED_OVER, DEGRADATIONS

    few = {name: DEGRADATIONS[name] for name in ("opus_24k", "babble_10db", "noise_10db", CARRIED_OVER)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluator, "DEGRADATIONS", few)
        yield
