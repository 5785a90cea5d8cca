"""Names follow the pack's rule: inherited, one's own, patronymic, or father and grandfather."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from sandbox.population import Pack
from sandbox.population.engine.archetypes import NOBODY, Role, Sex
from sandbox.population.engine.naming import draw_names
from tests.fakes.drawn_packs import CODES, Drawn, draw


def with_rule(*rules: str) -> list[str]:
    return [code for code in CODES if draw(code).pack.profile.names.rule in rules]


def children_at_home(drawn: Drawn) -> list[tuple[int, int, int]]:
    """Positions of children with both parents known, and of these."""
    kin = drawn.people.kin
    found = np.flatnonzero(
        (drawn.people.role == Role.CHILD) & (kin.father != NOBODY) & (kin.mother != NOBODY)
    )
    return [(int(child), int(kin.mother[child]), int(kin.father[child])) for child in found]


@pytest.mark.parametrize("code", CODES)
def test_everybody_has_a_given_name_of_their_sex(code: str) -> None:
    drawn = draw(code)
    females, males = drawn.pack.names.given
    by_sex = {Sex.FEMALE: set(females.native), Sex.MALE: set(males.native)}
    named = zip(drawn.names.given_name.to_pylist(), drawn.people.sex.tolist(), strict=True)
    assert [name for name, sex in named if name not in by_sex[Sex(sex)]] == []


@pytest.mark.parametrize("code", CODES)
def test_latin_columns_are_twins_of_the_native_ones(code: str) -> None:
    drawn, names = draw(code), draw(code).names
    if drawn.pack.profile.names.script == "Latn":
        assert names.given_name.equals(names.given_name_latin)
        assert names.family_name.equals(names.family_name_latin)
    else:
        assert names.given_name_latin.null_count == names.family_name_latin.null_count == 0
        assert names.other_names.is_null().equals(names.other_names_latin.is_null())
        twins = set(zip(names.given_name.to_pylist(), names.given_name_latin.to_pylist(), strict=True))
        assert len(twins) == len(set(names.given_name.to_pylist()))


@pytest.mark.parametrize("code", with_rule("inherited"))
def test_children_inherit_and_a_spouse_takes_the_head_s_name_but_keeps_the_birth_name(code: str) -> None:
    drawn = draw(code)
    borne, born = drawn.names.family_name.to_pylist(), drawn.names.birth_name.to_pylist()
    at_home = children_at_home(drawn)
    assert len(at_home) > 500
    assert [child for child, _, father in at_home if born[child] != born[father]] == []
    assert [wife for head, wife in drawn.married if borne[wife] != borne[head]] == []
    kept = sum(born[wife] != borne[wife] for _, wife in drawn.married)
    assert kept > len(drawn.married) * 0.9
    unmarried = np.flatnonzero(drawn.people.role != Role.SPOUSE).tolist()
    assert [one for one in unmarried if borne[one] != born[one]] == []


@pytest.mark.parametrize("code", with_rule("individual"))
def test_nobody_inherits_where_names_are_individual(code: str) -> None:
    drawn = draw(code)
    family = drawn.names.family_name.to_pylist()
    at_home = children_at_home(drawn)
    assert sum(family[child] == family[father] for child, _, father in at_home) < len(at_home) / 10
    assert drawn.names.birth_name.equals(drawn.names.family_name)
    assert drawn.names.other_names.null_count == drawn.source.persons


@pytest.mark.parametrize("code", with_rule("father-grandfather"))
def test_the_father_s_and_the_grandfather_s_names_follow_one_s_own(code: str) -> None:
    drawn = draw(code)
    given, other = drawn.names.given_name.to_pylist(), drawn.names.other_names.to_pylist()
    family = drawn.names.family_name.to_pylist()
    kin = drawn.people.kin
    known = np.flatnonzero(kin.father != NOBODY).tolist()
    assert len(known) > 500
    assert [one for one in known if other[one] != given[kin.father[one]]] == []
    assert [one for one in known if family[one] != other[kin.father[one]]] == []
    men = set(drawn.pack.names.given[1].native)
    assert set(other) | set(family) <= men
    assert drawn.names.birth_name.equals(drawn.names.family_name), "a marriage changes no name"


@pytest.mark.parametrize("code", with_rule("patronymic", "father-grandfather"))
def test_children_of_one_mother_share_a_father_who_is_not_here(code: str) -> None:
    drawn = draw(code)
    kin, other = drawn.people.kin, drawn.names.other_names_latin.to_pylist()
    alone = np.flatnonzero((kin.father == NOBODY) & (kin.mother != NOBODY)).tolist()
    families: dict[tuple[int, int], set[str]] = {}
    for child in alone:
        families.setdefault((int(kin.mother[child]), int(drawn.people.sex[child])), set()).add(other[child])
    assert max(Counter((int(kin.mother[one]), int(drawn.people.sex[one])) for one in alone).values()) > 1
    assert {len(names) for names in families.values()} == {1}


@pytest.mark.parametrize("code", with_rule("patronymic"))
def test_the_patronymic_is_made_of_the_father_s_name_by_one_s_own_sex(code: str) -> None:
    drawn = draw(code)
    assert drawn.pack.names.patronymics is not None
    daughters, sons = drawn.pack.names.patronymics
    fathers = drawn.pack.names.given[1].native
    made = {
        Sex.FEMALE: dict(zip(fathers, daughters.native, strict=True)),
        Sex.MALE: dict(zip(fathers, sons.native, strict=True)),
    }
    given, other = drawn.names.given_name.to_pylist(), drawn.names.other_names.to_pylist()
    kin, sex = drawn.people.kin, drawn.people.sex
    known = np.flatnonzero(kin.father != NOBODY).tolist()
    assert [one for one in known if other[one] != made[Sex(sex[one])][given[kin.father[one]]]] == []


@pytest.mark.parametrize(
    ("father", "son", "daughter"),
    [
        ("Сергій", "Сергійович", "Сергіївна"),
        ("Миколай", "Миколайович", "Миколаївна"),
        ("Петро", "Петрович", "Петрівна"),
        ("Ілля", "Ілліч", "Іллівна"),
        ("Григорій", "Григорович", "Григорівна"),
        ("Іван", "Іванович", "Іванівна"),
        ("Яків", "Якович", "Яківна"),
        ("Федір", "Федорович", "Федорівна"),
        ("Василь", "Васильович", "Василівна"),
    ],
)
def test_ukrainian_patronymics_are_the_ones_of_the_grammar(father: str, son: str, daughter: str) -> None:
    lists = draw("ua").pack.names
    assert lists.patronymics is not None
    place = lists.given[1].native.index(father)
    assert (lists.patronymics[1].native[place], lists.patronymics[0].native[place]) == (son, daughter)


def test_a_ukrainian_wife_bears_the_female_form_of_her_husband_s_name() -> None:
    drawn = draw("ua")
    women, men = drawn.pack.names.family
    form = dict(zip(men.native, women.native, strict=True))
    assert form["Базилевський"] == "Базилевська"
    assert form["Тихий"] == "Тиха"
    assert form["Бабій"] == "Бабій"
    assert form["Іваненко"] == "Іваненко"
    borne = drawn.names.family_name.to_pylist()
    couples = [(borne[head], borne[wife]) for head, wife in drawn.married if drawn.is_male(head)]
    assert [pair for pair in couples if form[pair[0]] != pair[1]] == []
    assert any(his != hers for his, hers in couples)
    born = drawn.names.birth_name.to_pylist()
    assert [
        one for one, sex in enumerate(drawn.people.sex) if sex == Sex.FEMALE and born[one] not in women.native
    ] == []


def test_a_weighted_locale_keeps_its_weights(zz: Pack) -> None:
    kenya = draw("ke")
    weights = kenya.pack.names.given[0].weights
    assert weights is not None
    assert list(weights) == sorted(weights, reverse=True)
    counted = Counter(
        name
        for name, sex in zip(kenya.names.given_name.to_pylist(), kenya.people.sex.tolist(), strict=True)
        if sex == Sex.FEMALE
    )
    expected = weights[0] / sum(weights) * counted.total()
    assert counted[kenya.pack.names.given[0].native[0]] == pytest.approx(expected, rel=0.5)
    assert zz.names.given[0].weights is None


def test_where_the_rank_law_holds_the_first_name_is_the_commonest() -> None:
    drawn = draw("in")
    counted = Counter(drawn.names.family_name.to_pylist())
    first, tenth = (counted[drawn.pack.names.family[1].native[rank]] for rank in (0, 40))
    assert first > 2 * tenth


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("column", ["given_name", "family_name"])
def test_no_name_says_anything_about_work_health_or_place(code: str, column: str) -> None:
    """Split heads of one sex by name into halves: no trait's shares are 5 standard errors apart."""
    drawn = draw(code)
    people = drawn.people
    urban = np.array(drawn.compiled.urban)[drawn.compiled.place.draw(drawn.source.per_household("place"))]
    names = np.array(getattr(drawn.names, column).to_pylist())
    for sex in Sex:
        heads = np.flatnonzero((people.role == Role.HEAD) & (people.sex == sex))
        half = np.isin(names[heads], sorted(set(names[heads].tolist()))[::2])
        assert min(half.sum(), (~half).sum()) > 100
        for trait in (people.employed, people.disability, people.literate, urban[people.household]):
            found = trait[heads]
            whole = found.mean()
            error = sqrt(whole * (1 - whole) * (1 / half.sum() + 1 / (~half).sum()))
            assert abs(found[half].mean() - found[~half].mean()) <= 5 * error


def test_a_spouse_keeps_the_own_name_where_the_country_has_it_so() -> None:
    drawn = draw("zz")
    keeping = replace(drawn.compiled.names, spouse_takes_name=False)
    names = draw_names(keeping, drawn.people, drawn.source)
    assert names.family_name.equals(names.birth_name)
    assert names.birth_name.equals(drawn.names.birth_name)
