"""A block's command line: `python -m blocks.<name> serve | seed | openapi`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import psycopg
import uvicorn
from fastapi import FastAPI

from blockkit.app import read_contract
from blockkit.fixtures import Enter, FixturesUnusable, read_fixtures, with_fixtures
from blockkit.logs import log_to_stderr
from blockkit.server import PatientProtocol

Load = Callable[..., None]
CreateApp = Callable[[Mapping[str, str]], FastAPI]


def run_block(
    slug: str,
    folder: Path,
    create_app: CreateApp,
    load: Callable[[], Load],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    fixtures: Callable[[], Enter] | None = None,
) -> int:
    """Run one of the three commands.

    Args:
        slug: The block's name, for messages.
        folder: Where `openapi.yaml` lies.
        create_app: From the block's app module.
        load: Imports and gives the loader; called only when a database is to be filled.
        arguments: After the program's name.
        environment: The process's.
        fixtures: Imports and gives what enters a harness's fixtures; None when the block understands none.
    """
    parser = argparse.ArgumentParser(prog=f"python -m blocks.{folder.name}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the block; alone when SANDBOX_SECRET is not set")
    serve.add_argument("--port", type=int, default=int(environment.get("PORT", "8080")))
    serve.add_argument("--data", type=Path, help="population to load when serving alone")
    _add_fixtures(serve)
    seed = commands.add_parser("seed", help="create the schema and load a population")
    seed.add_argument("--database", required=True, help="connection URL of the database's owner")
    seed.add_argument("--role", required=True, help="the role that will serve")
    seed.add_argument("--data", type=Path, required=True, help="folder with the population's Parquet files")
    _add_fixtures(seed)
    commands.add_parser("openapi", help="print the contract as JSON")
    given = parser.parse_args(arguments)
    if given.command == "openapi":
        print(json.dumps(read_contract(folder), indent=2, ensure_ascii=False))
        return 0
    try:
        loading = _loading(slug, load, fixtures, given.fixtures)
        log_to_stderr()
        if given.command == "seed":
            with psycopg.connect(given.database) as connection:
                loading()(connection, given.data, role=given.role)
            return 0
        if given.fixtures and environment.get("SANDBOX_SECRET"):
            raise FixturesUnusable(
                "a block of a sandbox gets its fixtures from `seed`; only one alone from `serve`"
            )
        return _serve(slug, create_app, loading, given.port, given.data, environment)
    except FixturesUnusable as error:
        print(f"fixtures: {error}", file=sys.stderr)
        return 2


def _add_fixtures(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--fixtures",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="a harness's state, entered as data",
    )


def _loading(
    slug: str, load: Callable[[], Load], fixtures: Callable[[], Enter] | None, files: Sequence[Path]
) -> Callable[[], Load]:
    """Give what imports the loader, with the fixtures' files read already."""
    if not files:
        return load
    if fixtures is None:
        raise FixturesUnusable(f"the block {slug} understands no fixtures")
    documents, enter = read_fixtures(files), fixtures()
    return lambda: with_fixtures(load(), enter, documents)


def _serve(
    slug: str,
    create_app: CreateApp,
    load: Callable[[], Load],
    port: int,
    data: Path | None,
    environment: Mapping[str, str],
) -> int:
    with ExitStack() as stack:
        settings = {**environment, "PORT": str(port)}
        alone = not environment.get("SANDBOX_SECRET")
        if alone:
            from blockkit.standalone import throw_away_server  # only a block that runs alone starts a server

            signal.signal(signal.SIGTERM, _end)
            server = stack.enter_context(throw_away_server())
            empty = stack.enter_context(tempfile.TemporaryDirectory())
            name = slug.replace("-", "_")
            settings["DATABASE_URL"] = server.make_database(name, load(), data or Path(empty))
        uvicorn.run(
            create_app(settings),
            host="127.0.0.1" if alone else "0.0.0.0",  # noqa: S104  the sandbox's network is the boundary
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            http=PatientProtocol,
        )
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """End in order: uvicorn raises the signal again when done, and the database is still to be removed."""
    del number, frame
    raise SystemExit(0)
