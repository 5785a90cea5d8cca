"""The notice says what is made up, what can't be excluded and what to do, no more than the classes allow."""

from __future__ import annotations

from sandbox.population import Pack, load_pack
from sandbox.population.packs.profile import Profile
from sandbox.population.proof.classes import class_fields
from sandbox.population.proof.coincidence import expect_coincidences
from sandbox.population.proof.notice import say_number, write_notice
from sandbox.population.proof.statement import state_strength
from sandbox.settings import CONTENT_ROOT


def _notice(pack: Pack) -> str:
    profile = pack.profile
    return write_notice(profile.country, 1000, class_fields(profile), expect_coincidences(pack, 1000))


def test_it_has_its_three_parts(pack: Pack) -> None:
    notice = _notice(pack)
    assert (
        notice.index("What is made up:")
        < notice.index("What can't be excluded:")
        < notice.index("What to do:")
    )
    assert "anonym" not in notice


def test_every_column_stands_with_its_own_class(pack: Pack) -> None:
    made_up = _notice(pack).partition("What can't be excluded:")[0]
    plausible = made_up.partition("no more than plausible:")[2]
    for field in class_fields(pack.profile):
        assert field.column in made_up
        assert (field.column in plausible) == (field.strength == "plausible")


def test_the_expected_number_is_told_for_a_country_that_exists() -> None:
    pack = load_pack(CONTENT_ROOT, "rw")
    expected = expect_coincidences(pack, 1000)
    assert f"{say_number(expected.name_and_birth_date)} coincidences" in _notice(pack)
    assert f"{expected.residents:,} residents" in _notice(pack)
    assert "persons.individual_id" in _notice(pack).partition("can't be excluded:")[2]


def test_one_plausible_column_takes_the_headline_down(zz: Pack) -> None:
    fields = [field.model_copy(update={"strength": "reserved"}) for field in zz.profile.fields]
    assert "reserves for nobody" in state_strength(fields)
    weakened: Profile = zz.profile.model_copy(
        update={"fields": (*fields[:-1], fields[-1].model_copy(update={"strength": "plausible"}))}
    )
    said = state_strength(weakened.fields)
    assert "can't be ruled out" in said
    assert said.count("persons.") + said.count("accounts.") + said.count("households.") == 1
