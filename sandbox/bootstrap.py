"""The composition root: settings become the tools that commands work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox.errors import NotFound, RuntimeUnavailable
from sandbox.lifecycle.service import Report, Tools, reap_expired, silent
from sandbox.runtime import load_keeper, load_runtime, runtime_names
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.catalog.catalog import Catalog
    from sandbox.model.language import Language


def make_tools(settings: Settings, runtime: str | None = None, report: Report = silent) -> Tools:
    """Load the runtime by name and wire it; sandboxes whose lease ran out are removed first."""
    name = runtime or settings.runtime
    tools = Tools(
        runtime=load_runtime(name, settings),
        home=settings.home,
        keeper=load_keeper(name, settings),
        cache_limit=settings.cache_limit,
        report=report,
    )
    reap_expired(tools)
    return tools


def make_all_tools(settings: Settings, runtime: str | None, report: Report = silent) -> Sequence[Tools]:
    """Wire the named runtime, or without a name every runtime that answers on this machine."""
    if runtime is not None:
        return [make_tools(settings, runtime, report)]
    found = []
    for name in runtime_names():
        try:
            found.append(make_tools(settings, name, report))
        except RuntimeUnavailable:
            continue  # nothing of ours can run on what is not there
    return found


def find_tools(settings: Settings, name: str, runtime: str | None, report: Report = silent) -> Tools:
    """Wire the runtime on which the sandbox `name` is. Raises NotFound naming those there are."""
    known: list[str] = []
    for tools in make_all_tools(settings, runtime, report):
        names = [each.name for each in tools.runtime.list_sandboxes()]
        if name in names:
            return tools
        known += names
    raise NotFound(
        f"there is no sandbox {name!r}",
        hint=f"there are: {', '.join(known)}" if known else "there is none; `sandbox up` starts one",
    )


def make_catalog(settings: Settings) -> Catalog:
    """Open the catalogue of blocks and scenarios; parsed contracts are cached by their content."""
    # Loaded here: commands about sandboxes that run already read no content.
    from sandbox.catalog.catalog import open_catalog

    return open_catalog(settings.content, cache=settings.home / "cache" / "catalog")


def open_languages(settings: Settings, tags: Sequence[str] | None = None) -> tuple[Language, ...]:
    """Read the languages that pages are asked for in, each once; the settings' when none is named."""
    from sandbox.model.language import ENGLISH, SOURCE

    asked = tuple(dict.fromkeys(tags or (settings.language,)))
    if asked == (SOURCE,):
        return (ENGLISH,)
    # Loaded here: Babel takes longer to load than most commands take to answer.
    from sandbox.catalog.languages import read_language

    return tuple(read_language(settings.content, tag) for tag in asked)
