"""`ser serve`."""

from __future__ import annotations

import click

from ser.config import load_settings


@click.command()
@click.option("--host", help="Address to listen on (SER_HOST).")
@click.option("--port", type=int, help="Port to listen on (SER_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Serve the API and the page with gunicorn."""
    from ser.server.application import Server

    given = {"host": host, "port": port}
    Server(load_settings(**{k: v for k, v in given.items() if v is not None})).run()
