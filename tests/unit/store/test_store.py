"""The store: migrations that agree with the mapping, credentials, and what may be asked twice."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from blockkit.standalone import Server
from sandbox.errors import NotFound, RuntimeUnavailable, StateConflict, UsageError
from sandbox.store import accounts, journal, wishes
from sandbox.store.schema import Table
from sandbox.store.store import Store, migrate, open_store
from tests.fakes.stores import NOON, somebody

HOUR = timedelta(hours=1)


def test_migrations_make_what_the_mapping_says(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []


def test_migrations_lead_down_to_nothing_and_up_again(postgres: Server) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute("CREATE DATABASE up_and_down")
    engine = create_engine(postgres.url("up_and_down").replace("postgresql:", "postgresql+psycopg:"))
    migrate(engine)
    whole = set(inspect(engine).get_table_names())
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == whole
    engine.dispose()


def test_a_store_of_a_newer_version_is_refused_and_left_alone(postgres: Server) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute("CREATE DATABASE newer")
    open_store(postgres.url("newer")).close()
    with psycopg.connect(postgres.url("newer"), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RuntimeUnavailable, match="can't be brought to this version") as caught:
        open_store(postgres.url("newer"))
    assert "newer version" in caught.value.hint


@pytest.mark.parametrize("url", ["not an address", "mysql://somewhere/x"])
def test_an_address_that_is_no_postgresql_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"the store"):
        open_store(url)


def test_a_store_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(RuntimeUnavailable, match="does not answer") as caught:
        open_store("postgresql://ada:hush-hush@127.0.0.1:1/x")
    assert "hush-hush" not in str(caught.value)


def test_a_secret_proves_its_account_until_it_expires_and_is_not_in_the_store(store: Store) -> None:
    ada = somebody(store)
    with store.session() as session:
        secret = accounts.issue(session, "session", account=ada.id, now=NOON, lifetime=HOUR)
    with store.session() as session:
        found = accounts.recognise(session, "session", secret, NOON)
        assert found is not None
        assert found.name == "Ada"
        assert accounts.recognise(session, "token", secret, NOON) is None
        assert accounts.recognise(session, "session", secret, NOON + HOUR) is None
        rows = session.execute(text("SELECT row_to_json(credentials)::text FROM credentials")).scalars()
        assert secret not in "".join(rows)


def test_a_closed_account_proves_nothing(store: Store) -> None:
    ada = somebody(store)
    with store.session() as session:
        secret = accounts.issue(session, "token", account=ada.id, now=NOON, lifetime=HOUR)
        session.merge(ada).closed = NOON
    with store.session() as session:
        assert accounts.recognise(session, "token", secret, NOON) is None
        assert accounts.find_account(session, "Ada") is None


def test_an_invitation_is_used_once(store: Store) -> None:
    with store.session() as session:
        secret = accounts.issue(session, "invitation", role="trainer", now=NOON, lifetime=HOUR)
    with store.session() as session:
        assert accounts.take_invitation(session, secret, NOON) == "trainer"
    with store.session() as session:
        assert accounts.take_invitation(session, secret, NOON) is None


def test_the_name_of_a_sandbox_is_free_again_when_it_is_gone(store: Store) -> None:
    ada = somebody(store)

    def ask() -> str:
        with store.session() as session:
            row = wishes.add_sandbox(session, name="demo", owner=ada.id, wish={}, now=NOON, expires=None)
            return row.id

    first = ask()
    with pytest.raises(StateConflict, match="'demo' already"):
        ask()
    with store.session() as session:
        wishes.find_sandbox(session, "demo", None).state = wishes.GONE
    assert ask() != first


def test_one_sees_ones_own_alone(store: Store) -> None:
    ada, ben = somebody(store), somebody(store, "Ben")
    with store.session() as session:
        wishes.add_sandbox(session, name="demo", owner=ada.id, wish={}, now=NOON, expires=None)
    with store.session() as session:
        assert wishes.list_sandboxes(session, ben.id) == []
        with pytest.raises(NotFound):
            wishes.find_sandbox(session, "demo", ben.id)
        assert [row.name for row in wishes.list_sandboxes(session, None)] == ["demo"]


def test_the_same_key_means_the_same_thing_or_is_refused(store: Store) -> None:
    with store.session() as session:
        assert wishes.remembered(session, "ada", "k", {"size": 1}) is None
        wishes.remember(session, "ada", "k", {"size": 1}, "thing", NOON)
    with store.session() as session:
        assert wishes.remembered(session, "ada", "k", {"size": 1}) == "thing"
        assert wishes.remembered(session, "ben", "k", {"size": 1}) is None
        with pytest.raises(StateConflict, match="something else was asked"):
            wishes.remembered(session, "ada", "k", {"size": 2})


def test_what_happened_is_read_from_where_one_left_off(store: Store) -> None:
    with store.session() as session:
        for stage in ("one", "two", "three"):
            journal.tell(session, "x", "stage", {"stage": stage}, NOON)
        journal.tell(session, "y", "stage", {"stage": "another's"}, NOON)
    with store.session() as session:
        first = journal.heard_since(session, "x", 0, most=1)[0]
        assert [each.told["stage"] for each in journal.heard_since(session, "x", first.number)] == [
            "two",
            "three",
        ]


def test_the_newest_are_read_in_the_order_in_which_they_happened(store: Store) -> None:
    with store.session() as session:
        for stage in ("one", "two", "three"):
            journal.tell(session, "x", "stage", {"stage": stage}, NOON)
    with store.session() as session:
        assert [each.told["stage"] for each in journal.newest(session, "x", most=2)] == ["two", "three"]


def test_what_two_enter_at_the_same_moment_is_entered_once(store: Store) -> None:
    def enter_both() -> None:
        with store.session() as session:
            for thing in ("one", "two"):
                wishes.remember(session, "ada", "k", {"size": 1}, thing, NOON)

    with pytest.raises(StateConflict, match="at the same moment"):
        enter_both()
    with store.session() as session:
        assert wishes.remembered(session, "ada", "k", {"size": 1}) is None


def test_a_key_is_forgotten_when_nobody_repeats_it_any_more(store: Store) -> None:
    with store.session() as session:
        wishes.remember(session, "ada", "old", {}, "thing", NOON - wishes.RECEIPTS_LIVE)
        wishes.remember(session, "ada", "new", {}, "thing", NOON)
        wishes.sweep_receipts(session, NOON)
    with store.session() as session:
        assert [wishes.remembered(session, "ada", key, {}) for key in ("old", "new")] == [None, "thing"]
