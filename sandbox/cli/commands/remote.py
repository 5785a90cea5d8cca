"""The same commands about sandboxes and runs, done by a server: `--server URL`, or SANDBOX_SERVER.

What a server can't do for somebody else's terminal (files of theirs, Docker's images) stays local.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from sandbox.cli.commands.sandboxes import as_value, print_listed
from sandbox.cli.live import Live, live
from sandbox.cli.options import (
    Blocks,
    Dirt,
    Inputs,
    Json,
    Lease,
    Name,
    Pack,
    RuntimeName,
    Scenario,
    Seed,
    Size,
    Swaps,
    ToStart,
    Verbose,
    Which,
    read_inputs,
    read_lease,
    require_name_or_all,
    require_one,
)
from sandbox.cli.output import MARKS, err, out, print_alone, print_json
from sandbox.cli.server import Server, Told, open_server
from sandbox.cli.verdicts import print_verdict
from sandbox.errors import NotFound, RequestRefused, RuntimeFailure
from sandbox.lifecycle.service import Listed
from sandbox.model.run import Outcome, Verdict
from sandbox.model.sandbox import SandboxSpec

ServerUrl = Annotated[str, typer.Option("--server", envvar="SANDBOX_SERVER", help="The server that does it.")]


def up(
    server: ServerUrl,
    scenario: ToStart = None,
    blocks: Blocks = None,
    runtime: RuntimeName = None,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    dirt: Dirt = "none",
    name: Name = None,
    ttl: Lease = None,
    swaps: Swaps = None,
    as_json: Json = False,
) -> None:
    """Have the server start a sandbox, and wait until it runs."""
    require_one(scenario, blocks)
    lease = read_lease(ttl)
    asked = {
        "name": name,
        "scenario": scenario,
        "blocks": blocks or [],
        "runtime": runtime,
        "people": {"pack": pack, "size": size, "seed": seed, "dirt": dirt},
        "swaps": swaps or [],
        "lease_seconds": int(lease.total_seconds()) if lease else None,
    }
    there = open_server(server)
    with live(err(), quiet=as_json) as shown:
        given = there.post("/sandboxes", asked, key=secrets.token_hex(16))["name"]
        _wait(there, shown, given, "running")
        access = there.get(f"/sandboxes/{given}/access")
    if as_json:
        print_json(access)
        return
    out().print(f"[green]● running[/green]  {given}  {access['url']}")
    out().print(f"remove it with: sandbox down {given}")


def ls(server: ServerUrl, as_json: Json = False) -> None:
    """List your sandboxes on the server, as its runtimes show them now."""
    there = open_server(server)
    found = [_listed(each) for each in _pages(there, "/sandboxes", world=True)]
    if as_json:
        print_json([as_value(each) for each in found])
    else:
        print_listed(found)


def reset_(server: ServerUrl, name: Which, as_json: Json = False) -> None:
    """Put a sandbox back to how it was seeded. Its log of exchanges goes on."""
    there = open_server(server)
    with live(err(), quiet=as_json) as shown:
        shown.report(f"resetting {name}", 0, 1)
        told = _await(there, there.post(f"/sandboxes/{name}/reset"), "was-reset")
    if as_json:
        print_json({"name": name, "today": told["today"]})
    else:
        out().print(f"[green]● reset[/green]  {name}  its clock says {told['today']}")


def down(
    server: ServerUrl,
    name: Annotated[str | None, typer.Argument(help="Which sandbox.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every sandbox of yours there.")] = False,
    as_json: Json = False,
) -> None:
    """Have a sandbox removed, and everything of it."""
    require_name_or_all(name, everything)
    there = open_server(server)
    removed = [name] if name else [each["name"] for each in _pages(there, "/sandboxes")]
    with live(err(), quiet=as_json) as shown:
        for each in removed:
            there.delete(f"/sandboxes/{each}")
        for each in removed:
            _wait(there, shown, str(each), "removed")
    if as_json:
        print_json({"removed": removed})
    else:
        out().print("\n".join(f"removed {each}" for each in removed) or "there was nothing to remove")


def run(
    server: ServerUrl,
    scenario: Scenario,
    runtime: RuntimeName = None,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    dirt: Dirt = "none",
    inputs: Inputs = None,
    swaps: Swaps = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Have the server play a scenario, and follow it to its verdict. The evidence stays on the server."""
    asked = {
        "scenario": scenario,
        "runtime": runtime,
        "people": {"pack": pack, "size": size, "seed": seed, "dirt": dirt},
        "swaps": swaps or [],
        "inputs": dict(read_inputs(inputs or [])),
    }
    there = open_server(server)
    with live(err(), quiet=as_json, verbose=verbose) as shown:
        asked_for = there.post("/runs", asked, key=secrets.token_hex(16))["id"]
        for told in there.follow(f"/runs/{asked_for}/events"):
            _show(shown, told)
    ended = there.get(f"/runs/{asked_for}")
    if ended["state"] == "failed":
        raise RuntimeFailure(ended["reason"], hint=ended["hint"])
    verdict = Verdict.model_validate(
        next(each.told for each in there.follow(f"/runs/{asked_for}/events") if each.kind == "verdict")
    )
    page = f"{there.url}{ended['links']['evidence']}"
    if as_json:
        print_json({"run": asked_for, "outcome": ended["outcome"], "verdict": verdict, "evidence": page})
    else:
        print_verdict(verdict)
        print_alone(page)
    raise typer.Exit({Outcome.PASSED: 0, Outcome.SKIPPED: 0, Outcome.FAILED: 1}.get(verdict.outcome, 5))


