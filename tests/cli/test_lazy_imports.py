"""The command line starts quickly: what is heavy is imported by the command that needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("librosa", "av", "scipy", "onnxruntime", "numpy", "flask", "sklearn", "keras")


@pytest.mark.parametrize(
    "statement",
    [
        "import ser.cli",
        "import ser.cli.main",
        "from ser.cli.main import main; main(['--help'], standalone_mode=False)",
        "from ser.cli.main import main; main(['analyze', '--help'], standalone_mode=False)",
        "from ser.cli.main import main; main(['batch', '--help'], standalone_mode=False)",
        "from ser.cli.main import main; main(['report', '--help'], standalone_mode=False)",
        "from ser.cli.main import main; main(['train', '--help'], standalone_mode=False)",
        "from ser.config import load_settings; load_settings()",
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    program = f"{statement}\nimport sys\nprint('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_the_help_lists_each_command_with_a_sentence() -> None:
    program = "from ser.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True
    )
    listed = [line.split(maxsplit=1) for line in done.stdout.partition("Commands:\n")[2].splitlines()]
    names = ["analyze", "batch", "compare", "cross-validate", "evaluate"]
    names += ["keys", "models", "predict", "report", "serve", "train"]
    assert [name for name, _ in listed] == names
    assert all(sentence for _, sentence in listed)


def test_a_corpus_that_is_not_known_is_refused_before_the_slow_imports() -> None:
    program = (
        "import sys; sys.modules['keras'] = sys.modules['sklearn'] = None\n"
        "from ser.cli.main import main; main(['train', '--corpus', 'none', '--data', '.'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No corpus 'none'" in done.stderr
