"""What other libraries say of themselves is kept off standard error."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from foreign_lines import foreign_lines
from ser.quiet import quieten, without_foreign_lines

# As TensorFlow writes them while it is imported, from C++; the last line is none of them.
NOISE = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795332692.213062    4917 port.cc:153] oneDNN custom operations are on. You may see
E0000 00:00:1795332722.542076    4917 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error
To enable the following instructions: AVX2 AVX512F, in other operations, rebuild TensorFlow
Infinity is not a foreign line
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A folder with a TensorFlow that only writes these lines."""
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(f"import os\nos.write(2, {NOISE.encode()!r})\nfrom . import part\n")
    (package / "part.py").touch()
    return tmp_path


def errors_of(program: str, *paths: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    searched = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", program],
        env=known | {"PYTHONPATH": searched} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_tensorflow_is_imported_without_its_lines(fake: Path) -> None:
    program = (
        "import ser.training, tensorflow, os, sys\n"
        "assert tensorflow.part.__spec__ and tensorflow.__spec__.loader.get_source('tensorflow')\n"
        "assert not any('QuietImport' in repr(each) for each in sys.meta_path)\n"
        "os.write(2, b'I0000 00:00:1.0 1 later.cc:1] later\\n')"
    )
    done = errors_of(program, fake)
    # Only what is written while it is imported is looked at.
    assert done.stderr.splitlines() == [
        "Infinity is not a foreign line",
        "I0000 00:00:1.0 1 later.cc:1] later",
    ]
    assert done.returncode == 0


def test_whoever_asks_tensorflow_for_its_lines_gets_them(fake: Path) -> None:
    assert errors_of("import ser.training, tensorflow", fake, TF_CPP_MIN_LOG_LEVEL="0").stderr == NOISE


def test_an_import_that_fails_says_why(fake: Path) -> None:
    (fake / "tensorflow" / "part.py").write_text("raise ImportError('no such instruction')")
    done = errors_of("import ser.training, tensorflow", fake)
    assert done.returncode == 1
    assert "no such instruction" in done.stderr
    assert foreign_lines(done.stderr) == []


def test_without_tensorflow_it_is_missing_as_ever(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\nimport ser.quiet\n"
    )
    done = errors_of(f"{program}ser.quiet.quieten()\nimport tensorflow")
    assert "ModuleNotFoundError: No module named 'tensorflow'" in done.stderr


def test_a_closed_standard_error_is_no_fault() -> None:
    program = (
        "import os; from ser.quiet import without_foreign_lines; os.close(2)\n"
        "with without_foreign_lines(): print('done')"
    )
    assert errors_of(program).stdout == "done\n"


def fails() -> None:
    os.write(2, NOISE.encode())
    with without_foreign_lines():
        os.write(2, NOISE.encode())
        raise ValueError("mine")


def test_lines_come_out_when_something_is_raised(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="mine"):
        fails()
    assert capfd.readouterr().err == NOISE + "Infinity is not a foreign line\n"


def test_joblib_may_replace_a_process_without_a_word() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quieten()
        warnings.warn(
            "A worker stopped while some jobs were given to the executor.", UserWarning, stacklevel=1
        )
        warnings.warn("Something else", UserWarning, stacklevel=1)
    assert [str(each.message) for each in caught] == ["Something else"]


@pytest.mark.slow
def test_a_process_that_trains_a_member_writes_nothing_of_tensorflow() -> None:
    # As joblib's processes do: they import the package of the function that they are sent, and compute.
    program = (
        "import pickle; pickle.loads(b'cser.training.families.hybrid\\n_train_member\\n.')\n"
        "import keras; keras.ops.ones((2, 2)) @ keras.ops.ones((2, 2))"
    )
    done = errors_of(program)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
