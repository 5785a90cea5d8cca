"""`up`, `ls`, `reset`, `logs`, `down`: sandboxes that live longer than one run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools, make_all_tools, make_catalog, make_tools
from sandbox.cli.live import live
from sandbox.cli.options import (
    Blocks,
    Dirt,
    Json,
    Lease,
    Name,
    Pack,
    RuntimeName,
    Seed,
    Size,
    Swaps,
    ToStart,
    Which,
    read_lease,
    require_name_or_all,
    require_one,
)
from sandbox.cli.output import err, out, print_json, print_table, say_swaps
from sandbox.errors import UsageError
from sandbox.lifecycle.instances import CONTROLS
from sandbox.lifecycle.service import (
    Listed,
    adopt,
    list_all,
    reset,
    take_all_down,
    take_down,
)
from sandbox.runtime import Phase
from sandbox.settings import Settings


def up(
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
    """Start a sandbox and leave it running: the blocks of a scenario, or the blocks you name.

    Example: sandbox up cash-transfer --name demo --ttl 8h
    """
    require_one(scenario, blocks)
    # Loaded here: numpy and pyarrow take longer to load than `ls` takes to answer.
    from sandbox.candidates.start import start_seeded
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial

    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        tools = make_tools(settings, runtime, shown.report)
        catalog = make_catalog(settings)
        wish = SandboxWish(name=name, pack=pack, size=size, seed=seed, dirt=dirt, lease=read_lease(ttl))
        compiled = look_up_scenario(catalog, scenario) if scenario else None
        prepared = prepare_trial(
            settings, tools, catalog, wish, scenario=compiled, blocks=blocks or (), swaps=swaps or ()
        )
        say_swaps(prepared.wish.spec.swaps, quiet=as_json)
        running = start_seeded(tools, prepared.wish, keep=True)
    if as_json:
        print_json(
            {"name": running.spec.name, "url": running.site.public_url, "token": running.secrets.token}
        )
        return
    out().print(f"[green]● running[/green]  {running.spec.name}  {running.site.public_url}")
    out().print(f"remove it with: sandbox down {running.spec.name}")


def ls(runtime: RuntimeName = None, as_json: Json = False) -> None:
    """List the sandboxes of this installation, as the runtime shows them now."""
    found = [each for tools in make_all_tools(Settings(), runtime) for each in list_all(tools)]
    if as_json:
        print_json([as_value(each) for each in found])
        return
    print_listed(found)


def reset_(name: Which, runtime: RuntimeName = None, as_json: Json = False) -> None:
    """Put a sandbox back to how it was seeded. Its log of exchanges goes on."""
    with live(err(), quiet=as_json) as shown:
        tools = find_tools(Settings(), name, runtime, shown.report)
        shown.report(f"resetting {name}", 0, 1)
        today = reset(tools, name)
    if as_json:
        print_json({"name": name, "today": today})
    else:
        out().print(f"[green]● reset[/green]  {name}  its clock says {today}")


def logs(
    name: Which,
    block: Annotated[
        str | None, typer.Argument(help="One block; all when not given.", show_default=False)
    ] = None,
    tail: Annotated[int, typer.Option("--tail", help="How many of the newest lines.", min=1)] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as lines come; needs a block.")
    ] = False,
    runtime: RuntimeName = None,
    as_json: Json = False,
) -> None:
    """Show what the blocks of a sandbox logged."""
    tools = find_tools(Settings(), name, runtime)
    running = adopt(tools, name)
    if block is not None and block not in running.instances:
        raise UsageError(
            f"sandbox {name!r} has no block {block!r}", hint=f"it has: {', '.join(running.instances)}"
        )
    if follow and (block is None or as_json):
        raise UsageError(
            "--follow needs one block, and no --json", hint=f"sandbox logs {name} payments --follow"
        )
    chosen = [block] if block else list(running.instances)
    if as_json:
        print_json({each: list(tools.runtime.logs(name, each, tail=tail)) for each in chosen})
        return
    console = out()
    for each in chosen:
        for line in tools.runtime.logs(name, each, tail=tail, follow=follow):
            prefix = "" if block else f"{each:<22} "
            console.print(f"{prefix}{line}", markup=False)


def down(
    name: Annotated[str | None, typer.Argument(help="Which sandbox.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every sandbox of this installation.")] = False,
    runtime: RuntimeName = None,
    as_json: Json = False,
) -> None:
    """Remove a sandbox and everything of it: processes, containers, networks, databases, folders."""
    require_name_or_all(name, everything)
    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        if name is not None:
            tools = find_tools(settings, name, runtime, shown.report)
            shown.report(f"removing {name}", 0, 1)
            take_down(tools, name)
            removed = [name]
        else:
            shown.report("removing every sandbox", 0, 1)
            removed = [each for tools in make_all_tools(settings, runtime) for each in take_all_down(tools)]
    if as_json:
        print_json({"removed": removed})
    else:
        out().print("\n".join(f"removed {each}" for each in removed) or "there was nothing to remove")


def print_listed(found: Sequence[Listed]) -> None:
    """Print sandboxes as a table."""
    print_table(
        ("name", "state", "runtime", "scenario", "citizens", "expires", "address"),
        [_row(each) for each in found],
        empty="no sandbox is here; start one with: sandbox up cash-transfer",
    )


def as_value(each: Listed) -> dict[str, object]:
    """Give one as JSON."""
    return {
        "name": each.name,
        "state": each.state,
        "url": each.url,
        "instances": dict(each.instances),
        "spec": each.spec.model_dump(mode="json") if each.spec else None,
    }


def _row(each: Listed) -> tuple[str, ...]:
    if each.spec is None:
        return (each.name, each.state, "", "", "", "", each.url)
    spec = each.spec
    citizens = f"{spec.population.size:,} {spec.population.pack}"
    if spec.population.dirt != "none":
        citizens += f", {spec.population.dirt} dirt"
    return (
        each.name,
        _what_is_wrong(each),
        spec.runtime,
        spec.scenario or ", ".join(spec.blocks),
        citizens,
        _remaining(spec.expires),
        each.url,
    )


def _remaining(expires: datetime | None) -> str:
    if expires is None:
        return "never"
    minutes = int((expires - datetime.now(UTC)).total_seconds() // 60)
    if minutes <= 0:
        return "now"
    hours = minutes // 60
    return f"in {minutes} min" if hours < 2 else f"in {hours} h" if hours < 48 else f"in {hours // 24} d"


def _what_is_wrong(each: Listed) -> str:
    """Give the state, and of a degraded sandbox what does not run."""
    if each.state != "degraded" or each.spec is None:
        return each.state
    wanted = (*each.spec.started, CONTROLS, *each.spec.parts)
    return f"degraded: {', '.join(name for name in wanted if each.instances.get(name) != Phase.RUNNING)}"
