"""`sandbox conformance`: how far one product meets a building block's published contract."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.bootstrap import make_catalog, open_languages
from sandbox.cli.live import live
from sandbox.cli.measured import read_asked, standing_product
from sandbox.cli.options import Json, Language
from sandbox.cli.output import MARKS, err, out, print_alone, print_json, print_table
from sandbox.errors import ContentError, UsageError
from sandbox.model.run import Outcome
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.conformance.values import Report
LEVELS = ("required", "recommended", "all")
MOST_CASES = 1_000_000
EXITS = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.ERROR: 5, Outcome.SKIPPED: 5}
_HEADER = re.compile(r"([A-Za-z0-9-]+)=([A-Za-z_][A-Za-z0-9_]*)")


def conformance(
    block: Annotated[str, typer.Argument(help="Which building block's contract, such as payments.")],
    url: Annotated[
        str | None,
        typer.Option("--url", help="The product's address; our own block is started when not given."),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image", help="A product's image by digest, started on docker for this.", show_default=False
        ),
    ] = None,
    candidate: Annotated[
        Path | None,
        typer.Option(
            "--candidate",
            help="A product's folder with a block.yaml, started for this.",
            show_default=False,
        ),
    ] = None,
    trust_code: Annotated[
        bool,
        typer.Option("--trust-code", help="Start the folder's `command` on this machine, unconfined."),
    ] = False,
    level: Annotated[
        str, typer.Option("--level", help="Which requirements: required, recommended (both) or all.")
    ] = "required",
    fixtures: Annotated[
        Path | None,
        typer.Option(
            "--fixtures",
            help="YAML or JSON: values that the product's maker was told, by input; played apart.",
            show_default=False,
        ),
    ] = None,
    cases: Annotated[int, typer.Option("--cases", help="How many requests to generate.")] = 500,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", help="Repeat a measurement; drawn and hidden when not given.", show_default=False
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", help="NAME=VARIABLE: a header whose value stands in that variable; repeatable."
        ),
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the report.", show_default=False, file_okay=False)
    ] = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Measure a product against a building block's contract: generated requests, behaviours, requirements.

    Ends with 0 when nothing was found, 1 when something was, 5 when it could not be told.

    Example: sandbox conformance consent --cases 200

    A product: sandbox conformance payments --candidate ./my-payments
    """
    # Loaded here: Schemathesis takes longer to load than most commands take to answer.
    from sandbox.calls.direct import DirectClient
    from sandbox.calls.redaction import Redactor
    from sandbox.catalog.behaviours import read_behaviours
    from sandbox.conformance.cases import check_contract
    from sandbox.conformance.measure import Wish, measure
    from sandbox.conformance.product import check_address, keep_generators_files, meet
    from sandbox.conformance.report import check_folder, write_report
    from sandbox.evidence.speech import Speech
    from sandbox.runner.compile import compile_scenario

    settings = Settings()
    (spoken,) = open_languages(settings, [language] if language else None)
    wish = Wish(level=_level(level), cases=_cases(cases), seed=_seed(seed), known=_known(fixtures))
    headers, variables = _headers(header or [])
    asked = read_asked(url, image, candidate, trust_code=trust_code)
    if url is not None:
        check_address(url)
    catalog = make_catalog(settings)
    found = catalog.block(block)
    check_contract(found.interface, f"blocks/{found.folder.name}/openapi.yaml")
    interfaces = {found.slug: found.interface}
    behaviours = [
        compile_scenario(one, interfaces, check_answers=False) for one in read_behaviours(catalog, found)
    ]
    folder = out_folder or settings.home / "conformance" / f"{block}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    check_folder(folder)
    keep_generators_files(settings.home / "cache")
    with live(err(), quiet=as_json) as shown, ExitStack() as stack:
        product = stack.enter_context(standing_product(asked, found, settings, catalog, shown))
        client = stack.enter_context(
            DirectClient(product.standing.address, headers=headers, door=product.standing.door)
        )
        meet(client, found.interface)
        report = measure(
            found,
            behaviours,
            client,
            wish,
            product=product.standing.address,
            evaluated=product.evaluated,
            relaxations=product.relaxations,
            redactor=Redactor((*headers.values(), *product.standing.secrets)),
            find_leak=product.standing.find_leak,
            report=shown.report,
        )
        page = write_report(folder, report, variables, Speech(spoken))
    if as_json:
        print_json({**report.model_dump(mode="json"), "page": str(page)})
    else:
        _print(report)
        print_alone(str(page))
    raise typer.Exit(EXITS[report.outcome])


