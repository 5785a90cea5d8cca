"""`sandbox worker`: does the jobs of a served installation, on the machine whose runtimes it uses."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import LogForm
from sandbox.cli.output import err
from sandbox.errors import UsageError
from sandbox.log import Form, log_to_stderr
from sandbox.settings import Settings


def worker(
    store: Annotated[
        str, typer.Option("--store", envvar="SANDBOX_STORE", help="The server's PostgreSQL by URL.")
    ],
    broker: Annotated[str, typer.Option("--broker", envvar="SANDBOX_BROKER", help="Redis by URL.")],
    processes: Annotated[int, typer.Option("--processes", help="Jobs at a time.", min=1, max=64)] = 2,
    log: LogForm = Form.TEXT,
) -> None:
    """Do the jobs of `sandbox serve --jobs celery`, here: sandboxes start on this machine.

    Ctrl-C finishes what is being done. What a killed worker held is done by another one.

    Example: sandbox worker --store postgresql://... --broker redis://127.0.0.1:6379/0
    """
    try:
        from sandbox.worker.app import Working, work
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`sandbox worker` needs the package {error.name}, which is not installed",
            hint="install what serving needs: pip install 'civic-sandbox[server]'",
        ) from None
    log_to_stderr(form=log)
    err().print("working; Ctrl-C finishes what is being done and ends")
    work(Settings(), Working(store=store, broker=broker, processes=processes))
