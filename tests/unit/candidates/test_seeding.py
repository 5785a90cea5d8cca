"""Telling a product its citizens: what may be said, how fast, and on from where it broke off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.candidates.seed_calls import Bookmark, Pace, Seeding, SeedingBroke, digest_of, seed
from sandbox.candidates.seed_plan import fill, read_plan
from sandbox.errors import BlockUnreachable, ContentError
from sandbox.model.seeding import SeedPlan
from sandbox.model.wiring import Operation

CREATE = Operation(
    operation_id="create", method="POST", path="/data/{registry}/create", summary="enter a record"
)
READS = {"persons": ("individual_id", "given_name", "birth_date")}
PLAN = """\
calls:
  - each: persons
    operation: create
    path: {registry: individuals}
    body: {content: {id: "{individual_id}", name: "Ms {given_name}", born: "{birth_date}", alive: true}}
    accept: [200, 409]
"""
ROWS = 130


@dataclass
class Reply:
    """An answer."""

    status_code: int = 200
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Product:
    """Hears calls and answers what it was given to answer, then always 200."""

    replies: list[Reply | BaseException] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    time: float = 0.0

    def send(self, method: str, path: str, body: Any) -> Reply:
        reply = self.replies.pop(0) if self.replies else Reply()
        if isinstance(reply, BaseException):
            raise reply
        if reply.status_code < 400:
            self.heard.append(body["content"]["id"])
        return reply

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def pace(self, per_second: float = 1e9) -> Pace:
        return Pace(per_second=per_second, now=lambda: self.time, sleep=self.sleep)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    table = {
        "individual_id": [f"9{number}" for number in range(ROWS)],
        "given_name": [None if number == 1 else f"N{number}" for number in range(ROWS)],
        "birth_date": pa.array([0] * ROWS, pa.date32()),
    }
    pq.write_table(pa.table(table), folder / "persons.parquet", row_group_size=40)
    return folder


@pytest.fixture
def plan(tmp_path: Path) -> SeedPlan:
    return read(tmp_path, PLAN)


def read(tmp_path: Path, text: str) -> SeedPlan:
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    return read_plan(path, {"create": CREATE}, READS)


def seeding(tmp_path: Path, data: Path, plan: SeedPlan, product: Product) -> Seeding:
    return Seeding(
        plan=plan,
        operations={"create": CREATE},
        data=data,
        send=product.send,
        pace=product.pace(),
        bookmark=Bookmark(path=tmp_path / "kept" / "pilot.json", plan=digest_of(plan, "people", "pilot")),
    )


def everybody(product: Product) -> Sequence[str]:
    return [f"9{number}" for number in range(ROWS)]


def test_every_row_is_told_once_and_in_order(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product()
    wish = seeding(tmp_path, data, plan, product)
    assert seed(wish) == ROWS
    assert product.heard == everybody(product)
    assert seed(wish) == 0, "what was told is not told again"


def test_a_value_keeps_its_kind_and_what_is_missing_is_left_out() -> None:
    row = {"size": 4, "name": None, "day": "1970-01-01"}
    body = {"size": "{size}", "name": "{name}", "text": "{size} on {day}", "list": ["{name}", 1]}
    assert fill(body, row) == {"size": 4, "text": "4 on 1970-01-01", "list": [1]}


def test_what_stands_in_another_table_is_looked_up(tmp_path: Path, data: Path) -> None:
    pq.write_table(
        pa.table({"given_name": ["N0", "N2"], "household_id": ["H0", "H2"]}), data / "households.parquet"
    )
    text = PLAN.replace("alive: true", 'home: "{households.household_id}"').replace(
        "    operation", "    lookup: {households: given_name}\n    operation"
    )
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    reads = {**READS, "households": ("given_name", "household_id")}
    bodies: list[Any] = []
    product = Product()
    wish = seeding(tmp_path, data, read_plan(path, {"create": CREATE}, reads), product)

    def send(method: str, path: str, body: Any) -> Reply:
        bodies.append(body["content"].get("home"))
        return product.send(method, path, body)

    seed(replace(wish, send=send))
    assert bodies[:4] == ["H0", None, "H2", None]


def test_it_goes_on_where_it_broke_off(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product(replies=[*[Reply()] * 70, Reply(422, "no such district")])
    wish = seeding(tmp_path, data, plan, product)
    with pytest.raises(
        SeedingBroke, match="row 71 of persons was not accepted: 422 no such district"
    ) as broke:
        seed(wish)
    assert "sandbox seed" in broke.value.hint
    assert seed(wish) == ROWS - 70
    assert product.heard == everybody(product)


def test_it_goes_on_after_an_interruption(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product(replies=[*[Reply()] * 99, KeyboardInterrupt()])
    wish = seeding(tmp_path, data, plan, product)
    with pytest.raises(KeyboardInterrupt):
        seed(wish)
    seed(wish)
    assert product.heard == everybody(product)


def test_other_people_or_another_plan_begin_anew(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product(replies=[*[Reply()] * 60, Reply(400)])
    wish = seeding(tmp_path, data, plan, product)
    with pytest.raises(SeedingBroke):
        seed(wish)
    other = Bookmark(path=wish.bookmark.path, plan=digest_of(plan, "other people", "pilot"))
    assert seed(replace(wish, bookmark=other)) == ROWS


def test_a_product_that_asks_for_time_is_given_it(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    busy = Reply(429, "slow down", {"retry-after": "7"})
    product = Product(replies=[busy, BlockUnreachable("gone"), Reply(503)])
    assert seed(seeding(tmp_path, data, plan, product)) == ROWS
    assert product.slept[:3] == [7.0, 2.0, 4.0]
    assert product.heard == everybody(product)


def test_a_product_that_is_never_ready_is_given_up(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product(replies=[Reply(503, "never")] * 6)
    with pytest.raises(SeedingBroke, match="row 1 of persons was not accepted: 503 never"):
        seed(seeding(tmp_path, data, plan, product))
    assert max(product.slept) <= 30.0


def test_what_it_knew_already_is_no_failure_where_the_plan_says_so(
    tmp_path: Path, data: Path, plan: SeedPlan
) -> None:
    assert seed(seeding(tmp_path, data, plan, Product(replies=[Reply(409)]))) == ROWS


def test_it_is_no_faster_than_it_was_told(tmp_path: Path, data: Path, plan: SeedPlan) -> None:
    product = Product()
    seed(replace(seeding(tmp_path, data, plan, product), pace=product.pace(per_second=10.0)))
    assert product.time == pytest.approx((ROWS - 1) / 10.0)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("operation: create", "operation: creat", "no operation 'creat'"),
        ("{registry: individuals}", "{}", "is at /data/"),
        ("each: persons", "each: accounts", "not loaded from the table 'accounts'"),
        ("{birth_date}", "{households.household_id}", "not loaded from the table 'households'"),
        ("{birth_date}", "{monthly_income}", r"persons\.monthly_income, so no candidate is shown it"),
        ("[200, 409]", "[500]", "accept"),
    ],
)
def test_a_plan_that_can_not_be_followed_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in PLAN
    with pytest.raises(ContentError, match=said) as refused:
        read(tmp_path, PLAN.replace(before, after))
    assert refused.value.line is not None