def logs(
    server: ServerUrl,
    name: Which,
    block: Annotated[str, typer.Argument(help="Which block.")],
    tail: Annotated[int, typer.Option("--tail", help="How many of the newest lines.", min=1)] = 100,
    as_json: Json = False,
) -> None:
    """Show what a block of a sandbox logged."""
    lines = open_server(server).get(f"/sandboxes/{name}/logs/{block}", tail=tail)["lines"]
    if as_json:
        print_json({block: lines})
        return
    for line in lines:
        out().print(line, markup=False)


def _wait(there: Server, shown: Live, name: str, wanted: str) -> None:
    """Follow a sandbox until it is as wanted. Raises RuntimeFailure when it failed."""
    try:
        for told in there.follow(f"/sandboxes/{name}/events"):
            _show(shown, told)
            if told.kind != "state":
                continue
            if told.told["state"] == wanted:
                return
            if told.told["state"] == "failed" and wanted != "removed":
                raise RuntimeFailure(told.told["reason"], hint=told.told["hint"])
    except NotFound:
        if wanted != "removed":
            raise


def _await(there: Server, ordered: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Give what was told of a change after it was ordered. Raises RequestRefused."""
    for told in there.follow(f"/sandboxes/{ordered['name']}/events", since=ordered["since"]):
        if told.kind == "refused":
            raise RequestRefused(told.told["reason"], hint=told.told["hint"])
        if told.kind == kind:
            return told.told
    raise RequestRefused(f"sandbox {ordered['name']!r} is gone")


def _show(shown: Live, told: Told) -> None:
    if told.kind == "stage":
        shown.report(told.told["stage"], told.told["done"], told.told["total"])
    elif told.kind == "step-started":
        shown.report(told.told["sentence"], 0, 1)
    elif told.kind == "step-finished" and not shown.quiet:
        mark, colour = MARKS[Outcome(told.told["outcome"])]
        shown.console.print(
            f"[{colour}]{mark} {told.told['outcome']}[/{colour}]  {escape(told.told['sentence'])}",
            soft_wrap=True,
        )
        if told.told["reason"]:
            shown.console.print(f"          {escape(told.told['reason'])}", soft_wrap=True)


def _pages(there: Server, path: str, **query: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = there.get(path, after=after, limit=200, **query)
        found += page["items"]
        after = page["next"]
    return found


def _listed(each: Mapping[str, Any]) -> Listed:
    # The server knows until when it lives; the runtime was not told.
    spec = SandboxSpec.model_validate({**each["spec"], "expires": each["expires"]}) if each["spec"] else None
    return Listed(
        name=each["name"],
        state=each["state"],
        spec=spec,
        url=each["url"],
        instances=each["instances"] or {},
    )
