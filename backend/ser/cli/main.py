"""The console script `ser`. A command's module is imported only when it is run or listed."""

from __future__ import annotations

from typing import Any

import click

from ser import __version__
from ser.errors import SerError
from ser.registry import Registry

COMMANDS: Registry[click.Command] = Registry(
    "command",
    {
        "analyze": "ser.cli.analyze:analyze",
        "batch": "ser.cli.batch:batch",
        "compare": "ser.cli.compare:compare",
        "cross-validate": "ser.cli.cross_validate:cross_validate",
        "evaluate": "ser.cli.evaluate:evaluate",
        "keys": "ser.cli.keys:keys",
        "models": "ser.cli.models:models",
        "predict": "ser.cli.predict:predict",
        "report": "ser.cli.report:report",
        "serve": "ser.cli.serve:serve",
        "train": "ser.cli.train:train",
    },
    error=click.UsageError,
)
_TRAINING_MODULES = (
    "keras",
    "tensorflow",
    "onnx",
    "skl2onnx",
    "tf2onnx",
    "matplotlib",
    "PIL",
    "tqdm",
    "joblib",
    "sklearn",
    "skops",
    "librosa",
    "scipy",
    "threadpoolctl",
)


class _Commands(click.Group):
    """The commands; their expected errors are a line on standard error and exit status 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return COMMANDS.get(cmd_name) if cmd_name in COMMANDS else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SerError as error:
            raise click.UsageError(str(error)) from error
        except ModuleNotFoundError as error:
            if error.name not in _TRAINING_MODULES:
                raise
            message = f"This needs {error.name}, which is not installed: run `make train-deps`."
            raise click.UsageError(message) from error


@click.group(cls=_Commands)
@click.version_option(__version__)
def main() -> None:
    """Speech emotion recognition: predict, analyze, serve, train and evaluate."""
