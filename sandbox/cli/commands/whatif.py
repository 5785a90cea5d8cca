"""`sandbox whatif`: two policies over the same fictitious households, without any block."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.bootstrap import make_catalog, open_languages
from sandbox.cli.live import live
from sandbox.cli.options import Json, Language, Pack, Seed, Size
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.errors import UsageError
from sandbox.model.population import ask_for
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.model.whatif import GroupChange, WhatIfReport


def whatif(
    scenario: Annotated[str, typer.Argument(help="Which scenario; it must have a policy of points.")],
    policies: Annotated[
        list[Path] | None,
        typer.Option(
            "--policy", help="A policy file: the first is now, the second then.", show_default=False
        ),
    ] = None,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder for page, CSV, plot and JSON.", show_default=False, file_okay=False
        ),
    ] = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Compare two policies: who gains, who loses, what it costs, and who of the poorest gets nothing.

    With one --policy the scenario's own is the first.

    Example: sandbox whatif cash-transfer --policy now.yaml --policy then.yaml --size 100000
    """
    # Loaded here: duckdb and pyarrow take longer to load than most commands take to answer.
    from sandbox.evidence.speech import Speech
    from sandbox.model.whatif import WhatIfReport
    from sandbox.population import ensure, load_pack
    from sandbox.whatif.comparison import compare_policies
    from sandbox.whatif.policies import need_policy, read_policy
    from sandbox.whatif.report import write_files

    settings = Settings()
    (spoken,) = open_languages(settings, [language] if language else None)
    given = list(policies or ())
    own = need_policy(make_catalog(settings).scenario(scenario))
    if len(given) not in (1, 2):
        raise UsageError(
            f"{len(given)} policies were given, wanted two",
            hint="say --policy twice, or once to compare with the scenario's own",
        )
    first = read_policy(given[0], Path.cwd()) if len(given) == 2 else read_policy(own, settings.content)
    second = read_policy(given[-1], Path.cwd())
    ref = ask_for(pack=pack, size=size, seed=seed, dirt="none")
    made_of = load_pack(settings.content, pack)
    with live(err(), quiet=as_json) as shown:
        folder, manifest = ensure(
            made_of,
            ref,
            settings.home / "populations",
            progress=lambda share: shown.report("making fictitious citizens", int(share * size), size),
        )
        shown.report("comparing policies", 0, 1)
        changes = compare_policies(folder, first, second)
    report = WhatIfReport(
        scenario=scenario,
        before=given[0].name if len(given) == 2 else "policy.yaml of the scenario",
        after=given[-1].name,
        country=manifest.country,
        pack=pack,
        size=size,
        seed=seed,
        digest=manifest.digest,
        currency=second.currency or first.currency or made_of.profile.currency,
        total=next(each for each in changes if each.group == "all"),
        districts=tuple(each for each in changes if each.group == "district"),
        types=tuple(each for each in changes if each.group == "type"),
    )
    page = write_files(out_folder, report, Speech(spoken)) if out_folder is not None else None
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    _print(report)
    if page is not None:
        print_alone(str(page))


def _print(report: WhatIfReport) -> None:
    from sandbox.whatif.report import say_exclusion, say_finding

    console = out()
    console.print(f"{say_finding(report)}\n{say_exclusion(report)}.\n", markup=False)
    for name, changes in (("type", (report.total, *report.types)), ("district", report.districts)):
        print_table(
            (
                name,
                "households",
                "gain",
                "lose",
                "same",
                "cost now",
                "then",
                "poorest fifth",
                "nothing now",
                "then",
            ),
            [_row(each, report) for each in changes],
            empty="no household",
            numbers=range(1, 10),
        )
        console.print()


def _row(each: GroupChange, report: WhatIfReport) -> tuple[str, ...]:
    from sandbox.whatif.report import say_money

    return (
        each.value or "all",
        *(f"{count:,}" for count in (each.households, each.winners, each.losers, each.unchanged)),
        say_money(each.cost_before, report),
        say_money(each.cost_after, report),
        *(f"{count:,}" for count in (each.poorest, each.left_out_before, each.left_out_after)),
    )
