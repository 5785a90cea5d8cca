"""What every runtime promises, whatever it is made of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from sandbox.errors import NotFound, StateConflict
from sandbox.runtime import Instance, Phase
from tests.contract.conftest import FAKES, PUBLIC, Bench
from tests.fakes.waiting import answers, eventually, fetch

PREPARE_IN_A_PROCESS_OF_ITS_OWN = """
import sys
from pathlib import Path
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import SiteRequest, load_runtime
from sandbox.settings import Settings
driver, home, data, spec = sys.argv[1:]
load_runtime(driver, Settings(home=Path(home))).prepare(
    SiteRequest(
        spec=SandboxSpec.model_validate_json(spec),
        instances=("information-mediator", "payments"),
        public="information-mediator",
        data=Path(data),
        secret="root",
    )
)
"""


def phases(bench: Bench, sandbox: str) -> dict[str, Phase]:
    return {seen.name: seen.phase for seen in bench.runtime.observe(sandbox)}


def test_info_says_what_is_isolated(bench: Bench) -> None:
    info = bench.runtime.info()
    assert info.name in ("local", "docker")
    assert info.isolates_networks is info.enforces_limits is (info.name == "docker")


def test_every_instance_has_an_address_before_anything_runs(bench: Bench) -> None:
    site = bench.prepare("one")
    assert set(site.addresses) == set(site.ports) == {PUBLIC, "payments"}
    assert len(set(site.addresses.values())) == 2
    assert site.public_url.startswith("http://127.0.0.1:")
    assert not answers(site.public_url)
    assert bench.runtime.observe("one") == []


def test_a_started_instance_serves_with_its_own_environment(bench: Bench) -> None:
    site = bench.prepare("one")
    started = bench.runtime.start(bench.echo(site, "one", GREETING="hello"))
    assert (started.sandbox, started.name, started.phase) == ("one", PUBLIC, Phase.RUNNING)
    assert fetch(f"{site.public_url}/environment/GREETING").json() == {"GREETING": "hello"}
    assert phases(bench, "one") == {PUBLIC: Phase.RUNNING}


def test_starting_what_runs_leaves_it_alone(bench: Bench) -> None:
    site = bench.prepare("one")
    first = bench.runtime.start(bench.echo(site, "one", GREETING="first"))
    second = bench.runtime.start(bench.echo(site, "one", GREETING="second"))
    assert second.id == first.id
    assert fetch(f"{site.public_url}/environment/GREETING").json() == {"GREETING": "first"}


def test_an_instance_that_fails_to_start_has_exited_and_its_log_says_why(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one", "payments", REFUSE_TO_START="the ledger is missing"))

    def exited() -> list[Instance]:
        return [seen for seen in bench.runtime.observe("one") if seen.phase is Phase.EXITED]

    [instance] = eventually(exited)
    assert instance.name == "payments"
    assert instance.exit_code not in (None, 0)
    assert "the ledger is missing" in "\n".join(bench.runtime.logs("one", "payments", tail=20))


def test_a_stopped_instance_is_gone_and_comes_back_at_the_same_address(bench: Bench) -> None:
    site = bench.prepare("one")
    for greeting in ("first", "second"):
        bench.runtime.start(bench.echo(site, "one", GREETING=greeting))
        assert fetch(f"{site.public_url}/environment/GREETING").json() == {"GREETING": greeting}
        bench.runtime.stop("one", PUBLIC, grace_seconds=2)
        assert bench.runtime.observe("one") == []
        assert not answers(site.public_url)


def test_stopping_what_is_gone_is_no_error(bench: Bench) -> None:
    bench.runtime.stop("never", "payments", grace_seconds=1)
    bench.prepare("one")
    bench.runtime.stop("one", "payments", grace_seconds=1)
    assert bench.runtime.observe("one") == []


@pytest.mark.parametrize("code", [0, 3])
def test_a_program_that_runs_once_gives_its_exit_code_and_its_last_words(bench: Bench, code: int) -> None:
    site = bench.prepare("one")
    done = bench.run(site, "one", "say", "loaded 1,000 citizens", str(code))
    assert done.exit_code == code
    assert "loaded 1,000 citizens" in done.log_tail
    assert bench.runtime.observe("one") == []


def test_a_program_that_raises_ends_with_1_and_its_traceback(bench: Bench) -> None:
    site = bench.prepare("one")
    done = bench.run(site, "one", "raise", "no such table")
    assert done.exit_code == 1
    assert "Traceback" in done.log_tail
    assert "RuntimeError: no such table" in done.log_tail


def test_nothing_runs_in_a_sandbox_that_does_not_exist(bench: Bench) -> None:
    site = bench.prepare("one")
    with pytest.raises(NotFound):
        bench.runtime.start(bench.echo(site, "two"))
    with pytest.raises(NotFound):
        bench.run(site, "two", "say", "hello", "0")
    assert bench.runtime.observe("two") == []
    assert list(bench.runtime.logs("two", "payments", tail=5)) == []


def test_logs_give_the_newest_lines_oldest_first(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one"))
    fetch(f"{site.public_url}/readyz")
    for word in ("alpha", "beta", "gamma"):
        fetch(f"{site.public_url}/say/{word}")

    def said() -> list[str]:
        lines = list(bench.runtime.logs("one", PUBLIC, tail=2))
        return lines if any("gamma" in line for line in lines) else []

    beta, gamma = eventually(said)
    assert "beta" in beta
    assert "gamma" in gamma


def test_followed_logs_end_with_the_instance(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one"))
    fetch(f"{site.public_url}/readyz")
    lines = bench.runtime.logs("one", PUBLIC, tail=100, follow=True)
    fetch(f"{site.public_url}/say/farewell")
    assert any("farewell" in line for line in lines)
    bench.runtime.stop("one", PUBLIC, grace_seconds=2)
    assert not any("farewell" in line for line in lines)


def test_a_taken_name_is_refused_and_its_sandbox_undisturbed(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one", GREETING="still here"))
    with pytest.raises(StateConflict):
        bench.prepare("one")
    assert fetch(f"{site.public_url}/environment/GREETING").json() == {"GREETING": "still here"}


def test_a_later_command_finds_everything_again(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one"))
    later = bench.open()
    [remains] = later.list_sandboxes()
    assert remains.name == "one"
    assert remains.spec == bench.request("one").spec
    assert remains.site == site
    assert remains.site.secret == "root-one"
    assert [seen.name for seen in later.observe("one")] == [PUBLIC]


def test_discard_leaves_nothing_and_may_be_repeated(bench: Bench) -> None:
    site = bench.prepare("one")
    bench.runtime.start(bench.echo(site, "one"))
    fetch(f"{site.public_url}/readyz")
    for _ in range(2):
        bench.runtime.discard("one")
        assert bench.runtime.list_sandboxes() == []
        assert bench.runtime.observe("one") == []
        assert not answers(site.public_url)
    bench.runtime.discard("never")


def test_a_name_can_be_used_again_and_finds_no_trace_of_the_first(bench: Bench) -> None:
    first = bench.prepare("one")
    admin = first.database.url(first.database.user)
    made = bench.run(
        first,
        "one",
        "sql",
        admin,
        f"CREATE ROLE {first.database.prefix}_payments LOGIN",
        f"CREATE DATABASE {first.database.prefix}_payments OWNER {first.database.prefix}_payments",
        f"CREATE DATABASE {first.database.prefix}_frozen IS_TEMPLATE true",
    )
    assert made.exit_code == 0, made.log_tail
    bench.runtime.discard("one")
    second = bench.prepare("one")
    seen = bench.run(
        second,
        "one",
        "sql",
        second.database.url(second.database.user),
        f"SELECT datname FROM pg_database WHERE starts_with(datname, '{second.database.prefix}')",
        f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{second.database.prefix}')",
    )
    assert seen.log_tail.split() == [second.database.user] * 2


def test_the_database_administrator_makes_roles_and_databases_and_is_no_superuser(bench: Bench) -> None:
    database = (site := bench.prepare("one")).database
    own = database.url(database.user)
    role = f"{database.prefix}_payments"
    done = bench.run(
        site,
        "one",
        "sql",
        own,
        f"CREATE ROLE {role} LOGIN PASSWORD 'p'",
        f"CREATE DATABASE {role} OWNER {role}",
        "SELECT rolsuper, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    assert done.exit_code == 0, done.log_tail
    assert "False False False" in done.log_tail
    for shared in ("postgres", "template1"):
        refused = bench.run(site, "one", "sql", database.url(shared), "SELECT 1")
        assert refused.exit_code == 1
        assert "permission denied for database" in refused.log_tail


def test_two_sandboxes_live_and_end_apart(bench: Bench) -> None:
    sites = {name: bench.prepare(name) for name in ("one", "one-more")}
    for name, site in sites.items():
        bench.runtime.start(bench.echo(site, name, GREETING=name))
    for name, site in sites.items():
        assert fetch(f"{site.public_url}/environment/GREETING").json() == {"GREETING": name}
    database = sites["one-more"].database
    bench.runtime.discard("one")
    assert [remains.name for remains in bench.runtime.list_sandboxes()] == ["one-more"]
    assert fetch(f"{sites['one-more'].public_url}/environment/GREETING").json() == {"GREETING": "one-more"}
    done = bench.run(sites["one-more"], "one-more", "sql", database.url(database.user), "SELECT 'alive'")
    assert "alive" in done.log_tail


def test_no_administrator_reaches_the_other_sandboxs_databases(bench: Bench) -> None:
    sites = {name: bench.prepare(name) for name in ("one", "two")}
    for mine, other in (("one", "two"), ("two", "one")):
        me, them = sites[mine].database, sites[other].database
        own = bench.run(sites[mine], mine, "sql", me.url(me.user), "SELECT 1")
        assert own.exit_code == 0, own.log_tail
        # With my own name and password, at their server and at mine.
        theirs = them.url(them.user, user=me.user, password=me.password)
        mine_naming_theirs = me.url(them.user)
        for url in (theirs, mine_naming_theirs):
            refused = bench.run(sites[mine], mine, "sql", url, "SELECT 1")
            assert refused.exit_code == 1
            assert "OperationalError" in refused.log_tail


def test_the_remains_of_a_killed_preparation_are_listed_and_discarded(bench: Bench) -> None:
    request = bench.request("cut-short")
    program = [sys.executable, "-c", PREPARE_IN_A_PROCESS_OF_ITS_OWN, bench.runtime.info().name]
    preparing = subprocess.Popen(
        [*program, str(bench.home), str(bench.data), request.spec.model_dump_json()],
        env={**os.environ, "PYTHONPATH": str(FAKES)},
        start_new_session=True,
    )
    with preparing:
        eventually(lambda: bench.runtime.list_sandboxes() or preparing.poll() is not None)
        with suppress(ProcessLookupError):
            os.killpg(preparing.pid, signal.SIGKILL)
    assert [remains.name for remains in bench.runtime.list_sandboxes()] == ["cut-short"]
    with pytest.raises(StateConflict):
        bench.prepare("cut-short")
    bench.runtime.discard("cut-short")
    assert bench.runtime.list_sandboxes() == []
    assert bench.prepare("cut-short").ports
