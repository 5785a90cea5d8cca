"""`sandbox new`: begins a contribution as a folder that passes its checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import Json
from sandbox.cli.output import err, print_alone, print_json
from sandbox.settings import Settings

app = typer.Typer(
    help="Begin a contribution: a folder that passes its checks.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def country(
    code: Annotated[str, typer.Argument(help="The country's two letters, small.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="The country's name.")] = "A new country",
    like: Annotated[str, typer.Option("--like", help="Pack to copy to begin with.")] = "zz",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the pack; the content's own when not given.",
            show_default=False,
            file_okay=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Begin a country pack as a copy of another one, with its sources to be filled in.

    Example: sandbox new country xx --name "My country" --like zz
    """
    from sandbox.scaffold.country import scaffold_country

    content = Settings().content
    folder = scaffold_country(content, code, country=name, like=like, out=out)
    following = [
        *([] if out is None else [f"mv {folder} {content / 'datasets' / 'countries'}"]),
        "sandbox check",
        "sandbox data packs",
        f"sandbox data generate --pack {code} --size 1000 --out people",
    ]
    if as_json:
        print_json({"folder": str(folder), "next": following})
        return
    print_alone(str(folder))
    err().print(
        "replace its files one by one, name their sources in SOURCES.md, and look at it with:", soft_wrap=True
    )
    for command in following:
        err().print(f"  {command}", markup=False, soft_wrap=True)


@app.command()
def language(
    tag: Annotated[str, typer.Argument(help="The language's tag, such as fr or pt-BR.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the language; the content's own when not given.",
            show_default=False,
            file_okay=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Begin a language of the pages: every sentence of the source, to be translated.

    Example: sandbox new language sw
    """
    from sandbox.scaffold.language import scaffold_language

    content = Settings().content
    folder = scaffold_language(content, tag, out=out)
    following = [
        *([] if out is None else [f"mv {folder} {content / 'datasets' / 'languages'}"]),
        f"sandbox check {tag}",
        f"sandbox run cash-transfer --language {tag}",
    ]
    if as_json:
        print_json({"folder": str(folder), "next": following})
        return
    print_alone(str(folder))
    err().print("translate messages.po with any gettext editor, and look at it with:", soft_wrap=True)
    for command in following:
        err().print(f"  {command}", markup=False, soft_wrap=True)
