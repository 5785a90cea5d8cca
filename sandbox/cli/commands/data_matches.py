"""`sandbox data matches`: what linking two dirty registers gets wrong, and for whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_json, print_table
from sandbox.errors import UsageError
from sandbox.model.population import PopulationRef, ask_for
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.model.matches import MatchReport


def matches(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A population that `sandbox data generate` wrote.", show_default=False),
    ] = None,
    pack: Annotated[str | None, typer.Option("--pack", help="Country pack.", show_default="zz")] = None,
    size: Annotated[
        int | None, typer.Option("--size", help="How many fictitious persons.", show_default="1000")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Which citizens.", show_default="1")] = None,
    dirt: Annotated[
        str | None, typer.Option("--dirt", help="none, light or field.", show_default="field")
    ] = None,
    rule: Annotated[
        str, typer.Option("--rule", help="Link by id, id-and-details or details; counts groups by it.")
    ] = "id-and-details",
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="A scenario's policy.yaml; else old age decides.", show_default=False),
    ] = None,
    from_age: Annotated[
        int | None,
        typer.Option("--from-age", help="Who is entitled by age.", min=0, max=120, show_default="65"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Link the identity register with the digital registries, and count what goes wrong against the truth.

    Example: sandbox data matches --size 100000 --dirt field
    """
    # Loaded here: duckdb and pyarrow take longer to load than most commands take to answer.
    from sandbox.population import check_sums, load_pack
    from sandbox.population.dirt import ensure_dirty, read_recipe
    from sandbox.population.dirt.eligibility import PENSION_AGE, Eligibility, OldAge, read_policy
    from sandbox.population.dirt.matches import RULES, count_matches

    if rule not in RULES:
        raise UsageError(f"no rule is called {rule!r}", hint=f"choose one of: {', '.join(RULES)}")
    if policy is not None and from_age is not None:
        raise UsageError("--policy and --from-age are two answers to one question", hint="give one of them")
    eligibility: Eligibility = (
        OldAge(PENSION_AGE if from_age is None else from_age)
        if policy is None
        else read_policy(policy, Path.cwd())
    )
    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        if folder is None:
            ref = _ask(pack, size, seed, dirt)
            folder, _, _ = ensure_dirty(
                load_pack(settings.content, ref.pack),
                read_recipe(settings.content),
                ref,
                settings.home / "populations",
                progress=lambda share: shown.report(
                    "making fictitious citizens", int(share * ref.size), ref.size
                ),
            )
        elif any(given is not None for given in (pack, size, seed, dirt)):
            raise UsageError(
                "a folder says itself which citizens it holds",
                hint="name a folder, or say --pack, --size, --seed and --dirt",
            )
        else:
            check_sums(folder)
        shown.report("linking registers", 0, 1)
        report = count_matches(folder, eligibility=eligibility, rule=rule)
    if as_json:
        print_json(report)
    else:
        _print(report)


def _ask(pack: str | None, size: int | None, seed: int | None, dirt: str | None) -> PopulationRef:
    usual = PopulationRef()
    return ask_for(
        pack=usual.pack if pack is None else pack,
        size=usual.size if size is None else size,
        seed=usual.seed if seed is None else seed,
        dirt="field" if dirt is None else dirt,
    )


def _print(report: MatchReport) -> None:
    console = out()
    console.print(
        f"{report.people:,} fictitious people, {report.first} linked with {report.second}; "
        f"entitled are {report.eligibility}: {report.entitled:,}.\n",
        markup=False,
    )
    print_table(
        (
            "rule",
            "right matches",
            "false matches",
            "people missed",
            "not in both",
            "wrongly excluded",
            "wrongly included",
            "twice",
            "dead",
        ),
        [
            (
                each.rule,
                *(f"{count:,}" for count in (each.right, each.false, each.missed, each.absent)),
                *(f"{count:,}" for count in (each.excluded, each.included, each.twice, each.dead)),
            )
            for each in report.linkings
        ],
        empty="no rule",
    )
    console.print(f"\nBy group, when {report.chosen.sentence}:\n", markup=False)
    print_table(
        ("group", "", "people", "missed", "false", "entitled", "wrongly excluded", "wrongly included"),
        [
            (
                each.group,
                each.value,
                *(f"{count:,}" for count in (each.people, each.missed, each.false, each.entitled)),
                _with_share(each.excluded, each.entitled),
                f"{each.included:,}",
            )
            for each in report.groups
        ],
        empty="nobody",
    )


def _with_share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.1f} %)" if whole else f"{part:,}"
