"""Checks that each caught a real defect once, over a population of every pack.

One pack is counted at 300,000 persons and the others at a tenth of that; all at 300,000 under
SANDBOX_CAMPAIGN=full.
"""

from __future__ import annotations

import os
from math import fsum, sqrt

import numpy as np
import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.population.packs.folder import AGE_BANDS, FOLDER
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated

CODES = sorted(path.parent.name for path in (CONTENT_ROOT / FOLDER).glob("*/profile.yaml"))
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
LARGE = 300_000
SMALL = 30_000
COUNTED_LARGE = "zz"

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module", params=CODES)
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    pack = load_pack(CONTENT_ROOT, request.param)
    size = LARGE if FULL or pack.code == COUNTED_LARGE else SMALL
    folder = tmp_path_factory.mktemp("checks") / pack.code
    return Generated(pack, folder, generate(pack, PopulationRef(pack=pack.code, size=size, seed=3), folder))


def test_no_id_is_given_twice(many: Generated) -> None:
    """Count exactly: a rounded ratio once hid 55."""
    for column in ("individual_id", "functional_id", "email", "person_no"):
        assert many.count(f"select count({column}) - count(distinct {column}) from persons") == 0
    assert many.count("select count(account_number) - count(distinct account_number) from accounts") == 0


def test_a_phone_is_shared_by_one_known_household_only(many: Generated) -> None:
    assert many.count("select count(phone) - count(distinct phone) from persons") == 4
    assert many.count("select count(value) - count(distinct value) from contacts") == 4


def test_ages_and_sexes_are_the_pack_s(many: Generated) -> None:
    wanted = np.array(many.pack.ages, dtype=np.float64)
    bands = len(AGE_BANDS)
    rows = many.ask(
        f"""select least(date_diff('month', birth_date, getvariable('reference')) // 60, {bands - 1}),
            sex, count(*) from persons group by all"""
    )
    found = np.zeros_like(wanted)
    for band, sex, count in rows:
        found[int(band), 0 if sex == "female" else 1] += count
    distance = float(np.abs(found / found.sum() - wanted / fsum(wanted.ravel())).sum()) / 2
    # What chance alone makes of fewer persons comes on top.
    assert distance <= 0.01 + (0 if found.sum() >= LARGE else 0.02)


def test_the_mean_household_is_the_pack_s(many: Generated) -> None:
    wanted = many.pack.profile.households.mean_size_per_mille / 1000
    last = "(select max(household_no) from households)"
    ((mean, spread, count),) = many.ask(
        f"select avg(size), stddev(size), count(*) from households where household_no < {last}"
    )
    assert abs(mean / wanted - 1) <= 0.01 + 4 * spread / sqrt(count) / wanted * (count < LARGE / 5)


def test_mothers_are_15_to_47_years_older_and_fathers_15_or_more(many: Generated) -> None:
    for parent, least, most in (("mother_no", 15, 48), ("father_no", 15, 91)):
        ((linked, right),) = many.ask(
            f"""select count(*), count(*) filter (p.birth_date + interval {least} year <= c.birth_date
                    and c.birth_date < p.birth_date + interval {most} year)
                from persons c join persons p on p.person_no = c.{parent}"""
        )
        assert linked > many.manifest.size // 10
        assert right == linked


def test_nobody_has_more_than_six_children_or_as_many_as_the_pack_allows_at_home(many: Generated) -> None:
    most = max(6, many.pack.profile.households.children_at_most)
    for parent in ("mother_no", "father_no"):
        children = f"select count(*) as n from persons where {parent} is not null group by {parent}"
        assert many.count(f"select max(n) from ({children})") <= most


def test_marriages_are_mutual_and_never_between_siblings(many: Generated) -> None:
    ((married, mutual, siblings),) = many.ask(
        """select count(*), count(*) filter (b.spouse_no = a.person_no and a.household_no = b.household_no),
            count(*) filter (a.mother_no = b.mother_no or a.father_no = b.father_no)
            from persons a join persons b on b.person_no = a.spouse_no"""
    )
    assert married == mutual == many.count("select count(spouse_no) from persons")
    assert siblings == 0


@pytest.mark.parametrize("trait", ["monthly_income", "eligible", "disability"])
@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_names_don_t_correlate_with_income_eligibility_or_health(
    many: Generated, name: str, trait: str
) -> None:
    """Compare heads by name: the variance between names is no more than chance makes of it."""
    # Independent heads only; for the skewed income its rank is taken.
    ((names, heads, between, whole),) = many.ask(
        f"""with heads as (select p.{name} as name, case '{trait}'
                when 'monthly_income' then rank() over (order by h.monthly_income, h.household_no)
                when 'disability' then p.disability::int
                else (10 * children_under_18 + 20 * (elderly > 0)::int + 20 * disabled
                    + 30 * (children_under_5 > 0)::int - 25 * employed_adults > 5)::int end as value
                from households h join persons p on p.person_no = h.head_no
                where p.persona is null and p.{name} is not null and p.sex = 'male'),
            common as (select * from heads where name in (
                select name from heads group by name having count(*) >= 20)),
            overall as (select avg(value) as mean, var_samp(value) as variance, count(*) as n from common)
        select count(*), (select n from overall), sum(n * power(m - (select mean from overall), 2)),
            (select variance from overall)
        from (select count(*) as n, avg(value) as m from common group by name)"""
    )
    assert names >= 10
    degrees = names - 1
    # Between-group sum of squares over the variance is chi-squared with that many degrees of freedom.
    assert between / whole < degrees + 6 * sqrt(2 * degrees) + 6
    assert heads > 500
