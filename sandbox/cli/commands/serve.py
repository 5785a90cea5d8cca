"""`sandbox serve`: the control plane for a team or a class."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import LogForm
from sandbox.cli.output import err, print_alone
from sandbox.errors import UsageError
from sandbox.log import Form, log_to_stderr
from sandbox.settings import Settings


def serve(
    port: Annotated[
        int, typer.Option("--port", help="Where to listen; 0 takes any free port.", min=0, max=65535)
    ] = 8800,
    pages_port: Annotated[
        int | None,
        typer.Option(
            "--pages-port",
            help="Where blocks' pages and APIs are: another origin than the console.",
            min=0,
            max=65535,
            show_default="the port after --port",
        ),
    ] = None,
    bind: Annotated[
        str, typer.Option("--bind", help="Address to listen on; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    host_names: Annotated[
        list[str] | None,
        typer.Option("--host-name", help="A name under which people reach this server; repeatable."),
    ] = None,
    store: Annotated[
        str,
        typer.Option(
            "--store", envvar="SANDBOX_STORE", help="A PostgreSQL by URL.", show_default="an embedded one"
        ),
    ] = "",
    jobs: Annotated[
        str, typer.Option("--jobs", envvar="SANDBOX_JOBS", help="Who does the work: inline, or celery.")
    ] = "inline",
    broker: Annotated[
        str,
        typer.Option(
            "--broker", envvar="SANDBOX_BROKER", help="Redis by URL, for celery.", show_default=False
        ),
    ] = "",
    workers: Annotated[int, typer.Option("--workers", help="Jobs at a time, inline.", min=1, max=64)] = 2,
    log: LogForm = Form.TEXT,
) -> None:
    """Serve sandboxes over HTTP and in a browser, for a team or a class.

    The first start prints a link that makes the first admin's account, once. Ctrl-C ends the server and
    leaves the sandboxes up; the next start finds them.

    Example: sandbox serve --port 8800
    """
    try:
        from sandbox.controlplane.serving import Serving
        from sandbox.controlplane.serving import serve as serve_until_stopped
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`sandbox serve` needs the package {error.name}, which is not installed",
            hint="install what serving needs: pip install 'civic-sandbox[server]'",
        ) from None

    log_to_stderr(form=log)

    def say(address: str, link: str | None) -> None:
        print_alone(address)
        if link is not None:
            err().print(
                "nobody administers this server yet; this link makes the first account, once:", soft_wrap=True
            )
            print_alone(link)
        err().print("Ctrl-C ends it; sandboxes stay up")

    how = Serving(
        bind=bind,
        port=port,
        pages_port=pages_port,
        host_names=tuple(host_names or ()),
        store=store,
        jobs=jobs,
        broker=broker,
        workers=workers,
    )
    serve_until_stopped(Settings(), how, say)
