"""What every runtime that keeps loaded databases promises: loaded once, and nothing of anybody in them."""

from __future__ import annotations

from dataclasses import replace

from sandbox.lifecycle.instances import Layout
from sandbox.lifecycle.loading import keepable, load_databases
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.block import BlockDescriptor, Loader
from sandbox.runtime import Keeper, Site, load_keeper
from sandbox.settings import Settings
from tests.contract.conftest import PUBLIC, Bench
from tests.fakes.waiting import eventually

BLOCKS = {
    slug: BlockDescriptor(
        name=slug, slug=slug, summary="A block.", module="m", seed=Loader(loader=f"blocks.{module}.seed")
    )
    for slug, module in ((PUBLIC, "information_mediator"), ("consent", "consent"))
}
TABLES = (
    "SELECT relname, relkind, relacl::text, pg_get_userbyid(relowner) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
)
NAMES = (
    "SELECT rolname FROM pg_roles WHERE rolname LIKE '%first%'",
    "SELECT datname FROM pg_database WHERE datname LIKE '%first%'",
)


def fill(bench: Bench, keeper: Keeper, name: str) -> tuple[Site, list[str]]:
    """Prepare a sandbox and fill its databases as a command does; tells what its user hears."""
    request, told = bench.request(name), []
    spec = request.spec.model_copy(update={"population_digest": "of-echo"})
    wanted = keepable(spec, BLOCKS, {}, bench.data)
    site = bench.runtime.prepare(replace(request, spec=spec, wanted=wanted))
    layout = Layout(spec=spec, site=site, secrets=Secrets(f"root-{name}"), blocks=BLOCKS)
    load_databases(bench.runtime, keeper, bench.home, layout, wanted, bench.data, told.append)
    return site, told


def ask(bench: Bench, site: Site, name: str, *statements: str, database: str = "consent") -> str:
    own = site.database
    url = own.url(f"{own.prefix}_{database}")
    done = bench.run(site, name, "sql", url, *statements)
    assert done.exit_code == 0, done.log_tail
    return done.log_tail.replace(own.prefix, "sbx")


def test_the_second_sandbox_loads_nothing_is_equal_and_holds_nothing_of_the_first(bench: Bench) -> None:
    keeper = load_keeper(bench.runtime.info().name, Settings(home=bench.home))
    assert keeper is not None
    try:
        first, told = fill(bench, keeper, "first")
        assert "loading citizens into the blocks" in told
        tables = ask(bench, first, "first", TABLES)
        assert "relkind" not in tables
        assert "sbx_consent" in tables
        [kept] = eventually(keeper.kept)
        assert (kept.population, kept.stored_bytes > 0) == ("of-echo", True)
        bench.runtime.discard("first")

        second, told = fill(bench, keeper, "second")
        assert told == ["cloning loaded databases"]
        assert ask(bench, second, "second", TABLES) == tables
        assert ask(bench, second, "second", *NAMES).strip() == ""
        role = f"{second.database.prefix}_consent"
        mine, firsts = (Secrets(f"root-{name}").database("consent") for name in ("second", "first"))
        for password, code in ((mine, 0), (firsts, 1)):
            url = second.database.url(role, user=role, password=password)
            assert bench.run(second, "second", "sql", url, "SELECT 1").exit_code == code

        bench.runtime.discard("second")
        keeper.forget([kept.key])
        assert list(keeper.kept()) == []
    finally:
        for remains in bench.runtime.list_sandboxes():
            bench.runtime.discard(remains.name)
        keeper.forget([each.key for each in keeper.kept()])
