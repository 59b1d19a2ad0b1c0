"""`ser report`."""

from __future__ import annotations

from pathlib import Path

import click

from ser.cli.batch import require_packages
from ser.cli.common import FOLDER


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def report(folder: Path) -> None:
    """Make one HTML page of a batch: DIR is what `ser batch` wrote to."""
    require_packages("report", "pyarrow")
    from ser.batch.errors import BatchStopped
    from ser.batch.report.page import write_report

    try:
        click.echo(f"written: {write_report(folder)}")
    except BatchStopped as error:
        raise click.ClickException(str(error)) from error
