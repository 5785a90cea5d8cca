"""`check` and `show`: content, read and judged without starting anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.bootstrap import make_catalog
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.errors import ContentError, UsageError
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.catalog.catalog import Catalog
    from sandbox.catalog.show import Row
    from sandbox.model.scenario import Scenario


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Blocks, scenarios, packs and languages to check; all when not given.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="What other Arazzo runners play otherwise is a mistake, and not mere advice."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check blocks, scenarios, packs and languages offline: every mistake with file, line and what to do."""
    # Loaded here so that commands which judge no content need not wait for it.
    from sandbox.catalog.behaviours import read_behaviours
    from sandbox.catalog.check import check_catalog
    from sandbox.catalog.languages import check_languages, list_languages
    from sandbox.runner.compile import check_scenario
    from sandbox.runner.profile import find_departures

    settings = Settings()
    codes = _choose_packs(settings, names)
    tongues = [tag for tag in list_languages(settings.content) if not names or tag in names]
    others = None if not names else [name for name in names if name not in (*codes, *tongues)]
    errors = check_catalog(settings.content, others, cache=settings.home / "cache" / "catalog")
    catalog = make_catalog(settings)
    slugs = [slug for slug in catalog.scenario_slugs() if others is None or slug in others]
    advice: list[ContentError] = []
    if not errors:
        for slug in slugs:
            scenario = catalog.scenario(slug)
            errors += check_scenario(scenario, catalog.interfaces(scenario))
            advice += find_departures(scenario)
        for block in catalog.blocks(
            slug for slug in catalog.block_slugs() if others is None or slug in others
        ):
            for behaviour in read_behaviours(catalog, block):
                errors += check_scenario(behaviour, {block.slug: block.interface})
                advice += find_departures(behaviour)
    if profile:
        errors, advice = errors + advice, []
    packs = _check_packs(settings, codes, errors)
    errors += check_languages(settings.content, tongues) if tongues else []
    if as_json:
        print_json({"errors": _as_values(errors), "advice": _as_values(advice)})
    else:
        for error in (*errors, *advice):
            told = f"advice: {error}" if error in advice else str(error)
            err().print(told, markup=False, soft_wrap=True)
            if error.hint:
                err().print(f"    {error.hint}", markup=False, soft_wrap=True)
        if advice:
            err().print(
                f"{len(advice)} times advice: other Arazzo runners play this otherwise", soft_wrap=True
            )
        count = (
            f"{len(catalog.block_slugs())} blocks, {len(slugs)} scenarios, {len(packs)} packs, "
            f"{len(tongues)} languages"
        )
        out().print(f"{len(errors)} mistakes" if errors else f"[green]● in order[/green]  {count}")
    raise typer.Exit(2 if errors else 0)


def show(
    scenario: Annotated[str | None, typer.Argument(help="Which scenario; lists them when not given.")] = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", help="Write its service blueprint: one new file that ends in .svg.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a scenario as its steps: number, sentence, who calls, which block, what is checked.

    Example: sandbox show cash-transfer --svg cash-transfer.svg
    """
    catalog = make_catalog(Settings())
    if scenario is None:
        if svg is not None:
            raise UsageError("a blueprint is of one scenario", hint="sandbox show SCENARIO --svg FILE")
        _list_scenarios(catalog, as_json=as_json)
        return
    from sandbox.catalog.show import show_scenario
    from sandbox.catalog.wiring import build_wiring

    read = catalog.scenario(scenario)
    rows = show_scenario(read, build_wiring(catalog.blocks(read.blocks), catalog.controls(), read))
    if svg is not None:
        _draw(catalog, read, rows, svg)
    if as_json:
        print_json([{name: getattr(row, name) for name in row.__slots__} for row in rows])
        return
    if svg is not None:
        print_alone(str(svg))
        return
    out().print(f"[bold]{read.story.title}[/bold]  {read.story.summary}\n")
    print_table(
        ("", "what happens", "who", "block", "checked"),
        [(row.number, _sentence_of(row), row.actor, row.block, "; ".join(row.checks)) for row in rows],
        empty="it has no steps",
    )


def _list_scenarios(catalog: Catalog, *, as_json: bool) -> None:
    found = [catalog.scenario(slug) for slug in catalog.scenario_slugs()]
    if as_json:
        print_json(
            [{"slug": each.slug, "title": each.story.title, "summary": each.story.summary} for each in found]
        )
        return
    print_table(
        ("scenario", "title", "summary"),
        [(each.slug, each.story.title, each.story.summary) for each in found],
        empty="there is no scenario here",
    )


def _sentence_of(row: Row) -> str:
    return f"{row.sentence} (Back to {row.back_to} while there are more.)" if row.back_to else row.sentence


def _draw(catalog: Catalog, scenario: Scenario, rows: Sequence[Row], svg: Path) -> None:
    from sandbox.catalog.blueprint import blueprint_of
    from sandbox.catalog.blueprint_svg import draw_blueprint
    from sandbox.population.files.growing import growing

    if svg.suffix.lower() != ".svg":
        raise UsageError(
            f"--svg {str(svg)!r} is no file that ends in .svg", hint=f"--svg {scenario.slug}.svg"
        )
    drawn = draw_blueprint(blueprint_of(scenario, rows, catalog.blocks(scenario.blocks)))
    with growing(svg, folder=False) as place:
        place.write_text(drawn, encoding="utf-8")


def _as_values(errors: list[ContentError]) -> list[dict[str, object]]:
    return [{"path": e.path, "line": e.line, "message": str(e), "hint": e.hint} for e in errors]


def _choose_packs(settings: Settings, names: list[str] | None) -> list[str]:
    from sandbox.population import known_packs

    try:
        return [code for code in known_packs(settings.content) if not names or code in names]
    except ContentError:
        if names:
            return []
        raise


def _check_packs(settings: Settings, codes: list[str], errors: list[ContentError]) -> list[str]:
    """Check each pack by itself: one that is wrong hides no mistake of another."""
    from sandbox.population import compile_pack, load_pack

    right = []
    for code in codes:
        try:
            compile_pack(load_pack(settings.content, code))
            right.append(code)
        except ContentError as error:
            errors.append(error)
    return right
