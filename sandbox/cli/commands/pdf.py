"""`sandbox pdf`: the page of a run's evidence on paper."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import Json
from sandbox.cli.output import print_alone, print_json
from sandbox.errors import UsageError


def pdf(
    evidence: Annotated[
        Path, typer.Argument(help="Folder of a run's evidence, or a zip of it.", show_default=False)
    ],
    to: Annotated[
        Path | None,
        typer.Option("--out", help="File to write; PAGE.pdf here when not given.", show_default=False),
    ] = None,
    page: Annotated[
        str, typer.Option("--page", help="index (for a committee) or dpo (for a data-protection officer).")
    ] = "index",
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            help="Language of the page, among those that the run was written in; its first when not given.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a page of a run's evidence as PDF, once its signature has been checked.

    Nothing is fetched, and what is folded on the page is left out. A file that exists is not replaced. The
    PDF is of the page that was signed, so a language that the run was not written in can't be had.

    Example: sandbox pdf runs/20261127-101500-ab12cd --out committee.pdf
    """
    from sandbox.evidence.paper import choose_page, set_on_paper
    from sandbox.evidence.unpacking import open_bundle
    from sandbox.population.files.growing import check_free, growing

    stem = page.removesuffix(".html")
    if not stem.isalnum():
        raise UsageError(f"--page {page!r} is no page of a bundle", hint="write index or dpo")
    out = to or Path(f"{stem}.pdf")
    check_free(out)
    with tempfile.TemporaryDirectory(prefix="sandbox-pdf-") as name:
        opened = open_bundle(evidence, Path(name).resolve() / "bundle")
        made = set_on_paper(choose_page(opened.folder, language, stem=stem).read_text(encoding="utf-8"))
    with growing(out, folder=False) as place:
        place.write_bytes(made)
    if as_json:
        print_json({"run": opened.run.get("run"), "pdf": str(out), "signedBy": opened.fingerprint})
    else:
        print_alone(str(out))
