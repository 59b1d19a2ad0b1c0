"""Puts what serving needs beside the code into a wheel: the default models, the built page, one document.

Everything else about the package stands in `pyproject.toml`. An editable installation, as `make run` makes
it, copies nothing: it finds these files in the repository. `SHIPPED` in `backend/ser/config.py` reads them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

REPOSITORY = Path(__file__).resolve().parent
# `cremad-4` runs the network file of `cremad-6`. The published systems stay out: some of their corpora allow
# no commercial use, and most of them need the extra `published`.
FOLDERS = ("model/cremad-4", "model/cremad-6", "model/voice-gender", "frontend/dist")
# Part of the package, but not of the repository.
SPEECH_DETECTOR = tuple(f"backend/ser/speech/silero/silero_vad{end}" for end in (".onnx", "-LICENSE.txt"))
FILES = ("model/comparison.json", "docs/asyncapi.yaml")


class BuildWithShippedFiles(build_py):
    """Copies the files into `ser/shipped`."""

    def run(self) -> None:
        """Build the package, and add the files."""
        super().run()
        if self.editable_mode:
            return
        # Of an earlier build, which may have had other files.
        shutil.rmtree(self._place, ignore_errors=True)
        for name in shipped_files():
            target = self._place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # The content, where it is a symbolic link: a wheel can hold none.
            shutil.copyfile(REPOSITORY / name, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the path of every file that is built."""
        built = super().get_outputs(include_bytecode)
        if self.editable_mode:
            return built
        return [*built, *(str(self._place / name) for name in shipped_files())]

    @property
    def _place(self) -> Path:
        return Path(self.build_lib) / "ser" / "shipped"


def shipped_files() -> list[str]:
    """Return the paths of all files in the repository that a wheel carries.

    Raises:
        FileNotFoundError: the page is not built, what finds speech is missing, or there are not all models.
    """
    models = (f"{folder}/model.json" for folder in FOLDERS[:3])
    for name in ("frontend/dist/index.html", *SPEECH_DETECTOR, *models, *FILES):
        if not (REPOSITORY / name).is_file():
            hint = ": run `make frontend`" if name.startswith(("frontend", "backend")) else ""
            raise FileNotFoundError(f"{name} belongs in the wheel, and is missing{hint}.")
    files = (path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*") if path.is_file())
    return [*FILES, *sorted(path.relative_to(REPOSITORY).as_posix() for path in files)]


setup(cmdclass={"build_py": BuildWithShippedFiles})