def _print(report: Report) -> None:
    from sandbox.conformance.report import OUTCOMES

    rows = [
        (
            f"{MARKS[OUTCOMES[one.verdict]][0]} {one.verdict}",
            one.number or "–",
            one.group,
            one.level,
            one.why if len(one.why) <= 160 else f"{one.why[:159]}…",
        )
        for one in report.requirements
    ]
    print_table(
        ("verdict", "number", "requirement", "level", "because"), rows, empty="no requirement is named"
    )
    if report.unnumbered:
        out().print(report.unnumbered)
    if report.findings:
        out().print()
        print_table(
            ("found by", "operation", "what", "times"),
            [
                (
                    f"{one.part}{' (known values)' if one.on_known_values else ''}",
                    one.operation_id or "–",
                    f"{one.check}: {one.reason[:200]}",
                    str(one.times),
                )
                for one in report.findings
            ],
            empty="",
            numbers=(3,),
        )
    mark, colour = MARKS[report.outcome]
    sentence = report.sentence.replace("[", r"\[")
    out().print(f"\n[{colour}]{mark} {report.outcome.value}[/{colour}]  {sentence}")
    out().print(
        f"{report.cases} generated requests, {len(report.plays)} behaviours played; "
        f"seed {report.proof.seed}, salt {report.proof.salt}, commitment {report.proof.commitment}"
    )
    out().print(report.note)


def _level(text: str) -> Any:
    if text not in LEVELS:
        raise UsageError(f"--level {text!r} is none", hint=f"choose one of: {', '.join(LEVELS)}")
    return text


def _cases(number: int) -> int:
    if not 0 <= number <= MOST_CASES:
        raise UsageError(f"--cases {number} can't be used", hint=f"0 to {MOST_CASES}")
    return number


def _seed(number: int | None) -> int | None:
    if number is not None and not 0 <= number < 2**63:
        raise UsageError(f"--seed {number} can't be used", hint="0 to 2^63 - 1")
    return number


def _known(path: Path | None) -> dict[str, Any]:
    """Read values by input's name. JSON is YAML."""
    if path is None:
        return {}
    from sandbox.catalog.documents import read_yaml

    known = dict(read_yaml(path, path.parent).data)
    wrong = next((name for name, value in known.items() if isinstance(value, dict | list)), None)
    if wrong is not None:
        raise ContentError(
            f"{wrong!r} is no single value",
            path=str(path),
            hint="write `input: value`, with the inputs' names as in blocks/<name>/conformance",
        )
    return known


def _headers(pairs: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give headers with their values, and by small name the variable that each came from."""
    values: dict[str, str] = {}
    variables: dict[str, str] = {}
    for pair in pairs:
        found = _HEADER.fullmatch(pair)
        if found is None:
            raise UsageError(
                f"--header {shlex.quote(pair.partition('=')[0])} is not NAME=VARIABLE",
                hint="name an environment variable, such as Authorization=PRODUCT_TOKEN; the value itself "
                "would stay in your shell's history",
            )
        name, variable = found.groups()
        value = os.environ.get(variable, "")
        if not value or not value.isprintable():
            raise UsageError(f"the variable {variable} of --header {name} is not set, or holds no plain text")
        values[name] = value
        variables[name.lower()] = variable
    return values, variables
